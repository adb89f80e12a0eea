package shot

import (
	"cmp"
	"image"
	"image/color"
	"image/gif"
	"maps"
	"reflect"
	"slices"
	"time"

	uv "github.com/charmbracelet/ultraviolet"
)

const (
	// frameTime is how often a screen is recorded; what lasts longer is one frame.
	frameTime = 100 * time.Millisecond
	// offBeat keeps the moments of the recording apart from those at which programs draw, in virtual time.
	offBeat = 3137 * time.Microsecond
	// lastFrame is how long the end of a recording stands before it begins again.
	lastFrame = 4 * time.Second
)

// tape is a recording: what the screen showed, and for how long.
type tape struct {
	name   string
	end    chan struct{}
	ended  chan struct{}
	frames [][][]uv.Cell
	times  []time.Duration
}

// record begins to record a screen.
func record(name string, x Screen) *tape {
	t := &tape{name: name, end: make(chan struct{}), ended: make(chan struct{})}
	go func() {
		defer close(t.ended)
		time.Sleep(offBeat)
		beat := time.NewTicker(frameTime)
		defer beat.Stop()
		for {
			t.take(x.Cells())
			select {
			case <-beat.C:
			case <-t.end:
				return
			}
		}
	}()
	return t
}

func (t *tape) stop() {
	close(t.end)
	<-t.ended
}

// take adds what is on the screen; what has not changed lasts longer.
func (t *tape) take(cells [][]uv.Cell) {
	if n := len(t.frames); n > 0 && reflect.DeepEqual(cells, t.frames[n-1]) {
		t.times[n-1] += frameTime
		return
	}
	t.frames, t.times = append(t.frames, cells), append(t.times, frameTime)
}

// develop draws the frames. All have one palette, and each holds only what has changed since the one before: a terminal
// changes little, and a picture of it should not be larger than a photograph.
func (t *tape) develop(f Faces, th theme) *gif.GIF {
	images := make([]*image.RGBA, len(t.frames))
	for i, cells := range t.frames {
		images[i] = render(cells, f, th)
	}
	palette := paletteOf(images)
	g := &gif.GIF{LoopCount: 0}
	index := map[color.RGBA]uint8{}
	for i, img := range images {
		r := img.Bounds()
		if i > 0 && img.Bounds() == images[i-1].Bounds() {
			r = changed(images[i-1], img)
		}
		d := t.times[i]
		if i == len(images)-1 {
			d = max(d, lastFrame)
		}
		g.Image = append(g.Image, paletted(img, r, palette, index))
		g.Delay = append(g.Delay, int(d/(10*time.Millisecond)))
		g.Disposal = append(g.Disposal, gif.DisposalNone)
	}
	return g
}

// mostColors is how many colours a GIF has.
const mostColors = 256

// paletteOf are the colours that stand most often in the pictures. The edges of characters have thousands of shades, of
// which each takes the nearest that is there.
func paletteOf(images []*image.RGBA) color.Palette {
	count := map[color.RGBA]int{}
	for _, img := range images {
		for i := 0; i < len(img.Pix); i += 4 {
			count[color.RGBA{img.Pix[i], img.Pix[i+1], img.Pix[i+2], 255}]++
		}
	}
	often := slices.SortedFunc(maps.Keys(count), func(a, b color.RGBA) int {
		return cmp.Or(cmp.Compare(count[b], count[a]), cmp.Compare(number(a), number(b)))
	})
	palette := make(color.Palette, 0, mostColors)
	for _, c := range often[:min(len(often), mostColors)] {
		palette = append(palette, c)
	}
	return palette
}

func number(c color.RGBA) int { return int(c.R)<<16 | int(c.G)<<8 | int(c.B) }

// changed is the part of a picture that is not as it was.
func changed(before, now *image.RGBA) image.Rectangle {
	var r image.Rectangle
	b := now.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			if before.RGBAAt(x, y) != now.RGBAAt(x, y) {
				r = r.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	if r.Empty() { // a frame has to have something
		return image.Rect(b.Min.X, b.Min.Y, b.Min.X+1, b.Min.Y+1)
	}
	return r
}

// paletted is a part of a picture in the colours of a palette; index remembers which is the nearest.
func paletted(img *image.RGBA, r image.Rectangle, palette color.Palette, index map[color.RGBA]uint8) *image.Paletted {
	out := image.NewPaletted(r, palette)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			c := img.RGBAAt(x, y)
			n, known := index[c]
			if !known {
				n = uint8(palette.Index(c))
				index[c] = n
			}
			out.SetColorIndex(x, y, n)
		}
	}
	return out
}
