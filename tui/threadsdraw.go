package tui

import (
	"strconv"
	"strings"

	"pumatop/collector"
	"pumatop/collector/puma"
)

// threadLine is a line that the cursor goes through. group is the key of the group that it belongs to, empty for none.
type threadLine struct {
	key, group string
	l          line
}

// Widths of the screen: from threadsWide on the collector and the memory stand beside the threads.
const (
	threadsWide   = 118
	threadsBeside = gcName + gcValue + gcChange + gcRate
	threadsLimits = 14 // room for what a figure is measured against
	threadsGap    = 3
)

// threadsPanes are the widths of the threads and of what stands beside them, which is 0 where it stands below.
func (m *Model) threadsPanes() (list, beside int) {
	w := m.width - 2*margin
	if m.width < threadsWide {
		return w, 0
	}
	beside = threadsBeside + min(max(m.width-threadsWide-8, 0), threadsLimits)
	return w - threadsGap - beside, beside
}

// drawThreads draws what the process behind the control app does.
func (m *Model) drawThreads(p *pen) {
	t := &m.threads
	m.drawHeader(p, line{{tDim, " › "}, {tTitle, string(t.of)}, {tDim, " › threads"}})
	p.hairline(m.threadsCaption())
	height := max(m.height-3, 0)
	notes := m.threadsNotes(m.width - 2*margin)
	notes = notes[:min(len(notes), max(height/3, 1))]
	m.drawLines(p, notes, min(len(notes), height))
	height = max(height-len(notes), 0)
	lines := m.threadLines()
	list, beside := m.threadsPanes()
	var right []line
	if beside > 0 {
		right = m.besideThreads(beside)
		if len(right) > height && height > 0 {
			right = append(right[:height-1:height-1], line{{tDim, m.glyphs.cut + " " + plural(len(right)-height+1, "more line")}})
		}
	}
	at := t.at(lines)
	t.top = max(min(t.top, at), at-height+1)
	t.top = max(min(t.top, len(lines)-height), 0)
	for i := range height {
		n := t.top + i
		chosen := n == at && n < len(lines)
		m.leadLine(p, chosen)
		end := p.col + list
		if n < len(lines) {
			p.within(end, lines[n].l)
		}
		if chosen && beside > 0 {
			p.to(end)
			p.step()
		}
		if i < len(right) {
			p.to(end + threadsGap)
			p.within(p.width-margin, right[i])
		}
		p.end()
	}
	m.drawFooter(p)
}

// within writes a line that ends before a column.
func (p *pen) within(end int, l line) {
	whole := p.width
	p.width = min(end, whole)
	p.spans(l)
	p.width = whole
}

// step leaves the backdrop for what else stands on the line.
func (p *pen) step() {
	if p.inked {
		p.buf = append(p.buf, reset...)
	}
	p.inked, p.back = false, noBackdrop
}

// threadsCaption says whose threads these are, how many, and how fresh.
func (m *Model) threadsCaption() (start, end line) {
	t := &m.threads
	s := find(&m.fleet.shown, t.of)
	start = line{{tText, "threads of the " + processOf(s)}}
	if t.count > 0 {
		start = append(start, span{tDim, " " + m.glyphs.dot + " "}, span{tFigure, strconv.Itoa(t.count)},
			span{tDim, " in "}, span{tFigure, plural(len(t.groups), map[bool]string{true: "stack", false: "place"}[t.byStack])})
	}
	switch {
	case t.waiting && !t.any:
		return start, line{{tInfo, "asking"}}
	case t.any:
		end = line{{tDim, "told "}, {tText, duration(max(m.now.Sub(t.report.At), 0))}, {tDim, " ago"}}
		if t.report.Took > 0 {
			end = append(end, span{tDim, ", in "}, span{tText, latency(t.report.Took)})
		}
	}
	if !m.pausedAt.IsZero() {
		end = append(end, span{tWarn, "  held"})
	}
	return start, end
}

// processOf is what answers on a control app.
func processOf(s *collector.Snapshot) string {
	if s != nil && s.Stats.Mode == puma.Single {
		return "application"
	}
	return "master"
}

// threadsNotes say what these threads are not, what would tell of the others, and why there are none.
func (m *Model) threadsNotes(w int) []line {
	t := &m.threads
	s := find(&m.fleet.shown, t.of)
	var lines []line
	if s == nil {
		return []line{{{tWarn, string(t.of) + " is gone"}}, nil}
	}
	gap := t.report.NoThreads
	switch {
	case !t.any && t.waiting, gap == collector.Gap{}:
	case s.State == collector.NoControl || s.State == collector.NotRunning:
		lines = append(lines, m.gapLines(collector.Gap{Cause: s.Reason, Remedy: s.Remedy}, w)...)
	default:
		lines = append(lines, m.gapLines(gap, w)...)
	}
	if s.Stats.Mode == puma.Cluster {
		lines = append(lines, wrapped(tText, "Not those of the workers, where requests are served: Puma tells of the master alone. "+workersThreads(s), 0, w)...)
	}
	if len(lines) > 0 {
		lines = append(lines, nil)
	}
	return lines
}

func (m *Model) gapLines(g collector.Gap, w int) []line {
	lines := wrapped(tText, g.Cause, 2, w)
	if len(lines) > 0 {
		lines[0] = line{{tWarn, m.glyphs.caution + " "}, {tText, strings.TrimLeft(lines[0][0].s, " ")}}
	}
	return append(lines, wrapped(tDim, g.Remedy, 2, w)...)
}

