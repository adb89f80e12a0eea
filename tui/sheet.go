package tui

import (
	"slices"
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"pumatop/actions"
	"pumatop/collector"
	"pumatop/collector/puma"
)

// sheet shows a plan before anything is done. Its targets are frozen when it opens. What `current` points to may be half a
// minute old then, which right after a deploy is the release before: so the hosts are looked at again, and the plan is made
// anew for the same targets, once, when all have answered. Other fleets change nothing but the age of its figures.
type sheet struct {
	plan    actions.Plan
	consent consent
	opened  time.Time
	looked  bool
	// notice says why it was opened again by itself.
	notice string
}

// openSheet plans a reload of the subjects and asks. A target that cannot be reloaded phased is planned as what the
// request would become; the sheet says so, and asks for more than a y.
func (m *Model) openSheet() tea.Cmd {
	show := m.showPlan(m.newPlan(actions.Intent{Kind: actions.Reload, OrRestart: true}, m.subjects(), m.now), "")
	return tea.Batch(show, probe(m.opts.Controls, m.sheet.targets()))
}

// targets are those that the plan is about, refused ones too.
func (s *sheet) targets() []collector.TargetID {
	var ids []collector.TargetID
	for i := range s.plan.Steps {
		ids = append(ids, s.plan.Steps[i].Target)
	}
	for _, r := range s.plan.Refused {
		ids = append(ids, r.Target)
	}
	return ids
}

// lookAgain plans anew once every target has been looked at since the sheet opened. What was typed for another consent
// than the new plan asks for is void.
func (m *Model) lookAgain() {
	if m.overlay != sheetOverlay || m.sheet.looked {
		return
	}
	targets := m.newest(m.sheet.targets()...)
	if len(targets) == 0 || slices.ContainsFunc(targets, func(s collector.Snapshot) bool { return !s.Probed.After(m.sheet.opened) }) {
		return
	}
	m.sheet.looked = true
	m.sheet.plan = m.newPlan(m.sheet.plan.Intent, targets, m.now)
	want := ""
	if len(m.sheet.plan.Steps) > 0 {
		want = m.sheet.plan.Confirmation()
	}
	if want != m.sheet.consent.want {
		m.sheet.consent.want, m.sheet.consent.typed = want, ""
	}
}

func (m *Model) showPlan(plan actions.Plan, notice string) tea.Cmd {
	m.sheet = sheet{plan: plan, notice: notice, opened: m.now}
	if len(plan.Steps) > 0 {
		m.sheet.consent.want = plan.Confirmation()
	}
	return m.openOverlay(sheetOverlay)
}

// onSheetKey closes the sheet, or starts its plan. Every other key is ignored, another r too.
func (m *Model) onSheetKey(msg tea.KeyPressMsg) tea.Cmd {
	switch m.heard(&m.sheet.consent, msg) {
	case declined:
		m.overlay = noOverlay
	case given:
		m.overlay = noOverlay
		clear(m.marks)
		return m.begin(m.sheet.plan)
	case undecided:
	}
	return nil
}

// sheetWidth is the most an overlay is wide.
const sheetWidth = 100

// lines are the contents of the sheet for an inner width of w.
func (s *sheet) lines(g *glyphs, now time.Time, w, height int) []line {
	var top, body, foot []line
	if s.notice != "" {
		top = append(wrapped(tWarn, g.caution+" nothing was sent: "+s.notice, 0, w), nil)
	}
	shared := s.sharedSays()
	if shared != "" {
		top = append(top, wrapped(saysToken(&s.plan.Steps[0]), shared, 0, w)...)
		top = append(top, nil)
	}
	body = append(body, s.steps(g, w, shared == "")...)
	body = append(body, s.refusals(g, w)...)
	if len(s.plan.Steps) > 0 {
		foot = append(foot, nil)
		foot = append(foot, s.manner(g, now, w)...)
	}
	foot = append(foot, nil, s.button())
	return append(append(top, fit(body, height-len(top)-len(foot))...), foot...)
}

