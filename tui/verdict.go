package tui

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"pumatop/actions"
)

// verdictShape is a verdict and what its lines depend on.
type verdictShape struct {
	v               *actions.Verdict
	names, words, w int
	full            bool
}

// manyVerdicts bounds the lines that are kept.
const manyVerdicts = 4096

// told are the lines of a verdict. A verdict never changes, and a rollout may have a thousand of them: they are kept.
func (m *Model) told(of verdictShape) []line {
	lines, kept := m.verdicts[of]
	if !kept {
		if len(m.verdicts) >= manyVerdicts {
			clear(m.verdicts)
		}
		lines = m.verdictLines(of.v, of.names, of.words, of.w, of.full)
		m.verdicts[of] = lines
	}
	return lines[:len(lines):len(lines)]
}

// verdictLines is a verdict as it is remembered: the target, the word, what was observed and what it cost; below
// it, where it is bad, the reason and what to do next.
func (m *Model) verdictLines(v *actions.Verdict, names, words, w int, full bool) []line {
	glyph, t := m.glyphs.verdict(v.Word)
	head := line{{t, glyph + " "}, {tFigure, pad(string(v.Target), names) + "  "}, {t, pad(v.Word.String(), words)}}
	lines := m.withFacts(head, v, w)
	if v.Word != actions.Verified || v.Reason != "" {
		lines = append(lines, wrapped(reasonToken(v.Word), v.Reason, 4, w)...)
	}
	lines = append(lines, wrapped(tDim, v.Remedy, 4, w)...)
	for _, k := range v.Cost.Killed {
		says := fmt.Sprintf("worker %d (pid %d) was killed when worker_shutdown_timeout ran out, %s in flight", k.Index, k.PID, k.InFlight)
		lines = append(lines, wrapped(tWarn, says, 4, w)...)
	}
	if full {
		lines = append(lines, m.evidenceLines(v, w)...)
	}
	return lines
}

// labelled are texts below one another behind a label. What is indented, as the lines of a backtrace are, is less than
// what it belongs to.
func labelled(label string, t token, texts []string, w int) []line {
	const indent, room = 4, 9
	var lines []line
	for _, text := range texts {
		look := t
		if strings.HasPrefix(text, " ") {
			look = tDim
		}
		for _, part := range wrap(text, w-indent-room) {
			lines = append(lines, line{{tDim, strings.Repeat(" ", indent) + pad(label, room)}, {look, part}})
			label = ""
		}
	}
	return lines
}

func reasonToken(w actions.Word) token {
	switch w {
	case actions.Verified, actions.Untouched:
		return tDim
	case actions.OldCode, actions.RestartedInstead, actions.Refused:
		return tWarn
	}
	return tBad
}

// withFacts adds what was observed and what it cost to a verdict's line, all of it: what does not fit there gets a
// line of its own.
func (m *Model) withFacts(head line, v *actions.Verdict, w int) []line {
	const apart = "   "
	phase, cost := m.verdictFacts(v)
	join := func(l line, facts ...span) line {
		l = l[:len(l):len(l)]
		for _, f := range facts {
			if len(l) > 0 {
				l = append(l, span{tText, apart})
			}
			l = append(l, f)
		}
		return l
	}
	summary := span{tText, v.Summary}
	if l := join(join(join(head, phase...), summary), cost...); l.width() <= w {
		return []line{l}
	}
	indented := func(facts ...span) line { return append(line{{tText, "    "}}, join(nil, facts...)...) }
	if l := join(join(head, phase...), summary); l.width() <= w {
		return []line{l, indented(cost...)}
	}
	if l := join(join(head, phase...), cost...); l.width() <= w {
		return append([]line{l}, wrapped(tText, v.Summary, 4, w)...)
	}
	lines := append([]line{head}, wrapped(tText, v.Summary, 4, w)...)
	if facts := append(phase, cost...); len(facts) > 0 {
		lines = append(lines, indented(facts...))
	}
	return lines
}

// verdictFacts are the phases, and what the restart cost.
func (m *Model) verdictFacts(v *actions.Verdict) (phase, cost []span) {
	if v.PhaseBefore.Known && v.PhaseAfter.Known && v.PhaseAfter.N != v.PhaseBefore.N {
		phase = append(phase, span{tDim, "phase " + v.PhaseBefore.String() + m.glyphs.arrow + v.PhaseAfter.String()})
	}
	if s := v.Cost.PerWorker; s > 0 {
		cost = append(cost, span{tDim, fmt.Sprintf("%.1fs a worker", s)})
	}
	if c := v.Cost; c.Of > 0 && c.LowestCapacity < c.Of {
		cost = append(cost, span{tDim, "lowest seen " + strconv.Itoa(c.LowestCapacity) + "/" + strconv.Itoa(c.Of)})
	}
	if q := v.Cost.HighestQueue; q.Or(0) > 0 {
		text := "queue up to " + q.String()
		if b := v.Cost.QueueBefore; b.Known {
			text += ", before " + b.String()
		}
		cost = append(cost, span{tDim, text})
	}
	return phase, cost
}

// evidenceLines are what proves a verdict: the replacements, what was observed, what was logged.
func (m *Model) evidenceLines(v *actions.Verdict, w int) []line {
	var replaced []string
	for _, r := range v.Workers {
		s := strconv.Itoa(r.Index) + ": " + pidText(r.OldPID) + m.glyphs.arrow + pidText(r.NewPID)
		if r.NewPID != 0 && r.Seconds > 0 {
			s += fmt.Sprintf(" in %.1fs", r.Seconds)
		}
		replaced = append(replaced, s)
	}
	var lines []line
	if len(replaced) > 0 {
		lines = labelled("workers", tText, []string{strings.Join(replaced, "   ")}, w)
	}
	logged := tText // the reason of what went wrong is in the application's own words
	if !bad(v) {
		logged = tDim
	}
	return slices.Concat(lines, labelled("logged", logged, v.Log, w), labelled("seen", tDim, v.Evidence, w))
}
