package tui

import (
	"strconv"
	"strings"
	"time"

	"pumatop/actions"
)

// manner says in which order, what is sent and which way, and how old the figures are that the plan was made from; then
// what of that a key changes.
func (s *sheet) manner(g *glyphs, now time.Time, w int) []line {
	var lines []line
	if steps := s.plan.Steps; len(steps) > 1 {
		order := s.plan.Intent.Pace.Words(string(steps[0].Target), len(steps))
		lines = append(lines, wrapped(tDim, order+" "+g.dot+" stops at the first bad one", 0, w)...)
	}
	if taken := s.plan.Intent.Taken; len(taken) > 0 {
		var words []string
		for _, t := range taken {
			words = append(words, t.String())
		}
		lines = append(lines, wrapped(tDim, "as configured: "+strings.Join(words, ", "), 0, w)...)
	}
	if len(s.plan.Steps) > 0 {
		lines = append(lines, besides(g, s.sharedRequest(), s.ages(g, now), w)...)
	}
	if keys := s.keys(g); len(keys) > 0 {
		lines = append(lines, keys)
	}
	return lines
}

// besides puts two lines on one where they fit.
func besides(g *glyphs, a, b line, w int) []line {
	switch {
	case len(a) == 0:
		return []line{b}
	case a.width()+b.width()+3 <= w:
		return []line{append(append(a, span{tDim, " " + g.dot + " "}), b...)}
	}
	return []line{a, b}
}

// sharedRequest is the request of all steps, or of most; nil where they differ.
func (s *sheet) sharedRequest() line {
	request, n := s.common(requestOf)
	if n == 0 {
		return nil
	}
	return requestLine(s.first(requestOf, request), s.ofMost(n))
}

// requestLine is what a step sends, as an operator would type it, and where to; whose says of which steps.
func requestLine(step *actions.Step, whose string) line {
	if step.Request == "" {
		return nil
	}
	if step.Via == actions.ViaControl {
		return line{{tDim, whose + "sends "}, {tText, step.Request}, {tDim, " to the control socket"}}
	}
	return line{{tDim, whose + "runs "}, {tText, step.Request}, {tDim, " on the host"}}
}

// keys are what may still be chosen, and what is chosen now.
func (s *sheet) keys(g *glyphs) line {
	var l line
	if s.hasWays() {
		via := string(s.plan.Intent.Via)
		if via == "" {
			via = "any that works"
		}
		l = append(l, span{tKey, "tab"}, span{tDim, " way: "}, span{tText, via})
	}
	if s.hasPace() {
		if len(l) > 0 {
			l = append(l, span{tText, "   "})
		}
		size := max(s.plan.Intent.Pace.Batch.Of(len(s.plan.Steps)), 1)
		l = append(l, span{tKey, g.sideways}, span{tDim, " at a time: "}, span{tText, strconv.Itoa(size)})
	}
	return l
}

// ages are how old the figures are that the plan was made from, and the releases in it.
func (s *sheet) ages(g *glyphs, now time.Time) line {
	var l line
	if age := s.age(now); age >= 0 {
		l = append(l, span{tDim, "figures "}, span{ageTone(age), tenths(age)}, span{tDim, " old"})
	} else {
		l = append(l, span{tWarn, "no figures"})
	}
	if read := s.lookedAge(now); read >= 0 {
		l = append(l, span{tDim, " " + g.dot + " releases read "}, span{ageTone(read), tenths(read)}, span{tDim, " ago"})
	}
	return l
}

// oldFigures is from when on the age of what a plan was made from is worth a warning: a deploy may have come between.
const oldFigures = 10 * time.Second

func ageTone(age time.Duration) token {
	if age > oldFigures {
		return tWarn
	}
	return tText
}

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
		if before := &s.plan.Steps[i].Before; before.Facts().Current != "" && !before.Probed.IsZero() {
			age = max(age, now.Sub(before.Probed))
		}
	}
	return age
}
