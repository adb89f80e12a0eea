# bash completion for pumatop. What has been typed is handed on as it stands: nothing in it is expanded or run.

_pumatop() {
	local line=${COMP_LINE:0:COMP_POINT} words out directive value rest
	read -ra words <<<"$line"
	[[ $line != *[[:blank:]] ]] || words+=("")
	local cur=${words[${#words[@]} - 1]}
	out=$(command "${1/#\~/$HOME}" __complete "${words[@]:1}" 2>/dev/null) || return
	directive=${out##*:}
	out=${out%:*}
	# of --flag=value the value alone is offered
	local flag=
	[[ $cur != -*=* ]] || flag=${cur%%=*}=
	cur=${cur#"$flag"}
	# readline replaces only what stands behind the last of its own word breaks, of which it counts @ to the word
	local behind=$cur
	[[ $COMP_WORDBREAKS != *:* ]] || behind=${behind##*:}
	[[ $COMP_WORDBREAKS != *@* || $behind != *@* ]] || behind=@${behind##*@}
	local before=${cur%"$behind"}
	[[ $COMP_WORDBREAKS != *=* ]] || flag=
	COMPREPLY=()
	while IFS=$'\t' read -r value rest; do
		[[ -z $value || $value != "$cur"* ]] || COMPREPLY+=("$flag${value#"$before"}")
	done <<<"$out"
	((directive & 2)) && compopt -o nospace
	((directive & 16)) && compopt -o dirnames && return
	((directive & 4)) || ((${#COMPREPLY[@]})) || compopt -o default
}

complete -F _pumatop pumatop
