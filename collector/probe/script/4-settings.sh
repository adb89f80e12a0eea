# Settings: what a master was started with, as far as it tells where its files are.

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
		-C | --config | -F | --config-file) o_config=$word ;;
		-S | --state) o_state=$word ;;
		-e | --environment) o_env=$word ;;
		esac
		case $word in
		-C?*) o_config=${word#-C} ;;
		-S?*) o_state=${word#-S} ;;
		--config=* | --config-file=*) o_config=${word#*=} ;;
		--state=*) o_state=${word#*=} ;;
		--environment=* | APP_ENV=* | RACK_ENV=* | RAILS_ENV=*) o_env=${word#*=} ;;
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
