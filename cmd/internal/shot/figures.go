package shot

import (
	"image"
	"image/color"
	"math"
)

// drawFigure draws the characters that must meet their neighbours without a seam; false for all others.
func drawFigure(img *image.RGBA, at image.Rectangle, r rune, fg, bg color.RGBA) bool {
	switch {
	case r >= 0x2580 && r <= 0x259f:
		drawBlock(img, at, r, fg, bg)
	case r >= 0x2800 && r <= 0x28ff:
		drawBraille(img, at, r, fg)
	default:
		return drawLines(img, at, r, fg) || drawCorner(img, at, r, fg)
	}
	return true
}

// part is the share of the cell between two points, each 0 to 1 from its top left.
func part(at image.Rectangle, x0, y0, x1, y1 float64) image.Rectangle {
	w, h := float64(at.Dx()), float64(at.Dy())
	px := func(share, of float64) int { return int(math.Round(share * of)) }
	return image.Rect(px(x0, w), px(y0, h), px(x1, w), px(y1, h)).Add(at.Min)
}

// drawBlock draws the block elements, U+2580 to U+259F.
func drawBlock(img *image.RGBA, at image.Rectangle, r rune, fg, bg color.RGBA) {
	eighths := func(n rune) float64 { return float64(n) / 8 }
	switch {
	case r == 0x2580: // upper half
		fill(img, part(at, 0, 0, 1, .5), fg)
	case r <= 0x2588: // lower eighths, up to the full block
		fill(img, part(at, 0, 1-eighths(r-0x2580), 1, 1), fg)
	case r <= 0x258f: // left eighths, from seven down
		fill(img, part(at, 0, 0, eighths(0x2590-r), 1), fg)
	case r == 0x2590: // right half
		fill(img, part(at, .5, 0, 1, 1), fg)
	case r <= 0x2593: // shades
		fill(img, at, mix(bg, fg, float64(r-0x2590)/4))
	case r == 0x2594: // upper eighth
		fill(img, part(at, 0, 0, 1, .125), fg)
	case r == 0x2595: // right eighth
		fill(img, part(at, .875, 0, 1, 1), fg)
	default: // quadrants, as bits of upper left, upper right, lower left, lower right
		quadrants := [...]uint{4, 8, 1, 13, 9, 7, 11, 2, 6, 14}
		for i := range 4 {
			if quadrants[r-0x2596]>>i&1 == 1 {
				x, y := float64(i%2)/2, float64(i/2)/2
				fill(img, part(at, x, y, x+.5, y+.5), fg)
			}
		}
	}
}

// drawBraille draws the dots of U+2800 to U+28FF as squares: charts are made of them.
func drawBraille(img *image.RGBA, at image.Rectangle, r rune, fg color.RGBA) {
	const half = .11
	flat := half * float64(at.Dx()) / float64(at.Dy())
	// the bits run down the left column, down the right one, and then along the fourth row
	for i, dot := range [...]struct{ column, row float64 }{{0, 0}, {0, 1}, {0, 2}, {1, 0}, {1, 1}, {1, 2}, {0, 3}, {1, 3}} {
		if (r-0x2800)>>i&1 == 1 {
			x, y := .25+.5*dot.column, .125+.25*dot.row
			fill(img, part(at, x-half, y-flat, x+half, y+flat), fg)
		}
	}
}
