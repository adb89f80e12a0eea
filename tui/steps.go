package tui

import (
	"fmt"
	"strconv"
	"strings"

	"pumatop/actions"
	"pumatop/collector"
	"pumatop/collector/puma"
)

// rolloutLines are the steps of a rollout: what waits, what is under way with its workers, and what is judged. In full
// they also hold the evidence, what the targets logged, and every worker; else many steps of which there is nothing to
// say share a line. focus is the line from which on it matters most.
func (m *Model) rolloutLines(r *rollout, w int, full bool) (lines []line, focus int) {
	names, words := r.widths()
	batches := r.batches()
	most := 0
	for i := 0; i < len(r.progress.Steps); i++ {
		step := &r.progress.Steps[i]
		if !full && r.enough(most) && len(lines) >= focus+m.height {
			lines = append(lines, line{{tDim, "  and " + plural(len(r.progress.Steps)-i, "target") + " more"}})
			break
		}
		if n := r.alike(i); n > 1 && !full {
			lines = append(lines, m.alikeLine(step, n))
			i += n - 1
			continue
		}
		if full && i > 0 {
			lines = append(lines, nil)
		}
		if name := batches[i]; full && name != "" {
			lines = append(lines, line{{tDim, name}})
		}
		if u := urgency(step); u > most {
			most, focus = u, len(lines)
		}
		lines = append(lines, m.partLines(r, step, names, words, w, full)...)
	}
	if full {
		lines = append(lines, r.logLines(names)...)
	}
	return lines, focus
}

// logLines are the rollout's own log.
func (r *rollout) logLines(names int) []line {
	if len(r.progress.Log) == 0 {
		return nil
	}
	lines := []line{nil, {{tDim, "log"}}}
	for _, l := range r.progress.Log {
		lines = append(lines, line{{tDim, clock(l.At) + "  "}, {tText, pad(string(l.Target), names) + "  "}, {tDim, l.Text}})
	}
	return lines
}

// enough reports whether no later step can be more urgent than what was found.
func (r *rollout) enough(most int) bool { return most == busiest || most > 0 && r.over() }

// busiest is the urgency of what goes on.
const busiest = 2

// urgency is how much a step has to be in sight: what goes on more than what went wrong, and that more than the rest.
func urgency(s *actions.StepProgress) int {
	switch {
	case s.State == actions.Asking, s.State == actions.Watching:
		return busiest
	case s.Verdict != nil && bad(s.Verdict):
		return 1
	}
	return 0
}

// widths are the room for the names of targets and for the words of verdicts.
func (r *rollout) widths() (names, words int) {
	for i := range r.progress.Steps {
		names = max(names, textWidth(string(r.progress.Steps[i].Target)))
		if v := r.progress.Steps[i].Verdict; v != nil {
			words = max(words, len(v.Word))
		}
	}
	return min(names, 32), words
}

// batches are the names of the batches at the steps that begin them; none where every step is one.
func (r *rollout) batches() map[int]string {
	n := len(r.progress.Steps)
	sizes := r.progress.Plan.Intent.Pace.Batches(n)
	if r.number == witnessRun || len(sizes) == 1 || len(sizes) == n {
		return nil
	}
	names := map[int]string{}
	at := 0
	for b, size := range sizes {
		names[at] = batchName(b, sizes)
		at += size
	}
	return names
}

// fewAlike is how many steps that are alike have a line each.
const fewAlike = 3

// alike is how many steps from i on can share a line: those that wait, those left out, and those of which nothing is to be
// said but that they are verified; the last of these has its own line.
func (r *rollout) alike(i int) int {
	steps := r.progress.Steps
	kind := plainness(&steps[i])
	n := 0
	for kind != "" && i+n < len(steps) && plainness(&steps[i+n]) == kind {
		n++
	}
	if n <= fewAlike {
		return 0
	}
	if kind == actions.Verified {
		n--
	}
	return n
}

