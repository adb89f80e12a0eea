package tui

import (
	"hash/fnv"
	"strings"
	"time"

	"pumatop/collector"
)

// logDetail is how many lines the line of the cursor gets in full, where there is room for them.
const logDetail = 4

// mostLogName is how wide names in front of lines may be.
const mostLogName = 28

// drawLogs draws the newest lines, or those around the cursor where it is held, and below them the cursor's line in full.
func (m *Model) drawLogs(p *pen) {
	l := &m.logs
	m.drawHeader(p, line{{tDim, " › "}, {tTitle, "logs"}, {tDim, " " + m.logsOf()}})
	p.hairline(m.logsStand(), m.logsCount())
	detail := 0
	if m.height >= 16 {
		detail = logDetail
	}
	rows, chosen := max(m.height-3-detail, 0), l.cursor()
	m.scroll = max(min(m.scroll, chosen), chosen-rows+1)
	if !l.held {
		m.scroll = l.len() - rows
	}
	m.scroll = max(min(m.scroll, l.len()-rows), 0)
	if l.len() == 0 {
		m.drawLines(p, m.logsNotes(), rows)
	} else {
		m.drawLogRows(p, rows, chosen)
	}
	if detail > 0 {
		p.hairline(nil, nil)
		var lines []line
		if l.len() > 0 {
			_, entry := l.at(chosen)
			lines = m.logDetail(entry)
		}
		m.drawLines(p, lines, detail-1)
	}
	m.drawFooter(p)
}

// drawLogRows draws the lines in sight. Where one of them is of another day, their times have dates.
func (m *Model) drawLogRows(p *pen, rows, chosen int) {
	l := &m.logs
	last := min(m.scroll+rows, l.len())
	when := len("~15:04:05")
	for i := m.scroll; i < last; i++ {
		_, entry := l.at(i)
		when = max(when, textWidth(m.logTime(entry)))
	}
	for i := m.scroll; i < m.scroll+rows; i++ {
		if i < last {
			_, entry := l.at(i)
			m.drawLog(p, entry, when, i == chosen && l.held)
		}
		p.end()
	}
}

// logsOf names what the logs are of.
func (m *Model) logsOf() string {
	if len(m.logs.of) == 1 {
		return string(m.logs.of[0])
	}
	return "of " + plural(len(m.logs.of), "target")
}

// logsStand says whether new lines are followed.
func (m *Model) logsStand() line {
	l := &m.logs
	var stand line
	switch {
	case l.ended != "":
		stand = line{{tWarn, l.ended}}
	case len(l.aim.says) > 0:
		stand = l.aim.says
	case !l.held:
		stand = line{{tGood, "following"}}
	case l.newer() > 0:
		stand = line{{tWarn, "held"}, {tDim, " " + m.glyphs.dot + " "}, {tFigure, thousands(int64(l.newer()))}, {tDim, " newer below, G follows"}}
	default:
		stand = line{{tWarn, "held"}, {tDim, " " + m.glyphs.dot + " G follows"}}
	}
	if l.problems {
		stand = append(stand, span{tDim, " " + m.glyphs.dot + " "}, span{tWarn, "warnings and errors only"})
	}
	if l.search != "" && m.overlay != filterOverlay {
		stand = append(stand, span{tDim, " " + m.glyphs.dot + " looking for "}, span{tAccent, l.search})
	}
	return stand
}

// logsCount is how many lines there are, and how many of them are errors or warnings.
func (m *Model) logsCount() line {
	l := &m.logs
	count := line{{tFigure, thousands(int64(len(l.lines)))}, {tDim, " line" + ending(len(l.lines))}}
	if l.first > 0 {
		count = append(count, span{tDim, ", older ones dropped"})
	}
	if n := len(l.few); n > 0 {
		count = append(count, span{tDim, " " + m.glyphs.dot + " "}, span{tWarn, thousands(int64(n))}, span{tDim, " to look at"})
	}
	return count
}

// logsNotes say why there is nothing to show.
func (m *Model) logsNotes() []line {
	switch l := &m.logs; {
	case l.problems && len(l.lines) > 0:
		return []line{{{tGood, m.glyphs.good}, {tText, " no warning and no error in " + plural(len(l.lines), "line")}}}
	case l.ended != "":
		return wrapped(tText, "nothing was read: "+l.ended, 0, m.width-2*margin)
	}
	return []line{{{tDim, "reading"}}}
}

// drawLog draws one line: when, whose, what it is, and its text.
func (m *Model) drawLog(p *pen, l *logLine, when int, chosen bool) {
	m.leadLine(p, chosen)
	p.cell(tDim, m.logTime(l), when, left)
	p.space(1)
	if len(m.logs.of) > 1 {
		p.cell(nameToken(l.Target), string(l.Target), min(m.logs.names, mostLogName, m.width/4), left)
		p.space(1)
	}
	glyph, t := m.logMark(l)
	p.cell(t, glyph, 1, left)
	p.space(1)
	room := max(p.room()-margin, 0)
	m.drawLogText(p, cut(l.Text, room, p.ascii), t)
}

// drawLogText draws the text with what is looked for in it standing out.
func (m *Model) drawLogText(p *pen, text string, t token) {
	found := -1
	if m.logs.search != "" {
		found = indexFold(text, m.logs.search)
	}
	if found < 0 {
		p.put(t, text)
		return
	}
	end := found + len(m.logs.search)
	p.put(t, text[:found])
	p.put(tPick, text[found:end])
	m.drawLogText(p, text[end:], t)
}

// logMark is the sign of a line and what its text looks like.
func (m *Model) logMark(l *logLine) (string, token) {
	switch {
	case l.Ours:
		return m.glyphs.dash, tAccent
	case l.level == errorLine:
		return m.glyphs.bad, tBad
	case l.level == warnLine:
		return m.glyphs.caution, tWarn
	case l.level == turnLine:
		return m.glyphs.arrow, tAccent
	case l.level == pumaLine:
		return m.glyphs.dot, tInfo
	}
	return " ", tText
}

// logTime is when a line was written, of one without a time when it was seen.
func (m *Model) logTime(l *logLine) string {
	switch {
	case !l.At.IsZero():
		return m.when(l.At)
	case !l.Seen.IsZero():
		return "~" + m.when(l.Seen)
	}
	return unknown
}

// nameToken is the colour of a target's name, the same one each time.
func nameToken(id collector.TargetID) token {
	hues := [...]token{tTealName, tRoseName, tSandName, tLilacName}
	h := fnv.New32a()
	_, _ = h.Write([]byte(id))
	return hues[h.Sum32()%uint32(len(hues))]
}

// logDetail is the line of the cursor in full.
func (m *Model) logDetail(l *logLine) []line {
	when := "its log has no times"
	if !l.At.IsZero() {
		when = l.At.In(m.now.Location()).Format(time.DateTime + ".000")
	}
	head := line{{tTitle, string(l.Target)}, {tDim, "  " + when}}
	return append([]line{head}, wrapped(tText, strings.TrimSpace(l.Text), 0, m.width-2*margin)...)
}
