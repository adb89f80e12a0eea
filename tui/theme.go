package tui

import (
	"image/color"
	"slices"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/colorprofile"
)

// ThemeName says which colours are used.
type ThemeName string

// The themes. One that names neither dark nor light asks the terminal for its background and takes it for dark until it
// answers: tmux, for one, never does.
const (
	Auto            ThemeName = "auto"
	Dark            ThemeName = "dark"
	Light           ThemeName = "light"
	Contrast        ThemeName = "contrast"
	ContrastDark    ThemeName = "contrast-dark"
	ContrastLight   ThemeName = "contrast-light"
	ColorBlind      ThemeName = "colorblind"
	ColorBlindDark  ThemeName = "colorblind-dark"
	ColorBlindLight ThemeName = "colorblind-light"
	ANSI            ThemeName = "ansi"
	Mono            ThemeName = "mono"
)

// ThemeHelp is a theme and what it is for.
type ThemeHelp struct {
	Name ThemeName
	Help string
}

// family is what the themes of one look have in common.
type family uint8

const (
	plain family = iota
	contrast
	colorBlind
	ansiColors
	mono
)

// ground is what a theme stands on.
type ground uint8

const (
	anyGround ground = iota // the terminal's own
	darkGround
	lightGround
)

// themeDef is one row of the table of themes.
type themeDef struct {
	name   ThemeName
	help   string
	family family
	ground ground
}

// themeTable is every theme, in the order of the picker. It is never changed.
func themeTable() []themeDef {
	return []themeDef{
		{Auto, "as the terminal's background is", plain, anyGround},
		{Dark, "for a dark background", plain, darkGround},
		{Light, "for a light background", plain, lightGround},
		{Contrast, "high contrast, as the background is", contrast, anyGround},
		{ContrastDark, "high contrast on black", contrast, darkGround},
		{ContrastLight, "high contrast on white", contrast, lightGround},
		{ColorBlind, "blue and orange in place of green and red", colorBlind, anyGround},
		{ColorBlindDark, "the same on a dark background", colorBlind, darkGround},
		{ColorBlindLight, "the same on a light background", colorBlind, lightGround},
		{ANSI, "the terminal's own sixteen colours", ansiColors, anyGround},
		{Mono, "no colours: bold, faint and reverse", mono, anyGround},
	}
}

// Themes are the themes that there are.
func Themes() []ThemeHelp {
	var out []ThemeHelp
	for _, d := range themeTable() {
		out = append(out, ThemeHelp{d.name, d.help})
	}
	return out
}

// themeOf is the theme of that name; one that is not known is auto.
func themeOf(name ThemeName) themeDef {
	all := themeTable()
	return all[max(slices.IndexFunc(all, func(d themeDef) bool { return d.name == name }), 0)]
}

// theme is a style for each token and what the selected line stands on.
type theme struct {
	styles [tokens]lipgloss.Style
	// back is the background of the selected line; nil reverses it instead, in one style.
	back color.Color
	// track is the background of a bar; nil draws its empty part with a glyph.
	track color.Color
	// paper and ink are what the terminal's own background and foreground have to be; nil leaves them.
	paper, ink color.Color
}

// selected is how a token of style s looks on the selected line.
func (th theme) selected(t token, s lipgloss.Style) lipgloss.Style {
	switch {
	case th.back == nil:
		return lipgloss.NewStyle().Reverse(true)
	case t.isBadge(), t >= tBar && t <= tBarOld:
		return s
	}
	return s.Background(th.back)
}

// newTheme picks the palette for a terminal. Sixteen colours are chosen by hand, because rounding a colour to the
// nearest of sixteen turns a dark grey into blue; without colours the meaning is carried by glyphs, words and weight.
// onDark is whether the terminal's own background is dark. A theme for the other kind brings its own.
func newTheme(def themeDef, onDark bool, profile colorprofile.Profile) theme {
	dark := def.ground == darkGround || def.ground == anyGround && onDark
	switch {
	case profile <= colorprofile.ASCII || def.family == mono:
		return monochrome()
	case profile == colorprofile.ANSI || def.family == ansiColors:
		return sixteen(def.family, onDark)
	}
	own := inksOf(def.family, dark)
	th := own.theme()
	if def.family == contrast || dark != onDark {
		th.paper, th.ink = lipgloss.Color(own.paper), lipgloss.Color(own.text)
	}
	return th
}

// setTheme takes another theme, for as long as the program runs.
func (m *Model) setTheme(name ThemeName) {
	m.theme = themeOf(name)
	m.restyle()
}

// restyle computes the styles for the terminal as it is known now.
func (m *Model) restyle() {
	th := newTheme(m.theme, m.dark, m.profile)
	if m.profile > colorprofile.ASCII && m.theme.family != mono {
		th.repaint(m.opts.Colors)
	}
	m.look = newLook(th)
}

// onBackground takes what the terminal says of its background, where the theme goes by that.
func (m *Model) onBackground(dark bool) {
	if m.asksBackground {
		m.dark = dark
		m.restyle()
	}
}

// recolor takes what the configuration says of colours now.
func (m *Model) recolor(c Configured) {
	if c.Theme != "" && c.Theme != m.opts.Theme {
		m.opts.Theme, m.theme = c.Theme, themeOf(c.Theme)
	}
	m.opts.Colors = c.Colors
	m.restyle()
}
