# All of it.

master() {
	pid=$1 found= url= stamp=
	shift
	recall "$pid"
	# the paths of a container mean other files here
	[ "$inner$box" ] && return
	cwd=${cwd%' (deleted)'}
	unit_known
	read_command
	find_config
	if [ "$config" ]; then
		verdict=missing
		if [ -r "$config" ]; then verdict=read; elif [ -e "$config" ]; then verdict=denied; fi
		say config "$pid" "$verdict" "$config"
		[ "$verdict" = read ] && text "$config"
	fi
	read_config
	wanted_state "$@" || named_state option "$o_state" || named_state config "$c_state" || usual_state || path=
	found=$path
	{ [ "$found" ] && [ "$url" ]; } || listening
	# Puma reads its configuration once an image; dash, bash and ash have -nt though POSIX does not
	[ "$config" ] && [ "$found" ] && [ "$config" -nt "$found" ] && say newer "$pid"
	find_current
	find_banner
}

# wanted PATH reports on the state file that somebody asked for where its pid is no Puma that was found: it may be all
# that can be read here.
wanted() {
	read_state "$1"
	case " $masters " in *" $spid "*) [ "$spid" ] && return ;; esac
	if [ "$verdict" != read ]; then
		say state 0 want "$verdict" '' "$1"
		return
	fi
	case $spid in '' | *[!0-9]*) spid=0 ;; esac
	say_state "$spid" want "$1"
	[ "$spid" = 0 ] && return
	# /proc may hide other users' processes, kill tells them from dead ones
	if [ -e "/proc/$spid" ]; then
		v=other
	elif v=$(kill -0 "$spid" 2>&1); then
		v=hidden
	else
		case $v in *ermitted*) v=hidden ;; *) v=gone ;; esac
	fi
	say process "$spid" "$v"
}

probe() {
	printf '\npumatop-probe 1\n'
	say clock "$(date +%s.%N)"
	ticks
	login=$(id)
	say login "$login"
	uid=${login#uid=}
	uid=${uid%%[!0-9]*}
	user=${login#*\(}
	user=${user%%\)*}
	limited=
	timeout 5 true && limited=yes
	masters= units=0
	if [ -r /proc/self/stat ]; then
		own_box
		find_processes
		find_units
		find_hidden
		for one in $masters; do master "$one" "$@"; done
		[ "$inside" ] || containers
	else
		say complaint no-proc "$(uname -s)"
	fi
	for path; do wanted "$path"; done
	echo end
}

LC_ALL=C PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin HOME=${HOME:-/}
export LC_ALL PATH HOME
umask 077
set -f
