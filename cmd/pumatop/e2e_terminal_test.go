package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/creack/pty"
	"golang.org/x/term"

	"pumatop/cmd/internal/terminal"
	"pumatop/collector"
	"pumatop/tui"
)

// onTerminal starts the program on a terminal of its own and ends it with the test.
func onTerminal(t *testing.T, columns, rows int, env []string, argv ...string) *terminal.Terminal {
	t.Helper()
	ctx, cancel := context.WithTimeoutCause(t.Context(), time.Minute, errors.New("not within a minute"))
	// TestMain has put a pumatop that is this test binary into PATH
	x, err := terminal.Start(ctx, terminal.Options{Columns: columns, Rows: rows, Env: terminal.Environment(os.Environ(), env...)}, argv...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = x.Close()
	})
	return x
}

// until waits for a condition of the screen.
func until(t *testing.T, x *terminal.Terminal, what string, want func(text string) bool) {
	t.Helper()
	if err := x.Wait(t.Context(), want); err != nil {
		t.Fatalf("wait for %s: %v; the screen was\n%s", what, err, x.Text())
	}
}

func sees(t *testing.T, x *terminal.Terminal, text string) {
	t.Helper()
	until(t, x, text, func(screen string) bool { return strings.Contains(screen, text) })
}

func press(t *testing.T, x *terminal.Terminal, keys ...string) {
	t.Helper()
	if err := x.Press(t.Context(), keys...); err != nil {
		t.Fatal(err)
	}
}

