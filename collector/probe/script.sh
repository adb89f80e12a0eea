# pumatop-probe 1
# Asks a host about its Pumas. POSIX sh; fed on stdin, so that no login shell parses it and no file is left behind.
# The output format and the reasons are in doc.go. Everything is defined before the last line runs any of it: half a
# script, from a connection that broke, does nothing.

nl='
'
tab='	'

# say RECORD FIELD... prints one record; only its last field may be foreign text.
say() {
	line=$1
	shift
	for field; do line=$line$tab${field%%"$nl"*}; done
	printf '%s\n' "$line"
}

# body prints the lines of $1 as the body of the record before.
body() {
	IFS=$nl
	for line in $1; do printf '|%s\n' "$line"; done
	unset IFS
}

# text FILE prints the beginning of a file as the body of the record before.
text() {
	head -c 65536 <"$1" | sed 's/^/|/'
	echo
}

# within runs a command that another process may keep waiting.
within() { if [ "$limited" ]; then timeout 5 "$@"; else "$@"; fi; }

# --- processes

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
	masters=
	set --
	for pid in $candidates; do
		is_master "$pid" || continue
		masters="$masters $pid"
		set -- "$@" "/proc/$pid/exe" "/proc/$pid/fd/1"
		unit_of "$pid"
	done
	for pid in $pids; do
		case "$candidates " in *" $pid "*) case "$masters " in *" $pid "*) ;; *) continue ;; esac ;; esac
		eval "say title $pid \"\$title_$pid\""
		set -- "$@" "/proc/$pid/cwd"
	done
	[ $# = 0 ] || find_links "$@"
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
		say link "$pid" "$name" "$v"
		eval "${name}_$pid=\$v"
	done
	unset IFS
}

# is_master tells a master from what it has just forked, which has its title until it gives itself one of its own:
# while workers crash there is such a process most of the time.
is_master() {
	owner=
	while read -r key a b rest; do
		case $key in
		PPid:) case $pids in *" $a "*) return 1 ;; esac ;;
		Uid:) owner=$b ;;
		NSpid:)
			[ -z "$b" ] || say inner "$1" "$b"
			break
			;;
		esac
	done <"/proc/$1/status"
	[ "$owner" ] || return
	name=$user
	[ "$owner" = "$uid" ] || name=$(id -un "$owner") || name=$owner
	say owner "$1" "$owner" "$name"
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
}

# hidden complains of a /proc that shows a login only its own processes.
hidden() {
	[ "$uid" = 0 ] && return
	mounts=$(grep -E '^[^ ]+ /proc .*hidepid=(1|2|4|noaccess|invisible|ptraceable)' /proc/mounts) &&
		say complaint hidepid "$mounts"
}

# --- units

properties=Id,LoadState,ActiveState,SubState,Result,Type,MainPID,NRestarts,ExecStart,ExecReload,WorkingDirectory
properties=$properties,WatchdogUSec,UnitFileState,StandardOutput,StatusText,FragmentPath,CanReload,User,PrivateTmp

# add_unit NAME puts a unit on the list to ask for; a template itself is no unit.
add_unit() {
	case $1 in *@.service) return ;; esac
	case " $names " in *" $1 "*) ;; *) names="$names $1" ;; esac
}

# unit_files DIRECTORY... finds services that mention Puma, which the manager need not have loaded: a unit that was
# installed and never enabled nor started is known to nobody else.
unit_files() {
	set +f
	for dir; do
		for file in $(grep -ls puma "$dir"/*.service); do
			some=yes
			add_unit "${file##*/}"
			case $file in *@.service)
				file=${file##*/}
				for file in "$dir"/*.wants/"${file%.service}"*.service; do
					[ -L "$file" ] && add_unit "${file##*/}"
				done
				;;
			esac
		done
	done
	set -f
}

# manage MANAGER ARGUMENT... runs systemctl, as the user whose manager it is where that is another.
manage() {
	of=$1
	shift
	case $of in
	'' | "$uid") within systemctl "$@" ;;
	# systemctl's own way, --machine=USER@.host, needs systemd 248 and more than the user's manager
	*) within setpriv --reuid="$of" --regid="$of" --clear-groups env XDG_RUNTIME_DIR="/run/user/$of" systemctl "$@" ;;
	esac
}

