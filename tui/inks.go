package tui

import "charm.land/lipgloss/v2"

// inks are the colours of a theme of 256 colours and more. Text is legible on every usual background of its kind and on
// the selected line, which a test measures.
type inks struct {
	text, figure, dim, faint, title    string
	accent, good, warn, bad, info, key string
	teal, rose, sand, lilac            string // names that are told apart
	spark, fill, shade                 string

	// badge is the text on the backgrounds that follow.
	badge, pick, environment, red, yellow, green, blue, magenta, cyan string

	// bars are areas: in the colours of the text they would outshine the figures beside them.
	bar, barWarn, barBad, barOld string

	// back is the selected line, track the empty part of a bar, paper the background that the inks are meant for.
	back, track, paper string
}

// inksOf are the inks of a family.
func inksOf(f family, dark bool) inks {
	pick := func(onLight, onDark inks) inks {
		if dark {
			return onDark
		}
		return onLight
	}
	switch f {
	case contrast:
		return pick(contrastLightInks(), contrastDarkInks())
	case colorBlind:
		return pick(colorBlindLightInks(), colorBlindDarkInks())
	case plain, ansiColors, mono:
	}
	return pick(lightInks(), darkInks())
}

func darkInks() inks {
	return inks{
		text: "#b8c0cc", figure: "#f2f5f9", dim: "#8b94a4", faint: "#363d4a", title: "#ffffff",
		accent: "#b39df3", good: "#4fc47f", warn: "#e5b454", bad: "#ff6b73", info: "#6cb2ff", key: "#b39df3",
		teal: "#5fb3c4", rose: "#d38bc8", sand: "#c9b18a", lilac: "#95a5e8",
		spark: "#6e60b0", fill: "#5c5196", shade: "#4b5363",
		badge: "#ffffff", pick: "#6d55b8", environment: "#454d5e", red: "#b3263a", yellow: "#8a6416", green: "#22723f",
		blue: "#2a5ca8", magenta: "#8c3a80", cyan: "#1f6f80",
		bar: "#7464b8", barWarn: "#b98a30", barBad: "#c04a55", barOld: "#474f60",
		back: "#20283a", track: "#232936", paper: "#0d1117",
	}
}

func lightInks() inks {
	return inks{
		text: "#3b4252", figure: "#10141c", dim: "#5b6270", faint: "#c9ced8", title: "#10141c",
		accent: "#5f35b0", good: "#127236", warn: "#8a4b00", bad: "#c21d33", info: "#1a55b5", key: "#5f35b0",
		teal: "#0c6a83", rose: "#8a1a7a", sand: "#6b4f24", lilac: "#3f4f9f",
		spark: "#a08ad8", fill: "#b9a9e4", shade: "#a9b0bd",
		badge: "#ffffff", pick: "#6d43c4", environment: "#6b7280", red: "#c21d33", yellow: "#a15c07", green: "#15803d",
		blue: "#1d5fc4", magenta: "#8a1a7a", cyan: "#0e7490",
		bar: "#a692dd", barWarn: "#d9a441", barBad: "#dd6675", barOld: "#b4bac6",
		back: "#eaeef6", track: "#e6e9f0", paper: "#ffffff",
	}
}

// contrastDarkInks keep 7 to 1 on black and on the selected line. Lines that others leave faint are to be seen.
func contrastDarkInks() inks {
	return inks{
		text: "#ffffff", figure: "#ffffff", dim: "#d5d9e0", faint: "#8d95a3", title: "#ffffff",
		accent: "#d6c2ff", good: "#4dff88", warn: "#ffd23f", bad: "#ffa3a3", info: "#7cc7ff", key: "#d6c2ff",
		teal: "#7fe3f2", rose: "#ffb3ee", sand: "#f0d9ad", lilac: "#bccbff",
		spark: "#b39df3", fill: "#8f7cdb", shade: "#8d95a3",
		badge: "#ffffff", pick: "#4f2fa3", environment: "#3a4150", red: "#8f0d22", yellow: "#5c2f00", green: "#0b5526",
		blue: "#15478f", magenta: "#75246a", cyan: "#0c5361",
		bar: "#b39df3", barWarn: "#ffd23f", barBad: "#ff7f7f", barOld: "#8d95a3",
		back: "#16244a", track: "#2a3040", paper: "#000000",
	}
}

