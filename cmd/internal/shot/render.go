package shot

import (
	"image"
	"image/color"
	"image/draw"

	uv "github.com/charmbracelet/ultraviolet"
	"golang.org/x/image/font"
	"golang.org/x/image/math/fixed"
)

// margin is the empty border of a picture in pixels.
const margin = 20

// render draws a screen.
func render(rows [][]uv.Cell, f Faces, t theme) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, len(rows[0])*f.width+2*margin, len(rows)*f.height+2*margin))
	fill(img, img.Bounds(), t.background)
	for y, row := range rows {
		for x := 0; x < len(row); {
			n := max(row[x].Width, 1)
			at := image.Rect(x*f.width, y*f.height, (x+n)*f.width, (y+1)*f.height).Add(image.Pt(margin, margin))
			drawCell(img, at, row[x], f, t)
			x += n
		}
	}
	return img
}

func drawCell(img *image.RGBA, at image.Rectangle, c uv.Cell, f Faces, t theme) {
	fg, bg := t.rgba(c.Style.Fg, t.foreground), t.rgba(c.Style.Bg, t.background)
	if c.Style.Attrs&uv.AttrReverse != 0 {
		fg, bg = bg, fg
	}
	if c.Style.Attrs&uv.AttrFaint != 0 {
		fg = mix(fg, bg, .5)
	}
	if bg != t.background {
		fill(img, at, bg)
	}
	if c.Content != "" && c.Content != " " {
		drawText(img, at, c, f, fg, bg)
	}
	thick := max(f.height/14, 1)
	if c.Style.Underline != 0 {
		fill(img, image.Rect(at.Min.X, at.Max.Y-thick-1, at.Max.X, at.Max.Y-1), fg)
	}
	if c.Style.Attrs&uv.AttrStrikethrough != 0 {
		middle := at.Min.Y + f.height/2
		fill(img, image.Rect(at.Min.X, middle, at.Max.X, middle+thick), fg)
	}
}

func drawText(img *image.RGBA, at image.Rectangle, c uv.Cell, f Faces, fg, bg color.RGBA) {
	runes := []rune(c.Content)
	if len(runes) == 1 && drawFigure(img, at, runes[0], fg, bg) {
		return
	}
	for _, r := range runes {
		d := font.Drawer{
			Dst: img, Src: image.NewUniform(fg), Face: f.of(r, c.Style.Attrs&uv.AttrBold != 0),
			Dot: fixed.P(at.Min.X, at.Min.Y+f.ascent),
		}
		// a fallback font's characters are wider or narrower than the cell: they stand in its middle
		if advance, ok := d.Face.GlyphAdvance(r); ok {
			d.Dot.X += (fixed.I(at.Dx()) - advance) / 2
		}
		d.DrawString(string(r))
	}
}

func fill(img *image.RGBA, r image.Rectangle, c color.RGBA) {
	draw.Draw(img, r, image.NewUniform(c), image.Point{}, draw.Src)
}
