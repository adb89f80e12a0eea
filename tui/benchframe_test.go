package tui

import (
	"io"
	"testing"
	"time"

	"github.com/charmbracelet/colorprofile"
	uv "github.com/charmbracelet/ultraviolet"
)

// terminalWriter does with frames what Bubble Tea's renderer does: it parses them into cells and writes what has changed.
type terminalWriter struct {
	cells  uv.ScreenBuffer
	screen *uv.TerminalRenderer
}

func newTerminalWriter(w, h int) *terminalWriter {
	t := &terminalWriter{uv.NewScreenBuffer(w, h), uv.NewTerminalRenderer(io.Discard, []string{"TERM=xterm-256color"})}
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

// BenchmarkDataFrame is all that a fleet with other figures costs until it is on the terminal: its lines, the frame, and the
// cells that have changed. The budget is 4 ms where all are others.
func BenchmarkDataFrame(b *testing.B) {
	for _, c := range []struct {
		name    string
		skipped int // of the fleets of which each changes a fifth
	}{{"all", 4}, {"fifth", 0}} {
		b.Run(c.name, func(b *testing.B) {
			s := newScreen(b, 200, 60, many(benchTargets, benchWorkers))
			out := newTerminalWriter(200, 60)
			fleets := aFifth(s.fleet.shown)
			b.ReportAllocs()
			for i := 0; b.Loop(); i += 1 + c.skipped {
				f := fleets[i%len(fleets)]
				f.At = noon.Add(time.Duration(i) * time.Second)
				s.onFleet(fleetMsg{fleet: f, projected: s.lens().of(&f), lens: s.lenses})
				s.dirty = true
				out.write(s.View().Content)
			}
		})
	}
}

// BenchmarkRedraw is a whole screen anew, as after a resize. The budget is 7 ms.
func BenchmarkRedraw(b *testing.B) {
	s := newScreen(b, 200, 60, many(benchTargets, benchWorkers))
	out := newTerminalWriter(200, 60)
	b.ReportAllocs()
	for b.Loop() {
		s.dirty = true
		out.screen.Erase()
		out.write(s.View().Content)
	}
}
