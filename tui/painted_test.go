package tui

import (
	"io"
	"testing"

	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/vt"

	"pumatop/tui/paint"
)

// TestPainted: scene after scene on one terminal, the painter, which writes only what has changed, leaves on it the very cells
// that Bubble Tea's own library reads from the frame.
func TestPainted(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{80, 24}, {120, 40}, {200, 60}} {
		w, h := size[0], size[1]
		emu := vt.NewEmulator(w, h)
		var screen paint.Screen
		for _, sc := range append(scenes(), scene{name: "hostile", fleet: hostile()}, hostileTarget()) {
			view := sc.show(t, w, h).View()
			f := paint.Frame{Content: view.Content, Width: w, Height: h}
			if view.Cursor != nil {
				f.Cursor = &paint.Position{X: view.Cursor.X, Y: view.Cursor.Y}
			}
			_, _ = emu.Write(screen.Draw(nil, &f))
			want := uv.NewScreenBuffer(w, h)
			uv.NewStyledString(view.Content).Draw(want, want.Bounds())
			for y := range h {
				for x := range w {
					if got, want := appearance(emu.CellAt(x, y)), appearance(want.CellAt(x, y)); got != want {
						t.Fatalf("%s on %d×%d: the cell at %d,%d is %q, and should be %q", sc.name, w, h, x, y, got, want)
					}
				}
			}
			if at := emu.CursorPosition(); f.Cursor != nil && (at.X != f.Cursor.X || at.Y != f.Cursor.Y) {
				t.Errorf("%s on %d×%d: the cursor is at %v, and should be at %v", sc.name, w, h, at, *f.Cursor)
			}
		}
		_ = emu.InputPipe().(io.Closer).Close()
	}
}

// appearance is what a cell looks like.
func appearance(c *uv.Cell) string {
	if c == nil || c.Width == 0 {
		return ""
	}
	return c.Style.String() + c.Content
}