# show SCOPE MANAGER OPTION... asks a manager for all units that matter.
show() {
	kind=$1 of=$2
	shift 2
	shown=$(manage "$of" "$@" show --no-pager -p "$properties" -- $names '*puma*.service' 2>&1 | sed 's/^$/-/')
	seen=' '
	forget
	IFS=$nl
	for line in $shown; do
		case $line in
		-)
			keep
			forget
			continue
			;;
		Id=*) id=${line#*=} ;;
		ExecStart=*) command=${line#*=} ;;
		WorkingDirectory=*) directory=${line#*=} ;;
		StandardOutput=*) output=${line#*=} ;;
		esac
		block=$block$line$nl
	done
	keep
	[ "$seen" = ' ' ] && [ "$shown" ] && say complaint manager "$kind $of: $shown"
	unset IFS
}

forget() { id= command= directory= output= block=; }

# keep prints a unit once, and keeps what tells where its Puma's files are.
keep() {
	[ "$id" ] || return
	case $seen in *" $id "*) return ;; esac
	seen="$seen$id "
	say unit "$kind" "$of"
	body "$block"
	IFS=$nl
	units=$((units + 1))
	eval "name_$units=\"\$kind \$of \$id\" command_$units=\$command directory_$units=\$directory output_$units=\$output"
}

# unit_known sets command, directory and output to what its manager said of the unit that recall set.
unit_known() {
	forget
	i=0
	while [ "$i" -lt "$units" ]; do
		i=$((i + 1))
		eval "v=\$name_$i"
		[ "$v" = "$scope $manager $unit" ] || continue
		eval "command=\$command_$i directory=\$directory_$i output=\$output_$i"
		directory=${directory#[!/]}
		return
	done
}

# names_in SCOPE MANAGER lists the units that the masters run in.
names_in() {
	names= some=
	for pid in $masters; do
		recall "$pid"
		[ "$unit" ] && [ "$scope" = "$1" ] && [ "$manager" = "$2" ] && add_unit "$unit"
	done
	[ "$names" ] && some=yes
}

find_units() {
	command -v systemctl >/dev/null || return
	names_in system ''
	unit_files /etc/systemd/system /run/systemd/system /usr/local/lib/systemd/system /usr/lib/systemd/system
	[ -d /lib/systemd/system ] && [ ! -L /lib ] && unit_files /lib/systemd/system
	show system ''
	if [ -e "/run/user/$uid/systemd/private" ] || [ -e "/run/user/$uid/bus" ]; then
		XDG_RUNTIME_DIR=/run/user/$uid
		export XDG_RUNTIME_DIR
		names_in user "$uid"
		unit_files "${XDG_CONFIG_HOME:-$HOME/.config}/systemd/user" "$HOME/.local/share/systemd/user" \
			/etc/systemd/user /usr/local/lib/systemd/user /usr/lib/systemd/user
		[ "$some" ] && show user "$uid" --user
	fi
	[ -e "/var/lib/systemd/linger/$user" ] || say complaint linger "$user"
	[ "$uid" = 0 ] && others
}

# others asks the managers of other users, which root may.
others() {
	asked=" 0 "
	for owned in $masters; do
		recall "$owned"
		[ "$scope" = user ] || continue
		case $asked in *" $manager "*) continue ;; esac
		asked="$asked$manager "
		for_user=$manager
		names_in user "$for_user"
		show user "$for_user" --user
	done
}

# --- what a master was started with

