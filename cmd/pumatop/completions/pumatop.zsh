#compdef pumatop
# zsh completion for pumatop. What has been typed is handed on without its quotes: nothing in it is expanded or run.

_pumatop() {
	local -a lines described
	local out line value directive
	out=$(command "${words[1]/#\~/$HOME}" __complete "${(@Q)words[2,CURRENT]}" 2>/dev/null) || return 1
	[[ $words[CURRENT] != -*=* ]] || compset -P '*='
	lines=("${(@f)out}")
	directive=${lines[-1]#:}
	for line in "${(@)lines[1,-2]}"; do
		value=${line%%$'\t'*}
		[[ -n $value ]] || continue
		if [[ $line == *$'\t'* ]]; then
			described+=("${value//:/\\:}:${line#*$'\t'}")
		else
			described+=("${value//:/\\:}")
		fi
	done
	if ((directive & 16)); then
		_files -/
	elif ((${#described})); then
		local -a space
		((directive & 2)) && space=(-S '')
		_describe -V pumatop described "${space[@]}"
	elif ! ((directive & 4)); then
		_files
	fi
}

if [[ $funcstack[1] == _pumatop ]]; then
	_pumatop "$@"
else
	compdef _pumatop pumatop
fi