// fit shortens lines to at most n and says how many are missing.
func fit(lines []line, n int) []line {
	if len(lines) <= n || n < 1 {
		return lines
	}
	rest := len(lines) - n + 1
	return append(lines[:n-1:n-1], line{{tDim, "  and " + plural(rest, "line") + " more: a higher terminal shows them"}})
}

// sharedSays is the sentence that holds for all steps; empty where they differ.
func (s *sheet) sharedSays() string {
	if len(s.plan.Steps) == 0 {
		return ""
	}
	says := s.plan.Steps[0].Says
	for _, step := range s.plan.Steps {
		if step.Says != says {
			return ""
		}
	}
	return says
}

// saysToken is amber where more than a phased restart will happen, or may.
func saysToken(step *actions.Step) token {
	if step.Kind == actions.Reload && step.Before.Phased.Answer == puma.Yes {
		return tText
	}
	return tWarn
}

// steps are the targets as a table: name, workers, phases, releases.
func (s *sheet) steps(g *glyphs, w int, says bool) []line {
	rows := make([][4]string, len(s.plan.Steps))
	var widths [4]int
	for i := range s.plan.Steps {
		rows[i] = stepCells(&s.plan.Steps[i], g)
		for c := range widths {
			widths[c] = max(widths[c], textWidth(rows[i][c]))
		}
	}
	var lines []line
	for i := range rows {
		step := &s.plan.Steps[i]
		l := line{{tText, "  "}}
		for c, cell := range rows[i] {
			next := span{stepToken(c, step), pad(cell, widths[c])}
			if last := c == len(rows[i])-1; last && l.width()+textWidth(cell) > w {
				lines = append(lines, l)
				l = line{{tText, "    "}, next}
				continue
			}
			l = append(l, next, span{tText, "   "})
		}
		lines = append(lines, l)
		if says {
			lines = append(lines, wrapped(saysToken(step), step.Says, 4, w)...)
		}
		for _, warning := range step.Warnings {
			lines = append(lines, wrapped(tWarn, g.caution+" "+warning, 4, w)...)
		}
	}
	return lines
}

func stepToken(cell int, step *actions.Step) token {
	switch {
	case cell == 0:
		return tFigure
	case cell == 3 && changesRelease(step):
		return tAccent
	}
	return tDim
}

// stepCells are what the sheet says of one target in a line.
func stepCells(step *actions.Step, g *glyphs) [4]string {
	s := &step.Before
	r := targetRow(s)
	cells := [4]string{string(step.Target), "", "", ""}
	if answered(&r) && s.Stats.Mode == puma.Single {
		cells[1] = "single mode"
	} else if answered(&r) {
		cells[1] = plural(len(s.Stats.Workers), "worker")
	}
	if step.Kind == actions.Reload && s.Stats.Phase.Known {
		n := s.Stats.Phase.N
		cells[2] = "phase " + strconv.FormatInt(n, 10) + g.arrow + strconv.FormatInt(n+1, 10)
	}
	switch {
	case r.running == "" && r.current == "":
	case r.running == "":
		cells[3] = "to " + r.current
	case r.current == "":
		cells[3] = r.running
	case !r.oldCode():
		cells[3] = "already on " + r.current
	default:
		cells[3] = r.running + " " + g.arrow + " " + r.current
	}
	return cells
}

func changesRelease(step *actions.Step) bool {
	r := targetRow(&step.Before)
	return r.oldCode()
}

// refusals are the targets that will not be touched, why, and what would help.
func (s *sheet) refusals(g *glyphs, w int) []line {
	var lines []line
	for i, r := range s.plan.Refused {
		if i > 0 || len(s.plan.Steps) > 0 {
			lines = append(lines, nil)
		}
		lines = append(lines, line{{tBad, g.bad + " "}, {tFigure, string(r.Target)}, {tBad, "  will not be touched"}})
		lines = append(lines, wrapped(tText, r.Reason, 4, w)...)
		lines = append(lines, wrapped(tDim, r.Remedy, 4, w)...)
	}
	return lines
}

