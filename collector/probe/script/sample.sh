# pumatop-sample 1
# Reads memory, CPU and listen queues, a sample for each line on stdin: pids, and the words pss and queues. What it
# asks every few seconds costs no fork but the one for ss. It ends with its stdin. The format is in doc.go.

nl='
'

# sockets prints the listening sockets with what waits in them: only ss knows that of unix sockets.
sockets() {
	if [ "$ss" ]; then
		listening=$(ss -xlnt)
		kind=ss
	else
		listening=$(grep -h ' 0A ' /proc/net/tcp /proc/net/tcp6)
		kind=tcp
	fi
	IFS=$nl
	for line in $listening; do
		unset IFS
		set -- $line
		case $* in *' /run/systemd/'* | *' /run/dbus/'* | *' /run/user/'*/systemd/*) continue ;; esac
		printf '%s\t%s\n' "$kind" "$*"
	done
	unset IFS
}

sample() {
	ss=
	command -v ss >/dev/null && ss=yes
	read -r up rest </proc/uptime
	printf '\npumatop-sample 1\t%s\t%s\t%s\t%s\n' "$(getconf CLK_TCK)" "$(getconf PAGESIZE)" "$(date +%s.%N)" "$up"
	while read -r request; do
		read -r up rest </proc/uptime
		printf 'sample\t%s\n' "$up"
		pss=
		for word in $request; do
			case $word in
			pss) pss=yes ;;
			queues) sockets ;;
			[0-9]*)
				read -r line <"/proc/$word/stat" || continue
				# the name may have spaces and parentheses: the last one ends it
				set -- ${line##*\)}
				printf 'stat\t%s %s %s %s %s %s\n' "$word" "$1" "${12}" "${13}" "${20}" "${22}"
				[ "$pss" ] || continue
				while read -r key value rest; do
					[ "$key" = Pss: ] && printf 'pss\t%s\t%s\n' "$word" "$value" && break
				done <"/proc/$word/smaps_rollup"
				;;
			esac
		done
		echo end
	done
}

LC_ALL=C PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin
export LC_ALL PATH
set -f
{ sample; } 2>/dev/null
