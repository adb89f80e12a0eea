package shot

import (
	"image"
	"image/color"
	"math"
	"strings"

	"golang.org/x/image/vector"
)

// stroke is the weight of one arm of a box-drawing character.
type stroke int

const (
	none stroke = iota
	light
	heavy
	double
)

// arms are the strokes of a box-drawing character from its middle up, right, down and left.
type arms struct{ up, right, down, left stroke }

func boxArms(r rune) (arms, bool) {
	table := map[rune]arms{
		'─': {right: light, left: light}, '│': {up: light, down: light},
		'┌': {right: light, down: light}, '┐': {down: light, left: light},
		'└': {up: light, right: light}, '┘': {up: light, left: light},
		'├': {light, light, light, none}, '┤': {light, none, light, light},
		'┬': {none, light, light, light}, '┴': {light, light, none, light}, '┼': {light, light, light, light},
		'━': {right: heavy, left: heavy}, '┃': {up: heavy, down: heavy},
		'┏': {right: heavy, down: heavy}, '┓': {down: heavy, left: heavy},
		'┗': {up: heavy, right: heavy}, '┛': {up: heavy, left: heavy},
		'┣': {heavy, heavy, heavy, none}, '┫': {heavy, none, heavy, heavy},
		'┳': {none, heavy, heavy, heavy}, '┻': {heavy, heavy, none, heavy}, '╋': {heavy, heavy, heavy, heavy},
		'═': {right: double, left: double}, '║': {up: double, down: double},
		'╴': {left: light}, '╵': {up: light}, '╶': {right: light}, '╷': {down: light},
	}
	a, ok := table[r]
	return a, ok
}

// thickness is that of a light stroke in a cell.
func thickness(at image.Rectangle) int { return max(at.Dx()/8, 1) }

// drawLines draws straight box-drawing characters; false for other characters.
func drawLines(img *image.RGBA, at image.Rectangle, r rune, fg color.RGBA) bool {
	a, ok := boxArms(r)
	if !ok {
		return false
	}
	t := thickness(at)
	middle := at.Min.Add(image.Pt(at.Dx()/2, at.Dy()/2))
	wide := func(s stroke) int { return t * min(int(s), 2) }
	// an arm runs from its edge of the cell past the middle, by half of its own stroke, so that corners are filled
	vertical := func(y0, y1 int, s stroke) {
		for _, x := range strokes(middle.X, t, s) {
			fill(img, image.Rect(x.from, y0, x.to, y1), fg)
		}
	}
	horizontal := func(x0, x1 int, s stroke) {
		for _, y := range strokes(middle.Y, t, s) {
			fill(img, image.Rect(x0, y.from, x1, y.to), fg)
		}
	}
	vertical(at.Min.Y, middle.Y-wide(a.up)/2+wide(a.up), a.up)
	vertical(middle.Y-wide(a.down)/2, at.Max.Y, a.down)
	horizontal(middle.X-wide(a.right)/2, at.Max.X, a.right)
	horizontal(at.Min.X, middle.X-wide(a.left)/2+wide(a.left), a.left)
	return true
}

type span struct{ from, to int }

// strokes are the lines that a stroke around c consists of, t being the thickness of a light one.
func strokes(c, t int, s stroke) []span {
	switch s {
	case light:
		return []span{{c - t/2, c - t/2 + t}}
	case heavy:
		return []span{{c - t, c + t}}
	case double:
		return []span{{c - t - t/2, c - t/2}, {c - t/2 + t, c - t/2 + 2*t}}
	}
	return nil
}

// drawCorner draws a round corner: a quarter of a ring, and a stem from its end to the edge of the cell.
func drawCorner(img *image.RGBA, at image.Rectangle, r rune, fg color.RGBA) bool {
	i := strings.IndexRune("╭╮╰╯", r) / len("╭")
	if !strings.ContainsRune("╭╮╰╯", r) {
		return false
	}
	right, down := i%2 == 0, i < 2
	dx, dy := 1.0, 1.0 // from the middle towards the arms
	if !right {
		dx = -1
	}
	if !down {
		dy = -1
	}
	t := thickness(at)
	line := strokes(at.Min.X+at.Dx()/2, t, light)[0]
	row := strokes(at.Min.Y+at.Dy()/2, t, light)[0]
	half := float64(t) / 2
	radius := .4 * float64(at.Dx())                                             // less than half a cell, so that a straight stem meets the neighbour
	x, y := float64(line.from)+half+dx*radius, float64(row.from)+half+dy*radius // the ring's middle
	drawRing(img, x, y, -dx, -dy, radius-half, radius+half, fg)
	if down {
		fill(img, image.Rect(line.from, int(y), line.to, at.Max.Y), fg)
	} else {
		fill(img, image.Rect(line.from, at.Min.Y, line.to, int(math.Ceil(y))), fg)
	}
	if right {
		fill(img, image.Rect(int(x), row.from, at.Max.X, row.to), fg)
	} else {
		fill(img, image.Rect(at.Min.X, row.from, int(math.Ceil(x)), row.to), fg)
	}
	return true
}

// drawRing fills the quarter ring around (x, y) that lies in the direction of (dx, dy), as a polygon.
func drawRing(img *image.RGBA, x, y, dx, dy, inner, outer float64, fg color.RGBA) {
	const parts = 16
	v := vector.NewRasterizer(img.Bounds().Dx(), img.Bounds().Dy())
	point := func(k int, radius float64) (float32, float32) {
		sin, cos := math.Sincos(float64(k) / parts * math.Pi / 2)
		return float32(x + dx*radius*cos), float32(y + dy*radius*sin)
	}
	v.MoveTo(point(0, outer))
	for k := 1; k <= parts; k++ {
		v.LineTo(point(k, outer))
	}
	for k := parts; k >= 0; k-- {
		v.LineTo(point(k, inner))
	}
	v.ClosePath()
	v.Draw(img, img.Bounds(), image.NewUniform(fg), image.Point{})
}
