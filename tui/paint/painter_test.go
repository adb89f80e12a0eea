package paint

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
)

// tube is a terminal that keeps what is written, and can be slow or gone.
type tube struct {
	mu     sync.Mutex
	tries  int
	pieces []string
	slow   time.Duration
	broken bool
}

func (t *tube) Write(b []byte) (int, error) {
	time.Sleep(t.slow)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.tries++
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

func (t *tube) tried() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.tries
}

func (t *tube) count() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.pieces)
}

// begun is a painter at work.
func begun(t *testing.T) (*Painter, *tube) {
	out := new(tube)
	p := New(out)
	go p.Run()
	t.Cleanup(p.Close)
	return p, out
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
		p, out := begun(t)
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
		step("erased, and what comes there, at once", func() {
			f := line("abc")
			f.Synchronized = true
			p.Show(f)
			out.took()
			write(ansi.SetModeSynchronizedOutput + "\x1b[2J" + ansi.ResetModeSynchronizedOutput)()
		}, ansi.SetModeSynchronizedOutput+"\x1b[2J"+ansi.SetModeSynchronizedOutput+all("abc")+ansi.ResetModeSynchronizedOutput)
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
		p, out := begun(t)
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
		p, out := begun(t)
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
				p, out := begun(t)
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
				p, out := begun(t)
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

// TestGone: on a terminal that is gone one try a second is made, however many frames have failed.
func TestGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, out := begun(t)
		_, _ = p.Write([]byte(altOn))
		out.breaks(true)
		for _, s := range []string{"a", "b", "c", "d"} {
			p.Show(line(s))
			out.took()
		}
		before := out.tried()
		time.Sleep(10 * again)
		synctest.Wait()
		if n := out.tried() - before; n < 9 || n > 11 {
			t.Errorf("%d tries in ten seconds", n)
		}
	})
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
