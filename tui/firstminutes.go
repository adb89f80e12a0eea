package tui

import (
	"slices"
	"strconv"
	"time"

	"pumatop/collector"
)

// outage is that no host answers, which one cause nearer to us explains better than as many of theirs.
type outage struct {
	hosts int
	// since is when the last answer came; zero where there was none. retry is when the next host is tried again.
	since, retry time.Time
	// example is one host with its own reason.
	example string
}

// outageOf is the outage that a fleet shows; nil for none. One host alone proves nothing, nor does a login that is refused.
func outageOf(f *collector.Fleet) *outage {
	if len(f.Hosts) < 2 {
		return nil
	}
	o := &outage{hosts: len(f.Hosts), example: f.Hosts[0].Name + ": " + f.Hosts[0].Err}
	for i := range f.Hosts {
		h := &f.Hosts[i]
		if h.Connected || h.Err == "" || h.Waiting != "" || !slices.Contains([]string{"resolve", "jump", "dial", "link"}, h.Stage) {
			return nil
		}
		if !h.Retry.IsZero() && (o.retry.IsZero() || h.Retry.Before(o.retry)) {
			o.retry = h.Retry
		}
	}
	for _, s := range f.Targets {
		if s.Answered.After(o.since) {
			o.since = s.Answered
		}
	}
	return o
}

// outageLine says in place of the totals that no host answers.
func (m *Model) outageLine(o *outage) line {
	l := line{{tBad, m.glyphs.bad + " no host has answered"}}
	if !o.since.IsZero() {
		l = line{{tBad, m.glyphs.bad + " no host answers"}, {tText, " since " + m.when(o.since)}, {tDim, " (" + duration(max(m.now.Sub(o.since), 0)) + ")"}}
	}
	l = append(l, span{tDim, ": "}, span{tTitle, "is this machine's network up?"})
	if wait := o.retry.Sub(m.now); !o.retry.IsZero() && wait > 0 {
		l = append(l, span{tDim, "  next try in "}, span{tText, duration(wait)})
	}
	if m.find("f5") != nil {
		l = append(l, span{tText, "  "}, span{tKey, "F5"}, span{tDim, " tries now"})
	}
	return append(l, span{tDim, "  " + strconv.Itoa(o.hosts) + " hosts, " + o.example})
}

// emptyLines say why the fleet screen has no line, and what to do.
func (m *Model) emptyLines() []line {
	hidden := m.projected.hidden
	filter := m.filter.String()
	switch {
	case !m.fleet.any:
		return []line{{{tDim, "waiting for the first figures"}}}
	case hidden == 0:
		return m.nobodyLines()
	case m.problems && filter == "":
		return []line{
			{{tGood, m.glyphs.good}, {tTitle, " nothing needs a person"}},
			{{tDim, "all of them serve, none is busy, has a backlog, old code or too few workers"}},
			nil,
			{{tKey, "esc"}, {tDim, " or "}, {tKey, "x"}, {tDim, " shows all "}, {tFigure, thousands(int64(hidden))}},
		}
	}
	lines := append([]line{{{tText, "nothing matches "}, {tAccent, filter}}}, m.wordLines()...)
	if m.problems {
		lines = append(lines, line{{tDim, "and only what needs a person is shown: "}, {tKey, "x"}, {tDim, " shows the rest, too"}})
	}
	return append(lines, nil, line{{tKey, "esc"}, {tDim, " shows all "}, {tFigure, thousands(int64(hidden))}, {tDim, "   "}, {tKey, "/"}, {tDim, " changes it"}})
}

// wordLines say of each word of the filter how many lines it would leave alone.
func (m *Model) wordLines() []line {
	words := m.filter.Each()
	if len(words) < 2 {
		return nil
	}
	rows := m.projected.all
	lines := []line{nil}
	for _, w := range words {
		n := 0
		for _, r := range rows {
			if w.Match(r.query()) {
				n++
			}
		}
		t := tFigure
		if n == 0 {
			t = tWarn
		}
		lines = append(lines, line{{tAccent, w.String()}, {tDim, " alone leaves "}, {t, thousands(int64(n))}, {tDim, " of " + thousands(int64(len(rows)))}})
	}
	return lines
}

