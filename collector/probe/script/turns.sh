# pumatop-turns 1
# Prints the newest lines of a log that begin or end an image.

lines() {
	if [ "$file" ]; then
		# an image that logs elsewhere leaves the end of the one before as the last word for ever
		[ "$(find -L "$file" -mmin -3)" ] || return
		tail -n 2000 -- "$file"
		return
	fi
	if [ "$box" ]; then
		"$engine" logs --tail 2000 --since="${since#@}" "$box" 2>&1
		return
	fi
	case $scope in
	system) set -- --unit="$unit" ;;
	user) set -- "_SYSTEMD_USER_UNIT=$unit" "_UID=$owner" ;;
	*) return ;;
	esac
	journalctl -q --no-pager -o cat --since="$since" "$@"
}

LC_ALL=C
export LC_ALL
lines 2>/dev/null </dev/null |
	grep -E 'Gracefully (shutting down workers|stopping)|Restarting\.\.\.|restarting normally|Puma starting in|Use Ctrl-C to stop' |
	tail -n 20
