package tui

import (
	"image/color"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/colorprofile"
)

// ThemeName says which colours are used.
type ThemeName string

// The themes. Auto asks the terminal for its background and takes it for dark until it answers: tmux, for one,
// never does.
const (
	Auto  ThemeName = "auto"
	Dark  ThemeName = "dark"
	Light ThemeName = "light"
)

// theme is a style for each token and what the selected line stands on.
type theme struct {
	styles [tokens]lipgloss.Style
	// back is the background of the selected line; nil reverses it instead, in one style.
	back color.Color
	// track is the background of a bar; nil draws its empty part with a glyph.
	track color.Color
}

// selected is how a token of style s looks on the selected line.
func (th theme) selected(t token, s lipgloss.Style) lipgloss.Style {
	switch {
	case th.back == nil:
		return lipgloss.NewStyle().Reverse(true)
	case t >= tEnvironment && t <= tCyan, t == tPick, t >= tBar && t <= tBarOld:
		return s
	}
	return s.Background(th.back)
}

// newTheme picks the palette for a terminal. Sixteen colours are chosen by hand, because rounding a colour to the
// nearest of sixteen turns a dark grey into blue; without colours the meaning is carried by glyphs, words and weight.
func newTheme(dark bool, profile colorprofile.Profile) theme {
	switch {
	case profile <= colorprofile.ASCII:
		return monochrome()
	case profile == colorprofile.ANSI:
		return sixteen(dark)
	}
	return full(dark)
}

// full is the palette of 256 colours and more.
func full(dark bool) theme {
	pick := lipgloss.LightDark(dark)
	ink := func(light, dark string) lipgloss.Style {
		return lipgloss.NewStyle().Foreground(pick(lipgloss.Color(light), lipgloss.Color(dark)))
	}
	badge := func(light, dark string) lipgloss.Style {
		return ink("#ffffff", "#ffffff").Background(pick(lipgloss.Color(light), lipgloss.Color(dark))).Bold(true)
	}
	var th theme
	th.back = pick(lipgloss.Color("#e4e8f0"), lipgloss.Color("#20283a"))
	th.styles = [tokens]lipgloss.Style{
		tText:        ink("#3b4252", "#b8c0cc"),
		tFigure:      ink("#10141c", "#f2f5f9"),
		tDim:         ink("#6b7280", "#7b8494"),
		tFaint:       ink("#c9ced8", "#363d4a"),
		tTitle:       ink("#10141c", "#ffffff").Bold(true),
		tAccent:      ink("#6d43c4", "#b39df3"),
		tGood:        ink("#15803d", "#4fc47f"),
		tWarn:        ink("#a15c07", "#e5b454"),
		tBad:         ink("#c21d33", "#ff6b73"),
		tInfo:        ink("#1d5fc4", "#6cb2ff"),
		tKey:         ink("#6d43c4", "#b39df3").Bold(true),
		tPick:        badge("#6d43c4", "#6d55b8"),
		tEnvironment: badge("#6b7280", "#454d5e"),
		tProduction:  badge("#c21d33", "#b3263a"),
		tYellow:      badge("#a15c07", "#8a6416"),
		tGreen:       badge("#15803d", "#22723f"),
		tBlue:        badge("#1d5fc4", "#2a5ca8"),
		tMagenta:     badge("#a3308f", "#8c3a80"),
		tCyan:        badge("#0e7490", "#1f6f80"),
		tTealName:    ink("#0e7490", "#5fb3c4"),
		tRoseName:    ink("#a3308f", "#d38bc8"),
		tSandName:    ink("#7a5c2e", "#c9b18a"),
		tLilacName:   ink("#4d5fb0", "#95a5e8"),
		tSpark:       ink("#a08ad8", "#6e60b0"),
		tShade:       ink("#a9b0bd", "#4b5363"),
		tFill:        ink("#b9a9e4", "#5c5196"),
	}
	th.track = pick(lipgloss.Color("#e6e9f0"), lipgloss.Color("#232936"))
	// Bars are areas: in the colours of the text they would outshine the figures beside them.
	th.styles[tBar] = ink("#a692dd", "#7464b8").Background(th.track)
	th.styles[tBarWarn] = ink("#d9a441", "#b98a30").Background(th.track)
	th.styles[tBarBad] = ink("#dd6675", "#c04a55").Background(th.track)
	th.styles[tBarOld] = ink("#b4bac6", "#474f60").Background(th.track)
	return th
}

// sixteen leaves plain text to the terminal's own colours and uses the rest for what they are named after.
func sixteen(dark bool) theme {
	ink := func(c color.Color) lipgloss.Style { return lipgloss.NewStyle().Foreground(c) }
	badge := func(c color.Color) lipgloss.Style {
		return lipgloss.NewStyle().Foreground(lipgloss.BrightWhite).Background(c).Bold(true)
	}
	plain := lipgloss.NewStyle()
	faint := lipgloss.BrightBlack
	warn, accent := lipgloss.Yellow, lipgloss.Magenta
	if !dark {
		faint = lipgloss.White
	}
	return theme{styles: [tokens]lipgloss.Style{
		tText:        plain,
		tFigure:      plain.Bold(true),
		tDim:         ink(lipgloss.BrightBlack),
		tFaint:       ink(faint),
		tTitle:       plain.Bold(true),
		tAccent:      ink(accent),
		tGood:        ink(lipgloss.Green),
		tWarn:        ink(warn),
		tBad:         ink(lipgloss.Red),
		tInfo:        ink(lipgloss.Blue),
		tKey:         ink(accent).Bold(true),
		tPick:        plain.Reverse(true),
		tEnvironment: plain.Reverse(true),
		tProduction:  badge(lipgloss.Red),
		tYellow:      badge(lipgloss.Yellow),
		tGreen:       badge(lipgloss.Green),
		tBlue:        badge(lipgloss.Blue),
		tMagenta:     badge(lipgloss.Magenta),
		tCyan:        badge(lipgloss.Cyan),
		tTealName:    ink(lipgloss.Cyan),
		tRoseName:    ink(lipgloss.Magenta),
		tSandName:    plain,
		tLilacName:   ink(lipgloss.Blue),
		tSpark:       ink(accent),
		tFill:        ink(accent),
		tBar:         ink(accent),
		tBarWarn:     ink(warn),
		tBarBad:      ink(lipgloss.Red),
		tBarOld:      ink(faint),
		tShade:       ink(faint),
	}}
}

// monochrome has weight only.
func monochrome() theme {
	plain := lipgloss.NewStyle()
	faint, bold := plain.Faint(true), plain.Bold(true)
	return theme{styles: [tokens]lipgloss.Style{
		tText:        plain,
		tFigure:      plain,
		tDim:         faint,
		tFaint:       faint,
		tTitle:       bold,
		tAccent:      plain,
		tGood:        plain,
		tWarn:        bold,
		tBad:         bold,
		tInfo:        plain,
		tKey:         bold,
		tPick:        plain.Reverse(true),
		tEnvironment: plain.Reverse(true),
		tProduction:  bold.Reverse(true),
		tYellow:      plain.Reverse(true),
		tGreen:       plain.Reverse(true),
		tBlue:        plain.Reverse(true),
		tMagenta:     plain.Reverse(true),
		tCyan:        plain.Reverse(true),
		tTealName:    plain,
		tRoseName:    plain,
		tSandName:    plain,
		tLilacName:   plain,
		tSpark:       faint,
		tFill:        faint,
		tBar:         plain,
		tBarWarn:     plain,
		tBarBad:      bold,
		tBarOld:      faint,
		tShade:       faint,
	}}
}
