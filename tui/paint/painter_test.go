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

// tube is a terminal that keeps what is written, and can be slow or gone.
type tube struct {
	mu     sync.Mutex
	pieces []string
	slow   time.Duration
	broken bool
}

func (t *tube) Write(b []byte) (int, error) {
	time.Sleep(t.slow)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.broken {
		return 0, errors.New("gone")
	}
	t.pieces = append(t.pieces, string(b))
	return len(b), nil
}

// took is what has been written since it was last asked.
func (t *tube) took() string {
	time.Sleep(time.Second)
	synctest.Wait()
	t.mu.Lock()
	defer t.mu.Unlock()
	s := strings.Join(t.pieces, "|")
	t.pieces = nil
	return s
}

func (t *tube) count() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.pieces)
}

func line(text string) Frame { return Frame{Content: text, Width: 6, Height: 1} }

const (
	altOn, altOff = ansi.SetModeAltScreenSaveCursor, ansi.ResetModeAltScreenSaveCursor
	whole1        = "\x1b[m\x1b[1;1H"
)

// TestPainter: frames are drawn while the alternate screen is there, and whole after anything that somebody else wrote.
func TestPainter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out tube
		p := New(&out)
		go p.Run()
		defer p.Close()
		step := func(what string, do func(), want string) {
			t.Helper()
			do()
			if got := out.took(); got != want {
				t.Errorf("%s: writes %q, want %q", what, got, want)
			}
		}
		write := func(s string) func() {
			return func() {
				if n, err := p.Write([]byte(s)); n != len(s) || err != nil {
					t.Errorf("Write(%q) = %d, %v", s, n, err)
				}
			}
		}
		step("a frame before the alternate screen", func() { p.Show(line("ab")) }, "")
		step("a query", write("\x1b[c"), "\x1b[c")
		step("the alternate screen, and the frame in the same write", write(altOn), altOn+whole1+"ab\x1b[K\x1b[?25l")
		step("the same frame", func() { p.Show(line("ab")) }, "")
		step("another", func() { p.Show(line("abc")) }, "\x1b[1;3Hc")
		step("a title", write("\x1b]2;t\a"), "\x1b]2;t\a"+whole1+"abc\x1b[K\x1b[?25l")
		step("given away", write("x"+altOff), "x"+altOff)
		step("a frame meanwhile", func() { p.Show(line("d")) }, "")
		step("off and on in one", write(altOff+altOn), altOff+altOn+whole1+"d\x1b[K\x1b[?25l")
		step("on and off in one", write(altOn+altOff), altOn+altOff)
		step("on once more", write(altOn), altOn+whole1+"d\x1b[K\x1b[?25l")
		step("when it has ended", func() {
			p.Close()
			synctest.Wait()
			p.Show(line("e"))
			write("y")()
		}, "y")
	})
}

// TestNewestFrame: a slow terminal gets the newest frame and not those between, and whoever shows them does not wait.
func TestNewestFrame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out tube
		p := New(&out)
		go p.Run()
		defer p.Close()
		p.Show(line("0"))
		_, _ = p.Write([]byte(altOn))
		out.took()
		out.slow = time.Second
		begun := time.Now()
		for _, s := range []string{"a", "b", "c"} {
			p.Show(line(s))
			synctest.Wait()
		}
		if waited := time.Since(begun); waited != 0 {
			t.Errorf("waited %s", waited)
		}
		time.Sleep(3 * time.Second)
		if got, want := out.took(), "\x1b[1;1Ha|\x1b[1;1Hc"; got != want {
			t.Errorf("writes %q, want %q", got, want)
		}
	})
}

// TestFramesAtOnce: a frame does not wait for a clock, but many that come together are one.
func TestFramesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out tube
		p := New(&out)
		go p.Run()
		defer p.Close()
		p.Show(line("0"))
		_, _ = p.Write([]byte(altOn))
		out.took()
		begun := time.Now()
		for i := range 100 {
			p.Show(line(string(rune('a' + i%26))))
			synctest.Wait()
			if i == 0 && (out.count() != 1 || time.Since(begun) != 0) {
				t.Error("the first is not there at once")
			}
			time.Sleep(time.Millisecond)
		}
		if n := out.count(); n < 25 || n > 26 {
			t.Errorf("%d frames in 100 ms", n)
		}
	})
}

// TestBrokenWrite: what came through of a write that failed is not known, so that all is drawn again.
func TestBrokenWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out tube
		p := New(&out)
		go p.Run()
		defer p.Close()
		_, _ = p.Write([]byte(altOn))
		p.Show(line("a"))
		out.took()
		out.broken = true
		p.Show(line("b"))
		out.took()
		out.broken = false
		p.Show(line("bc"))
		if got, want := out.took(), whole1+"bc\x1b[K\x1b[?25l"; got != want {
			t.Errorf("writes %q, want %q", got, want)
		}
	})
}

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
		if err := <-ended; err != nil {
			t.Error(err)
		}
		painter.Close()
		_ = in.Close()
		_ = out.emu.InputPipe().(io.Closer).Close()
		<-answered
	}}
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
		x.mu.Lock()
		x.seen = nil
		x.mu.Unlock()
		x.sees("left alone", "one/2")
		if len(x.seen) != 0 {
			t.Errorf("a view that stays the same is written again: %q", x.seen)
		}
		x.end()
		x.sees("left", "")
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