// manner says in which order and which way, and how old the figures are that the plan was made from.
func (s *sheet) manner(g *glyphs, now time.Time, w int) []line {
	var lines []line
	if steps := s.plan.Steps; len(steps) > 1 {
		order := string(steps[0].Target) + " first, " + string(steps[1].Target) + " after its verdict"
		if len(steps) > 2 {
			order = "one after another, " + string(steps[0].Target) + " first"
		}
		lines = append(lines, wrapped(tDim, order+" "+g.dot+" stops at the first bad one", 0, w)...)
	}
	way := "through the control socket"
	for _, step := range s.plan.Steps {
		if step.Via == actions.ViaSystemd {
			way = "through systemd"
		}
	}
	age := s.age(now)
	l := line{{tDim, way + " " + g.dot + " "}}
	tone := tText
	if age > oldFigures {
		tone = tWarn
	}
	if age >= 0 {
		l = append(l, span{tDim, "figures "}, span{tone, tenths(age)}, span{tDim, " old"})
	} else {
		l = append(l, span{tWarn, "no figures"})
	}
	if read := s.lookedAge(now); read >= 0 {
		l = append(l, span{tDim, " " + g.dot + " releases read "}, span{readTone(read), tenths(read)}, span{tDim, " ago"})
	}
	return append(lines, l)
}

// oldFigures is from when on the age of a plan's figures is worth a warning.
const oldFigures = 10 * time.Second

// age is the age of the oldest figures of the plan; negative where there are none.
func (s *sheet) age(now time.Time) time.Duration {
	age := time.Duration(-1)
	for i := range s.plan.Steps {
		age = max(age, s.plan.Steps[i].Before.Age(now))
	}
	return age
}

// lookedAge is how long ago the releases of the plan were read, the oldest of them; negative where none were.
func (s *sheet) lookedAge(now time.Time) time.Duration {
	age := time.Duration(-1)
	for i := range s.plan.Steps {
		if before := &s.plan.Steps[i].Before; before.Facts.Current != "" && !before.Probed.IsZero() {
			age = max(age, now.Sub(before.Probed))
		}
	}
	return age
}

// readTone is amber for a release that was read so long ago that a deploy may have come between.
func readTone(age time.Duration) token {
	if age > oldFigures {
		return tWarn
	}
	return tText
}

func (s *sheet) button() line {
	if len(s.plan.Steps) == 0 {
		return s.consent.line("Close", "")
	}
	return s.consent.line("Cancel", string(s.verb()))
}

// verb is what the plan amounts to: its heaviest step.
func (s *sheet) verb() actions.Kind {
	verb := s.plan.Intent.Kind
	for i := range s.plan.Steps {
		switch kind := s.plan.Steps[i].Kind; {
		case kind == actions.Restart:
			return kind
		case kind == actions.Start && len(s.plan.Steps) == 1:
			verb = kind
		}
	}
	return verb
}

// title names what the plan does and to what.
func (s *sheet) title() string {
	verb := string(s.verb())
	verb = strings.ToUpper(verb[:1]) + verb[1:]
	switch n := len(s.plan.Steps); {
	case n == 0 && len(s.plan.Refused) == 1:
		return verb + " " + string(s.plan.Refused[0].Target) + ": refused"
	case n == 0:
		return verb + ": refused"
	case n == 1 && s.verb() == actions.Restart:
		return "Restart " + string(s.plan.Steps[0].Target) + " in full"
	case n == 1:
		return verb + " " + string(s.plan.Steps[0].Target)
	default:
		return verb + " " + plural(n, "target")
	}
}
