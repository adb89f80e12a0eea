package main

import (
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"pumatop/tui"
)

// looking is the flags of how the screen looks and moves, and how it comes back.
type looking struct{ still, remember, reader bool }

func (l *looking) addFlags(fl *pflag.FlagSet) {
	fl.BoolVar(&l.still, "reduced-motion", false, "draw less often and animate nothing")
	fl.BoolVar(&l.reader, "screen-reader", false, "write plain lines for a screen reader instead of drawing; also PUMATOP_SCREEN_READER")
	fl.BoolVar(&l.remember, "remember", false, "come back to the screen, order, columns, filter, theme and interval that was left")
}

// themeNames are what a theme may be called.
func themeNames() []string {
	var names []string
	for _, t := range tui.Themes() {
		names = append(names, string(t.Name))
	}
	return names
}

// themeHelp says what --theme takes.
func themeHelp() string {
	names := themeNames()
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}

// themeOf reads --theme.
func themeOf(name string) (tui.ThemeName, error) {
	if slices.Contains(themeNames(), name) {
		return tui.ThemeName(name), nil
	}
	return "", usagef("use "+themeHelp(), "unknown theme %q", name)
}