// plainness is what a step shares with others that there is as little to say of; empty for one that is like no other.
func plainness(s *actions.StepProgress) actions.Word {
	switch v := s.Verdict; {
	case s.State == actions.Waiting:
		return "waiting"
	case v == nil:
		return ""
	case v.Word == actions.Untouched, v.Word == actions.Verified && v.Reason == "" && len(v.Cost.Killed) == 0:
		return v.Word
	}
	return ""
}

// alikeLine is the line that n steps share.
func (m *Model) alikeLine(first *actions.StepProgress, n int) line {
	if first.Verdict == nil {
		return line{{tDim, m.glyphs.waiting + " " + plural(n, "target") + " wait for their turn, " + string(first.Target) + " next"}}
	}
	v := first.Verdict
	glyph, t := m.glyphs.verdict(v.Word)
	l := line{{t, glyph + " "}, {tFigure, plural(n, "target")}, {t, "  " + v.Word.String()}}
	if v.Word == actions.Untouched {
		l = append(l, span{tDim, "   " + v.Summary})
	}
	return l
}

// partLines are one step.
func (m *Model) partLines(r *rollout, step *actions.StepProgress, names, words, w int, full bool) []line {
	if step.Verdict == nil {
		return m.stepLines(r, step, names, w, full)
	}
	lines := m.told(verdictShape{step.Verdict, names, words, w, full})
	if step.Verdict.Word == actions.Lost && r.progress.Awaited > 0 {
		lines = append(lines, wrapped(tWarn, "still waiting for it to come back: then it is judged from what is found", 4, w)...)
	}
	return lines
}

// stepLines are a step without a verdict yet.
func (m *Model) stepLines(r *rollout, step *actions.StepProgress, names, w int, full bool) []line {
	name := span{tFigure, pad(string(step.Target), names)}
	switch step.State {
	case actions.Waiting:
		return []line{{{tDim, m.glyphs.waiting + " "}, {tDim, pad(string(step.Target), names)}, {tDim, "  waits for its turn"}}}
	case actions.Asking:
		return []line{{{tInfo, m.glyphs.states[collector.Restarting] + " "}, name, {tInfo, "  asking"}, {tDim, "  " + step.Text}}}
	case actions.Watching, actions.Judged:
	}
	head := line{{tInfo, m.glyphs.states[collector.Restarting] + " "}, name, {tText, "  "}}
	head = append(head, m.turned(step, r.planned(step.Target))...)
	head = append(head, span{tText, step.Text})
	if !step.Since.IsZero() {
		head = append(head, span{tDim, " " + m.glyphs.dot + " " + duration(max(m.now.Sub(step.Since), 0))})
	}
	lines := []line{head}
	if c := m.capacity(step.Capacity); len(c) > 0 {
		lines = append(lines, append(line{{tText, "    "}}, c...))
	}
	return append(lines, m.workerLines(r, step, w, full)...)
}

// turned are the workers of a step as cells that turn from old to new, and their number.
func (m *Model) turned(step *actions.StepProgress, planned *actions.Step) line {
	word := " new  "
	if planned != nil {
		switch planned.Kind {
		case actions.RemoveWorker:
			word = " gone  "
		case actions.Stop, actions.Collect:
			return nil
		case actions.Reload, actions.Restart, actions.Start, actions.Refork, actions.AddWorker, actions.Recycle:
		}
	}
	if step.Wanted == 0 {
		return nil
	}
	var l line
	if step.Wanted <= 16 {
		l = append(l,
			span{tInfo, strings.Repeat(string(m.glyphs.done), step.Replaced)},
			span{tDim, strings.Repeat(string(m.glyphs.todo), max(step.Wanted-step.Replaced, 0))},
			span{tText, " "})
	}
	return append(l, span{tFigure, fmt.Sprintf("%d/%d", step.Replaced, step.Wanted)}, span{tDim, word})
}

