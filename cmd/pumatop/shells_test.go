//go:build shells

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
)

// The start-up files of a bash and a zsh in which ctrl-x prints the line that is typed, between << and >>.
const (
	bashStart = `PS1=
bind 'set enable-bracketed-paste off'
show() { printf '<<%s>>' "$READLINE_LINE"; }
bind -x '"\C-x": show'
source <(pumatop completion bash)
printf 'rea''dy'
`
	zshStart = `PS1='' PS2=''
autoload -Uz compinit; compinit -u -D
source <(pumatop completion zsh)
show() { print -rn -- "<<$BUFFER>>"; zle kill-buffer }
zle -N show; bindkey '^X' show; bindkey '^I' complete-word
print -n rea''dy
`
)

// TestShells types lines and a tab into the shells themselves, which have to be there.
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
	for name, text := range map[string]string{"bashrc": bashStart, ".zshrc": zshStart} {
		if err := os.WriteFile(filepath.Join(home, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct{ line, want string }{
		{"pumatop statu", "pumatop status "},
		{"pumatop status prod", "pumatop status production "},
		{"pumatop status @w", "pumatop status @web "},
		{"pumatop status bast", "pumatop status bastion "},
		{"pumatop status deploy@web2", "pumatop status deploy@web2.example.com "},
		{"pumatop --environment stag", "pumatop --environment staging "},
		{"pumatop --environment=stag", "pumatop --environment=staging "},
		{"pumatop status --columns target,backl", "pumatop status --columns target,backlog"},
		{"pumatop config tr", "pumatop config trust "},
		// what has been typed is not run
		{"pumatop status $(touch ran) prod", "pumatop status $(touch ran) production "},
	} {
		for shell, args := range map[string][]string{"bash": {"--noprofile", "--rcfile", "bashrc", "-i"}, "zsh": {"-d", "-i"}} {
			if got := typed(t, home, shell, args, test.line); got != test.want {
				t.Errorf("%s makes %q of %q, want %q", shell, got, test.line, test.want)
			}
		}
		if got := offered(t, home, test.line); got != strings.TrimSuffix(test.want[strings.LastIndexByte(strings.TrimRight(test.want, " "), ' ')+1:], " ") {
			t.Errorf("fish offers %q for %q", got, test.line)
		}
	}
	if _, err := os.Stat(filepath.Join(home, "ran")); err == nil {
		t.Error("a shell ran what had been typed")
	}
}

// start prepares a shell, which has to be there.
func start(t *testing.T, home, shell string, args ...string) *exec.Cmd {
	t.Helper()
	path, err := exec.LookPath(shell)
	if err != nil {
		t.Fatalf("%s is needed, from Debian's package of that name: %v", shell, err)
	}
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Dir = home
	cmd.Env = []string{"HOME=" + home, "PATH=" + home + ":" + os.Getenv("PATH"), "TERM=dumb", "LC_ALL=C.UTF-8"}
	return cmd
}

// typed is what a line has become after a tab.
func typed(t *testing.T, home, shell string, args []string, line string) string {
	t.Helper()
	cmd := start(t, home, shell, args...)
	tty, err := pty.Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = tty.Close()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}()
	_ = tty.SetReadDeadline(time.Now().Add(time.Minute)) // nothing here takes a second; a hang has to end
	var seen strings.Builder
	until := func(text string) string {
		t.Helper()
		buf := make([]byte, 1<<10)
		for !strings.Contains(seen.String(), text) {
			n, err := tty.Read(buf)
			if seen.Write(buf[:n]); err != nil {
				t.Fatalf("%s ends before %q: %v; it wrote %q", shell, text, err, seen.String())
			}
		}
		return seen.String()
	}
	until("ready")
	if _, err := tty.WriteString(line + "\t\x18"); err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(until(">>"), "<<")
	text, _, _ = strings.Cut(text, ">>")
	return text
}

// offered is the first word that fish would put in the place of the last one of a line.
func offered(t *testing.T, home, line string) string {
	t.Helper()
	out, err := start(t, home, "fish", "--no-config", "-c", `pumatop completion fish | source; complete --do-complete "$argv[1]"`, line).Output()
	if err != nil {
		t.Fatalf("fish: %v", err)
	}
	first, _, _ := strings.Cut(string(out), "\n")
	first, _, _ = strings.Cut(first, "\t")
	return first
}
