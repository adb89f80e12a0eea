# Processes: masters and workers by their titles.

# What is found of a process is kept in variables with its pid in their names. One long text that is searched again and
# again would be simpler, and quadratic: that is how shells cut up strings.

find_processes() {
	set +f
	titles=$(grep -aHs '^puma[ :]' /proc/[0-9]*/cmdline | tr -s '\000' ' ')
	set -f
	candidates= pids=' '
	IFS=$nl
	for line in $titles; do
		pid=${line#/proc/}
		pid=${pid%%/*}
		case $pid in *[!0-9]*) continue ;; esac
		title=${line#*:}
		title=${title%"${title##*[! ]}"}
		case $title in
		'puma: cluster worker '*) ;;
		'puma '[0-9]*) candidates="$candidates $pid" ;;
		*) continue ;;
		esac
		pids="$pids$pid "
		eval "title_$pid=\$title cwd_$pid= exe_$pid= out_$pid="
	done
	unset IFS
	masters= some=
	set --
	for pid in $candidates; do
		is_master "$pid" || continue
		boxed "$pid"
		[ "$inner" ] && some=yes
		masters="$masters $pid"
		set -- "$@" "/proc/$pid/exe" "/proc/$pid/fd/1"
		unit_of "$pid"
	done
	for pid in $pids; do
		case "$candidates " in *" $pid "*) case "$masters " in *" $pid "*) ;; *) continue ;; esac ;; esac
		eval "say title $pid \"\$title_$pid\""
		created "$pid"
		[ "$some" ] && case " $masters " in *" $pid "*) ;; *) boxed_worker "$pid" ;; esac
		set -- "$@" "/proc/$pid/cwd"
	done
	[ $# = 0 ] || find_links "$@"
	revisions
}

# created PID prints when a process was, in the kernel's ticks.
created() {
	read -r line <"/proc/$1/stat" || return
	# the name may have spaces and parentheses: the last one ends it
	set -- "$1" ${line##*\)}
	say created "$1" "${21}"
}

# ticks prints the clock that created has, read off a process that is new. /proc/uptime may be another: in a container
# lxcfs counts it from the container's start, and the kernel these from its own.
ticks() {
	line=$(cat /proc/self/stat) || return
	set -- ${line##*\)}
	say ticks "${20}" "$(getconf CLK_TCK)"
}

# find_links PATH... reads links in /proc with one ls: readlink would be a fork for each of them.
find_links() {
	links=$(ls -ldn "$@")
	IFS=$nl
	for line in $links; do
		case $line in *' -> '*) ;; *) continue ;; esac
		v=${line#* -> }
		line=${line%% -> *}
		line=${line#*/proc/}
		pid=${line%%/*}
		case $pid in *[!0-9]*) continue ;; esac
		case $line in
		*/cwd) name=cwd ;;
		*/exe) name=exe ;;
		*) name=out ;;
		esac
		[ "$name" = out ] || say link "$pid" "$name" "$v"
		eval "${name}_$pid=\$v"
	done
	unset IFS
}

# revisions prints the REVISION file of each directory that a process runs in: once, however many workers there are.
revisions() {
	seen=$nl
	for pid in $pids; do
		eval "v=\$cwd_$pid"
		case $v in /*) ;; *) continue ;; esac
		case $seen in *"$nl$v$nl"*) continue ;; esac
		seen=$seen$v$nl
		[ -f "$v/REVISION" ] && [ -r "$v/REVISION" ] || continue
		revision=
		IFS= read -r revision <"$v/REVISION"
		say revision "$v"
		body "$revision"
	done
}

# is_master tells a master from what it has just forked, which has its title until it gives itself one of its own:
# while workers crash there is such a process most of the time.
is_master() {
	owner= inner=
	while read -r key a b rest; do
		case $key in
		PPid:) case $pids in *" $a "*) return 1 ;; esac ;;
		Uid:) owner=$b ;;
		NSpid:)
			inner=$b
			break
			;;
		esac
	done <"/proc/$1/status"
	[ "$owner" ] || return
	name=$user
	[ "$owner" = "$uid" ] || name=$(id -un "$owner") || name=$owner
	say owner "$1" "$owner" "$name"
	[ "$inner" ] && say inner "$1" "$inner"
	eval "inner_$1=\$inner"
}

# unit_of PID finds the unit of a process in its control group, with its scope and the uid of a user manager.
unit_of() {
	unit= scope= manager=
	while IFS= read -r line; do
		case $line in
		0::* | *:name=systemd:*) ;;
		*) continue ;;
		esac
		say cgroup "$1" "$line"
		group=${line#*:*:}
		of= kind=system
		case $group in */user@*.service/*)
			kind=user
			of=${group#*/user@}
			of=${of%%.service/*}
			group=/${group#*/user@*.service/}
			;;
		esac
		case $group in *.service | *.service/*)
			group=${group%.service*}
			unit=${group##*/}.service scope=$kind manager=$of
			;;
		esac
	done <"/proc/$1/cgroup"
	eval "unit_$1=\$unit scope_$1=\$scope manager_$1=\$manager"
}

# recall PID sets what is known of a process.
recall() {
	eval "title=\$title_$1 cwd=\$cwd_$1 out=\$out_$1 unit=\$unit_$1 scope=\$scope_$1 manager=\$manager_$1"
	eval "inner=\$inner_$1 box=\$box_$1 engine=\$engine_$1"
}
