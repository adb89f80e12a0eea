# pumatop-exec 1
# Runs one command in a directory, marks what it says on stderr and how it ends, and ends it when stdin does.

run() {
	if [ "$box" ]; then
		exec "$engine" exec -i -w "$dir" "$box" sh -c "$command"
	fi
	cd -- "$dir" || exit 126
	exec $leader sh -c "$command"
}

tell() {
	while IFS= read -r line || [ "$line" ]; do
		printf '%s err %s\n' "$mark" "$line"
	done
}

leader=
command -v setsid >/dev/null 2>&1 && leader=setsid
exec 3<&0 4>&1
{
	run </dev/null 2>&1 >&4 3<&- 4>&- &
	child=$!
	{
		cat <&3
		kill -TERM "-$child" || kill -TERM "$child"
	} >/dev/null 2>&1 4>&- &
	wait "$child"
	printf '%s exit %s\n' "$mark" "$?" >&4
} | tell >&4