# join BASE PATH sets v to an absolute path.
join() { case $2 in /*) v=$2 ;; *) v=$1/$2 ;; esac; }

# read_command sets o_config, o_state and o_env from the command line of the unit.
read_command() {
	o_config= o_state= o_env=
	v=${command#*'argv[]='}
	v=${v%%' ; '*}
	before=
	for word in $v; do
		word=${word#[\"\']}
		word=${word%[\"\']}
		case $before in
		-C | --config) o_config=$word ;;
		-S | --state) o_state=$word ;;
		-e | --environment) o_env=$word ;;
		esac
		case $word in
		--config=*) o_config=${word#*=} ;;
		--state=*) o_state=${word#*=} ;;
		--environment=*) o_env=${word#*=} ;;
		esac
		before=$word
	done
}

# find_config sets config to the puma.rb of a master: what the command line names, else where Puma itself looks. The
# release that runs comes before WorkingDirectory, which may lead to a newer one that the image never read.
find_config() {
	config=
	for base in "$cwd" "$directory"; do
		[ "$base" ] || continue
		if [ "$o_config" ]; then
			join "$base" "$o_config"
			config=$v
			[ -e "$config" ] && return
			continue
		fi
		for v in "$base/config/puma/${o_env:-production}.rb" "$base/config/puma.rb"; do
			[ -e "$v" ] || continue
			config=$v
			return
		done
	done
}

# literal RUBY sets v to the text of a string, with the simple variables in it; false for anything else.
literal() {
	v=${1#"${1%%[! 	(]*}"}
	case $v in
	'File.expand_path('*__FILE__*) near=${config%/*}/x ;;
	'File.expand_path('*__dir__*) near=${config%/*} ;;
	'ENV.fetch('*,* | 'ENV.fetch('*'{'*)
		case $v in *'{'*) v=${v#*\{} ;; *) v=${v#*,} ;; esac
		near=
		;;
	[\"\']*) near= ;;
	*) return 1 ;;
	esac
	case $v in *[\"\']*[\"\']*) ;; *) return 1 ;; esac
	v=${v#*[\"\']}
	v=${v%%[\"\']*}
	if [ "$near" ]; then
		# Ruby takes the file for a directory here and the kernel does not: a leading .. leaves it
		case $near/$v in */x/..*) v=${v#..} v=${near%/x}$v ;; *) v=$near/$v ;; esac
	fi
	while :; do
		case $v in *'#{'*'}'*) ;; *) break ;; esac
		name=${v#*'#{'}
		name=${name%%'}'*}
		case $name in
		__dir__) value=${config%/*} ;;
		'' | [0-9]* | *[!A-Za-z0-9_]*) return 1 ;;
		*) eval "value=\${ruby_$name-}" ;;
		esac
		[ "$value" ] || return 1
		v=${v%%'#{'*}$value${v#*'}'}
	done
	[ "$v" ]
}

# read_config sets c_state, c_directory and c_log. This is only to know where to look: what counts is read from the
# text by the parser, and a state file by the pid in it.
read_config() {
	c_state= c_directory= c_log=
	[ -r "$config" ] || return
	IFS=$nl
	for line in $(grep -E '^[[:space:]]*(state_path|directory|stdout_redirect|[a-z_][A-Za-z0-9_]*[[:space:]]*=)' "$config" | head -n 100); do
		line=${line#"${line%%[! 	]*}"}
		case $line in
		state_path[\ \(]*) literal "${line#state_path}" && c_state=$v ;;
		directory[\ \(]*) literal "${line#directory}" && c_directory=$v ;;
		stdout_redirect[\ \(]*) literal "${line#stdout_redirect}" && c_log=$v ;;
		[a-z_]*=*)
			left=${line%%=*}
			left=${left%"${left##*[! 	]}"}
			case $left in *[!A-Za-z0-9_]*) continue ;; esac
			literal "${line#*=}" && eval "ruby_$left=\$v" && assigned="$assigned ruby_$left"
			;;
		esac
	done
	unset IFS
	# shellcheck disable=SC2086
	unset $assigned assigned
}

# --- state file and control socket

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
			[ "$verdict" = denied ] && say state "$pid" usual denied '' "$path"
			[ "$verdict" = read ] && [ "$spid" = "$pid" ] || continue
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

# --- release

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

# --- start-up lines

# banner prints the last start-up lines in what it reads, 40 lines from there, and whether that image has ended: a crash
# loop writes thousands of lines.
banner() {
	awk '/Puma starting in (cluster|single) mode/ { n = 0; on = 1 }
		/\* Restarting\.\.\.|restarting normally|puma shutdown|Goodbye!/ && n >= 40 && n < 60 { line[n++] = substr($0, 1, 500) }
		on && n < 40 { line[n++] = substr($0, 1, 500) }
		END { for (i = 0; i < n; i++) print "|" line[i] }'
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
	# written right after the banner, the state file tells where it is, whatever was logged since
	if [ "$found" ]; then
		v=${stamp#* }
		v=${v%% *}
		case $v in '' | *[!0-9]*) ;; *)
			lines=$(journal --until "@$((v + 2))")
			[ "$lines" ] && printf '%s\n' "$lines" && return
			;;
		esac
	fi
	journal
}

journal() {
	# --user-unit would ask for units of this login alone
	select=--unit=$unit
	[ "$scope" = user ] && select=_SYSTEMD_USER_UNIT=$unit
	within journalctl -q --no-pager -b -o cat -n 2000 "$select" "_PID=$pid" "$@" | banner
}

# --- all of it

master() {
	pid=$1 found= url= stamp=
	shift
	recall "$pid"
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
		find_processes
		find_units
		for one in $masters; do master "$one" "$@"; done
		[ "$masters" ] || hidden
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
