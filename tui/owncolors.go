package tui

import (
	"image/color"
	"maps"
	"slices"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"
)

// ColorNames are what a configuration may give colours of its own to: the tokens that screens are drawn in, the selected
// line and the empty part of a bar.
func ColorNames() []string {
	names := append([]string{onSelection, onTrack}, tokenNames()...)
	slices.Sort(names)
	return names
}

// The names of what is no token.
const onSelection, onTrack = "selection", "track"

// tokenNames are the tokens' names, in their order.
func tokenNames() []string {
	return []string{
		tText: "text", tFigure: "figure", tDim: "dim", tFaint: "faint", tTitle: "title", tAccent: "accent",
		tGood: "good", tWarn: "warn", tBad: "bad", tInfo: "info", tKey: "key", tPick: "pick",
		tEnvironment: "environment", tProduction: "red", tYellow: "yellow", tGreen: "green", tBlue: "blue",
		tMagenta: "magenta", tCyan: "cyan",
		tTealName: "name1", tRoseName: "name2", tSandName: "name3", tLilacName: "name4",
		tSpark: "spark", tFill: "fill", tBar: "bar", tBarWarn: "bar-warn", tBarBad: "bar-bad", tBarOld: "bar-old", tShade: "shade",
	}
}

// namedColors are the colours that have a name in a configuration, in the terminal's order.
var namedColors = []string{
	"black", "red", "green", "yellow", "blue", "magenta", "cyan", "white",
	"bright-black", "bright-red", "bright-green", "bright-yellow", "bright-blue", "bright-magenta", "bright-cyan", "bright-white",
}

// colorOf is a colour as a configuration writes it: #5fb3c4, 74, or the name of one of the sixteen.
func colorOf(text string) color.Color {
	if i := slices.Index(namedColors, text); i >= 0 {
		return ansi.BasicColor(i)
	}
	return lipgloss.Color(text)
}

// isBadge reports text on a ground of its own, which is what its colour is.
func (t token) isBadge() bool { return t >= tEnvironment && t <= tCyan || t == tPick }

// repaint gives tokens the colours that the operator wants for them, by their names.
func (th *theme) repaint(own map[string]string) {
	names := tokenNames()
	for _, name := range slices.Sorted(maps.Keys(own)) {
		c := colorOf(own[name])
		switch i := slices.Index(names, name); {
		case name == onSelection:
			th.back = c
		case name == onTrack:
			th.onTrack(c)
		case i < 0:
		case token(i).isBadge():
			th.styles[i] = lipgloss.NewStyle().Background(c).Foreground(legibleOn(c)).Bold(true)
		default:
			th.styles[i] = th.styles[i].Foreground(c)
		}
	}
}

// onTrack lays the bars on another track.
func (th *theme) onTrack(c color.Color) {
	th.track = c
	for t := tBar; t <= tBarOld; t++ {
		th.styles[t] = th.styles[t].Background(c)
	}
}

// legibleOn is black or white, whichever is easier to read on c.
func legibleOn(c color.Color) color.Color {
	const middle = 0.179 // where both have the same contrast
	if luminance(c) > middle {
		return color.Black
	}
	return color.White
}
