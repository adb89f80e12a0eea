# pumatop-log 1
# Follows a log and ends with its stdin: a command that writes nothing would outlive the connection otherwise.

follow() {
	if [ "$file" ]; then
		exec tail -n "$past" -F -- "$file"
	fi
	if [ "$box" ]; then
		set --
		[ "$since" ] && set -- --since="${since#@}"
		exec "$engine" logs -f --tail "$past" "$@" "$box" 2>&1
	fi
	case $scope in
	system) set -- --unit="$unit" ;;
	user) set -- "_SYSTEMD_USER_UNIT=$unit" "_UID=$owner" + "USER_UNIT=$unit" "_UID=$owner" ;;
	*) exit 1 ;;
	esac
	[ "$since" ] && set -- --since="$since" "$@"
	exec journalctl -q --no-pager -o cat -n "$past" -f "$@"
}

LC_ALL=C
export LC_ALL
exec 3<&0
follow </dev/null 3<&- 2>/dev/null &
child=$!
{
	cat <&3
	kill "$child"
} >/dev/null 2>&1 &
wait "$child"
