package tui

import (
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"pumatop/actions"
	"pumatop/collector"
)

// Alerts are how a person is called who looks elsewhere: at the end of a restart, and where a target becomes critical that
// served before. The zero value calls nobody.
type Alerts struct {
	// Bell rings the terminal's bell.
	Bell bool
	// Notify is the escape sequence of a desktop notification with a text of one line; nil for none. Where the terminal says
	// that its window has the focus, none is sent.
	Notify func(text string) string
	// Alarms are the targets of a fleet that are critical, and why. It is called beside the event loop, for each fleet; nil
	// for none.
	Alarms func(collector.Fleet) map[collector.TargetID]string
	// Progress tells the terminal how far a restart is, for its tab or task bar (OSC 9;4). A terminal that does not know that
	// sequence may show it as a notification.
	Progress bool
}

func (a *Alerts) any() bool { return a.Bell || a.Notify != nil }

// calm is how long a target has not to have been critical before it may call again: a figure at its limit goes to and fro.
const calm = time.Minute

// mostAlert bounds a notification, in cells.
const mostAlert = 200

// alarmWatch is what it takes to call for a target once.
type alarmWatch struct {
	served map[collector.TargetID]bool      // those that were well since the start
	last   map[collector.TargetID]time.Time // when one was critical last
	near   bool                             // the terminal has said that its window has the focus
}

// onAlarms calls for targets that have become critical.
func (m *Model) onAlarms(f *collector.Fleet, now map[collector.TargetID]string) tea.Cmd {
	if !m.opts.Alerts.any() || m.opts.Alerts.Alarms == nil {
		return nil
	}
	w := &m.alarms
	if w.served == nil {
		w.served, w.last = map[collector.TargetID]bool{}, map[collector.TargetID]time.Time{}
	}
	var called []string
	for _, id := range slices.SortedFunc(maps.Keys(now), compareIDs) {
		if last, was := w.last[id]; w.served[id] && (!was || f.At.Sub(last) >= calm) {
			called = append(called, string(id)+" "+now[id])
		}
		w.last[id] = f.At
	}
	for _, s := range f.Targets {
		if _, critical := now[s.ID]; !critical && s.State == collector.Serving {
			w.served[s.ID] = true
		}
	}
	if len(called) == 0 {
		return nil
	}
	text := called[0]
	if n := len(called) - 1; n > 0 {
		text += ", and " + plural(n, "target") + " more"
	}
	return m.call(text)
}

// tellEnd calls where a progress has verdicts that the rollout did not have: at the end of ours, and for each of the others'.
func (m *Model) tellEnd(r *rollout, before *actions.Progress) tea.Cmd {
	if !m.opts.Alerts.any() || r.number != witnessRun && (!r.progress.Done || before.Done) {
		return nil
	}
	counts, total, last := map[actions.Word]int{}, 0, ""
	for i := range r.progress.Steps {
		s := &r.progress.Steps[i]
		if s.Verdict == nil || r.number == witnessRun && hadVerdict(before, s) {
			continue
		}
		counts[s.Verdict.Word]++
		total++
		last = string(s.Target) + " " + s.Verdict.Word.String()
	}
	kind := r.progress.Plan.Intent.Kind.String()
	if r.number == witnessRun {
		kind = "restart by others"
	}
	switch total {
	case 0:
		return nil
	case 1:
		return m.call(kind + ": " + last)
	}
	var parts []string
	words := slices.SortedFunc(maps.Keys(counts), func(a, b actions.Word) int {
		if a.Good() != b.Good() { // what a person has to look at first
			return map[bool]int{true: 1, false: -1}[a.Good()]
		}
		return strings.Compare(string(a), string(b))
	})
	for _, w := range words {
		parts = append(parts, thousands(int64(counts[w]))+" "+w.String())
	}
	return m.call(kind + " of " + plural(total, "target") + ": " + strings.Join(parts, ", "))
}

// hadVerdict reports whether a progress had the verdict of a step already.
func hadVerdict(p *actions.Progress, s *actions.StepProgress) bool {
	for i := range p.Steps {
		if v := p.Steps[i].Verdict; v != nil && v.Target == s.Verdict.Target && v.At.Equal(s.Verdict.At) {
			return true
		}
	}
	return false
}

// call rings and notifies, as far as that is wanted.
func (m *Model) call(text string) tea.Cmd {
	var sequence string
	if m.opts.Alerts.Bell {
		sequence = "\a"
	}
	if m.opts.Alerts.Notify != nil && !m.alarms.near {
		sequence += m.opts.Alerts.Notify(oneLine("pumatop: " + text))
	}
	if sequence == "" {
		return nil
	}
	return tea.Raw(sequence)
}

// oneLine is a text for a notification: in one line, and not too long.
func oneLine(s string) string { return ansi.Truncate(inSequence(s), mostAlert, "…") }

// inSequence is a text that can stand within a sequence of the terminal: nothing in it ends that. Byte 0x9c does in terminals
// that look for it without decoding UTF-8, and stands in some characters.
func inSequence(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch char := string(r); {
		case unicode.IsControl(r):
			b.WriteByte(' ')
		case strings.IndexByte(char, 0x9c) >= 0:
			b.WriteString(asciiFor(r))
		default:
			b.WriteString(char)
		}
	}
	return b.String()
}

// onFocus takes what the terminal says of its window.
func (m *Model) onFocus(near bool) {
	m.alarms.near, m.unchanged = near, true
}

// progressBar is how far the rollout is, for the terminal's tab; nil where there is nothing to tell.
func (m *Model) progressBar() *tea.ProgressBar {
	r := m.rollout
	if !m.opts.Alerts.Progress || r == nil || r.over() && !r.news {
		return nil
	}
	done, state := 0.0, tea.ProgressBarDefault
	for i := range r.progress.Steps {
		s := &r.progress.Steps[i]
		switch {
		case s.Verdict != nil && bad(s.Verdict):
			state = tea.ProgressBarError
			done++
		case s.State == actions.Judged:
			done++
		case s.Wanted > 0:
			done += float64(min(s.Replaced, s.Wanted)) / float64(s.Wanted+1)
		}
	}
	return tea.NewProgressBar(state, int(100*done/float64(max(len(r.progress.Steps), 1))))
}

// badTidings begins a title that a person has to look at: the glyph of the screen has the byte that ends a title.
const badTidings = "×"

// tidings are what the window's title says first: what goes on, else what is bad.
func (m *Model) tidings() string {
	r := m.rollout
	switch {
	case m.running():
		return m.glyphs.states[collector.Restarting] + " " + r.progress.Plan.Intent.Kind.String() + " " + thousands(int64(r.judged())) + "/" + thousands(int64(len(r.progress.Steps)))
	case r != nil && r.news:
		return badTidings + " " + r.progress.Plan.Intent.Kind.String()
	}
	down := 0
	for _, s := range []collector.State{collector.CrashLoop, collector.Stuck, collector.NotRunning, collector.Unreachable} {
		down += m.fleet.shown.Totals.ByState[s]
	}
	if down > 0 {
		return badTidings + " " + thousands(int64(down)) + " of " + thousands(int64(m.fleet.shown.Totals.Targets))
	}
	return ""
}
