# pumatop-log 1
# Prints a log, follows it unless it is wanted once, and ends with its stdin: a command that writes nothing would outlive the
# connection otherwise.

print() {
	if [ "$file" ]; then
		[ "$once" ] && exec tail -n "$past" -- "$file"
		exec tail -n "$past" -F -- "$file"
	fi
	if [ "$box" ]; then
		set --
		[ "$once" ] || set -- -f
		[ "$times" ] && set -- "$@" -t
		[ "$since" ] && set -- "$@" --since="${since#@}"
		exec "$engine" logs --tail "$past" "$@" "$box" 2>&1
	fi
	case $scope in
	system) set -- --unit="$unit" ;;
	user) set -- "_SYSTEMD_USER_UNIT=$unit" "_UID=$owner" + "USER_UNIT=$unit" "_UID=$owner" ;;
	*) exit 1 ;;
	esac
	[ "$since" ] && set -- --since="$since" "$@"
	[ "$once" ] || set -- -f "$@"
	format=cat
	[ "$times" ] && format=short-unix
	exec journalctl -q --no-pager -o "$format" -n "$past" "$@"
}

LC_ALL=C
export LC_ALL
exec 3<&0
print </dev/null 3<&- 2>/dev/null &
child=$!
{
	cat <&3
	kill "$child"
} >/dev/null 2>&1 &
wait "$child"
