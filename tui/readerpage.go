package tui

import (
	"regexp"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"pumatop/collector"
)

// What stands for drawing on a reader's page: nothing is said of it.
const (
	unsaid     = '\ue000'
	readCursor = '\ue002'
)

// readerGlyphs are words where a glyph says something that no word beside it does, and otherwise a sign that is left out.
func readerGlyphs() glyphs {
	const none = string(unsaid)
	var eight [8]rune
	for i := range eight {
		eight[i] = unsaid
	}
	return glyphs{
		states: map[collector.State]string{
			collector.CrashLoop: none, collector.Stuck: none, collector.NotRunning: none, collector.Unreachable: none,
			collector.NoControl: none, collector.Stale: none, collector.Restarting: none, collector.Connecting: none, collector.Serving: none,
		},
		cursor: string(readCursor), mark: none, good: none, bad: none, caution: "Warning:", waiting: none,
		arrow: "→", differs: "another:", mixed: "mixed", folded: "folded", unfolded: "open", down: "falling", up: "rising", dot: "·", dash: "–",
		atMost: "at most ", asks: none, cut: "...", upDown: "up down", sideways: "left right",
		line: unsaid, corners: [4]rune{unsaid, unsaid, unsaid, unsaid}, side: unsaid, full: unsaid, empty: unsaid,
		eighths: eight, levels: eight, chart: eight, done: unsaid, todo: unsaid, axis: unsaid,
		shades: [2]rune{unsaid, unsaid}, marks: [7]rune{unsaid, unsaid, unsaid, unsaid, unsaid, unsaid, unsaid}, markLine: unsaid,
	}
}

var (
	arrows   = regexp.MustCompile(` *(?:→|->) *`)
	dots     = regexp.MustCompile(` *· *`)
	leads    = regexp.MustCompile(`(^|  )(?:→|>|\.\.\.|…) `)
	unknowns = regexp.MustCompile(`(^|  )–(  |$)`)
	gaps     = regexp.MustCompile(`(?:\t|  )[ \t]*`)
	commas   = regexp.MustCompile(`([,:])(?: ,)+ ?`)
	button   = regexp.MustCompile(`\[ (\w+) \]`)
)

var signs = strings.NewReplacer("✔", "yes", "✖", "no", "≠", "another:", "≤", "at most ", "±", "about ", "×", "x", "…", "...", "↓", "down", "↑", "up", "←", "left", "–", "-", "—", "-")

// plainly is a line as it is said: no drawing, gaps between columns as commas, signs as words.
func plainly(s string) string {
	s = strings.Map(func(c rune) rune {
		if c == unsaid || c == readCursor {
			return ' '
		}
		return c
	}, ansi.Strip(s))
	s = leads.ReplaceAllString(strings.TrimSpace(s), "$1")
	s = arrows.ReplaceAllString(s, " to ")
	s = dots.ReplaceAllString(s, ", ")
	s = unknowns.ReplaceAllString(s, "${1}unknown${2}")
	s = button.ReplaceAllString(s, "$1 is chosen: enter or esc")
	s = gaps.ReplaceAllString(s, ", ")
	s = signs.Replace(s)
	s = strings.Join(strings.Fields(s), " ")
	return strings.Trim(commas.ReplaceAllString(s, "$1 "), " ,")
}

// page is everything that the screen says now, a line each, without what is repeated on every one.
func (r *Reader) page() []string {
	m := r.m
	if m.overlay == filterOverlay {
		return r.fleetLines()
	}
	if b := r.box(); b != nil {
		lines := []string{plainly(b.title) + "."}
		for _, l := range b.lines {
			lines = r.add(lines, l.text())
		}
		return lines
	}
	if m.screen == fleetScreen {
		return r.fleetLines()
	}
	return r.screenLines()
}

// box is the overlay that is open, without what is typed into it: that is echoed.
func (r *Reader) box() *box {
	m := r.m
	if c := m.consenting(); c != nil {
		typed := c.typed
		c.typed = ""
		defer func() { c.typed = typed }()
	}
	if m.overlay == askOverlay && m.prompts.shown.Number != 0 {
		a := m.askParts(readerWidth)
		var lines []line
		for _, part := range [][]line{a.says, a.facts, a.above, a.quoted, a.about, a.note} {
			lines = append(lines, part...)
		}
		kind := askKinds[m.prompts.shown.Question.Kind]
		says := "Type the " + kind.label + "."
		if !m.prompts.shown.Question.Echo {
			says = "Type the " + kind.label + ": nothing is repeated."
		}
		return &box{title: m.askTitle(), lines: append(lines, line{{tText, says}}, a.keys)}
	}
	return m.box()
}

// screenLines are the lines of any screen but the fleet's, its header and its footer left out. Charts say nothing that
// the figures beside them do not.
func (r *Reader) screenLines() []string {
	m := r.m
	shown := m.fleet.shown.Targets
	m.fleet.shown.Targets = withoutHistory(shown, m.open)
	if m.screen == logsScreen {
		m.width = logWidth
	}
	frame := m.draw()
	m.fleet.shown.Targets, m.width = shown, readerWidth
	rows := strings.Split(frame, "\n")
	lines := []string{r.place()}
	for _, row := range rows[1:max(len(rows)-1, 1)] {
		lines = r.add(lines, row)
	}
	return lines
}

// place names the screen.
func (r *Reader) place() string {
	m := r.m
	name := m.onScreen().name
	name = strings.ToUpper(name[:1]) + name[1:]
	if m.open != "" && m.screen == targetScreen {
		return name + " " + string(m.open) + "."
	}
	return name + "."
}

// add appends what a drawn line says; nothing where it only draws.
func (r *Reader) add(lines []string, row string) []string {
	says := plainly(row)
	if !strings.ContainsFunc(says, func(c rune) bool { return c > ' ' && !strings.ContainsRune(",.-:", c) }) {
		return lines
	}
	if strings.ContainsRune(row, readCursor) {
		says += chosenSuffix
	}
	return append(lines, says)
}

// withoutHistory are the targets with one that has nothing to draw a chart of.
func withoutHistory(targets []*collector.Snapshot, id collector.TargetID) []*collector.Snapshot {
	for i, s := range targets {
		if s.ID == id {
			bare := *s
			bare.History = collector.History{}
			others := append([]*collector.Snapshot(nil), targets...)
			others[i] = &bare
			return others
		}
	}
	return targets
}

// chosenSuffix is said of the line that the cursor is on.
const chosenSuffix = ", chosen"

// changed are the lines of now that were not there before. That a line is not chosen any more is no change.
func changed(was, now []string) []string {
	count := map[string]int{}
	for _, l := range was {
		count[l]++
		if plain, chosen := strings.CutSuffix(l, chosenSuffix); chosen {
			count[plain]++
		}
	}
	var lines []string
	for _, l := range now {
		if count[l]--; count[l] < 0 {
			lines = append(lines, l)
		}
	}
	return lines
}
