# fish completion for pumatop. What has been typed is handed on as it stands: nothing in it is expanded or run.

function __pumatop_complete
    set -l words (commandline -opc)
    set -l out (command $words[1] __complete $words[2..-1] (commandline -ct) 2>/dev/null)
    set -l directive (string replace ':' '' -- $out[-1])
    if test (count $out) -gt 1
        set -l flag (string match -r -- '^-.*?=' (commandline -ct); or echo)
        printf '%s\n' $flag$out[1..-2]
    else if test (math "bitand($directive, 4)") -eq 0
        __fish_complete_path (commandline -ct)
    end
end

complete -c pumatop -f -a '(__pumatop_complete)'
