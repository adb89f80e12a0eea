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