// workersThreads is how to see the threads of a worker: the busiest one's pid stands in it. Up to Puma 7 the signal ends the
// process on Linux.
func workersThreads(s *collector.Snapshot) string {
	pid, most := "PID", int64(-1)
	for i := range s.Workers {
		if w := &s.Workers[i]; w.PID != 0 && w.Pool.InUse().Or(0) > most {
			pid, most = pidText(s.Facts().OnHost(w.PID)), w.Pool.InUse().Or(0)
		}
	}
	v, _ := puma.ParseVersion(s.Version())
	if v.AtLeast(8, 0, 0) {
		return "On its host, kill -PWR " + pid + " has the busiest write its own into the log."
	}
	return "On its host, rbspy dump --pid " + pid + " shows those of the busiest. (SIGPWR does from Puma 8 on; before, it kills.)"
}

// threadLines are the groups with what is unfolded of them, and on a narrow terminal the rest below.
func (m *Model) threadLines() []threadLine {
	t := &m.threads
	w, beside := m.threadsPanes()
	does := 0
	for i := range t.groups {
		does = max(does, textWidth(doingText(&t.groups[i])))
	}
	var lines []threadLine
	for i := range t.groups {
		g := &t.groups[i]
		lines = append(lines, threadLine{g.key, g.key, m.groupLine(g, does, w)})
		if t.open[g.key] {
			lines = append(lines, m.stackLines(g)...)
		}
	}
	if t.any && len(t.groups) == 0 && t.report.NoThreads == (collector.Gap{}) {
		lines = append(lines, threadLine{key: "none", l: line{{tDim, "it told of no thread"}}})
	}
	if beside > 0 {
		return lines
	}
	for i, l := range m.besideThreads(w) {
		if i == 0 && len(lines) > 0 {
			lines = append(lines, threadLine{key: "below"})
		}
		lines = append(lines, threadLine{key: "below " + strconv.Itoa(i), l: l})
	}
	return lines
}

// doingText is what the threads of a group do.
func doingText(g *threadGroup) string {
	words := make([]string, len(g.doing))
	for i, d := range g.doing {
		words[i] = string(d)
	}
	return strings.Join(words, ", ")
}

// groupLine is a group on one line: how many, what they do, where they stand, and who they are.
func (m *Model) groupLine(g *threadGroup, does, w int) line {
	sign := m.foldSign(m.threads.open[g.key])
	where, what := tDim, tDim
	if g.app {
		where, what = tTitle, tText
		if g.doing[0] == puma.ForLock {
			what = tWarn
		}
	}
	l := line{{tAccent, sign + " "}, m.fixed(tFigure, strconv.Itoa(g.count)+"×", 4, right), {tText, "  "},
		m.fixed(what, doingText(g), min(does, 16), left), {tText, "  "}, {where, g.place.Place}}
	if g.place.Label != "" {
		l = append(l, span{where, "  " + g.place.Label})
	}
	var names []string
	for i := range g.stacks {
		names = append(names, g.stacks[i].names...)
	}
	if rest := w - l.width() - 3; rest > 8 {
		l = append(l, span{tDim, "   " + cut(strings.Join(names, ", "), rest, m.opts.ASCII)})
	}
	return l
}

func (m *Model) foldSign(open bool) string {
	switch {
	case m.opts.ASCII && open:
		return "-"
	case m.opts.ASCII:
		return "+"
	case open:
		return "▾"
	}
	return "▸"
}

// stackLines are the stacks of a group, the innermost frame first. The frame that says where the threads stand is pointed
// at.
func (m *Model) stackLines(g *threadGroup) []threadLine {
	var lines []threadLine
	add := func(l line) { lines = append(lines, threadLine{g.key + "\x00" + strconv.Itoa(len(lines)), g.key, l}) }
	for i := range g.stacks {
		stack := &g.stacks[i]
		add(line{{tFigure, "      " + strconv.Itoa(len(stack.names)) + "×"}, {tDim, "  " + strings.Join(stack.names, ", ")}})
		for j := range stack.frames {
			f := &stack.frames[j]
			t, point := tDim, "  "
			switch {
			case j == stack.at && f.Origin == puma.OfApp:
				t, point = tTitle, m.glyphs.arrow+" "
			case f.Origin == puma.OfApp:
				t = tText
			}
			add(line{{tAccent, "      " + point}, {t, f.Place}, {t, "  " + f.Label}})
		}
	}
	return lines
}

// besideThreads is the garbage collector and the memory.
func (m *Model) besideThreads(w int) []line {
	t := &m.threads
	s := find(&m.fleet.shown, t.of)
	if s == nil {
		return nil
	}
	var lines []line
	figures := m.gcLines(&t.gc, w)
	if t.any || figures != nil {
		lines = append(lines, line{{tTitle, "garbage collector"}, {tDim, " of the " + processOf(s)}})
		if t.gc.anew {
			lines = append(lines, line{{tWarn, m.glyphs.caution + " another process: it counts from 0"}})
		}
	}
	switch gap := t.report.NoGC; {
	case figures != nil:
		lines = append(lines, figures...)
	case t.any && gap == t.report.NoThreads && gap != collector.Gap{}:
		lines = append(lines, line{{tDim, "unknown for the same reason"}})
	case t.any:
		lines = append(lines, m.gapLines(gap, w)...)
	}
	lines = append(lines, m.collected(w)...)
	if len(lines) > 0 {
		lines = append(lines, nil)
	}
	return append(lines, m.memoryLines(s, w)...)
}

// collected is what the newest collection that somebody asked for did.
func (m *Model) collected(w int) []line {
	events := m.fleet.shown.Events
	for i := len(events) - 1; i >= 0; i-- {
		e := &events[i]
		if e.Target == m.threads.of && e.Kind == collector.ActionEvent && strings.Contains(e.Text, "major collections") {
			return wrapped(tInfo, "collected "+clock(e.At)+" "+m.glyphs.dot+" "+e.Text, 0, w)
		}
	}
	return nil
}
