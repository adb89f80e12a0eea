# The release and the start-up lines.

# current FROM PATH prints a deploy's link if there is one in the path.
current() {
	case $2 in /*) ;; *) return 1 ;; esac
	deploy=${2%/}
	while [ "$deploy" ] && [ ! -L "$deploy" ]; do deploy=${deploy%/*}; done
	# a link in the root is the host's own affair: /srv on another disk
	case $deploy in /*/*) ;; *) return 1 ;; esac
	target= revision=
	if cd -P -- "$deploy"; then
		[ -r REVISION ] && IFS= read -r revision <REVISION
	fi
	if cd -P -- "$2"; then target=$(pwd -P); else target=$(readlink -f -- "$2"); fi
	cd /
	say current "$pid" "$1"
	printf '|%s=%s\n' Named "$2" Link "$deploy" Target "$target" Moved "$(stat -c '%Y %y' -- "$deploy")" Revision "$revision"
}

find_current() {
	current directory "$c_directory" && return
	current unit "$directory" && return
	case $cwd in */releases/*)
		rest=${cwd#*/releases/}
		case $rest in */*) rest=/${rest#*/} ;; *) rest= ;; esac
		current release "${cwd%%/releases/*}/current$rest" && return
		;;
	esac
	case $config in */shared/*) current shared "${config%%/shared/*}/current" && return ;; esac
	case $found in */shared/*) current shared "${found%%/shared/*}/current" ;; esac
}

# banner prints the last start-up lines in what it reads, of 40 lines from there, and whether that image has ended: a crash
# loop writes thousands of lines. Those of the workers tell nothing, and are most of it.
banner() {
	awk '/Puma starting in (cluster|single) mode/ { n = 0; on = 1 }
		/\* Restarting\.\.\.|restarting normally|puma shutdown|Goodbye!/ && n >= 40 && n < 60 { line[n++] = substr($0, 1, 500) }
		on && n < 40 { line[n++] = substr($0, 1, 500) }
		END { for (i = 0; i < n; i++) if (line[i] !~ /^\[[0-9]+\] - Worker /) print "|" line[i] }'
}

find_banner() {
	case $out in /dev/* | *' (deleted)') log= ;; /*) log=$out ;; *) log= ;; esac
	if [ -z "$log" ]; then
		case $output in append:/* | file:/* | truncate:/*) log=${output#*:} ;; esac
	fi
	case $out in '' | /*) [ -z "$log" ] && [ "$c_log" ] && join "${cwd:-$directory}" "$c_log" && log=$v ;; esac
	if [ "$log" ]; then
		verdict=missing
		if [ -e "$log" ]; then
			verdict=denied
			[ -r "$log" ] && verdict=read
		fi
		say log "$pid" "$verdict" "$log"
		[ "$verdict" = read ] && tail -c 4194304 -- "$log" | banner
		return
	fi
	[ "$unit" ] && command -v journalctl >/dev/null || return
	say journal "$pid"
	# a shell that starts Puma and stays may be the one that the journal took for the writer
	journal "_PID=$pid" || journal
}

# journal MATCH... prints the banner from the journal of the unit. Written right after the banner, the state file tells
# where it is, whatever was logged since.
journal() {
	# --user-unit would ask for units of this login alone
	select=--unit=$unit
	[ "$scope" = user ] && select=_SYSTEMD_USER_UNIT=$unit
	v=${stamp#* }
	v=${v%% *}
	case $found:$v in ?*:[0-9]*)
		lines=$(within journalctl -q --no-pager -b -o cat -n 2000 "$select" "$@" --until "@$((v + 2))" | banner)
		[ "$lines" ] && printf '%s\n' "$lines" && return
		;;
	esac
	lines=$(within journalctl -q --no-pager -b -o cat -n 2000 "$select" "$@" | banner)
	[ "$lines" ] && printf '%s\n' "$lines"
}