// cooked are the settings of a terminal that nobody has touched.
func cooked(t *testing.T) term.State {
	t.Helper()
	ours, theirs, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer ours.Close()   //nolint:errcheck // only looked at
	defer theirs.Close() //nolint:errcheck // only looked at
	state, err := term.GetState(int(theirs.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	return *state
}

// whole fails the test where the terminal is not as a program finds it.
func whole(t *testing.T, x *terminal.Terminal) {
	t.Helper()
	if modes := x.Changed(); len(modes) > 0 {
		t.Errorf("modes that are left changed: %q", modes)
	}
	state, err := term.GetState(int(x.File().Fd()))
	if err != nil {
		t.Fatal(err)
	}
	if *state != cooked(t) {
		t.Error("the terminal's settings are not what they were: it is left raw")
	}
}

// TestTerminalIsWhole ends the program in every way that there is, and looks at what it leaves behind.
func TestTerminalIsWhole(t *testing.T) {
	t.Parallel()
	signal := func(s os.Signal) func(*testing.T, *terminal.Terminal) {
		return func(t *testing.T, x *terminal.Terminal) {
			if err := x.Process().Signal(s); err != nil {
				t.Fatal(err)
			}
		}
	}
	demo := []string{"pumatop", "demo", "--hosts", "3"}
	for _, tt := range []struct {
		name string
		argv []string
		end  func(*testing.T, *terminal.Terminal)
		exit int
		says string
	}{
		{"quit", demo, func(t *testing.T, x *terminal.Terminal) { press(t, x, "q") }, 0, ""},
		{"SIGTERM", demo, signal(syscall.SIGTERM), 128 + 15, ""},
		{"SIGHUP", demo, signal(syscall.SIGHUP), 128 + 1, ""},
		{"SIGINT", demo, signal(syscall.SIGINT), 128 + 2, ""},
		{"SIGQUIT", demo, signal(syscall.SIGQUIT), 128 + 3, ""},
		{"panic in a goroutine", []string{"pumatop-panics"}, func(*testing.T, *terminal.Terminal) {}, 1, "the probe of this test"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			x := onTerminal(t, 100, 30, nil, tt.argv...)
			until(t, x, "the screen", func(string) bool { return len(x.Changed()) > 0 })
			if tt.argv[0] == "pumatop" {
				sees(t, x, "web1.shop")
				// it has then read what the terminal answered to its questions, which would be echoed by a cooked one
				press(t, x, "?")
				sees(t, x, "esc closes")
				press(t, x, "?")
				until(t, x, "the help to close", func(text string) bool { return !strings.Contains(text, "esc closes") })
			}
			tt.end(t, x)
			if err := x.Wait(t.Context(), func(string) bool { return false }); !errors.Is(err, terminal.ErrEnded) {
				t.Fatalf("the program did not end: %v\n%s", err, x.Text())
			}
			whole(t, x)
			if text := x.Text(); !strings.Contains(text, tt.says) || tt.says == "" && strings.TrimSpace(text) != "" {
				t.Errorf("the program leaves on the screen\n%s", text)
			}
			var exit *exec.ExitError
			if err := x.Close(); tt.exit == 0 && err != nil || tt.exit != 0 && (!errors.As(err, &exit) || exit.ExitCode() != tt.exit) {
				t.Errorf("the program ended with %v, want %d", err, tt.exit)
			}
		})
	}
}

// stopped waits until the program has stopped, as a shell does: a SIGCONT that came before would be lost.
func stopped(t *testing.T, x *terminal.Terminal) {
	t.Helper()
	var status syscall.WaitStatus
	for !status.Stopped() {
		if _, err := syscall.Wait4(x.Process().Pid, &status, syscall.WUNTRACED, nil); err != nil && err != syscall.EINTR {
			t.Fatalf("wait for the program to stop: %v", err)
		}
		if status.Exited() || status.Signaled() {
			t.Fatalf("the program ended instead: %v", status)
		}
	}
}

// TestSuspend stops the program as a shell's ctrl-z and a plain kill do, and continues it, more than once.
func TestSuspend(t *testing.T) {
	t.Parallel()
	x := onTerminal(t, 100, 30, nil, "pumatop", "demo", "--hosts", "3")
	sees(t, x, "web1.shop")
	for _, stop := range []string{"ctrl+z", "kill", "ctrl+z"} {
		if stop == "kill" {
			if err := x.Process().Signal(syscall.SIGTSTP); err != nil {
				t.Fatal(err)
			}
		} else {
			press(t, x, stop)
		}
		stopped(t, x)
		until(t, x, "the terminal back", func(string) bool { return len(x.Changed()) == 0 })
		whole(t, x)
		if err := x.Process().Signal(syscall.SIGCONT); err != nil {
			t.Fatal(err)
		}
		until(t, x, "the screen again", func(text string) bool {
			return len(x.Changed()) > 0 && strings.Contains(text, "web1.shop")
		})
		press(t, x, "?")
		sees(t, x, "esc closes")
		press(t, x, "esc")
		// what comes right behind an esc is another key
		until(t, x, "the help to close", func(text string) bool { return !strings.Contains(text, "esc closes") })
	}
	press(t, x, "q")
	if err := x.Close(); err != nil {
		t.Errorf("the program ended with %v", err)
	}
}

// TestSizes resizes the real program down to one cell and up again.
func TestSizes(t *testing.T) {
	t.Parallel()
	x := onTerminal(t, 120, 40, nil, "pumatop", "demo", "--hosts", "3")
	sees(t, x, "web1.shop")
	for _, size := range [][2]int{{80, 24}, {79, 24}, {40, 10}, {1, 1}, {250, 70}, {80, 24}} {
		if err := x.Resize(size[0], size[1]); err != nil {
			t.Fatal(err)
		}
		press(t, x, "?", "esc", "j", "enter", "esc")
	}
	sees(t, x, "web1.shop")
	press(t, x, "q")
	if err := x.Close(); err != nil {
		t.Errorf("the program ended with %v", err)
	}
}

// TestLooks checks what the environment asks of the picture, cell by cell.
func TestLooks(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name          string
		env, args     []string
		colour, ascii bool
	}{
		{"true colour", nil, nil, true, false},
		{"NO_COLOR with any value", []string{"NO_COLOR=yes"}, nil, false, false},
		{"--color none", nil, []string{"--color", "none"}, false, false},
		{"--ascii", nil, []string{"--ascii"}, true, true},
		{"a locale without UTF-8", []string{"LANG=C"}, nil, true, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			x := onTerminal(t, 120, 30, tt.env, append([]string{"pumatop", "demo", "--hosts", "3"}, tt.args...)...)
			sees(t, x, "web1.shop")
			if err := x.Settle(t.Context()); err != nil {
				t.Fatal(err)
			}
			coloured, foreign := 0, ""
			for _, row := range x.Cells() {
				for _, c := range row {
					if c.Style.Fg != nil || c.Style.Bg != nil {
						coloured++
					}
					if len(c.Content) > 1 {
						foreign += c.Content
					}
				}
			}
			if tt.colour != (coloured > 0) {
				t.Errorf("%d cells have a colour", coloured)
			}
			if tt.ascii != (foreign == "") {
				t.Errorf("characters beyond ASCII: %q", foreign)
			}
		})
	}
}

