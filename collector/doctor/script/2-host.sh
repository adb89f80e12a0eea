# The host: its limits, its clock, and what the login may do.

# first FILE sets v to the first line of a file. Not by read: dash asks for single bytes, of which /proc/sys gives one.
first() { v=$(head -n 1 <"$1"); }

host() {
	say clock "$(date +%s.%N)"
	say login "$login"
	say runtime "$runtime"
	say number cores "$(nproc)"
	v=$(awk '/^MemTotal:/ { printf "%.0f", $2 * 1024 }' /proc/meminfo)
	say number memory "$v"
	first /proc/sys/net/core/somaxconn
	say number somaxconn "$v"
	limits self
	command -v ss >/dev/null && within ss -xlnt | head -n 500 | awk 'NR > 1 { print "listen\t" $4 "\t" $5 }'
	for v in /var/log /var/log/journal; do [ -d "$v" ] && space "$v"; done
}

# limits PID prints those of its control group and of all above it.
limits() {
	group=
	while IFS= read -r line; do case $line in 0::*) group=${line#0::} ;; esac; done <"/proc/$1/cgroup"
	while :; do
		for name in cpu.max memory.max; do
			v=
			[ -r "/sys/fs/cgroup$group/$name" ] && first "/sys/fs/cgroup$group/$name"
			case $v in '' | max*) ;; *) say limit "$1" "$name" "$v" ;; esac
		done
		[ "${group%/}" ] || break
		group=${group%/*}
	done
}

# may_read_journal SCOPE UNIT asks for one line. A journal that may not be read has none, and says so only without -q.
may_read_journal() {
	if ! command -v journalctl >/dev/null; then
		say permit journal unknown "$1" "$2" 'journalctl' 'command not found'
		return
	fi
	case $1 in
	user*) match=--user-unit=$2 ;;
	*) match=--unit=$2 ;;
	esac
	said=$(within journalctl --no-pager -n 1 -o cat "$match" 2>&1 >/dev/null)
	line=$(within journalctl -q --no-pager -n 1 -o cat "$match" 2>/dev/null)
	answer=unknown
	case $said in *ermission* | *ermitted* | *'not seeing messages'*) answer=no ;; esac
	[ "$line" ] && answer=yes said=
	said=$(printf '%s' "$said" | tr -s '\n ' '  ')
	say permit journal "$answer" "$1" "$2" "journalctl -n 1 $match" "$said"
}

linger() {
	case $seen in *"${nl}linger $1$nl"*) return ;; esac
	seen=${seen}linger\ $1$nl
	v=$(within loginctl show-user -p Linger --value -- "$1" 2>/dev/null)
	if [ -z "$v" ] && [ -x /var/lib/systemd/linger ]; then
		v=no
		[ -e "/var/lib/systemd/linger/$1" ] && v=yes
	fi
	[ "$v" ] && say linger "$v" "$1"
}
