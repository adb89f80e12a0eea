package tui

import (
	"image/color"

	"charm.land/lipgloss/v2"
)

// few are the named colours of a theme that has no others.
type few struct {
	dim, faint, accent, good, warn, bad, info lipgloss.Style
}

// fewOf are the named colours of a family. Plain text is left to the terminal's own, which are the ones that are legible
// there; what is wanted for contrast is bold rather than faint.
func fewOf(f family, dark bool) few {
	ink := func(c color.Color) lipgloss.Style { return lipgloss.NewStyle().Foreground(c) }
	faint := ink(lipgloss.BrightBlack)
	if !dark {
		faint = ink(lipgloss.White)
	}
	out := few{
		dim: ink(lipgloss.BrightBlack), faint: faint, accent: ink(lipgloss.Magenta),
		good: ink(lipgloss.Green), warn: ink(lipgloss.Yellow), bad: ink(lipgloss.Red), info: ink(lipgloss.Blue),
	}
	switch f {
	case contrast:
		text := lipgloss.NewStyle()
		out.dim, out.accent = text, out.accent.Bold(true)
		out.good, out.warn, out.bad, out.info = out.good.Bold(true), out.warn.Bold(true), out.bad.Bold(true), out.info.Bold(true)
	case colorBlind:
		out.good, out.info, out.bad = ink(lipgloss.Blue), ink(lipgloss.Cyan), ink(lipgloss.Red).Bold(true).Underline(true)
	case plain, ansiColors, mono:
	}
	return out
}

// sixteen leaves plain text to the terminal's own colours and uses the rest for what they are named after.
func sixteen(f family, dark bool) theme {
	ink := func(c color.Color) lipgloss.Style { return lipgloss.NewStyle().Foreground(c) }
	badge := func(c color.Color) lipgloss.Style {
		return lipgloss.NewStyle().Foreground(lipgloss.BrightWhite).Background(c).Bold(true)
	}
	plain, own := lipgloss.NewStyle(), fewOf(f, dark)
	return theme{styles: [tokens]lipgloss.Style{
		tText: plain, tFigure: plain.Bold(true), tDim: own.dim, tFaint: own.faint, tTitle: plain.Bold(true),
		tAccent: own.accent, tGood: own.good, tWarn: own.warn, tBad: own.bad, tInfo: own.info,
		tKey: own.accent.Bold(true), tPick: plain.Reverse(true), tEnvironment: plain.Reverse(true),
		tProduction: badge(lipgloss.Red), tYellow: badge(lipgloss.Yellow), tGreen: badge(lipgloss.Green),
		tBlue: badge(lipgloss.Blue), tMagenta: badge(lipgloss.Magenta), tCyan: badge(lipgloss.Cyan),
		tTealName: ink(lipgloss.Cyan), tRoseName: ink(lipgloss.Magenta), tSandName: plain, tLilacName: ink(lipgloss.Blue),
		tSpark: own.accent, tFill: own.accent, tShade: own.faint,
		tBar: own.accent, tBarWarn: own.warn, tBarBad: own.bad, tBarOld: own.faint,
	}}
}

// monochrome has weight only.
func monochrome() theme {
	plain := lipgloss.NewStyle()
	faint, bold, reverse := plain.Faint(true), plain.Bold(true), plain.Reverse(true)
	return theme{styles: [tokens]lipgloss.Style{
		tText: plain, tFigure: plain, tDim: faint, tFaint: faint, tTitle: bold,
		tAccent: plain, tGood: plain, tWarn: bold, tBad: bold, tInfo: plain, tKey: bold,
		tPick: reverse, tEnvironment: reverse, tProduction: bold.Reverse(true), tYellow: reverse, tGreen: reverse,
		tBlue: reverse, tMagenta: reverse, tCyan: reverse,
		tTealName: plain, tRoseName: plain, tSandName: plain, tLilacName: plain,
		tSpark: faint, tFill: faint, tShade: faint,
		tBar: plain, tBarWarn: plain, tBarBad: bold, tBarOld: faint,
	}}
}
