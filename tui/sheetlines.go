package tui

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"pumatop/actions"
	"pumatop/collector/puma"
)

// sheetWidth is the most an overlay is wide.
const sheetWidth = 100

// lines are the contents of the sheet for an inner width of w.
func (s *sheet) lines(g *glyphs, now time.Time, w, height int) []line {
	var top, foot []line
	if s.notice != "" {
		top = append(wrapped(tWarn, g.caution+" nothing was sent: "+s.notice, 0, w), nil)
	}
	if says, n := s.common(saysOf); n > 0 {
		top = append(top, wrapped(saysToken(s.first(saysOf, says)), s.ofMost(n)+says, 0, w)...)
	}
	for _, warning := range s.sharedWarnings() {
		top = append(top, wrapped(tWarn, g.caution+" of all: "+warning, 0, w)...)
	}
	top = append(top, bearingLines(g, s.found, s.more, now.Sub(s.foundAt), w)...)
	if len(top) > 0 && top[len(top)-1] != nil {
		top = append(top, nil)
	}
	if manner := s.manner(g, now, w); len(manner) > 0 {
		foot = append(append(foot, nil), manner...)
	}
	foot = append(foot, s.protection(g, w)...)
	foot = append(foot, nil, s.button())
	// Where there is no room for all, what will not be done is worth more than one more name.
	refusals := s.refusals(g, w)
	room := height - len(top) - len(foot)
	body := s.steps(g, w, false)
	if len(body)+len(refusals) > room {
		body = fit(s.steps(g, w, true), max(room-len(refusals), min(room/2, 3)))
	}
	return append(append(top, fit(append(body, refusals...), room)...), foot...)
}

// fit shortens lines to at most n and says how many are missing.
func fit(lines []line, n int) []line {
	if len(lines) <= n || n < 1 {
		return lines
	}
	rest := len(lines) - n + 1
	return append(lines[:n-1:n-1], line{{tDim, "  and " + plural(rest, "line") + " more: a higher terminal shows them"}})
}

// common is what is true of all steps, or of most where they are many, and of how many; it is said once. Nothing where
// they differ.
func (s *sheet) common(of func(*actions.Step) string) (text string, n int) {
	const many = 3
	counts := map[string]int{}
	for i := range s.plan.Steps {
		each := of(&s.plan.Steps[i])
		if counts[each]++; counts[each] > n {
			text, n = each, counts[each]
		}
	}
	if all := len(s.plan.Steps); n < all && (n < many || n <= all/2) {
		return "", 0
	}
	return text, n
}

func saysOf(step *actions.Step) string { return step.Says }

// requestOf is a step's request with its way.
func requestOf(step *actions.Step) string { return string(step.Via) + " " + step.Request }

// first is the first step of which something is true.
func (s *sheet) first(of func(*actions.Step) string, text string) *actions.Step {
	i := slices.IndexFunc(s.plan.Steps, func(step actions.Step) bool { return of(&step) == text })
	return &s.plan.Steps[i]
}

// ofMost says of how many of the targets something is true, where that is not all.
func (s *sheet) ofMost(n int) string {
	if n == len(s.plan.Steps) {
		return ""
	}
	return strconv.Itoa(n) + " of " + strconv.Itoa(len(s.plan.Steps)) + ": "
}

// sharedWarnings are those that every one of several steps has: they are said once.
func (s *sheet) sharedWarnings() []string {
	if len(s.plan.Steps) < 2 {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(s.plan.Steps[0].Warnings), func(w string) bool {
		return slices.ContainsFunc(s.plan.Steps, func(step actions.Step) bool { return !slices.Contains(step.Warnings, w) })
	})
}

// saysToken is amber where more than one worker at a time will be gone, or may be.
func saysToken(step *actions.Step) token {
	switch step.Kind {
	case actions.Reload:
		if step.Before.Phased.Answer == puma.Yes {
			return tText
		}
	case actions.Refork, actions.AddWorker, actions.RemoveWorker, actions.Recycle, actions.Collect:
		return tText
	case actions.Stop:
		return tBad
	case actions.Restart, actions.Start:
	}
	return tWarn
}

