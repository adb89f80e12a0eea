package tui

import (
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"

	"pumatop/actions"
	"pumatop/collector"
)

// glyphs are the signs that screens draw with. Every one is a single cell wide in the terminals measured; the
// ASCII set is for terminals and fonts that have nothing else.
type glyphs struct {
	states   map[collector.State]string
	cursor   string
	mark     string
	good     string
	bad      string
	caution  string
	waiting  string
	arrow    string // from one release or phase to the next
	differs  string
	mixed    string // several, and none of them that of the most
	folded   string
	unfolded string
	down, up string
	dot      string // between two facts
	dash     string // unknown
	atMost   string
	asks     string // a host that waits for an answer
	cut      string // where something is left out
	upDown   string // the keys up and down
	sideways string // the keys to the left and to the right

	line    rune    // hairline
	corners [4]rune // of an overlay: top left, top right, bottom left, bottom right
	side    rune
	full    rune    // a full cell of a bar
	empty   rune    // an empty one
	eighths [8]rune // a bar's last cell, by how much of it is full; 0 is empty
	levels  [8]rune // a sparkline's cell, lowest first
	chart   [8]rune // the top cell of a chart's column; index 0 is the lowest eighth
	done    rune    // a worker replaced
	todo    rune    // a worker still to be replaced
	axis    rune
	shades  [2]rune // a cell of a chart's part, less than half full and full
	// marks are what happened, by collector.MarkKind, and markLine what hangs from them.
	marks    [7]rune
	markLine rune
}

func unicodeGlyphs() glyphs {
	return glyphs{
		states: map[collector.State]string{
			collector.CrashLoop: "✖", collector.Stuck: "▲", collector.NotRunning: "✖", collector.Unreachable: "✖",
			collector.NoControl: "◇", collector.Stale: "◌", collector.Restarting: "◐",
			collector.Connecting: "○", collector.Serving: "●",
		},
		cursor: "▌", mark: "•", good: "✔", bad: "✖", caution: "▲", waiting: "○",
		arrow: "→", differs: "≠", mixed: "±", folded: "▸", unfolded: "▾", down: "↓", up: "↑", dot: "·", dash: "–", atMost: "≤", asks: "◈", cut: "…", upDown: "↑ ↓", sideways: "← →",
		line: '─', corners: [4]rune{'╭', '╮', '╰', '╯'}, side: '│',
		full: '█', empty: '░',
		eighths: [8]rune{'░', '▏', '▎', '▍', '▌', '▋', '▊', '▉'},
		levels:  [8]rune{'▁', '▂', '▃', '▄', '▅', '▆', '▇', '▇'},
		chart:   [8]rune{'▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'},
		done:    '▰', todo: '▱', axis: '│',
		shades: [2]rune{'░', '▒'}, marks: [7]rune{'●', '✔', '◐', '◆', '✖', '▼', '▲'}, markLine: '┊',
	}
}

func asciiGlyphs() glyphs {
	return glyphs{
		states: map[collector.State]string{
			collector.CrashLoop: "X", collector.Stuck: "!", collector.NotRunning: "X", collector.Unreachable: "x",
			collector.NoControl: "?", collector.Stale: "~", collector.Restarting: "%",
			collector.Connecting: ".", collector.Serving: "o",
		},
		cursor: ">", mark: "*", good: "+", bad: "X", caution: "!", waiting: ".",
		arrow: ">", differs: "!", mixed: "~", folded: "+", unfolded: "-", down: "v", up: "^", dot: "-", dash: "-", atMost: "<", asks: "&", cut: ".", upDown: "^ v", sideways: "< >",
		line: '-', corners: [4]rune{'+', '+', '+', '+'}, side: '|',
		full: '#', empty: '.',
		eighths: [8]rune{'.', '.', '.', '.', '=', '=', '=', '='},
		levels:  [8]rune{'_', '.', ':', '-', '=', '+', '*', '#'},
		chart:   [8]rune{'.', '.', ':', ':', '+', '+', '#', '#'},
		done:    '#', todo: '.', axis: '|',
		shades: [2]rune{',', '%'}, marks: [7]rune{'o', '+', 'P', 'R', 'X', 'v', '!'}, markLine: ':',
	}
}

// state is the sign of a state and what it looks like.
func (g *glyphs) state(s collector.State) (string, token) {
	return g.states[s], stateToken(s)
}

// stateToken is how a state's glyph and word look.
func stateToken(s collector.State) token {
	switch s {
	case collector.CrashLoop, collector.Stuck, collector.NotRunning, collector.Unreachable:
		return tBad
	case collector.NoControl, collector.Stale:
		return tWarn
	case collector.Restarting:
		return tInfo
	case collector.Serving:
		return tGood
	}
	return tDim
}

// verdict is the sign of a verdict and what it looks like.
func (g *glyphs) verdict(w actions.Word) (string, token) {
	switch w {
	case actions.Verified:
		return g.good, tGood
	case actions.OldCode, actions.RestartedInstead, actions.Refused:
		return g.caution, tWarn
	case actions.Untouched:
		return g.waiting, tDim
	}
	return g.bad, tBad
}

// toASCII replaces what is not ASCII by a sign of the same width.
func toASCII(s string) string {
	i := 0
	for i < len(s) && s[i] < utf8.RuneSelf {
		i++
	}
	if i == len(s) {
		return s
	}
	b := []byte(s[:i])
	for _, r := range s[i:] {
		b = append(b, asciiFor(r)...)
	}
	return string(b)
}

// asciiFor is the nearest ASCII to a character, as many signs as the character has cells.
func asciiFor(r rune) string {
	switch r {
	case '–', '—', '·', '─':
		return "-"
	case '→', '›', '»':
		return ">"
	case '…':
		return "."
	case '✔', '✓':
		return "+"
	case '✖', '✗':
		return "x"
	case '‘', '’':
		return "'"
	case '“', '”':
		return `"`
	case '−':
		return "-"
	case '±':
		return "~"
	case '≠':
		return "!"
	case '×':
		return "x"
	case '≤':
		return "<"
	}
	if r < utf8.RuneSelf {
		return string(r)
	}
	return strings.Repeat("?", ansi.StringWidth(string(r)))
}
