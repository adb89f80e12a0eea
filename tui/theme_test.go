package tui

import (
	"fmt"
	"image/color"
	"math"
	"testing"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/colorprofile"
)

// grounds are backgrounds that terminals have, beside the one that a theme is meant for.
func grounds(dark bool) []color.Color {
	if dark {
		return []color.Color{lipgloss.Color("#000000"), lipgloss.Color("#0d1117"), lipgloss.Color("#1e1e1e")}
	}
	return []color.Color{lipgloss.Color("#ffffff"), lipgloss.Color("#fafafa"), lipgloss.Color("#f5f5f5")}
}

// ratio is the contrast of two colours as WCAG 2 has it, 1 to 21.
func ratio(a, b color.Color) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// inText are the tokens that are read, and inArea those that are looked at.
func inText() []token {
	var out []token
	for t := range tokens {
		if !t.isBadge() && t != tFaint && t != tSpark && t != tFill && t != tShade && (t < tBar || t > tBarOld) {
			out = append(out, t)
		}
	}
	return out
}

// inked are the themes that have colours of their own.
func inked() []themeDef {
	var out []themeDef
	for _, d := range themeTable() {
		if d.ground != anyGround {
			out = append(out, d)
		}
	}
	return out
}

// TestContrast: text is legible as WCAG 2 AA has it, 4.5 to 1, on every usual background of its kind, on the selected line
// and on the grounds of badges; in high contrast as AAA has it, 7 to 1, on the paper that comes with the theme. In 256
// colours it is no less.
func TestContrast(t *testing.T) {
	t.Parallel()
	for _, d := range inked() {
		dark := d.ground == darkGround
		th := newTheme(d, dark, colorprofile.TrueColor)
		least, on := 4.5, grounds(dark)
		if d.family == contrast {
			least, on = 7, []color.Color{th.paper}
		}
		for _, profile := range []colorprofile.Profile{colorprofile.TrueColor, colorprofile.ANSI256} {
			for _, tok := range inText() {
				ink := profile.Convert(th.styles[tok].GetForeground())
				for _, ground := range append(on[:len(on):len(on)], th.back) {
					if got := ratio(ink, profile.Convert(ground)); got < least {
						t.Errorf("%s, %s: %s on %s has a contrast of %.1f, less than %.1f", d.name, profile, tokenNames()[tok], hexOf(ground), got, least)
					}
				}
			}
			for tok := range tokens {
				s := th.styles[tok]
				if got := ratio(profile.Convert(s.GetForeground()), profile.Convert(s.GetBackground())); tok.isBadge() && got < least {
					t.Errorf("%s, %s: the badge %s has a contrast of %.1f, less than %.1f", d.name, profile, tokenNames()[tok], got, least)
				}
			}
		}
	}
}

// TestAreas: bars stand out from their track and lines from the paper, less than text does but so that they are seen: 3 to 1
// in high contrast, as WCAG 2 has it for graphics.
func TestAreas(t *testing.T) {
	t.Parallel()
	for _, d := range inked() {
		dark, least := d.ground == darkGround, 1.5
		th := newTheme(d, dark, colorprofile.TrueColor)
		if d.family == contrast {
			least = 3
		}
		for tok := tBar; tok <= tBarOld; tok++ {
			if got := ratio(th.styles[tok].GetForeground(), th.track); got < least {
				t.Errorf("%s: %s on its track has a contrast of %.1f", d.name, tokenNames()[tok], got)
			}
		}
		for _, tok := range []token{tFaint, tSpark, tFill, tShade} {
			if got := ratio(th.styles[tok].GetForeground(), grounds(dark)[0]); got < least {
				t.Errorf("%s: %s has a contrast of %.1f", d.name, tokenNames()[tok], got)
			}
		}
	}
}

// seen is how somebody sees a colour who has no red or no green cones, after Machado, Oliveira and Fernandes (2009).
var seen = map[string][3][3]float64{
	"everybody":    {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
	"protanopia":   {{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}},
	"deuteranopia": {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}},
}

// lab is a colour in CIELAB, as it is seen.
func lab(c color.Color, by [3][3]float64) [3]float64 {
	var l [3]float64
	for i, in := 0, linear(c); i < 3; i++ {
		l[i] = min(max(by[i][0]*in[0]+by[i][1]*in[1]+by[i][2]*in[2], 0), 1)
	}
	f := func(v float64) float64 {
		if v > 216.0/24389 {
			return math.Cbrt(v)
		}
		return (24389.0/27*v + 16) / 116
	}
	x := f((0.4124564*l[0] + 0.3575761*l[1] + 0.1804375*l[2]) / 0.95047)
	y := f(0.2126729*l[0] + 0.7151522*l[1] + 0.0721750*l[2])
	z := f((0.0193339*l[0] + 0.1191920*l[1] + 0.9503041*l[2]) / 1.08883)
	return [3]float64{116*y - 16, 500 * (x - y), 200 * (y - z)}
}

// apart is how different two colours are, in CIELAB: 2 can just be seen side by side, and 20 told apart by themselves.
func apart(a, b color.Color, by [3][3]float64) float64 {
	p, q := lab(a, by), lab(b, by)
	return math.Sqrt((p[0]-q[0])*(p[0]-q[0]) + (p[1]-q[1])*(p[1]-q[1]) + (p[2]-q[2])*(p[2]-q[2]))
}

// TestColorBlind: who sees no red, or no green, tells the states of the colour-blind themes apart, and the accent from them.
// Of the other themes not even the dark one passes, which shows that the test can fail.
func TestColorBlind(t *testing.T) {
	t.Parallel()
	const least = 20
	states := []token{tGood, tWarn, tBad, tInfo, tAccent}
	for _, d := range inked() {
		if d.family == contrast {
			continue
		}
		th := newTheme(d, d.ground == darkGround, colorprofile.TrueColor)
		for who, by := range seen {
			nearest := math.Inf(1)
			for i, a := range states {
				for _, b := range states[:i] {
					n := apart(th.styles[a].GetForeground(), th.styles[b].GetForeground(), by)
					if nearest = min(nearest, n); d.family == colorBlind && n < least {
						t.Errorf("%s: for %s %s and %s are %.0f apart, less than %d", d.name, who, tokenNames()[a], tokenNames()[b], n, least)
					}
				}
			}
			if d.family == plain && who != "everybody" && nearest >= least {
				t.Errorf("%s would do for %s, too", d.name, who)
			}
		}
	}
}

func hexOf(c color.Color) string {
	r, g, b, _ := c.RGBA()
	return fmt.Sprintf("#%02x%02x%02x", r>>8, g>>8, b>>8)
}
