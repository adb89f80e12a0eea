# Proxies: nginx, Apache, HAProxy, Caddy: their configurations with all that these include.

# includes PROXY prints the patterns that a configuration on stdin includes.
includes() {
	case $1 in
	nginx) sed 's/^[[:space:]]*#.*//; s/[[:space:]]#.*//' | tr ';{}' '\n\n\n' | sed -nE "s/^[[:space:]]*include[[:space:]]+//p" ;;
	apache) sed -nE 's/^[[:space:]]*[Ii]nclude([Oo]ptional)?[[:space:]]+//p' ;;
	caddy) sed -nE 's/^[[:space:]]*import[[:space:]]+([^[:space:]]+).*/\1/p' ;;
	esac | sed -E "s/[\"']//g; s/[[:space:]]+\$//" | head -n 100
}

# links FILE tells where the sockets are that it names, where links make that another path.
links() {
	for path in $(head -c 65536 <"$1" | grep -aoE '/[A-Za-z0-9_./@+-]+\.sock(et)?' | sed 's|^/*|/|' | sort -u | head -n 30); do
		v=$(readlink -f -- "$path") || continue
		[ "$v" ] && [ "$v" != "$path" ] && say link "$path" && say "|$v"
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
		links "$file"
		[ "$proxy" = caddy ] && root=${file%/*}
		IFS=$nl
		for pattern in $(head -c 65536 <"$file" | includes "$proxy"); do
			join "$root" "$pattern"
			[ -d "$v" ] && v="${v%/}/*"
			unset IFS
			expand "$v"
			IFS=$nl
		done
		unset IFS
	done
}

# expand PATTERN puts the files on the queue; a directory that may not be listed is told.
expand() {
	pattern=$1 found=
	IFS=
	set +f
	for path in $1; do
		[ -f "$path" ] || continue
		found=yes
		queue=$queue$path$nl
	done
	set -f
	unset IFS
	[ "$found" ] && return
	case $pattern in
	*[*?]*)
		v=${pattern%%[*?]*}
		v=${v%/*}
		[ -d "$v" ] && { [ ! -r "$v" ] || [ ! -x "$v" ]; } && say file denied "$pattern"
		;;
	*/*.*) [ "$proxy" = caddy ] || read_file "$pattern" ;;
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
	apache
	configured haproxy /etc/haproxy/haproxy.cfg /usr/local/etc/haproxy/haproxy.cfg
	[ -d /etc/haproxy/conf.d ] && proxy=haproxy queue= && expand '/etc/haproxy/conf.d/*.cfg' && beside
	configured caddy /etc/caddy/Caddyfile /usr/local/etc/caddy/Caddyfile
}

# apache has its files named from ServerRoot on, which is not where they are on Red Hat.
apache() {
	for path in /etc/apache2/apache2.conf /etc/httpd/conf/httpd.conf /usr/local/apache2/conf/httpd.conf; do
		[ -f "$path" ] || continue
		root=${path%/*}
		v=$(sed -nE 's/^[[:space:]]*ServerRoot[[:space:]]+"?([^"]+)"?.*/\1/p' "$path" | head -n 1)
		[ "$v" ] && root=$v || root=${root%/conf}
		follow apache "$root" "$path"
		return
	done
}

# beside reads the files on the queue as further beginnings.
beside() {
	IFS=$nl
	for file in $queue; do
		say proxy haproxy "$file"
		read_file "$file" && links "$file"
	done
	unset IFS
}
