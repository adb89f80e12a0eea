# Proxies: nginx, Apache, HAProxy, Caddy: their configurations with all that these include.

# includes PROXY prints the patterns that a configuration on stdin includes, one more than are followed.
includes() {
	case $1 in
	nginx) sed 's/^[[:space:]]*#.*//; s/[[:space:]]#.*//' | tr ';{}' '\n\n\n' | sed -nE "s/^[[:space:]]*include[[:space:]]+//p" ;;
	apache) sed -nE 's/^[[:space:]]*[Ii]nclude([Oo]ptional)?[[:space:]]+//p' ;;
	caddy) sed -nE 's/^[[:space:]]*import[[:space:]]+([^[:space:]]+).*/\1/p' ;;
	esac | sed -E "s/[\"']//g; s/[[:space:]]+\$//" | head -n 101
}

# links FILE tells where the sockets are that it names, once links are followed.
links() {
	count=0
	for path in $(head -c 65536 <"$1" | grep -aoE '/[A-Za-z0-9_./@+-]+\.sock(et)?' | sed 's|^/*|/|' | sort -u | head -n 31); do
		count=$((count + 1))
		[ "$count" -gt 30 ] && say more "$1" && return
		v=$(readlink -f -- "$path") || continue
		[ "$v" ] && say link "$path" && say "|$v"
	done
}

# follow PROXY ROOT FILE reads a configuration and what it includes, by breadth: shells have one set of variables.
follow() {
	say proxy "$1" "$3"
	proxy=$1 root=$2 queue=$3$nl
	while [ "$queue" ]; do
		file=${queue%%"$nl"*}
		queue=${queue#*"$nl"}
		read_file "$file" || continue
		# most files of a tree have neither, and each of the two takes some ten processes
		grep -aq '\.sock' "$file" && links "$file"
		grep -aqE 'nclude|import' "$file" || continue
		[ "$proxy" = caddy ] && root=${file%/*}
		IFS=$nl
		count=0
		for pattern in $(head -c 65536 <"$file" | includes "$proxy"); do
			count=$((count + 1))
			[ "$count" -gt 100 ] && say more "$file" && break
			join "$root" "$pattern"
			[ -d "$v" ] && v="${v%/}/*"
			unset IFS
			expand "$v"
			IFS=$nl
		done
		unset IFS
	done
}

# expand PATTERN puts the files on the queue; what cannot be listed is told under the pattern, and too many are, too.
expand() {
	pattern=$1
	IFS=
	set +f
	case $pattern in
	*[*?[]*)
		for v in ${pattern%/*}; do
			[ -d "$v" ] && { [ ! -r "$v" ] || [ ! -x "$v" ]; } && say file denied "$pattern" && break
		done
		;;
	esac
	set -- $1
	set -f
	unset IFS
	if [ "$#" -gt 500 ]; then
		say file many "$pattern"
		return
	fi
	found=
	for path; do
		[ -f "$path" ] || continue
		found=yes
		queue=$queue$path$nl
	done
	[ "$found" ] && return
	case $pattern in
	*[*?[]*)
		v=${pattern%%[*?[]*}
		verdict "${v%/*}"
		[ "$verdict" = denied ] && say file denied "$pattern"
		;;
	*/*.*) [ "$proxy" = caddy ] || read_file "$pattern" ;;
	*)
		verdict "$pattern"
		[ "$verdict" = denied ] && say file denied "$pattern"
		;;
	esac
}

# configured PROXY FILE... follows the first that there is, or may be behind a directory that cannot be entered.
configured() {
	proxy=$1
	shift
	for path; do
		verdict "$path"
		case $verdict in read | denied) ;; *) continue ;; esac
		root=${path%/*}
		follow "$proxy" "$root" "$path"
		return
	done
}

proxies() {
	set +f
	running=$(cat /proc/[0-9]*/comm | sort -u)
	[ -r /proc/1/comm ] || say hidden
	main=$(grep -ahs 'nginx: master process' /proc/[0-9]*/cmdline | tr '\000' ' ' | sed -nE 's/.* -c +([^ ]+).*/\1/p' | head -n 1)
	set -f
	for name in $running; do
		case $name in
		nginx) say serving nginx ;;
		apache2 | httpd) say serving apache ;;
		haproxy | caddy) say serving "$name" ;;
		esac
	done
	configured nginx $main /etc/nginx/nginx.conf /usr/local/nginx/conf/nginx.conf /usr/local/etc/nginx/nginx.conf /opt/nginx/conf/nginx.conf
	apache /etc/apache2/apache2.conf /etc/httpd/conf/httpd.conf /usr/local/apache2/conf/httpd.conf
	configured haproxy /etc/haproxy/haproxy.cfg /usr/local/etc/haproxy/haproxy.cfg
	[ -d /etc/haproxy/conf.d ] && beside haproxy '/etc/haproxy/conf.d/*.cfg'
	configured caddy /etc/caddy/Caddyfile /usr/local/etc/caddy/Caddyfile
}

# apache FILE... is as configured. It has its files named from ServerRoot on, which is not where they are on Red Hat.
apache() {
	for path; do
		verdict "$path"
		case $verdict in read | denied) ;; *) continue ;; esac
		root=${path%/*}
		v=
		[ "$verdict" = read ] && v=$(sed -nE 's/^[[:space:]]*ServerRoot[[:space:]]+"?([^"]+)"?.*/\1/p' "$path" | head -n 1)
		[ "$v" ] && root=$v || root=${root%/conf}
		follow apache "$root" "$path"
		return
	done
}

# beside PROXY PATTERN reads the files as further beginnings, and the pattern as one where they cannot be listed.
beside() {
	proxy=$1 queue=
	[ -r "${2%/*}" ] && [ -x "${2%/*}" ] || say proxy "$1" "$2"
	expand "$2"
	IFS=$nl
	for file in $queue; do
		say proxy "$1" "$file"
		read_file "$file" && links "$file"
	done
	unset IFS
}
