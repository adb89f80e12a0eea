package tui

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"pumatop/collector"
)

// themeKeys are the commands of how the screen looks.
func themeKeys() []binding {
	return []binding{
		{word: "theme", help: "choose the colours; each is shown as you go", group: looking, on: anyScreen, run: quietly((*Model).openThemes)},
	}
}

// themePicker is the list of themes; before is what esc goes back to.
type themePicker struct {
	at     int
	before ThemeName
}

func (m *Model) openThemes() {
	m.overlay = themeOverlay
	m.themes = themePicker{before: m.theme.name}
	m.themes.at = max(slices.IndexFunc(themeTable(), func(d themeDef) bool { return d.name == m.theme.name }), 0)
}

// onThemeKey moves in the list, and the screen changes with it; esc takes that back.
func (m *Model) onThemeKey(msg tea.KeyPressMsg) tea.Cmd {
	all := themeTable()
	t := &m.themes
	switch msg.String() {
	case "enter", "q":
		m.overlay = noOverlay
		return m.say("theme " + string(m.theme.name) + m.profileSays())
	case "esc", "ctrl+c":
		m.overlay = noOverlay
		m.setTheme(t.before)
		return nil
	case "down", "j":
		t.at = min(t.at+1, len(all)-1)
	case "up", "k":
		t.at = max(t.at-1, 0)
	case "home", "g":
		t.at = 0
	case "end", "G":
		t.at = len(all) - 1
	default:
		return nil
	}
	m.setTheme(all[t.at].name)
	return nil
}

// profileSays is why a theme may not look as it should.
func (m *Model) profileSays() string {
	switch {
	case m.profile <= colorprofile.ASCII:
		return ": this terminal has no colours, or NO_COLOR is set"
	case m.profile == colorprofile.ANSI:
		return ", in the sixteen colours of this terminal"
	}
	return ""
}

// themeNameWidth is the room for a theme's name.
const themeNameWidth = 17

// themeLines are the themes and a sample of each state in the one that is shown.
func (m *Model) themeLines(height int) []line {
	var lines []line
	for i, d := range themeTable() {
		name := pad(string(d.name), themeNameWidth)
		l := line{{tText, "  "}, {tText, name}, {tDim, d.help}}
		if i == m.themes.at {
			l = line{{tAccent, m.glyphs.cursor + " "}, {tTitle, name}, {tText, d.help}}
		}
		lines = append(lines, l)
	}
	g := &m.glyphs
	foot := []line{
		{{tText, "  "}, {tGood, g.good + " good"}, {tText, "   "}, {tInfo, g.states[collector.Restarting] + " in progress"}, {tText, "   "},
			{tWarn, g.caution + " warning"}, {tText, "   "}, {tBad, g.bad + " bad"}},
		nil,
		{{tKey, "enter"}, {tDim, " keeps  "}, {tKey, "esc"}, {tDim, " takes it back"}},
	}
	if says := strings.TrimLeft(m.profileSays(), ":, "); says != "" {
		foot = slices.Insert(foot, 1, line{{tWarn, "  " + says}})
	}
	room := max(height-len(foot)-1, 1)
	first := max(min(m.themes.at-room/2, len(lines)-room), 0)
	lines = lines[first:min(first+room, len(lines))]
	return append(append(lines, nil), foot...)
}
