# The state file and the control socket.

# read_state PATH sets verdict, and from a readable file spid, url and from.
read_state() {
	verdict=missing spid= url= from=
	if [ -f "$1" ]; then
		verdict=denied
		[ -r "$1" ] || return
		verdict=read
		stamp=$(stat -c '%i %Y %y' -- "$1") || stamp=$(ls -id -- "$1")
		while IFS= read -r line || [ "$line" ]; do
			v=${line#*:}
			v=${v#"${v%%[! ]*}"}
			v=${v#[\"\']}
			v=${v%[\"\']}
			case $line in
			pid:*) spid=$v ;;
			control_url:*) url=$v ;;
			running_from:*) from=$v ;;
			esac
		done <"$1"
		return
	fi
	v=${1%/*}
	while [ "$v" ] && [ ! -d "$v" ]; do v=${v%/*}; done
	[ -x "${v:-/}" ] || verdict=denied
}

# say_state PID FROM PATH prints a state file that belongs to the pid and tests its control socket.
say_state() {
	say state "$1" "$2" read "$stamp" "$3"
	text "$3"
	case $url in unix://@* | '') return ;; unix://*) ;; *) return ;; esac
	socket=${url#unix://}
	socket=${socket%%\?*}
	case $socket in /*) ;; *) socket=$from/$socket ;; esac
	verdict=missing
	if [ -S "$socket" ]; then
		verdict=open
		[ -w "$socket" ] || verdict=denied
	elif [ -S "/proc/$1/root$socket" ]; then
		# PrivateTmp: the process has a /tmp of its own, which its owner reaches through /proc
		verdict=private
	else
		v=${socket%/*}
		while [ "$v" ] && [ ! -d "$v" ]; do v=${v%/*}; done
		[ -x "${v:-/}" ] || verdict=denied
	fi
	say socket "$1" "$verdict" "$socket"
}

# named_state FROM PATH tries a state file that somebody named; what is wrong with it is worth saying.
named_state() {
	[ "$2" ] || return 1
	join "${cwd:-$directory}" "$2"
	path=$v
	read_state "$path"
	[ "$verdict" = read ] && [ "$spid" = "$pid" ] && say_state "$pid" "$1" "$path" && return
	[ "$verdict" = read ] && verdict="other:$spid"
	say state "$pid" "$1" "$verdict" '' "$path"
	return 1
}

# wanted_state looks among the state files that somebody asked for.
wanted_state() {
	for path in "$@"; do
		read_state "$path"
		[ "$verdict" = read ] && [ "$spid" = "$pid" ] && say_state "$pid" want "$path" && return
	done
	return 1
}

# usual_state looks where state files usually are. One that is not this master's is no news: they outlive their Puma.
usual_state() {
	bind=${title#*unix://}
	case $bind in "$title") bind= ;; /*) bind=${bind%%[,?\)]*} ;; *) bind= ;; esac
	above=${config%/*}
	set +f
	for base in "$cwd" "$directory" "${cwd%%/releases/*}" "${above%/config*}" "${bind%/tmp/*}" "${cwd%/*}" "${bind%/*}" /run/puma /run; do
		[ "$base" ] || continue
		for path in "$base"/tmp/pids/*.state "$base"/tmp/*.state "$base"/tmp/sockets/*.state "$base"/shared/tmp/pids/*.state \
			"$base"/shared/tmp/*.state "$base"/shared/tmp/sockets/*.state "$base"/shared/pids/*.state "$base"/*.state; do
			[ -f "$path" ] || continue
			read_state "$path"
			case $verdict:${path##*/} in denied:*puma*) say state "$pid" usual denied '' "$path" ;; esac
			[ "$verdict:$spid" = "read:$pid" ] || continue
			set -f
			say_state "$pid" usual "$path"
			return 0
		done
	done
	set -f
	return 1
}

# listening prints the sockets that a master listens on: one that its title does not name is the control socket.
listening() {
	inodes=" $(ls -ln "/proc/$pid/fd" | sed -n 's/.*socket:\[\([0-9]*\)\]$/\1/p' | tr '\n' ' ')"
	[ "$inodes" = ' ' ] && return
	IFS=$nl
	for line in $(grep ' 00010000 .* [/@]' "/proc/$pid/net/unix"); do
		unset IFS
		set -- $line
		case $inodes in *" $7 "*) say listens "$pid" unix "$8" ;; esac
	done
	IFS=$nl
	for line in $(grep -h ' 0A ' "/proc/$pid/net/tcp" "/proc/$pid/net/tcp6"); do
		unset IFS
		set -- $line
		case $inodes in *" ${10} "*) say listens "$pid" tcp "$2" ;; esac
	done
	unset IFS
}
