# pumatop-doctor 1
# Reads what decides how a Puma restarts: its configuration, its unit, the proxy before it, its sockets. POSIX sh, fed on
# stdin; it writes nothing and needs no privilege. The output format is in reading.go. Everything is defined before the last
# line runs any of it: half a script, from a connection that broke, does nothing.

seen=$nl files=0 left=3145728

# What is secret stays on the host: tokens, passwords, and of an environment all values but of what Puma itself reads.
hidden='[hidden]'
quoted='("[^"#]*"|'"'[^']*'"')'
hide() {
	sed -E "s/((auth_token|password)[\"']?[[:space:]]*(:|=>)[[:space:]]*)$quoted/\\1\"$hidden\"/g
		s/(ENV\\.fetch\\([\"'][A-Z0-9_]*(TOKEN|SECRET|KEY|PASS)[A-Z0-9_]*[\"'],[[:space:]]*)$quoted/\\1\"$hidden\"/g
		s/((^|[^A-Za-z0-9])[a-z_]*(token|secret|password)[[:space:]]*=[[:space:]]*)$quoted/\\1\"$hidden\"/g
		s/(pumactl[^;]*[[:space:]]-T[= ]?)[^ ;]+/\\1$hidden/g
		s/(--control-token[= ])[^ ;]+/\\1$hidden/g
		s/((stats[[:space:]]+auth|password)[[:space:]]+)[^[:space:];]+/\\1$hidden/g
		s/([Aa]uthorization[\"']?[[:space:]]+)$quoted/\\1\"$hidden\"/g
		s,(://)[^/@[:space:]\"']*:[^/@[:space:]\"']*@,\\1$hidden@,g" | hide_behind | sed 's/^/|/'
}
# hide_behind hides what stands in quotes behind a word that names a secret, but for the names of variables, and in a proxy's
# headers and users what stands there without quotes.
hide_behind() {
	awk -v hidden="$hidden" '
		function masked(s,    out, lit, before) {
			out = ""
			while (match(s, /"[^"]*"|\047[^\047]*\047|%[qQwWiI]?[({\[<|!][^)}\]>|!]*[)}\]>|!]/)) {
				before = substr(s, 1, RSTART - 1)
				lit = substr(s, RSTART, RLENGTH)
				s = substr(s, RSTART + RLENGTH)
				if (before !~ /ENV(\[|\.fetch\()[ \t]*$/ || lit !~ /^["\047][A-Z0-9_]+["\047]$/) lit = "\"" hidden "\""
				out = out before lit
			}
			sub(/["\047].*/, "\"" hidden "\"", s)
			return out s
		}
		{
			low = tolower($0)
			if (match(low, /(token|secret|passw(or)?d|passphrase|api[-_]?key|x-[a-z-]*key|credential|authorization)["\047]?/)) {
				head = substr($0, 1, RSTART + RLENGTH - 1)
				tail = substr($0, RSTART + RLENGTH)
				if (low ~ /^[ \t]*#/) tail = " " hidden
				else if (low ~ /^[ \t]*(proxy_set_header|more_set_(input_)?headers|add_header|(fastcgi|uwsgi)_param|(request)?header(_up|_down)?|http-request|user)[ \t]/)
					tail = " " hidden (tail ~ /;[ \t]*$/ ? ";" : "")
				else tail = masked(tail)
				$0 = head tail
				more = tail ~ /^[ \t]*(=>|:|=|,|\(|\|\||\\)?[ \t]*$/ || tail ~ /(\|\||\\)[ \t]*$/
			} else if (more) {
				$0 = masked($0)
				more = $0 ~ /(\|\||\\)[ \t]*$/
			}
			print
		}'
}
plain='^(WEB_CONCURRENCY|(RAILS_|PUMA_)?(MIN|MAX)_THREADS|MALLOC_ARENA_MAX|(RAILS|RACK|APP)_ENV|PORT|PWD|XDG_RUNTIME_DIR|PUMA_[A-Z0-9_]+)='
secret='^[A-Z0-9_]*(TOKEN|SECRET|PASS|KEY)'
# variables prints one more than the reader takes: so it sees that there are more.
variables() { grep -aE "$plain" | grep -avE "$secret" | head -n 41; }
hide_environment() {
	awk -v plain="$plain" -v secret="$secret" -v hidden="$hidden" '
		!more { env = /^[ \t]*Environment=/ }
		{ more = /\\$/ }
		!env { print; next }
		{
			out = ""
			line = $0
			if (sub(/^[ \t]*Environment=/, "", line)) out = "Environment="
			n = split(line, word, /[ \t]+/)
			for (i = 1; i <= n; i++) {
				w = word[i]
				gsub(/["\047]/, "", w)
				if (w == "\\") { out = out " \\"; continue }
				if (w !~ /^[A-Za-z_][A-Za-z0-9_]*=/) continue
				if (w !~ plain || w ~ secret) sub(/=.*/, "=" hidden, w)
				out = out (out ~ /=$/ || out == "" ? "" : " ") w
			}
			print out
		}' | sed -E "s/([A-Z0-9_]*(TOKEN|SECRET|PASS|KEY)[A-Z0-9_]*=)(\"[^\"]*\"|'[^']*'|[^[:space:];]+)/\\1$hidden/g"
}

# join BASE PATH sets v to an absolute path.
join() { case $2 in /*) v=$2 ;; *) v=$1/$2 ;; esac; }

# verdict PATH sets verdict to what stands in the way of reading a file.
verdict() {
	verdict='read'
	if [ ! -e "$1" ]; then
		verdict=missing
		v=${1%/*}
		while [ "$v" ] && [ ! -d "$v" ]; do v=${v%/*}; done
		[ -x "${v:-/}" ] || verdict=denied
	elif [ ! -f "$1" ]; then
		verdict=other
	elif [ ! -r "$1" ]; then
		verdict=denied
	fi
}

# read_file PATH prints a file, once; it is true where it was read now.
read_file() {
	case $seen in *"$nl$1$nl"*) return 1 ;; esac
	seen=$seen$1$nl
	verdict "$1"
	files=$((files + 1))
	if [ "$verdict" = read ]; then
		size=$(wc -c <"$1")
		size=$((size))
		[ "$size" -gt 65536 ] && verdict=cut size=65536
		{ [ "$left" -lt "$size" ] || [ "$files" -gt 150 ]; } && verdict=many
	fi
	say file "$verdict" "$1"
	case $verdict in read | cut) ;; *) return 1 ;; esac
	left=$((left - size))
	case $1 in
	*.service | *.socket | */*.d/*.conf) head -c 65536 <"$1" | hide_environment | hide ;;
	*) head -c 65536 <"$1" | hide ;;
	esac
	echo
}

# inode PATH prints a file and the directories that lead to it with their modes and owners.
inode() {
	case $seen in *"${nl}inode $1$nl"*) return ;; esac
	seen=${seen}inode\ $1$nl
	if [ ! -e "$1" ]; then
		verdict "$1"
		say inode "$verdict" "$1"
		return
	fi
	say inode read "$1"
	set -- "$1"
	v=${1%/*}
	while [ "$v" ]; do
		set -- "$@" "$v"
		v=${v%/*}
	done
	stat -L -c '%A %U %G %n' -- "$@" / | sed 's/^/|/'
}

# space DIRECTORY prints how much is free where a directory is; nothing where it is behind one that cannot be entered.
space() {
	verdict "$1"
	if [ "$verdict" = denied ]; then
		say space '' "$1"
		return
	fi
	v=$1
	while [ "$v" ] && [ ! -d "$v" ]; do v=${v%/*}; done
	v=$(within df -Pk -- "${v:-/}" | awk 'NR == 2 { print $4 }')
	say space "$v" "$1"
}
