# One exchange after the other: a socket is looked at when it is opened, and connected to by the command that has the
# whole request.

most=1114112

tell() { printf '%s\n' "$*"; }

decode() { printf %s "$1" | base64 -d 2>/dev/null && printf x; }

# look says why a path could be no socket of ours, in the words of the kernel.
look() {
	d=${1%/*}
	if [ ! -e "$1" ]; then
		while [ -n "$d" ] && [ ! -d "$d" ]; do d=${d%/*}; done
		if [ -n "$d" ] && [ ! -x "$d" ]; then echo EACCES; else echo ENOENT; fi
	elif [ ! -S "$1" ]; then
		echo ENOTSOCK
	elif [ ! -w "$1" ]; then
		echo EACCES
	fi
}

seconds() { printf '%d.%03d' "$((limit / 1000))" "$((limit % 1000))"; }

by_curl() {
	target=${request#GET }
	target=${target%% *}
	url=http://localhost/
	where=
	case $network in
	unix) where="unix-socket = \"$name\"" ;;
	abstract) where="abstract-unix-socket = \"$name\"" ;;
	tcp) url=http://$name/ ;;
	esac
	printf '%s\n' "$where" "url = \"$url\"" "request-target = \"$target\"" "max-time = $(seconds)" \
		'http1.0' 'include' 'silent' 'noproxy = "*"' 'header = "Host: localhost"' | curl -q -K - 2>/dev/null
	status=$?
	case $status in
	0 | 18 | 52 | 56) echo '<>' >&3 ;;
	6) echo '<UNRESOLVED>' >&3 ;;
	7) echo '<ECONNREFUSED>' >&3 ;;
	28) echo '<ETIMEDOUT>' >&3 ;;
	*) echo "<ECURL$status>" >&3 ;;
	esac
}

by_socat() {
	case $network in
	unix) to=UNIX-CONNECT:$name ;;
	abstract) to=ABSTRACT-CONNECT:$name ;;
	tcp) to=TCP:$name ;;
	esac
	wait=$(((limit + 999) / 1000))
	until=
	has timeout && until="timeout $wait"
	{
		# shellcheck disable=SC2086 # words, or none
		said=$(printf %s "$request" | $until socat -t "$((wait + 1))" - "$to,shut-none" 2>&1 >&4)
		status=$?
	} 4>&1
	case $status:$said in
	0:*) echo '<>' >&3 ;;
	124:*) echo '<ETIMEDOUT>' >&3 ;;
	*refused*) echo '<ECONNREFUSED>' >&3 ;;
	*'No such file'*) echo '<ENOENT>' >&3 ;;
	*'ermission denied'*) echo '<EACCES>' >&3 ;;
	*) echo '<EIO>' >&3 ;;
	esac
}

# exchange prints one answer, and its error word in brackets somewhere in it: the two come from ends of a pipe that
# do not wait for each other.
exchange() { { "by_$with" | head -c "$((most + 1))" | base64 | tr -d '\n'; } 3>&1 | tr -d '\n'; }

answer() {
	request=$(decode "$1")
	request=${request%x}
	case $request in
	'GET /'*) ;;
	*) tell error "$id" EPROTO && return ;;
	esac
	got=$(exchange)
	word=${got#*<}
	word=${word%%>*}
	data=${got%%<*}${got#*>}
	[ "${#data}" -gt "$((most / 3 * 4 + 4))" ] && word=EMSGSIZE data=
	[ "$data" ] && tell data "$id" "$data"
	doubt=
	[ "$word" = ECONNREFUSED ] && doubt=$network:$name
	if [ "$word" ]; then tell error "$id" "$word"; else tell end "$id"; fi
}

# deserted reports whether nobody listens where nobody did the last time. It sends no token and no command.
deserted() {
	[ "$doubt" = "$network:$name" ] || return 1
	request="GET / HTTP/1.0$nl$nl" limit=1000
	case $(exchange) in *'<ECONNREFUSED>'*) return 0 ;; esac
	return 1
}

open() {
	network=$1 limit=$3 word=
	name=$(decode "$2")
	name=${name%x}
	# what would end the name in curl's configuration, or in socat's address
	case $with:$network:$name in
	curl:*[[:cntrl:]\"\\]*) word=EPROTO ;;
	socat:*[!][a-zA-Z0-9_./@%+=:-]*) word=EPROTO ;;
	socat:tcp:*) ;;
	socat:*:*:*) word=EPROTO ;;
	esac
	[ "$word" = '' ] && [ "$network" = unix ] && word=$(look "$name")
	[ "$word" = '' ] && deserted && word=ECONNREFUSED
	limit=$3
	if [ "$word" ]; then tell error "$id" "$word"; else tell opened "$id" && current=$id; fi
}

doubt= current=
tell relay 1 "$with" exchanges
while read -r verb id a b c; do
	case $verb in
	open) open "$a" "$b" "$c" ;;
	write) [ "$id" = "$current" ] && answer "$a" && current= ;;
	close) [ "$id" = "$current" ] && tell end "$id" && current= ;;
	esac
done
