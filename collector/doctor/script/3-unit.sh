# A unit: its properties, its files, and the environment that it gives.

# unit SCOPE MANAGER NAME: a scope is system, or user with whose manager it is: user:1500.
unit() {
	case $seen in *"${nl}unit $1 $3$nl"*) return ;; esac
	seen="${seen}unit $1 $3$nl"
	option=
	case $1 in user*) option=--user ;; esac
	command="systemctl ${option:+$option }show $3"
	if ! command -v systemctl >/dev/null; then
		say permit systemctl unknown "$1" "$3" "$command" 'command not found'
		return
	fi
	# without --all a property that is empty looks like one that this systemd does not know
	shown=$(manage "$2" $option show --all --no-pager -- "$3" 2>&1)
	case $shown in
	*Id=*) ;;
	*)
		shown=$(printf '%s' "$shown" | head -c 1000 | tr -s '\n\t ' '   ')
		say permit systemctl no "$1" "$3" "$command" "$shown"
		return
		;;
	esac
	if [ "${#shown}" -gt 65536 ]; then
		say permit systemctl unknown "$1" "$3" "$command" 'it says more than is read'
		return
	fi
	say permit systemctl yes "$1" "$3" "$command" ''
	say unit "$1" "$3"
	printf '%s\n' "$shown" | grep -aE '^[A-Za-z]+=' | hide_environment | hide
	echo
	may_read_journal "$1" "$3"
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
		case $path in *[*?[]*) verdict=many ;; esac
		[ "$verdict" = read ] && [ "$(wc -c <"$path")" -gt 65536 ] && verdict=cut
		say given "$1" "$3" "$verdict" "$path"
		case $verdict in read | cut) head -c 65536 <"$path" | variables | sed 's/^/|/' ;; esac
	done
	unset IFS
	say manager "$1" "$3"
	manage "$2" $option show-environment 2>/dev/null | variables | sed 's/^/|/'
	for other in $others; do case $other in *.socket) unit "$1" "$2" "$other" ;; esac; done
}
