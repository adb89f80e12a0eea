# Units: what systemd says of those that run Puma, and of those that should.

properties=Id,LoadState,ActiveState,SubState,Result,Type,MainPID,NRestarts,ExecStart,ExecReload,WorkingDirectory
properties=$properties,WatchdogUSec,UnitFileState,StandardOutput,StatusText,FragmentPath,User,PrivateTmp
properties=$properties,ActiveEnterTimestampMonotonic,ExecMainStartTimestampMonotonic,WatchdogTimestampMonotonic

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
			file=${file##*/}
			add_unit "$file"
			case $file in *@.service) ;; *) continue ;; esac
			for instance in "$dir"/*.wants/"${file%.service}"*.service; do
				[ -L "$instance" ] && add_unit "${instance##*/}"
			done
		done
	done
	set -f
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
		MainPID=*) main=${line#*=} ;;
		esac
		block=$block$line$nl
	done
	keep
	[ "$seen" = ' ' ] && [ "$shown" ] && say complaint manager "$kind $of: $shown"
	unset IFS
}

forget() { id= command= directory= output= main= block=; }

# keep prints a unit once, and keeps what tells where its Puma's files are.
keep() {
	[ "$id" ] || return
	case $seen in *" $id "*) return ;; esac
	seen="$seen$id "
	say unit "$kind" "$of"
	body "$block"
	IFS=$nl
	units=$((units + 1))
	eval "name_$units=\"\$kind \$of \$id\" command_$units=\$command directory_$units=\$directory output_$units=\$output main_$units=\$main"
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

# find_hidden looks for masters that /proc hides from the login: their units and their files may tell all the same.
find_hidden() {
	mounts=
	[ "$uid" = 0 ] || mounts=$(grep -E '^[^ ]+ /proc .*hidepid=(1|2|4|noaccess|invisible|ptraceable)' /proc/mounts)
	[ "$mounts" ] || return
	say complaint hidepid "$mounts"
	i=0
	while [ "$i" -lt "$units" ]; do
		i=$((i + 1))
		eval "v=\$name_$i pid=\$main_$i"
		case $pid in '' | 0 | *[!0-9]*) continue ;; esac
		[ -e "/proc/$pid" ] && continue
		say process "$pid" hidden
		masters="$masters $pid"
		kind=${v%% *} id=${v##* }
		v=${v#* }
		eval "title_$pid= cwd_$pid= out_$pid= inner_$pid= box_$pid= engine_$pid= unit_$pid=\$id scope_$pid=\$kind manager_$pid=\${v%% *}"
	done
}

# names_in SCOPE MANAGER lists the units that the masters run in, and those that somebody named.
names_in() {
	names= some=
	for unit in $hints; do add_unit "$unit"; done
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
	lingers "$uid" "$user"
	[ "$uid" = 0 ] && others
}

# lingers UID NAME says whether the manager of a user stays when the last session of theirs ends.
lingers() {
	v=/var/lib/systemd/linger
	[ -d "$v" ] && [ ! -x "$v" ] && return
	if [ "$2" ] && [ -e "$v/$2" ]; then say linger "$1" yes; else say linger "$1" no; fi
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
		lingers "$for_user" "$(id -un "$for_user")"
		names_in user "$for_user"
		show user "$for_user" --user
	done
}
