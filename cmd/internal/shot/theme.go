package shot

import (
	"image/color"

	"github.com/charmbracelet/x/ansi"
)

// theme is the terminal's own colours: what a cell without a colour has, and the sixteen that have names.
type theme struct {
	foreground, background color.RGBA
	named                  [16]color.RGBA
}

func darkTheme() theme {
	return theme{
		foreground: hex(0xe6edf3), background: hex(0x0d1117),
		named: [16]color.RGBA{
			hex(0x484f58), hex(0xff7b72), hex(0x3fb950), hex(0xd29922), hex(0x58a6ff), hex(0xbc8cff), hex(0x39c5cf), hex(0xb1bac4),
			hex(0x6e7681), hex(0xffa198), hex(0x56d364), hex(0xe3b341), hex(0x79c0ff), hex(0xd2a8ff), hex(0x56d4dd), hex(0xffffff),
		},
	}
}

func lightTheme() theme {
	return theme{
		foreground: hex(0x1f2328), background: hex(0xffffff),
		named: [16]color.RGBA{
			hex(0x24292f), hex(0xcf222e), hex(0x116329), hex(0x4d2d00), hex(0x0969da), hex(0x8250df), hex(0x1b7c83), hex(0x6e7781),
			hex(0x57606a), hex(0xa40e26), hex(0x1a7f37), hex(0x633c01), hex(0x218bff), hex(0xa475f9), hex(0x3192aa), hex(0x8c959f),
		},
	}
}

func hex(rgb uint32) color.RGBA {
	return color.RGBA{uint8(rgb >> 16), uint8(rgb >> 8), uint8(rgb), 255}
}

// rgba is a cell's colour; without one it is fallback.
func (t theme) rgba(c color.Color, fallback color.RGBA) color.RGBA {
	switch v := c.(type) {
	case nil:
		return fallback
	case ansi.BasicColor:
		return t.named[v&15]
	case ansi.IndexedColor:
		if v < 16 {
			return t.named[v]
		}
	}
	r, g, b, _ := c.RGBA()
	return color.RGBA{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8), 255}
}

// mix is a with the share of b in it, 0 to 1.
func mix(a, b color.RGBA, share float64) color.RGBA {
	part := func(x, y uint8) uint8 { return uint8(float64(x)*(1-share) + float64(y)*share) }
	return color.RGBA{part(a.R, b.R), part(a.G, b.G), part(a.B, b.B), 255}
}
