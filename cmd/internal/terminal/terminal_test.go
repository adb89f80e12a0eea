package terminal

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"image/color"
)

// shell starts a few lines of sh on a terminal of 30 columns and 6 rows.
func shell(t *testing.T, text string) *Terminal {
	t.Helper()
	o := Options{Columns: 30, Rows: 6, Env: Environment(os.Environ()), Background: color.White, Foreground: color.Black}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	x, err := Start(ctx, o, "sh", "-c", text)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = x.Close()
	})
	return x
}

func waitFor(t *testing.T, x *Terminal, text string) {
	t.Helper()
	if err := x.Wait(t.Context(), func(screen string) bool { return strings.Contains(screen, text) }); err != nil {
		t.Fatalf("wait for %q: %v; the screen was\n%s", text, err, x.Text())
	}
}

func TestKeysAndScreen(t *testing.T) {
	t.Parallel()
	x := shell(t, `echo one; read x; printf '\033[H\033[2Jgot %s\n' "$x"; read y`)
	waitFor(t, x, "one")
	if err := x.Press(t.Context(), "t", "w", "o", "enter"); err != nil {
		t.Fatal(err)
	}
	waitFor(t, x, "got two")
	if got := x.Cells()[0][4].Content; got != "t" {
		t.Errorf("fifth cell is %q", got)
	}
	if err := x.Press(t.Context(), "f99"); err == nil {
		t.Error("a key without a name was pressed")
	}
}

func TestAnswersColours(t *testing.T) {
	t.Parallel()
	x := shell(t, `stty raw -echo; printf '\033]11;?\007'; dd bs=1 count=23 2>/dev/null | tr -d '\033\007'; read x`)
	waitFor(t, x, "11;rgb:ffff/ffff/ffff")
}

func TestResize(t *testing.T) {
	t.Parallel()
	x := shell(t, `trap 'stty size' WINCH; echo ready; while :; do read x; done`)
	waitFor(t, x, "ready")
	if err := x.Resize(40, 10); err != nil {
		t.Fatal(err)
	}
	if err := x.Press(t.Context(), "enter"); err != nil { // some shells run the trap only after the read
		t.Fatal(err)
	}
	waitFor(t, x, "10 40")
	if got := len(x.Cells()); got != 10 {
		t.Errorf("screen has %d rows", got)
	}
}

func TestChangedModes(t *testing.T) {
	t.Parallel()
	x := shell(t, `printf '\033[?1049h\033[?25l\033[?2004h'; echo on; read x; printf '\033[?1049l\033[?25h\033[?2004l'; echo off; read x`)
	waitFor(t, x, "on")
	if got, want := x.Changed(), []string{"+?1049", "+?2004", "-?25"}; !slices.Equal(got, want) {
		t.Errorf("changed are %q, want %q", got, want)
	}
	if err := x.Press(t.Context(), "enter"); err != nil {
		t.Fatal(err)
	}
	waitFor(t, x, "off")
	if got := x.Changed(); len(got) > 0 {
		t.Errorf("changed are %q at the end", got)
	}
}

func TestWaitEnds(t *testing.T) {
	t.Parallel()
	never := func(string) bool { return false }
	x := shell(t, "exit 3")
	if err := x.Wait(t.Context(), never); !errors.Is(err, ErrEnded) {
		t.Errorf("error after the program's end is %v", err)
	}
	var exit *exec.ExitError
	if err := x.Close(); !errors.As(err, &exit) || exit.ExitCode() != 3 {
		t.Errorf("program ended with %v", err)
	}
	cause := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	if err := shell(t, "read x").Wait(ctx, never); !errors.Is(err, cause) {
		t.Errorf("error after the context's end is %v", err)
	}
}

func TestProcessGetsSignals(t *testing.T) {
	t.Parallel()
	x := shell(t, `trap 'echo told; exit' TERM; echo ready; while :; do read x; done`)
	waitFor(t, x, "ready")
	if err := x.Process().Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	_ = x.Press(t.Context(), "enter")
	waitFor(t, x, "told")
}

func TestEnvironment(t *testing.T) {
	t.Parallel()
	got := Environment([]string{"HOME=/home/a", "NO_COLOR=1", "TMUX=x", "TERM=dumb"}, "A=b")
	want := []string{"HOME=/home/a", "TERM=xterm-256color", "COLORTERM=truecolor", "LANG=C.UTF-8", "A=b"}
	if !slices.Equal(got, want) {
		t.Errorf("environment is %q, want %q", got, want)
	}
}

func TestKeyBytes(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]string{"enter": "\r", "esc": "\x1b", "up": "\x1b[A", "ctrl+a": "\x01", "ctrl+z": "\x1a", "R": "R", "é": "é"} {
		if got, ok := KeyBytes(key); !ok || got != want {
			t.Errorf("KeyBytes(%q) = %q, %v, want %q", key, got, ok, want)
		}
	}
}

// TestScrollBelowTheEnd: a program that does not know yet that the terminal has become smaller takes nothing down with it.
func TestScrollBelowTheEnd(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	x, err := Start(ctx, Options{Columns: 20, Rows: 10, Env: Environment(os.Environ())}, "sh", "-c",
		`echo ready; read x; printf '\033[2;30r\033[5T'; read z; printf '\033[r\033[H\033[2Jstill here'; read y`)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close() //nolint:errcheck // it is told to end
	defer stop()
	has := func(want string) func(string) bool {
		return func(text string) bool { return strings.Contains(text, want) }
	}
	if err := x.Wait(ctx, has("ready")); err != nil {
		t.Fatal(err)
	}
	if err := x.Resize(20, 5); err != nil {
		t.Fatal(err)
	}
	if err := x.Press(ctx, "enter", "enter"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if err := x.Wait(ctx, has("still here")); err != nil {
		t.Fatalf("%v:\n%s", err, x.Text())
	}
}
