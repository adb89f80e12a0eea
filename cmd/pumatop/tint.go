package main

import (
	"io"
	"os"
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/colorprofile"

	"pumatop/collector"
)

// tint is the colour of lines that come from several targets.
type tint struct{ on bool }

// newTint says whether lines to w are coloured, as --color and the surroundings have it, and gives the writer for them.
// color has been checked.
func newTint(w io.Writer, color string) (tint, io.Writer) {
	profile, fixed, _ := profileOf(color, os.Getenv)
	switch {
	case !fixed && !isTerminal(w):
		profile = colorprofile.ASCII
	case !fixed:
		profile = colorprofile.Env(os.Environ())
	}
	if profile <= colorprofile.ASCII {
		return tint{}, w
	}
	return tint{on: true}, &colorprofile.Writer{Forward: w, Profile: profile}
}

// faint is for what pumatop says between the lines.
func (p tint) faint(text string) string {
	if !p.on {
		return text
	}
	return lipgloss.NewStyle().Faint(true).Render(text)
}

// hues are what names are told apart by: colours of the terminal's own, without red, which means that something is wrong.
func hues() []string { return []string{"6", "2", "3", "5", "4", "14", "10", "11", "13", "12"} }

// names are targets as they stand in front of lines: as wide as the widest, each in a colour.
type names map[collector.TargetID]string

func (p tint) names(ids []collector.TargetID) names {
	width := 0
	for _, id := range ids {
		width = max(width, lipgloss.Width(string(id)))
	}
	out := names{}
	for i, id := range ids {
		text := string(id) + strings.Repeat(" ", width-lipgloss.Width(string(id)))
		if p.on {
			text = lipgloss.NewStyle().Foreground(lipgloss.Color(hues()[i%len(hues())])).Render(text)
		}
		out[id] = text
	}
	return out
}

func (n names) of(id collector.TargetID) string {
	if text, ok := n[id]; ok {
		return text
	}
	return string(id)
}