// contrastLightInks keep 7 to 1 on white and on the selected line.
func contrastLightInks() inks {
	return inks{
		text: "#000000", figure: "#000000", dim: "#333a47", faint: "#737b8a", title: "#000000",
		accent: "#431a8f", good: "#0a4a1f", warn: "#4f2600", bad: "#8a0016", info: "#0b2f8a", key: "#431a8f",
		teal: "#00414f", rose: "#6b0f5b", sand: "#3d2d0e", lilac: "#1a2560",
		spark: "#5b35a8", fill: "#7a5bc4", shade: "#737b8a",
		badge: "#ffffff", pick: "#431a8f", environment: "#3a4150", red: "#8a0016", yellow: "#4f2600", green: "#0a4a1f",
		blue: "#0b2f8a", magenta: "#6b0f5b", cyan: "#00414f",
		bar: "#6a45b8", barWarn: "#9a5a00", barBad: "#b00020", barOld: "#737b8a",
		back: "#e9effb", track: "#d9dde6", paper: "#ffffff",
	}
}

// colorBlindDarkInks tell states apart by blue and yellow, and by how light they are: what is left to whoever does not
// see red, or green. None of the names that are told apart is near a state.
func colorBlindDarkInks() inks {
	in := darkInks()
	in.good, in.info, in.warn, in.bad, in.accent, in.key = "#3a9afc", "#c5ecfa", "#fcf234", "#ee6d25", "#c576b2", "#c576b2"
	in.spark, in.fill, in.bar, in.barWarn, in.barBad = "#7d6a94", "#685a7c", "#8a76a3", "#c7bf2e", "#c75a1e"
	in.pick, in.red, in.yellow, in.green = "#8c3a80", "#a03c08", "#6f6a05", "#1b5fae"
	return in
}

// colorBlindLightInks are the same for a light background.
func colorBlindLightInks() inks {
	in := lightInks()
	in.good, in.info, in.warn, in.bad, in.accent, in.key = "#1f39b2", "#0f6c6d", "#8a4e00", "#5a1e04", "#580835", "#580835"
	in.spark, in.fill, in.bar, in.barWarn, in.barBad = "#a98fa6", "#c3aec0", "#b297ae", "#d9a441", "#a85a2e"
	in.pick, in.red, in.yellow, in.green = "#580835", "#5a1e04", "#8a4e00", "#1f39b2"
	return in
}

// theme makes the styles of the inks.
func (in inks) theme() theme {
	ink := func(c string) lipgloss.Style { return lipgloss.NewStyle().Foreground(lipgloss.Color(c)) }
	badge := func(c string) lipgloss.Style { return ink(in.badge).Background(lipgloss.Color(c)).Bold(true) }
	track := lipgloss.Color(in.track)
	return theme{back: lipgloss.Color(in.back), track: track, styles: [tokens]lipgloss.Style{
		tText: ink(in.text), tFigure: ink(in.figure), tDim: ink(in.dim), tFaint: ink(in.faint), tTitle: ink(in.title).Bold(true),
		tAccent: ink(in.accent), tGood: ink(in.good), tWarn: ink(in.warn), tBad: ink(in.bad), tInfo: ink(in.info),
		tKey: ink(in.key).Bold(true), tPick: badge(in.pick),
		tEnvironment: badge(in.environment), tProduction: badge(in.red), tYellow: badge(in.yellow), tGreen: badge(in.green),
		tBlue: badge(in.blue), tMagenta: badge(in.magenta), tCyan: badge(in.cyan),
		tTealName: ink(in.teal), tRoseName: ink(in.rose), tSandName: ink(in.sand), tLilacName: ink(in.lilac),
		tSpark: ink(in.spark), tFill: ink(in.fill), tShade: ink(in.shade),
		tBar: ink(in.bar).Background(track), tBarWarn: ink(in.barWarn).Background(track),
		tBarBad: ink(in.barBad).Background(track), tBarOld: ink(in.barOld).Background(track),
	}}
}
