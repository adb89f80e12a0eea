package shot

import (
	"bytes"
	"image"
	"image/gif"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	uv "github.com/charmbracelet/ultraviolet"
)

// still is a screen whose one line a test writes.
type still struct {
	Screen
	mu   sync.Mutex
	text string
}

func (s *still) show(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text = text
}

func (s *still) Cells() [][]uv.Cell {
	s.mu.Lock()
	defer s.mu.Unlock()
	row := make([]uv.Cell, 0, len(s.text))
	for _, r := range s.text {
		row = append(row, uv.Cell{Content: string(r), Width: 1})
	}
	return [][]uv.Cell{row}
}

// TestRecording: what stands still is one frame, a frame holds no more than what has changed, and all times add up.
func TestRecording(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := &still{text: "AAAA"}
		rec := record("a.gif", x)
		time.Sleep(time.Second)
		x.show("AAAB")
		time.Sleep(500 * time.Millisecond)
		synctest.Wait()
		rec.stop()
		f := testFaces(t)
		g := rec.develop(f, darkTheme())
		if len(g.Image) != 2 || g.Delay[0] != 100 || g.Delay[1] != int(lastFrame/(10*time.Millisecond)) {
			t.Fatalf("%d frames, delays %v", len(g.Image), g.Delay)
		}
		whole, part := g.Image[0].Bounds(), g.Image[1].Bounds()
		if want := image.Rect(0, 0, 4*f.width+2*margin, f.height+2*margin); whole != want {
			t.Errorf("the first frame is %v, want %v", whole, want)
		}
		if cell := image.Rect(margin+3*f.width, margin, margin+4*f.width, margin+f.height); !part.In(cell) || part.Empty() {
			t.Errorf("the second frame is %v, more than the cell %v", part, cell)
		}
		var out bytes.Buffer
		if err := gif.EncodeAll(&out, g); err != nil {
			t.Fatal(err)
		}
		if _, err := gif.DecodeAll(&out); err != nil {
			t.Error(err)
		}
	})
}