// capacity is what a target can take while it is restarted. A target of which nothing is known but how many workers it
// should have says nothing.
func (m *Model) capacity(c actions.Capacity) line {
	if !c.Max.Known && !c.Queue.Known {
		return nil
	}
	var facts []line
	if c.Wanted > 0 {
		t := tFigure
		if c.Serving < c.Wanted {
			t = tWarn
		}
		facts = append(facts, line{{tDim, "serving "}, {t, fmt.Sprintf("%d/%d", c.Serving, c.Wanted)}})
	}
	if c.Free.Known && c.Max.Known {
		t := tFigure
		if c.Free.N == 0 {
			t = tWarn
		}
		facts = append(facts, line{{t, c.Free.String()}, {tDim, " of " + c.Max.String() + " threads free"}})
	}
	if c.Queue.Known {
		t := tFigure
		if c.Queue.N > c.QueueBefore.Or(0) {
			t = tWarn
		}
		queue := line{{tDim, "queue "}, {t, c.Queue.String()}}
		if c.QueueBefore.Known {
			queue = append(queue, span{tDim, ", before " + c.QueueBefore.String()})
		}
		facts = append(facts, queue)
	}
	var l line
	for i, f := range facts {
		if i > 0 {
			l = append(l, span{tDim, " " + m.glyphs.dot + " "})
		}
		l = append(l, f...)
	}
	return l
}

// manyWorkers is from when on workers share lines.
const manyWorkers = 4

// workerLines are the workers of a target that is being restarted: which pid is leaving, which one came.
func (m *Model) workerLines(r *rollout, step *actions.StepProgress, w int, full bool) []line {
	now, planned := find(&m.fleet.latest, step.Target), r.planned(step.Target)
	if now == nil || planned == nil || now.Stats.Mode == puma.Single {
		return nil
	}
	cells := make([]line, len(now.Workers))
	widest := 0
	for i := range now.Workers {
		cells[i] = m.workerLine(&now.Workers[i], &planned.Before)
		widest = max(widest, cells[i].width())
	}
	across := 1
	if !full && len(cells) >= manyWorkers {
		across = max((w-4)/(widest+4), 1)
	}
	var lines []line
	for i := 0; i < len(cells); i += across {
		l := line{{tText, "    "}}
		for _, cell := range cells[i:min(i+across, len(cells))] {
			l = append(append(l, cell...), span{tText, strings.Repeat(" ", widest-cell.width()+4)})
		}
		lines = append(lines, l)
	}
	return lines
}

// workerLine is one worker: its old pid, its new one, and what it does.
func (m *Model) workerLine(w *collector.Worker, before *collector.Snapshot) line {
	oldPID := 0
	for _, b := range before.Stats.Workers {
		if b.Index == w.Index {
			oldPID = b.PID
		}
	}
	l := line{{tDim, pad(strconv.Itoa(w.Index), 3)}}
	switch {
	case w.PID == oldPID && oldPID != 0:
		return append(l, span{tDim, string(m.glyphs.todo) + " "}, span{tText, pidText(oldPID)}, span{tDim, "  old" + inFlight(w)})
	case w.Booted && w.CheckedIn:
		return append(l, span{tGood, string(m.glyphs.done) + " "}, span{tDim, pidText(oldPID) + m.glyphs.arrow}, span{tFigure, pidText(w.PID)},
			span{tDim, "  phase " + strconv.Itoa(w.Phase)})
	default:
		return append(l, span{tInfo, string(m.glyphs.todo) + " "}, span{tDim, pidText(oldPID) + m.glyphs.arrow}, span{tInfo, pidText(w.PID)},
			span{tInfo, "  booting"})
	}
}

// inFlight is how many threads of a worker are in use.
func inFlight(w *collector.Worker) string {
	n := w.Pool.InUse()
	if !n.Known {
		return ""
	}
	return ", " + n.String() + "/" + w.Pool.MaxThreads.String() + " busy"
}

func pidText(pid int) string {
	if pid == 0 {
		return unknown
	}
	return strconv.Itoa(pid)
}