// nobodyLines are about a fleet without any host.
func (m *Model) nobodyLines() []line {
	lines := []line{
		{{tTitle, "no host is watched"}},
		{{tDim, "the configuration names none for " + m.environmentName()}},
		nil,
	}
	if m.opts.Reload != nil {
		lines = append(lines, line{{tDim, "add some there, it is read again by itself; "}, {tKey, ":reload-config"}, {tDim, " does so now"}})
	}
	return append(lines, line{{tDim, "or name hosts as ssh knows them: "}, {tText, "pumatop web1 web2"}})
}

func (m *Model) environmentName() string {
	if env := m.environment(); env != "" {
		return env
	}
	return "this environment"
}

// drawCentred draws lines in the upper third of a height, each in the middle.
func (m *Model) drawCentred(p *pen, lines []line, height int) {
	before := max((height-len(lines))/3, 0)
	for i := range height {
		if n := i - before; n >= 0 && n < len(lines) {
			p.to(max((m.width-lines[n].width())/2, 0))
			p.spans(lines[n])
		}
		p.end()
	}
}

// enableLines are what to add to the puma.rb of a Puma that has no control app, ready to be copied, and how it takes effect;
// nil where that is not what is missing.
func (m *Model) enableLines(s *collector.Snapshot, w int) []line {
	e := &s.Facts().Enable
	if s.State != collector.NoControl || !s.Answered.IsZero() || len(e.Lines) == 0 {
		return nil
	}
	lines := []line{nil, {{tDim, "  add to the end of "}, {tFigure, e.File}}, nil}
	for _, text := range e.Lines {
		lines = append(lines, wrapped(tAccent, text, 4, w)...)
	}
	how := "then restart it in full, " + restartWords(s) + ": a phased restart does not read these lines"
	if m.find("R") != nil {
		how = "then restart it in full, with R here or " + restartWords(s) + ": a phased restart does not read these lines"
	}
	lines = append(append(lines, nil), wrapped(tText, how, 2, w)...)
	return append(append(lines, wrapped(tDim, "until then its processes, unit and log are seen; its threads, backlog and requests are not", 2, w)...), nil)
}

// restartWords are how a person on the host restarts it.
func restartWords(s *collector.Snapshot) string {
	u := &s.Facts().Unit
	switch {
	case u.Name == "":
		return "by hand on " + s.Host
	case u.Scope == "user":
		return "systemctl --user restart " + u.Name
	}
	return "systemctl restart " + u.Name
}

// tinyLines are what fits a terminal that is too small: how it stands, and what is missing.
func (m *Model) tinyLines() []line {
	size := strconv.Itoa(m.width) + "×" + strconv.Itoa(m.height)
	lines := []line{
		{{tTitle, "pumatop"}, {tDim, " needs " + strconv.Itoa(leastWidth) + "×" + strconv.Itoa(leastHeight) + ", better 80×24"}},
		m.tally(),
	}
	if m.outage != nil {
		lines = append(lines, line{{tBad, m.glyphs.bad + " no host answers"}})
	} else if len(m.fleet.shown.Targets) > 0 {
		if s := m.fleet.shown.Targets[0]; s.State != collector.Serving {
			glyph, t := m.glyphs.state(s.State)
			lines = append(lines, line{{t, glyph + " "}, {tFigure, string(s.ID)}, {t, " " + s.State.String()}})
		}
	}
	return append(lines, line{{tDim, "this terminal is " + size + "  "}, {tKey, "q"}, {tDim, " quits"}})
}

// saysInOne reports whether a reason is said for the whole fleet at once, and so not on each line.
func (m *Model) saysInOne(r *row) bool {
	return m.outage != nil && r.state == collector.Unreachable && !r.linked()
}
