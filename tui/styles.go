package tui

import (
	"image/color"
	"strings"

	"charm.land/lipgloss/v2"
)

// token is what a piece of text means. Screens speak in tokens; the theme decides what they look like.
type token uint8

const (
	tText   token = iota // sentences and names
	tFigure              // numbers: the brightest thing on a calm screen
	tDim                 // labels, units, what is old
	tFaint               // hairlines and the empty part of a bar
	tTitle               // names of screens and of what is looked at
	tAccent              // the one colour that is not a state
	tGood
	tWarn
	tBad
	tInfo // in progress
	tKey  // a key in the footer
	tPick // the focused button of an overlay
	tEnvironment
	tProduction
	tYellow // and other colours that an environment is given
	tGreen
	tBlue
	tMagenta
	tCyan
	tTealName // names that are told apart by colour, none of which is that of a state
	tRoseName
	tSandName
	tLilacName
	tSpark // a sparkline
	tFill  // the area of a chart
	tBar   // a bar's filled part, on its track
	tBarWarn
	tBarBad
	tBarOld
	tShade // the screen behind an overlay
	tokens
)

// Areas of a chart that are a warning or bad. They look as bars do, without their track, and no theme has them.
const (
	tFillWarn = tokens + iota
	tFillBad
	looks
)

// backdrop is what a whole line stands on.
type backdrop uint8

const (
	noBackdrop backdrop = iota
	selection
	backdrops
)

// look is a theme made ready for drawing: for each token the escape sequence that begins it.
type look struct {
	prefix [backdrops][looks]string
	// track is whether the empty part of a bar is a background colour; otherwise it is drawn.
	track bool
	// paper and ink are the terminal's own background and foreground, where the theme needs others; nil leaves them.
	paper, ink color.Color
}

// newLook computes the sequences of a theme.
func newLook(th theme) *look {
	l := &look{track: th.track != nil, paper: th.paper, ink: th.ink}
	for t := range tokens {
		style := th.styles[t]
		l.prefix[noBackdrop][t] = prefixOf(style)
		l.prefix[selection][t] = prefixOf(th.selected(t, style))
	}
	for b := range backdrops {
		l.prefix[b][tFillWarn] = prefixOf(th.styles[tBarWarn].UnsetBackground())
		l.prefix[b][tFillBad] = prefixOf(th.styles[tBarBad].UnsetBackground())
	}
	return l
}

// prefixOf is the sequence that Lip Gloss writes before a text of style s.
func prefixOf(s lipgloss.Style) string {
	before, _, _ := strings.Cut(s.Render("\x00"), "\x00")
	return before
}