// TestRefusesTerminals starts the program where no screen can be shown.
func TestRefusesTerminals(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name          string
		columns, rows int
		env           string
		says          string
	}{
		{"dumb", 80, 24, "TERM=dumb", "pumatop status"},
		{"a size that cannot be", 1001, 24, "A=b", "stty"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			x := onTerminal(t, tt.columns, tt.rows, []string{tt.env}, "pumatop", "demo", "--hosts", "3")
			sees(t, x, tt.says)
			whole(t, x)
			var exit *exec.ExitError
			if err := x.Close(); !errors.As(err, &exit) || exit.ExitCode() != 2 {
				t.Errorf("the program ended with %v, want 2", err)
			}
		})
	}
}

// panicOnScreen is the program with a host that brings down the goroutine that asks it. It is a command of the test
// binary alone: the program itself has no way to be made to panic.
func panicOnScreen() {
	var crash crash
	c := collector.New([]collector.Source{{Host: panicky{}}}, collector.Options{OnPanic: crash.record})
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	way := painting{&canvas{}, tui.New(ctx, tui.Options{Feed: c, Controls: c, Version: version}), os.Stdout, crash.record}
	screen, err := way.begin(nil)
	if err == nil {
		go func() { _ = c.Run(ctx) }()
		err = crash.show(tea.NewProgram(screen.model, screen.options...), nil)
		screen.end()
	}
	fmt.Println(err)
	os.Exit(exitCode(ctx, err))
}

// panicky is a host whose probe panics once the screen is there.
type panicky struct{ collector.Host }

func (panicky) Name() string                                { return "panicky" }
func (panicky) Connect(context.Context) error               { return nil }
func (panicky) Done() <-chan struct{}                       { return nil }
func (panicky) AtEnd(func())                                {}
func (panicky) Err() error                                  { return nil }
func (panicky) Suspect()                                    {}
func (panicky) Waiting() string                             { return "" }
func (panicky) RetryAfter(error, int) (time.Duration, bool) { return time.Second, true }

func (panicky) Run(ctx context.Context, _ string) ([]byte, error) {
	select {
	case <-ctx.Done():
	case <-time.After(500 * time.Millisecond):
	}
	panic("the probe of this test")
}

func (panicky) Stream(context.Context, string) (io.ReadWriteCloser, error) {
	return nil, errors.New("no streams")
}

func (panicky) DialUnix(context.Context, string) (net.Conn, error) {
	return nil, errors.New("no sockets")
}

func (panicky) DialAbstract(context.Context, string) (net.Conn, error) {
	return nil, collector.ErrNoListener
}

func (panicky) DialTCP(context.Context, string) (net.Conn, error) {
	return nil, errors.New("no sockets")
}

func (panicky) Explain(_ context.Context, _ string, err error) error { return err }

func (panicky) Notes() []string { return nil }
