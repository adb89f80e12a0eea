package tui

import (
	"testing"
	"time"

	"github.com/charmbracelet/colorprofile"
	uv "github.com/charmbracelet/ultraviolet"

	"pumatop/tui/paint"
)

// terminalWriter does with frames what Bubble Tea's own renderer does: it parses them into cells and writes what has changed.
type terminalWriter struct {
	cells   uv.ScreenBuffer
	screen  *uv.TerminalRenderer
	written count
}

// count is how many bytes went to the terminal.
type count int

func (c *count) Write(b []byte) (int, error) {
	*c += count(len(b))
	return len(b), nil
}

func newTerminalWriter(w, h int) *terminalWriter {
	t := &terminalWriter{cells: uv.NewScreenBuffer(w, h)}
	t.screen = uv.NewTerminalRenderer(&t.written, []string{"TERM=xterm-256color"})
	t.screen.SetColorProfile(colorprofile.TrueColor)
	t.screen.SetFullscreen(true)
	t.screen.Resize(w, h)
	return t
}

func (t *terminalWriter) write(frame string) {
	t.cells.Clear()
	uv.NewStyledString(frame).Draw(t.cells, t.cells.Bounds())
	t.screen.Render(t.cells.RenderBuffer)
	_ = t.screen.Flush()
}

func (t *terminalWriter) erase() { t.screen.Erase() }

// painted is a terminal that the painter draws on.
type painted struct {
	screen  paint.Screen
	frame   paint.Frame
	buf     []byte
	written count
}

func (p *painted) write(frame string) {
	p.frame.Content = frame
	p.buf = p.screen.Draw(p.buf[:0], &p.frame)
	_, _ = p.written.Write(p.buf)
}

func (p *painted) erase() { p.screen.Forget() }

// onBoth runs a benchmark with the painter, and with what draws where there is none. It says how many bytes both write.
func onBoth(b *testing.B, name string, run func(b *testing.B, write func(frame string), erase func())) {
	b.Run(name+"/painter", func(b *testing.B) {
		p := painted{frame: paint.Frame{Width: 200, Height: 60}}
		b.ReportAllocs()
		run(b, p.write, p.erase)
		b.ReportMetric(float64(p.written)/float64(b.N), "written/op")
	})
	b.Run(name+"/bubbletea", func(b *testing.B) {
		t := newTerminalWriter(200, 60)
		b.ReportAllocs()
		run(b, t.write, t.erase)
		b.ReportMetric(float64(t.written)/float64(b.N), "written/op")
	})
}

// BenchmarkDataFrame is all that a fleet with other figures costs until it is on the terminal: its lines, the frame, and the
// cells that have changed. The budget is 4 ms where all are others.
func BenchmarkDataFrame(b *testing.B) {
	for _, c := range []struct {
		name    string
		skipped int // of the fleets of which each changes a fifth
	}{{"all", 4}, {"fifth", 0}} {
		onBoth(b, c.name, func(b *testing.B, write func(string), _ func()) {
			s := newScreen(b, 200, 60, many(benchTargets, benchWorkers))
			fleets := aFifth(s.fleet.shown)
			for i := 0; b.Loop(); i += 1 + c.skipped {
				f := fleets[i%len(fleets)]
				f.At = noon.Add(time.Duration(i) * time.Second)
				s.onFleet(fleetMsg{fleet: f, projected: s.lens().of(&f), lens: s.lenses})
				s.dirty = true
				write(s.View().Content)
			}
		})
	}
}

// BenchmarkKey is a key that moves the cursor, from the program to the terminal.
func BenchmarkKey(b *testing.B) {
	onBoth(b, "down", func(b *testing.B, write func(string), _ func()) {
		s := newScreen(b, 200, 60, many(benchTargets, benchWorkers))
		for i := 0; b.Loop(); i++ {
			s.press([]string{"j", "k"}[i%2])
			write(s.View().Content)
		}
	})
}

// BenchmarkRedraw is a whole screen anew, as after a resize. The budget is 7 ms.
func BenchmarkRedraw(b *testing.B) {
	onBoth(b, "all", func(b *testing.B, write func(string), erase func()) {
		s := newScreen(b, 200, 60, many(benchTargets, benchWorkers))
		for b.Loop() {
			s.dirty = true
			erase()
			write(s.View().Content)
		}
	})
}
