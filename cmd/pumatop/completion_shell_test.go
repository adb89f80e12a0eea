package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// bashCompletes calls the script's function as bash does, with the words that its line editor would make of a line.
const bashCompletes = `
. /usr/share/bash-completion/bash_completion
. <(pumatop completion bash)
COMP_LINE=$1 COMP_POINT=${#1} COMP_TYPE=9 COMP_KEY=9
read -ra COMP_WORDS <<<"$(sed 's/[@=:]/ & /g' <<<"$1")"
[[ $1 != *' ' ]] || COMP_WORDS+=("")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
compopt() { :; }
__start_pumatop
printf '%s\n' "${COMPREPLY[@]}"
`

// zshCompletes types a line and a tab in a zsh of its own, and prints what it has become.
const zshCompletes = `
zmodload zsh/zpty
zpty z zsh -f -i
zpty -w z "PS1='' PS2=''; autoload -Uz compinit; compinit -u -D; source <(pumatop completion zsh)"
zpty -w z "show() { print -r -- \"<<\$BUFFER>>\"; zle kill-buffer }; zle -N show; bindkey '^X' show; bindkey '^I' complete-word; print rea''dy"
zpty -r z out '*ready*'
zpty -w -n z "$1"$'\t\x18'
zpty -r z out '*<<*>>*'
print -r -- "$out"
zpty -d z
`

// TestShells completes lines in the shells themselves, which have to be there.
func TestShells(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	writeCompletable(t, home)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, filepath.Join(home, "pumatop")); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ shell, script, line, want string }{
		{"bash", bashCompletes, "pumatop statu", "status"},
		{"bash", bashCompletes, "pumatop status prod", "production"},
		{"bash", bashCompletes, "pumatop status deploy@web2", "web2.example.com"},
		{"bash", bashCompletes, "pumatop status bast", "bastion"},
		{"bash", bashCompletes, "pumatop --environment stag", "staging"},
		{"bash", bashCompletes, "pumatop status --environment=stag", "staging"},
		{"zsh", zshCompletes, "pumatop status prod", "pumatop status production"},
		{"zsh", zshCompletes, "pumatop status @w", "pumatop status @web"},
		{"zsh", zshCompletes, "pumatop status bast", "pumatop status bastion"},
		{"zsh", zshCompletes, "pumatop --environment stag", "pumatop --environment staging"},
		{"zsh", zshCompletes, "pumatop status --columns target,backl", "pumatop status --columns target,backlog"},
		{"fish", fishCompletes, "pumatop status prod", "production"},
		{"fish", fishCompletes, "pumatop status @w", "@web"},
		{"fish", fishCompletes, "pumatop status bast", "bastion"},
		{"fish", fishCompletes, "pumatop --environment stag", "staging"},
		{"fish", fishCompletes, "pumatop status --columns target,backl", "target,backlog"},
	} {
		t.Run(test.shell+" "+test.line, func(t *testing.T) {
			path, err := exec.LookPath(test.shell)
			if err != nil {
				t.Fatalf("%s is needed, from Debian's package of that name: %v", test.shell, err)
			}
			flag := "-c"
			args := []string{flag, test.script, test.shell, test.line}
			if test.shell == "fish" {
				args = []string{"--no-config", flag, test.script, test.line}
			}
			cmd := exec.CommandContext(t.Context(), path, args...)
			cmd.Dir = home
			cmd.Env = []string{"HOME=" + home, "PATH=" + home + ":" + os.Getenv("PATH"), "TERM=xterm", "LC_ALL=C.UTF-8"}
			out, err := cmd.CombinedOutput()
			got := strings.TrimSpace(string(out))
			switch test.shell {
			case "fish":
				got, _, _ = strings.Cut(got, "\n") // a second one keeps fish from adding a space
				got, _, _ = strings.Cut(got, "\t")
			case "zsh":
				_, got, _ = strings.Cut(got, "<<")
				got, _, _ = strings.Cut(got, ">>")
			case "bash":
				got, _, _ = strings.Cut(got, "  ")
			}
			if strings.TrimSpace(got) != test.want || err != nil {
				t.Errorf("%q (%v), want %q; all of it: %q", got, err, test.want, out)
			}
		})
	}
}

// fishCompletes asks fish what it would offer.
const fishCompletes = `pumatop completion fish | source; complete --do-complete "$argv[1]"`
