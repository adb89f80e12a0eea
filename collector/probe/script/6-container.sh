# Containers: the Pumas in those of docker and podman. Their insides know best, so this very probe runs there, too.

# box_of PID sets engine and box to the container of a process, by its control group.
box_of() {
	engine= box=
	while IFS= read -r line; do
		case $line in
		*libpod-*) engine=podman box=${line##*libpod-} ;;
		*docker[-/]*) engine=docker box=${line##*docker[-/]} ;;
		*) continue ;;
		esac
		box=${box%%[!0-9a-f]*}
		[ ${#box} = 64 ] && return
	done <"/proc/$1/cgroup"
	engine= box=
}

# own_box notes where the probe itself runs: what is in there with it is in no other container.
own_box() {
	while IFS= read -r line; do
		case $line in 0::* | *:name=systemd:*) say self "$line" ;; esac
	done </proc/self/cgroup
	box_of self
	own=$box
}

# boxed PID says in which container of another kind than ours a process is, and which pid it has there.
boxed() {
	box_of "$1"
	[ "$box" = "$own" ] && box=
	eval "box_$1=\$box engine_$1=\$engine"
	[ "$box" ] && say box "$1" "$box"
}

# boxed_worker PID is for workers, whose pids in the container are what Puma's figures have.
boxed_worker() {
	while read -r key a b rest; do
		[ "$key" = NSpid: ] || continue
		[ "$b" ] || return
		say inner "$1" "$b"
		break
	done <"/proc/$1/status"
	boxed "$1"
}

# Each field is JSON, which has no line break, and the last line of each container ends with one. Of the environment
# three variables leave the host: the others are secrets.
format='container{{"\t"}}{{.Id}}
|pid={{json .State.Pid}}
|name={{json .Name}}
|image={{json .Config.Image}}
|created={{json .Created}}
|started={{json .State.StartedAt}}
|restarts={{json .RestartCount}}
|user={{json .Config.User}}
|network={{json .HostConfig.NetworkMode}}
|policy={{json .HostConfig.RestartPolicy.Name}}{{with .Config.Labels}}
|service={{json (index . "service")}}
|role={{json (index . "role")}}
|destination={{json (index . "destination")}}{{end}}{{range .Config.Env}}{{if eq (index (split . "=") 0) "KAMAL_VERSION" "KAMAL_HOST" "KAMAL_CONTAINER_NAME"}}
|env={{json .}}{{end}}{{end}}{{range .NetworkSettings.Networks}}
|address={{json .IPAddress}}{{end}}{{range .Mounts}}{{if eq .Type "bind"}}
|mount={{json .Source}} {{json .Destination}}{{end}}{{end}}'

# containers asks the engines for the containers that masters were seen in, at most twelve of them.
containers() {
	docker= podman= i=0
	for pid in $masters; do
		recall "$pid"
		[ "$inner" ] && [ "$box" ] || continue
		case " $docker $podman " in *" $box "*) continue ;; esac
		i=$((i + 1))
		[ "$i" -gt 12 ] && break
		eval "$engine=\"\$$engine \$box\""
	done
	[ "$limited" ] || return
	slow=
	[ "$docker" ] && engine=docker && inspect $docker
	[ "$podman" ] && engine=podman && inspect $podman
}

# inspect ID... prints what the engine says of containers, and what there is inside of each.
inspect() {
	if ! command -v "$engine" >/dev/null; then
		say complaint engine "$engine: command not found"
		return
	fi
	shown=$(timeout 2 "$engine" inspect --type container --format "$format" "$@" 2>&1)
	IFS=$nl
	for line in $shown; do
		case $line in
		container"$tab"*) printf '%s\n' "$line$tab$engine" ;;
		'|'*) printf '%s\n' "$line" ;;
		*) say complaint engine "$engine: $line" ;;
		esac
	done
	unset IFS
	[ "$shown" ] || say complaint engine "$engine: no answer within 2 s"
	for box; do
		case $shown in *"container$tab$box"*) ;; *) continue ;; esac
		[ "$slow" ] && continue
		said=$(printf '%s\ninside=yes hints=\nprobe </dev/null 2>/dev/null\n' "$text" | timeout 5 "$engine" exec -i "$box" sh -s 2>&1)
		case $? in 124 | 137 | 143) slow=yes ;; esac
		say inside "$box"
		printf '%s\n' "$said" | sed 's/^/|/'
		[ "$slow" ] && continue
		say started "$box"
		timeout 2 "$engine" logs --tail 2000 "$box" 2>&1 | banner
	done
}
