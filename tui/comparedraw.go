package tui

import (
	"slices"
	"strconv"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// Widths of the comparison.
const (
	compareLabel = 20 // the sign of what differs, and the property's name
	compareLeast = 22 // of a column, where there are more than fit
	compareMark  = 3  // before each value: a blank, the cursor or the sign of what differs, and a blank
)

// drawCompare draws targets side by side.
func (m *Model) drawCompare(p *pen) {
	c := &m.compare
	m.drawHeader(p, line{{tDim, " › "}, {tTitle, "compare"}})
	table := m.table()
	columns, rows := table.columns, table.rows
	differ := 0
	for i := range rows {
		if rows[i].differs {
			differ++
		}
	}
	judged := len(rows) - liveRows(rows)
	rows = c.shownRows(rows)
	c.column = min(c.column, max(len(columns)-1, 0))
	shown, widths := m.comparedWidths(columns, rows)
	p.hairline(m.compareCaption(len(columns), differ, judged, shown))
	detail := 0
	if m.height >= 14 {
		detail = 4
	}
	height := max(m.height-3-detail, 0) // header, hairline, footer
	if height > 0 {
		m.drawCompareHead(p, columns, shown, widths)
		height--
	}
	at := c.at(rows)
	c.top = max(min(c.top, at), at-height+1)
	c.top = max(min(c.top, len(rows)-height), 0)
	for i := range height {
		if n := c.top + i; n < len(rows) {
			m.drawCompared(p, &rows[n], n == at, shown, widths)
			continue
		}
		p.end()
	}
	if detail > 0 {
		p.hairline(nil, nil)
		var says []line
		if at < len(rows) && c.column < len(columns) {
			says = m.comparedInFull(&rows[at], columns[c.column].title)
		}
		m.drawLines(p, fit(says, detail-1), detail-1)
	}
	m.drawFooter(p)
}

func liveRows(rows []comparedRow) int {
	n := 0
	for i := range rows {
		if rows[i].Live {
			n++
		}
	}
	return n
}

// compareCaption says what stands side by side, how much of it differs, and which columns are in sight.
func (m *Model) compareCaption(columns, differ, judged int, shown []int) (start, end line) {
	c := &m.compare
	what := plural(len(c.of), "target")
	switch c.by {
	case againstRest:
		what = string(c.of[0]) + " against " + plural(len(c.of)-1, "other")
	case eachRelease:
		what = plural(columns, "release") + " of " + what
	case eachTarget, comparisons:
	}
	start = line{{tText, what}, {tDim, " " + m.glyphs.dot + " "}, {tFigure, strconv.Itoa(differ)}, {tDim, " of " + strconv.Itoa(judged) + " properties differ"}}
	if c.differing {
		start = append(start, span{tAccent, "  equal hidden"})
	}
	if len(shown) < columns && len(shown) > 0 {
		end = line{{tDim, "columns " + columnsInSight(shown) + " of "}, {tFigure, strconv.Itoa(columns)}}
	}
	return start, end
}

// columnsInSight are their numbers: the first, and those in sight behind it.
func columnsInSight(shown []int) string {
	numbers := func(first, last int) string {
		if first == last {
			return strconv.Itoa(first + 1)
		}
		return strconv.Itoa(first+1) + "–" + strconv.Itoa(last+1)
	}
	last := shown[len(shown)-1]
	if len(shown) == 1 || shown[1] == 1 {
		return numbers(shown[0], last)
	}
	return numbers(0, 0) + " and " + numbers(shown[1], last)
}

// comparedWidths chooses the columns in sight: the first one always, and of the others as many as fit, with the one that the
// cursor is on. They share the room by what they need.
func (m *Model) comparedWidths(columns []comparedColumn, rows []comparedRow) (shown, widths []int) {
	c := &m.compare
	room := m.width - compareLabel - 2*margin
	fits := min(max(room/(compareLeast+compareMark), 1), len(columns))
	switch {
	case fits == len(columns):
		c.left = 0
	case fits < 2:
		shown = []int{c.column}
	default:
		others := fits - 1
		if c.column > 0 {
			c.left = max(min(c.left, c.column-1), c.column-others)
		}
		c.left = max(min(c.left, len(columns)-1-others), 0)
	}
	if shown == nil {
		for i := range fits {
			if i == 0 {
				shown = append(shown, 0)
				continue
			}
			shown = append(shown, c.left+i)
		}
	}
	needs := make([]int, len(shown))
	for i, n := range shown {
		needs[i] = textWidth(columns[n].title)
		for r := range rows {
			needs[i] = max(needs[i], textWidth(rows[r].cells[n]))
		}
	}
	return shown, shares(needs, room-len(shown)*compareMark)
}

// shares divides a room among those that need some of it: who needs less than an equal share gets what it needs.
func shares(needs []int, room int) []int {
	widths := make([]int, len(needs))
	open := make([]int, len(needs))
	for i := range open {
		open[i] = i
	}
	slices.SortStableFunc(open, func(a, b int) int { return needs[a] - needs[b] })
	for k, i := range open {
		widths[i] = max(min(needs[i], room/(len(open)-k)), 0)
		room -= widths[i]
	}
	return widths
}

// drawCompareHead draws the titles, each with its state where it is one target.
func (m *Model) drawCompareHead(p *pen, columns []comparedColumn, shown, widths []int) {
	p.space(margin + compareLabel)
	for i, n := range shown {
		t, mark := tText, " "
		if n == m.compare.column {
			t, mark = tTitle, m.glyphs.down
		}
		p.space(1)
		p.put(tAccent, mark)
		p.space(1)
		if len(columns[n].of) == 0 {
			t = tWarn
		}
		p.cell(t, cutMiddle(columns[n].title, widths[i], m.opts.ASCII), widths[i], left)
	}
	p.end()
}

// drawCompared draws a property. What differs has the sign of it, at its name and at each value that is not as the most
// are; what is equal is dim.
func (m *Model) drawCompared(p *pen, row *comparedRow, chosen bool, shown, widths []int) {
	columns := m.table().columns
	m.leadLine(p, chosen)
	sign, look, label, value := " ", tDim, tDim, tDim
	switch {
	case row.differs:
		sign, look, label, value = m.glyphs.differs, tWarn, tText, tText
	case row.Live:
		label, value = tText, tFigure
	}
	p.put(look, sign)
	p.cell(label, " "+row.Name, compareLabel-1, left)
	for i, n := range shown {
		mark, look, t, text := m.comparedValue(row, &columns[n], n, value)
		p.space(1)
		p.put(look, mark)
		p.space(1)
		if chosen && n == m.compare.column && mark == " " {
			t = tTitle
		}
		p.cell(t, cutMiddle(text, widths[i], m.opts.ASCII), widths[i], left)
	}
	p.end()
}

// comparedValue is a value with its sign, and how both look: value where there is nothing to say of it. Old figures are dim.
func (m *Model) comparedValue(row *comparedRow, column *comparedColumn, n int, value token) (mark string, look, t token, text string) {
	mark, look, text = " ", value, row.cells[n]
	one := len(column.of) == 1
	switch {
	case text == "":
		look, text = tDim, unknown
	case row.differs && row.odd[n]:
		mark, look = m.glyphs.differs, tWarn
	case row.Name == "state" && one:
		mark, look = m.glyphs.state(column.of[0].State)
	}
	if t = look; row.Live && row.Name != "state" && one && !column.of[0].Current() {
		t = tDim
	}
	return mark, look, t, text
}

// comparedInFull is the value that the cursor is on, whole.
func (m *Model) comparedInFull(row *comparedRow, title string) []line {
	text := row.cells[m.compare.column]
	if text == "" {
		text = "not known"
	}
	head := line{{tDim, row.Name + " of "}, {tText, title}}
	if row.differs && !row.odd[m.compare.column] {
		head = append(head, span{tDim, ", as most have it or the first"})
	}
	return append([]line{head}, wrapped(tFigure, text, 0, m.width-2*margin)...)
}

// cutMiddle shortens s to w cells and keeps its beginning and its end: paths and releases differ there.
func cutMiddle(s string, w int, ascii bool) string {
	n := textWidth(s)
	if n <= w || w < 5 {
		return cut(s, w, ascii)
	}
	tail := "…"
	if ascii {
		tail = "."
	}
	head := ansi.Truncate(s, (w-1+1)/2, "")
	rest := w - textWidth(head) - 1
	end := ansi.TruncateLeft(s, n-rest, "")
	if textWidth(end) > rest { // half a wide character
		end = ansi.TruncateLeft(s, n-rest+1, "")
	}
	return head + tail + strings.Repeat(" ", max(rest-textWidth(end), 0)) + end
}
