package paint

import (
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/vt"
)

// story is a model that shows what it is sent.
type story struct{ view tea.View }

func (s *story) Init() tea.Cmd  { return nil }
func (s *story) View() tea.View { return s.view }
func (s *story) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if v, ok := msg.(tea.View); ok {
		s.view = v
	}
	return s, nil
}

// lcd is an emulator that a program of the same bubble writes to, and types into what it answers.
type lcd struct {
	mu   sync.Mutex
	emu  *vt.Emulator
	seen []string
}

func (l *lcd) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.seen = append(l.seen, string(b))
	return l.emu.Write(b)
}

func (l *lcd) text() string {
	time.Sleep(200 * time.Millisecond)
	synctest.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.TrimRight(strings.ReplaceAll(ansi.Strip(l.emu.String()), "\n", "/"), " /")
}

// theater is a program with a painter, on an emulator.
type theater struct {
	*lcd
	t       *testing.T
	program *tea.Program
	end     func()
}

// opened starts one.
func opened(t *testing.T) *theater {
	out := &lcd{emu: vt.NewEmulator(20, 3)}
	in, keys := io.Pipe()
	answered, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		defer close(answered)
		_, _ = io.Copy(keys, out.emu)
	}()
	painter := New(out)
	go painter.Run()
	p := tea.NewProgram(painter.Model(&story{}), tea.WithInput(in), tea.WithOutput(painter), tea.WithWindowSize(20, 3),
		tea.WithEnvironment([]string{"TERM=xterm-256color"}), tea.WithColorProfile(colorprofile.TrueColor), tea.WithoutSignalHandler())
	go func() {
		_, err := p.Run()
		ended <- err
	}()
	return &theater{out, t, p, func() {
		p.Quit()
		if err := <-ended; err != nil && !errors.Is(err, tea.ErrProgramKilled) {
			t.Error(err)
		}
		painter.Close()
		_ = in.Close()
		_ = out.emu.InputPipe().(io.Closer).Close()
		<-answered
	}}
}

// wrote is what has been written since it was last asked.
func (x *theater) wrote() string {
	x.text()
	x.mu.Lock()
	defer x.mu.Unlock()
	all := strings.Join(x.seen, "")
	x.seen = nil
	return all
}

// sees fails unless the screen shows it.
func (x *theater) sees(what, want string) {
	x.t.Helper()
	if got := x.text(); got != want {
		x.t.Errorf("%s: shows %q, want %q", what, got, want)
	}
}

// TestProgram: under Bubble Tea itself, whatever it does to the terminal, the screen shows the view.
func TestProgram(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := opened(t)
		view := tea.View{AltScreen: true, Content: "one\ntwo\nthree"}
		x.program.Send(view)
		x.sees("the first view", "one/two/three")
		view.Content = "one\n2\nthree"
		x.program.Send(view)
		x.sees("another", "one/2/three")
		view.WindowTitle, view.MouseMode, view.Cursor = "t", tea.MouseModeCellMotion, tea.NewCursor(3, 1)
		x.program.Send(view)
		x.sees("modes", "one/2/three")
		if at := x.emu.CursorPosition(); at.X != 3 || at.Y != 1 {
			t.Errorf("the cursor is at %v", at)
		}
		x.program.Send(tea.ClearScreen())
		x.sees("cleared", "one/2/three")
		x.mu.Lock()
		x.emu.Resize(10, 2)
		x.mu.Unlock()
		x.program.Send(tea.WindowSizeMsg{Width: 10, Height: 2})
		x.sees("smaller", "one/2")
		x.wrote()
		if again := x.wrote(); again != "" {
			t.Errorf("a view that stays the same is written again: %q", again)
		}
		x.program.Send(tea.View{Content: "below"})
		x.sees("off the alternate screen", "below")
		x.program.Send(view)
		x.sees("on it", "one/2")
		x.end()
		x.sees("left", "below")
	})
}

// TestProgramGivesTheTerminalAway: nothing is drawn while somebody else has the terminal, and all of it afterwards.
func TestProgramGivesTheTerminalAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := opened(t)
		view := tea.View{AltScreen: true, Content: "one\ntwo"}
		x.program.Send(view)
		x.sees("before", "one/two")
		if err := x.program.ReleaseTerminal(); err != nil {
			t.Fatal(err)
		}
		x.sees("given away", "")
		view.Content = "three\nfour"
		x.program.Send(view)
		x.sees("a view meanwhile", "")
		if err := x.program.RestoreTerminal(); err != nil {
			t.Fatal(err)
		}
		x.sees("taken back", "three/four")
		x.end()
	})
}

// TestProgramLearns: what the terminal says it can is used.
func TestProgramLearns(t *testing.T) {
	for _, tc := range []struct {
		name string
		msg  tea.Msg
		want string
	}{
		{"16 colours", tea.ColorProfileMsg{Profile: colorprofile.ANSI}, "\x1b[91m"},
		{"draws at once", tea.ModeReportMsg{Mode: ansi.ModeSynchronizedOutput, Value: ansi.ModeReset}, ansi.SetModeSynchronizedOutput},
		{"measures clusters", tea.ModeReportMsg{Mode: ansi.ModeUnicodeCore, Value: ansi.ModeReset}, ansi.SetModeUnicodeCore},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				x := opened(t)
				view := tea.View{AltScreen: true, Content: "\x1b[38;2;255;0;0mone"}
				x.program.Send(view)
				if got := x.wrote(); strings.Contains(got, tc.want) {
					t.Fatalf("before it is known: writes %q", got)
				}
				x.program.Send(tc.msg)
				view.Content += " two"
				x.program.Send(view)
				if got := x.wrote(); !strings.Contains(got, tc.want) {
					t.Errorf("writes %q, want %q in it", got, tc.want)
				}
				x.end()
			})
		})
	}
}

// TestProgramIsKilled: the shell has a cursor, also where Bubble Tea has not heard yet that it is hidden.
func TestProgramIsKilled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := opened(t)
		view := tea.View{AltScreen: true, Content: "one", Cursor: tea.NewCursor(1, 0)}
		x.program.Send(view)
		x.wrote()
		view.Cursor = nil
		x.program.Send(view)
		time.Sleep(time.Millisecond)
		x.program.Kill()
		x.end()
		if got := x.wrote(); strings.LastIndex(got, ansi.ShowCursor) < strings.LastIndex(got, ansi.HideCursor) {
			t.Errorf("leaves the cursor hidden: %q", got)
		}
	})
}