// steps are the targets as a table: name, workers, phases, releases. Where not all can be seen, those of which something
// else is true than of most come first.
func (s *sheet) steps(g *glyphs, w int, oddFirst bool) []line {
	says, _ := s.common(saysOf)
	request, _ := s.common(requestOf)
	shared := s.sharedWarnings()
	rows := make([][4]string, len(s.plan.Steps))
	var widths [4]int
	for i := range s.plan.Steps {
		rows[i] = stepCells(&s.plan.Steps[i], g)
		for c := range widths {
			widths[c] = max(widths[c], textWidth(rows[i][c]))
		}
	}
	var lines []line
	for _, i := range s.order(oddFirst, says) {
		step := &s.plan.Steps[i]
		l := line{{tText, "  "}}
		for c, cell := range rows[i] {
			if widths[c] == 0 {
				continue
			}
			next := span{stepToken(c, step), pad(cell, widths[c])}
			if last := c == len(rows[i])-1; last && l.width()+textWidth(cell) > w {
				lines = append(lines, l)
				l = line{{tText, "    "}, next}
				continue
			}
			l = append(l, next, span{tText, "   "})
		}
		lines = append(lines, l)
		if step.Says != says {
			lines = append(lines, wrapped(saysToken(step), step.Says, 4, w)...)
		}
		if own := requestLine(step, ""); requestOf(step) != request && len(own) > 0 && !strings.HasSuffix(step.Says, step.Request) {
			lines = append(lines, append(line{{tText, "    "}}, own...))
		}
		for _, warning := range step.Warnings {
			if slices.Contains(shared, warning) {
				continue
			}
			lines = append(lines, wrapped(tWarn, g.caution+" "+warning, 4, w)...)
		}
	}
	return lines
}

// order is that of the plan, or has those first that say something else.
func (s *sheet) order(oddFirst bool, says string) []int {
	var odd, rest []int
	for i := range s.plan.Steps {
		if oddFirst && s.plan.Steps[i].Says != says {
			odd = append(odd, i)
			continue
		}
		rest = append(rest, i)
	}
	return append(odd, rest...)
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

func (s *sheet) button() line {
	if len(s.plan.Steps) == 0 {
		return s.consent.line("Close", "")
	}
	return s.consent.line("Cancel", s.verb().String())
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
	verb := s.verb()
	switch n := len(s.plan.Steps); {
	case n == 0 && len(s.plan.Refused) == 1:
		return s.deed(verb, string(s.plan.Refused[0].Target)) + ": refused"
	case n == 0:
		return capital(verb.String()) + ": refused"
	case n == 1 && verb == actions.Restart:
		return "Restart " + string(s.plan.Steps[0].Target) + " in full"
	case n == 1:
		return s.deed(verb, string(s.plan.Steps[0].Target))
	default:
		return s.deed(verb, plural(n, "target"))
	}
}

// deed is a sentence of a kind of action and what it is about.
func (s *sheet) deed(k actions.Kind, about string) string {
	switch k {
	case actions.AddWorker:
		return "Add a worker to " + about
	case actions.RemoveWorker:
		return "Remove a worker from " + about
	case actions.Recycle:
		return "Recycle worker " + strconv.Itoa(s.plan.Intent.Worker) + " of " + about
	case actions.Collect:
		return "Collect garbage of " + about
	case actions.Reload, actions.Restart, actions.Start, actions.Refork, actions.Stop:
	}
	return capital(k.String()) + " " + about
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// protection says that the environment is protected, and so what has to be typed.
func (s *sheet) protection(g *glyphs, w int) []line {
	p := s.plan.Intent.Policy
	if !p.Protected || len(s.plan.Steps) == 0 {
		return nil
	}
	return append([]line{nil}, wrapped(tBad, g.caution+" "+p.Environment+" is protected: nothing begins before its name is typed", 0, w)...)
}
