package tui

import (
	"fmt"
	"strconv"
	"strings"

	"pumatop/actions"
	"pumatop/collector"
	"pumatop/collector/puma"
)

// rolloutLines are the steps of the rollout: what waits, what is under way with its workers, and what is judged. In
// full they also hold the evidence, what the targets logged, and every worker.
func (m *Model) rolloutLines(w int, full bool) []line {
	r := m.rollout
	names, words := 0, 0
	for i := range r.progress.Steps {
		names = max(names, textWidth(string(r.progress.Steps[i].Target)))
		if v := r.progress.Steps[i].Verdict; v != nil {
			words = max(words, len(v.Word))
		}
	}
	var lines []line
	for i := range r.progress.Steps {
		step := &r.progress.Steps[i]
		if full && i > 0 {
			lines = append(lines, nil)
		}
		if step.Verdict != nil {
			lines = append(lines, m.verdictLines(step.Verdict, min(names, 32), words, w, full)...)
		} else {
			lines = append(lines, m.stepLines(step, min(names, 32), w, full)...)
		}
	}
	if full && len(r.progress.Log) > 0 {
		lines = append(lines, nil, line{{tDim, "log"}})
		for _, l := range r.progress.Log {
			lines = append(lines, line{{tDim, clock(l.At) + "  "}, {tText, pad(string(l.Target), names) + "  "}, {tDim, l.Text}})
		}
	}
	return lines
}

// stepLines are a step without a verdict yet.
func (m *Model) stepLines(step *actions.StepProgress, names, w int, full bool) []line {
	name := span{tFigure, pad(string(step.Target), names)}
	switch step.State {
	case actions.Waiting:
		return []line{{{tDim, m.glyphs.waiting + " "}, {tDim, pad(string(step.Target), names)}, {tDim, "  waits for its turn"}}}
	case actions.Asking:
		return []line{{{tInfo, m.glyphs.states[collector.Restarting] + " "}, name, {tInfo, "  asking"}, {tDim, "  " + step.Text}}}
	case actions.Watching, actions.Judged:
	}
	head := line{{tInfo, m.glyphs.states[collector.Restarting] + " "}, name, {tText, "  "}}
	if step.Wanted <= 16 {
		head = append(head,
			span{tInfo, strings.Repeat(string(m.glyphs.done), step.Replaced)},
			span{tDim, strings.Repeat(string(m.glyphs.todo), max(step.Wanted-step.Replaced, 0))},
			span{tText, " "})
	}
	head = append(head, span{tFigure, fmt.Sprintf("%d/%d", step.Replaced, step.Wanted)}, span{tDim, " new  "}, span{tText, step.Text})
	if !step.Since.IsZero() {
		head = append(head, span{tDim, " " + m.glyphs.dot + " " + duration(m.now.Sub(step.Since))})
	}
	return append([]line{head}, m.workerLines(step, w, full)...)
}

// manyWorkers is from when on workers share lines.
const manyWorkers = 4

// workerLines are the workers of a target that is being restarted: which pid is leaving, which one came.
func (m *Model) workerLines(step *actions.StepProgress, w int, full bool) []line {
	now := find(&m.fleet.latest, step.Target)
	before := m.rollout.before(step.Target)
	if now == nil || before == nil || now.Stats.Mode == puma.Single {
		return nil
	}
	cells := make([]line, len(now.Workers))
	widest := 0
	for i := range now.Workers {
		cells[i] = m.workerLine(&now.Workers[i], before)
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
