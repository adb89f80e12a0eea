package collector

import (
	"slices"
	"time"
)

// Mark is something that happened at a moment and is drawn into the charts.
type Mark struct {
	At   time.Time
	Kind MarkKind
}

// MarkKind is what happened, the worst last: of several at one place a chart shows that.
type MarkKind uint8

// The kinds of marks.
const (
	RestartEnded MarkKind = iota // it serves again
	ActionGood                   // an action was judged, and well
	PhasedBegan
	FullRestart // another image of the master
	ActionBad
	WorkerLeft // outside a restart
	Broke      // a crash loop, a stuck restart, or no process
)

const (
	// keptMarks is how many marks a history has at the most; where there are more, those go that are closest together.
	keptMarks = 96
	// markApart is the least time between two marks of a kind.
	markApart = 10 * time.Second
)

// Marks are what happened as far back as the history goes, oldest first. They are shared, and not to be written.
func (h History) Marks() []Mark {
	if h.kept == nil {
		return nil
	}
	return h.kept.marks
}

// With is the history with marks more; they come after those that it has.
func (h History) With(marks ...Mark) History {
	if len(marks) == 0 {
		return h
	}
	more := h.copied()
	more.marks = withMarks(more.marks, marks)
	return History{&more}
}

// mark adds marks, and returns the history that has them.
func (h *historyWatch) mark(marks ...Mark) History {
	h.history = h.history.With(marks...)
	return h.history
}

// withMarks is a new list with marks more.
func withMarks(old, more []Mark) []Mark {
	oldest := more[len(more)-1].At.Add(-historyReach * historyStep)
	out := make([]Mark, 0, len(old)+len(more))
	for _, m := range old {
		if m.At.After(oldest) {
			out = append(out, m)
		}
	}
	for _, m := range more {
		if n := lastOf(out, m.Kind); n >= 0 && m.At.Sub(out[n].At) < markApart {
			continue
		}
		out = append(out, m)
		if len(out) > keptMarks {
			out = thinned(out)
		}
	}
	return out
}

func lastOf(marks []Mark, kind MarkKind) int {
	for i := len(marks) - 1; i >= 0; i-- {
		if marks[i].Kind == kind {
			return i
		}
	}
	return -1
}

// thinned leaves out the mark that came soonest after another of its kind.
func thinned(marks []Mark) []Mark {
	worst, least := 0, time.Duration(-1)
	for i := range marks {
		n := lastOf(marks[:i], marks[i].Kind)
		if n < 0 {
			continue
		}
		if apart := marks[i].At.Sub(marks[n].At); least < 0 || apart < least {
			worst, least = i, apart
		}
	}
	return slices.Delete(marks, worst, worst+1)
}

// marksOf are the marks that follow from what happened between two snapshots of a target.
func marksOf(before, now *Snapshot, events []Event) []Mark {
	var out []Mark
	add := func(kind MarkKind) { out = append(out, Mark{now.At, kind}) }
	for i := range events {
		switch events[i].Kind {
		case ImageChanged:
			add(FullRestart)
		case PhaseChanged:
			add(PhasedBegan)
		case WorkerDied:
			add(WorkerLeft)
		case StateChanged:
			switch {
			case now.State == CrashLoop, now.State == Stuck, now.State == NotRunning:
				add(Broke)
			case now.State == Serving && restarts(before.State):
				add(RestartEnded)
			}
		}
	}
	return out
}

// verdictMark is the mark of a verdict on an action. The words are those of package actions; where nothing was sent, or nobody
// saw the end, there is none.
func verdictMark(e *Event) (m Mark, marked bool) {
	if e.Kind != ActionEvent {
		return Mark{}, false
	}
	switch e.Verdict {
	case "", "refused", "untouched", "interrupted":
		return Mark{}, false
	case "verified":
		return Mark{e.At, ActionGood}, true
	}
	return Mark{e.At, ActionBad}, true
}

// restarts reports whether a target that serves after s has come out of a restart.
func restarts(s State) bool {
	switch s {
	case Restarting, CrashLoop, Stuck, NotRunning:
		return true
	}
	return false
}
