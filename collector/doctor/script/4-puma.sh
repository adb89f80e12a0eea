# A Puma: what its files say, and what its processes show.

# ruby BASE PATH reads a configuration with those that lie beside it and those that it names.
ruby() {
	base=$1
	set -- "$2"
	dir=${1%/*}
	known="$known$1$nl"
	read_file "$1"
	set +f
	for path in "${dir%/puma}/puma.rb" "${dir%/puma}"/puma/*.rb "${dir%/puma}"/puma[._-]*.rb; do
		[ -f "$path" ] || continue
		known="$known$path$nl"
		read_file "$path"
	done
	set -f
	verdict "$1"
	[ "$verdict" = read ] || return
	IFS=$nl
	for word in $(head -c 65536 <"$1" | grep -aE '(eval|read|load|require|DSL)' | head -n 30 | grep -oE "\"[^\"]*\"|'[^']*'"); do
		word=${word#[\"\']}
		word=${word%[\"\']}
		case $word in
		'#{__dir__}/'*) word=${word#*/} ;;
		*'#{'*) continue ;;
		esac
		case $word in
		/*) set -- "$word" ;;
		*.rb) set -- "$dir/$word" "$dir/${word#../}" "$base/$word" ;;
		*) continue ;;
		esac
		for path; do
			[ -f "$path" ] || continue
			known="$known$path$nl"
			read_file "$path"
		done
	done
	unset IFS
}

# master PID SCOPE UNIT STATE CONFIG prints its directory, its environment, its limits, its bundle, and which
# of its configurations were written after it had read them: right before it writes its state file.
master() {
	say master "$1" "$2" "$3"
	pid=$1 state=$4
	limits "$1"
	cwd=$(readlink "/proc/$1/cwd") && say cwd "$1" "$cwd"
	# a title that is longer than the command line is written over all of the environment
	v=denied
	if [ -r "/proc/$1/environ" ]; then
		v=overwritten
		head -c 4096 "/proc/$1/environ" | tr '\000\n' '\n ' | head -n 1 | grep -qaE '^[A-Za-z_][A-Za-z0-9_]*=' && v=read
	fi
	say environ "$1" "$v"
	[ "$v" = read ] && tr '\000\n' '\n ' <"/proc/$1/environ" | variables | sed 's/^/|/'
	known=$nl
	[ "$5" ] && ruby "${cwd:-/}" "$5"
	cwd=${cwd%' (deleted)'}
	if [ "$cwd" ]; then
		for path in Gemfile.lock gems.locked; do
			verdict "$cwd/$path"
			[ "$verdict" = missing ] && continue
			[ "$verdict" = read ] && [ "$(wc -c <"$cwd/$path")" -gt 262144 ] && verdict=cut
			say lock "$pid" "$verdict" "$cwd/$path"
			case $verdict in read | cut) head -c 262144 <"$cwd/$path" | grep -aE '^    [A-Za-z0-9_.-]+ \(' | head -n 1001 | sed 's/^    /|/' ;; esac
		done
	fi
	[ "$state" ] && [ -e "$state" ] || return
	v=$(stat -c %Y -- "$state") && say booted "$pid" "$v"
	IFS=$nl
	for path in $known; do
		[ "$path" -nt "$state" ] && say newer "$pid" "$path"
	done
	unset IFS
}
