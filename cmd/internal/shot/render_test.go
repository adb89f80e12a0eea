package shot

import (
	"image"
	"image/color"
	"testing"

	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/ansi"
	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/gofont/gomonobold"
)

// testFaces are of a font that comes with the module, so that the tests need none of the system's.
func testFaces(t *testing.T) Faces {
	t.Helper()
	regular, err := parseFace(gomono.TTF, 16)
	if err != nil {
		t.Fatal(err)
	}
	bold, err := parseFace(gomonobold.TTF, 16)
	if err != nil {
		t.Fatal(err)
	}
	return newFaces([]font.Face{regular}, []font.Face{bold}, 16)
}

// one renders a single cell and cuts the margin off.
func one(t *testing.T, c uv.Cell) *image.RGBA {
	t.Helper()
	f := testFaces(t)
	img := render([][]uv.Cell{{c}}, f, darkTheme())
	return img.SubImage(image.Rect(margin, margin, margin+f.width, margin+f.height)).(*image.RGBA)
}

// ink counts the pixels of one colour.
func ink(img *image.RGBA, c color.RGBA) int {
	n := 0
	for y := img.Rect.Min.Y; y < img.Rect.Max.Y; y++ {
		for x := img.Rect.Min.X; x < img.Rect.Max.X; x++ {
			if img.RGBAAt(x, y) == c {
				n++
			}
		}
	}
	return n
}

func TestBlocksFillTheirShare(t *testing.T) {
	t.Parallel()
	fg := darkTheme().foreground
	whole := ink(one(t, uv.Cell{Content: "█", Width: 1}), fg)
	if b := one(t, uv.Cell{}).Bounds(); whole != b.Dx()*b.Dy() {
		t.Errorf("a full block has %d of %d pixels", whole, b.Dx()*b.Dy())
	}
	for content, share := range map[string]float64{
		"▀": .5, "▄": .5, "▌": .5, "▐": .5, "▁": .125, "▇": .875, "▏": .125, "▔": .125, "▕": .125,
		"▖": .25, "▗": .25, "▘": .25, "▝": .25, "▚": .5, "▞": .5, "▙": .75, "▛": .75, "▜": .75, "▟": .75, "⠀": 0,
	} {
		got := float64(ink(one(t, uv.Cell{Content: content, Width: 1}), fg)) / float64(whole)
		if got < share-.06 || got > share+.06 {
			t.Errorf("%s covers %.2f of the cell, want %.2f", content, got, share)
		}
	}
}

// TestLinesMeet checks that every arm of a box-drawing character reaches the edge of its cell, where the next begins.
func TestLinesMeet(t *testing.T) {
	t.Parallel()
	fg := darkTheme().foreground
	for content, want := range map[string][4]bool{ // up, right, down, left
		"─": {false, true, false, true}, "│": {true, false, true, false}, "┼": {true, true, true, true},
		"┌": {false, true, true, false}, "╭": {false, true, true, false}, "╮": {false, false, true, true},
		"╰": {true, true, false, false}, "╯": {true, false, false, true}, "┻": {true, true, false, true},
		"═": {false, true, false, true}, "╷": {false, false, true, false},
	} {
		img := one(t, uv.Cell{Content: content, Width: 1})
		r := img.Bounds()
		edge := func(e image.Rectangle) bool { return ink(img.SubImage(e).(*image.RGBA), fg) > 0 }
		got := [4]bool{
			edge(image.Rect(r.Min.X, r.Min.Y, r.Max.X, r.Min.Y+1)), edge(image.Rect(r.Max.X-1, r.Min.Y, r.Max.X, r.Max.Y)),
			edge(image.Rect(r.Min.X, r.Max.Y-1, r.Max.X, r.Max.Y)), edge(image.Rect(r.Min.X, r.Min.Y, r.Min.X+1, r.Max.Y)),
		}
		if got != want {
			t.Errorf("%s reaches the edges %v, want %v", content, got, want)
		}
	}
}

func TestCellColours(t *testing.T) {
	t.Parallel()
	theme := darkTheme()
	tests := []struct {
		name  string
		style uv.Style
		want  color.RGBA
	}{
		{"plain", uv.Style{}, theme.foreground},
		{"named", uv.Style{Fg: ansi.Red}, theme.named[1]},
		{"indexed as named", uv.Style{Fg: ansi.IndexedColor(9)}, theme.named[9]},
		{"indexed", uv.Style{Fg: ansi.IndexedColor(196)}, hex(0xff0000)},
		{"true colour", uv.Style{Fg: hex(0x123456)}, hex(0x123456)},
		{"reverse", uv.Style{Bg: hex(0x123456), Attrs: uv.AttrReverse}, hex(0x123456)},
		{"faint", uv.Style{Fg: hex(0xffffff), Bg: hex(0x000000), Attrs: uv.AttrFaint}, hex(0x7f7f7f)},
	}
	for _, tt := range tests {
		img := one(t, uv.Cell{Content: "█", Width: 1, Style: tt.style})
		if got := img.RGBAAt(img.Rect.Min.X, img.Rect.Min.Y); got != tt.want {
			t.Errorf("%s: colour is %v, want %v", tt.name, got, tt.want)
		}
	}
	background := one(t, uv.Cell{Content: " ", Width: 1, Style: uv.Style{Bg: hex(0x123456)}})
	if got := background.RGBAAt(background.Rect.Min.X, background.Rect.Min.Y); got != hex(0x123456) {
		t.Errorf("background is %v", got)
	}
}

func TestWideCellTakesTwo(t *testing.T) {
	t.Parallel()
	f := testFaces(t)
	row := []uv.Cell{{Content: "日", Width: 2}, {}, {Content: "█", Width: 1}}
	img := render([][]uv.Cell{row}, f, darkTheme())
	if got := img.RGBAAt(margin+2*f.width, margin); got != darkTheme().foreground {
		t.Errorf("the cell after a wide one begins with %v", got)
	}
}
