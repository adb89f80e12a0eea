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

func (t *tube) breaks(b bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.broken = b
}

func (t *tube) count() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.pieces)
}

func line(text string) Frame { return Frame{Content: text, Width: 6, Height: 1} }

const altOn, altOff = ansi.SetModeAltScreenSaveCursor, ansi.ResetModeAltScreenSaveCursor

// part is what is written where the rows of a frame are.
func part(rows string) string { return ansi.ResetModeAutoWrap + rows + ansi.SetModeAutoWrap }

// all is what is written of a line that is drawn whole.
func all(text string) string {
	return part(ansi.ResetStyle+"\x1b[1;1H"+text+ansi.EraseLineRight) + ansi.HideCursor
}

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
		step("the alternate screen, and the frame in the same write", write(altOn), altOn+all("ab"))
		step("the same frame", func() { p.Show(line("ab")) }, "")
		step("another", func() { p.Show(line("abc")) }, part("\x1b[1;3Hc"))
		step("a title", write("\x1b]2;t\a"), "\x1b]2;t\a"+all("abc"))
		step("given away", write("x"+altOff), "x"+altOff+ansi.ShowCursor)
		step("a frame meanwhile", func() { p.Show(line("d")) }, "")
		step("off and on in one", write(altOff+altOn), altOff+altOn+all("d"))
		step("on and off in one", write(altOn+altOff), altOn+altOff+ansi.ShowCursor)
		step("on once more", write(altOn), altOn+all("d"))
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
		if got, want := out.took(), part("\x1b[1;1Ha")+"|"+part("\x1b[1;1Hc"); got != want {
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

// TestSeenDifferences: all that makes a frame look different has it drawn.
func TestSeenDifferences(t *testing.T) {
	base := Frame{Content: "a\nb", Width: 4, Height: 1}
	for name, change := range map[string]func(*Frame){
		"text":       func(f *Frame) { f.Content = "c\nb" },
		"height":     func(f *Frame) { f.Height = 2 },
		"width":      func(f *Frame) { f.Width = 5 },
		"colours":    func(f *Frame) { f.Profile = colorprofile.ANSI },
		"cursor":     func(f *Frame) { f.Cursor = &Position{1, 0} },
		"its column": func(f *Frame) { f.Cursor = &Position{2, 0} },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var out tube
				p := New(&out)
				go p.Run()
				defer p.Close()
				f := base
				if name == "its column" {
					f.Cursor = &Position{1, 0}
				}
				p.Show(f)
				_, _ = p.Write([]byte(altOn))
				out.took()
				change(&f)
				p.Show(f)
				if out.took() == "" {
					t.Error("nothing is written")
				}
			})
		})
	}
}

// TestBrokenWrite: what came through of a write that failed is not known, so that all is drawn again, whoever had written.
func TestBrokenWrite(t *testing.T) {
	for name, write := range map[string]func(*Painter){
		"a frame":      func(p *Painter) { p.Show(line("b")) },
		"Bubble Tea's": func(p *Painter) { p.Show(line("b")); _, _ = p.Write([]byte("title")) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var out tube
				p := New(&out)
				go p.Run()
				defer p.Close()
				_, _ = p.Write([]byte(altOn))
				p.Show(line("a"))
				out.took()
				out.breaks(true)
				write(p)
				time.Sleep(again / 2)
				out.breaks(false)
				if got := out.took() + out.took(); got != all("b") {
					t.Errorf("writes %q, want %q", got, all("b"))
				}
			})
		})
	}
}

// TestPanic: where drawing panics, also for Bubble Tea, it is Run that does, and the terminal is still written to.
func TestPanic(t *testing.T) {
	bold := func(p *Painter) { p.Show(line("\x1b[1mb")) }
	enter := func(p *Painter) { _, _ = p.Write([]byte(altOn)) }
	for name, steps := range map[string][]func(*Painter){
		"a frame":          {enter, bold},
		"for Bubble Tea's": {bold, enter},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var out tube
				p := New(&out)
				p.screen.inks.turn(colorprofile.Unknown)
				p.screen.inks.ids["\x1b[1m"] = 99 // which there is not
				ended := make(chan any, 1)
				go func() {
					defer func() { ended <- recover() }()
					p.Run()
				}()
				for _, step := range steps {
					step(p)
					out.took()
				}
				if text, ok := (<-ended).(string); !ok || !strings.Contains(text, "paint.(*Screen).Draw") {
					t.Errorf("Run ends with %q", text)
				}
				_, _ = p.Write([]byte("rest"))
				if got := out.took(); got != "rest" {
					t.Errorf("what comes then is written as %q", got)
				}
			})
		})
	}
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
