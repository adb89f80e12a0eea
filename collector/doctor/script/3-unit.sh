# A unit: its properties, its files, and the environment that it gives.

# unit SCOPE MANAGER NAME
unit() {
	case $seen in *"${nl}unit $1 $3$nl"*) return ;; esac
	seen="${seen}unit $1 $3$nl"
	option=
	[ "$1" = user ] && option=--user
	command="systemctl ${option:+$option }show $3"
	if ! command -v systemctl >/dev/null; then
		say permit systemctl unknown "$command" 'command not found'
		return
	fi
	# without --all a property that is empty looks like one that this systemd does not know
	shown=$(manage "$2" $option show --all --no-pager -- "$3" 2>&1)
	case $shown in
	*Id=*) say permit systemctl yes "$command" '' ;;
	*)
		say permit systemctl no "$command" "$shown"
		return
		;;
	esac
	say unit "$1" "$3"
	printf '%s\n' "$shown" | grep -aE '^[A-Za-z]+=' | head -c 65536 | hide_environment | hide
	echo
	may_read_journal "$3" "$1"
	IFS=$nl
	paths=$(printf '%s\n' "$shown" | sed -n 's/^FragmentPath=//p; s/^SourcePath=//p')
	dropins=$(printf '%s\n' "$shown" | sed -n 's/^DropInPaths=//p')
	environment=$(printf '%s\n' "$shown" | sed -n 's/^EnvironmentFiles=//p')
	others=$(printf '%s\n' "$shown" | sed -n 's/^TriggeredBy=//p')
	for path in $paths; do
		say of "$1" "$3" "$path"
		read_file "$path"
	done
	unset IFS
	for path in $dropins; do
		say of "$1" "$3" "$path"
		read_file "$path"
	done
	IFS=$nl
	for path in $environment; do
		path=${path%' (ignore_errors='*}
		verdict "$path"
		say given "$1" "$3" "$verdict" "$path"
		[ "$verdict" = read ] && head -c 65536 <"$path" | variables | sed 's/^/|/'
	done
	unset IFS
	say manager "$1" "$3"
	manage "$2" $option show-environment 2>/dev/null | variables | sed 's/^/|/'
	for other in $others; do case $other in *.socket) unit "$1" "$2" "$other" ;; esac; done
}
