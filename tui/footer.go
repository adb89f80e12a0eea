package tui

import "slices"

// drawFooter draws the last line: the filter being typed, a passing notice, or the keys that do something here.
func (m *Model) drawFooter(p *pen) {
	p.space(margin)
	switch {
	case m.overlay == filterOverlay:
		m.drawPrompt(p)
	case m.notice.text != "":
		p.cell(tAccent, m.notice.text, p.room(), left)
	default:
		m.drawKeys(p)
	}
	p.end()
}

// drawPrompt draws the filter being typed, what is wrong with it or may come next, how many lines it leaves and the keys.
func (m *Model) drawPrompt(p *pen) {
	p.put(tAccent, "/")
	p.put(tFigure, m.typing.text)
	says := m.promptSays()
	count := m.promptCount()
	keys := line{{tKey, "enter"}, {tDim, " keeps  "}, {tKey, "esc"}, {tDim, " clears  "}}
	for _, end := range []line{slices.Concat(says, count, keys), slices.Concat(says, count), says, count} {
		if len(end) > 0 && end.width()+2 < p.room() {
			p.to(m.width - margin - end.width())
			p.spans(end)
			return
		}
	}
}

// promptCount is how many lines a filter leaves; a search leaves all.
func (m *Model) promptCount() line {
	if m.onScreen().typed != nil {
		return nil
	}
	left, all := len(m.projected.rows), len(m.projected.rows)+m.projected.hidden
	return line{{tFigure, thousands(int64(left))}, {tDim, " of " + thousands(int64(all)) + "  "}}
}

// promptSays is what is wrong with the filter, else what may come next.
func (m *Model) promptSays() line {
	if says := m.onScreen().says; says != nil {
		return says(m)
	}
	switch {
	case m.misread != nil:
		return line{{tWarn, m.misread.Problem}, {tDim, " " + m.glyphs.dot + " " + m.misread.Remedy() + "   "}}
	case m.hint != "":
		return line{{tDim, m.hint + "   "}}
	case m.typing.text == "":
		return line{{tDim, "name, release, version or state; busy>80; ! turns a word around   "}}
	}
	return nil
}

// searchSays is what stands behind the text that is looked for in the logs.
func (m *Model) searchSays() line {
	switch {
	case m.logs.search != "" && m.logs.find(m.logs.search, m.logs.len()-1, -1) < 0:
		return line{{tWarn, "no line has it"}, {tText, "   "}}
	case m.typing.text == "":
		return line{{tDim, "a text, whatever its case; n and N go on from line to line   "}}
	}
	return nil
}

// drawKeys draws the keys by their order in the table; help and quit always have their place.
func (m *Model) drawKeys(p *pen) {
	var end line
	if m.small() {
		end = tooSmall()
	}
	for _, b := range m.footerKeys(m.width - 2*margin - end.width()) {
		if p.col > margin {
			p.space(2)
		}
		p.put(tKey, b.shown())
		p.put(tDim, " "+b.label(m))
	}
	if end != nil && end.width()+2 <= p.room() {
		p.to(m.width - margin - end.width())
		p.spans(end)
	}
}

// tooSmall stands at the end of the footer where not everything has room.
func tooSmall() line { return line{{tDim, "needs 80×24"}} }

// footerKeys are the keys that do something here and fit into room cells, from left to right.
func (m *Model) footerKeys(room int) []*binding {
	var keys []*binding
	for i := range m.keys {
		if b := &m.keys[i]; b.footer > 0 && (b.tells == nil || b.tells(m)) && m.valid(b) {
			keys = append(keys, b)
		}
	}
	slices.SortStableFunc(keys, func(a, b *binding) int { return a.footer - b.footer })
	for keysWidth(keys, m) > room {
		at := len(keys) - 3 // help and quit always have their place, and the way back from where it is not obvious
		if at >= 0 && m.screen != fleetScreen && slices.Contains(keys[at].keys, "esc") {
			at--
		}
		if at < 0 {
			break
		}
		keys = slices.Delete(keys, at, at+1)
	}
	return keys
}

// footerKeyAt is the key of the footer that stands in a column of the terminal; nil for none.
func (m *Model) footerKeyAt(x int) *binding {
	room := m.width - 2*margin
	if m.small() {
		room -= tooSmall().width()
	}
	at := margin
	for _, b := range m.footerKeys(room) {
		w := textWidth(b.shown()) + 1 + textWidth(b.label(m))
		if x >= at && x < at+w {
			return b
		}
		at += w + 2
	}
	return nil
}

func keysWidth(keys []*binding, m *Model) int {
	n := -2
	for _, b := range keys {
		n += textWidth(b.shown()) + 1 + textWidth(b.label(m)) + 2
	}
	return n
}
