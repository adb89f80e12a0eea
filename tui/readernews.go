package tui

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"pumatop/actions"
	"pumatop/collector"
)

// toldBy is what has been said of the fleet and of rollouts, so that only what is new is.
type toldBy struct {
	states   map[collector.TargetID]collector.State
	fresh    map[collector.TargetID]int // workers replaced, while it restarts
	event    time.Time                  // of the newest that was there
	whole    bool                       // whether everything has been asked
	run      int
	log      int
	replaced map[collector.TargetID]int
	verdicts map[collector.TargetID]actions.Word
	done     bool
}

// mostNews is how many sentences one fleet brings.
const mostNews = 8

// news is what a message tells that a person has to know, a sentence each.
func (r *Reader) news(msg tea.Msg) []string {
	switch msg := msg.(type) {
	case fleetMsg:
		says := r.fleetNews(&msg.fleet)
		if over := len(says) - mostNews; over > 1 {
			says = append(says[:mostNews:mostNews], "and "+plural(over, "change")+" more: exclamation mark shows the problems")
		}
		return says
	case progressMsg:
		if msg.run != witnessRun {
			return r.rolloutNews(msg.run, &msg.progress)
		}
	case runEndedMsg:
		if msg.run != witnessRun && r.m.rollout != nil && r.m.rollout.ended != nil {
			return []string{"nothing more is heard of the rollout: " + r.m.rollout.ended.Error()}
		}
	case feedEndedMsg:
		return []string{"there will be no more figures: " + msg.err.Error()}
	}
	return nil
}

// fleetNews are the states and the restarts that are others than before, and what else happened.
func (r *Reader) fleetNews(f *collector.Fleet) []string {
	t := &r.told
	first := t.states == nil
	if first {
		t.states, t.fresh = map[collector.TargetID]collector.State{}, map[collector.TargetID]int{}
	}
	var says []string
	for _, s := range f.Targets {
		row := targetRow(s)
		was, known := t.states[s.ID]
		replaced := row.fresh
		moved := s.State == collector.Restarting && known && was == s.State && row.old >= 0 && replaced > t.fresh[s.ID]
		t.states[s.ID], t.fresh[s.ID] = s.State, replaced
		if t.whole && (!known || was != s.State || moved) && !r.m.watches(s.ID) {
			says = append(says, stateNews(&row))
		}
	}
	if !t.whole && asked(f) {
		t.whole = true
		if !first {
			says = append(says, "Everything has been asked: "+plainly(r.m.counts().text())+". Full stop says each line.")
		}
	}
	return append(says, r.eventNews(f, first)...)
}

// asked reports whether of every host and every target something is known.
func asked(f *collector.Fleet) bool {
	for i := range f.Hosts {
		if !f.Hosts[i].Asked && f.Hosts[i].Waiting == "" {
			return false
		}
	}
	for _, s := range f.Targets {
		if s.State == collector.Connecting {
			return false
		}
	}
	return true
}

// watches reports whether our own rollout tells of a target now.
func (m *Model) watches(id collector.TargetID) bool {
	if m.rollout == nil || m.rollout.over() {
		return false
	}
	step := m.rollout.step(id)
	return step != nil && (step.State == actions.Asking || step.State == actions.Watching)
}

// stateNews is a target's state in a sentence.
func stateNews(r *row) string {
	s := r.target
	says := string(s.ID) + " is " + s.State.String()
	if s.State == collector.CrashLoop {
		says = string(s.ID) + " is in a crash loop"
	}
	switch {
	case s.State == collector.Restarting && r.old >= 0:
		return says + ": worker " + strconv.Itoa(r.fresh) + " of " + strconv.Itoa(r.wanted) + " replaced"
	case s.Reason != "":
		says += ": " + s.Reason
	}
	return plainly(says)
}

// eventNews are the events that no state tells of.
func (r *Reader) eventNews(f *collector.Fleet, first bool) []string {
	t := &r.told
	since := t.event
	var says []string
	for i := range f.Events {
		e := &f.Events[i]
		if e.At.After(t.event) {
			t.event = e.At
		}
		if first || !e.At.After(since) {
			continue
		}
		switch e.Kind {
		case collector.StateChanged, collector.WorkerReplaced, collector.PhaseChanged:
			continue
		case collector.ActionEvent:
			if !e.Observed {
				continue
			}
		}
		about := string(e.Target)
		if about != "" {
			about += ": "
		}
		says = append(says, plainly(about+e.Text))
	}
	return says
}

// rolloutNews is what our own rollout has come to since it was told of.
func (r *Reader) rolloutNews(run int, p *actions.Progress) []string {
	t := &r.told
	if t.run != run {
		t.run, t.log, t.done = run, 0, false
		t.replaced, t.verdicts = map[collector.TargetID]int{}, map[collector.TargetID]actions.Word{}
	}
	var says []string
	for ; t.log < len(p.Log); t.log++ {
		l := &p.Log[t.log]
		if judgedIn(p, l) {
			continue // the verdict says it
		}
		says = append(says, plainly(string(l.Target)+": "+l.Text))
	}
	for i := range p.Steps {
		step := &p.Steps[i]
		if step.State == actions.Watching && step.Replaced > t.replaced[step.Target] {
			says = append(says, fmt.Sprintf("%s is restarting: worker %d of %d replaced", step.Target, step.Replaced, step.Wanted))
		}
		t.replaced[step.Target] = step.Replaced
		if v := step.Verdict; v != nil && t.verdicts[step.Target] != v.Word {
			t.verdicts[step.Target] = v.Word
			says = append(says, verdictNews(v)...)
		}
	}
	if p.Done && !t.done {
		t.done = true
		says = append(says, "The rollout is over. tab shows it with its evidence.")
	}
	return says
}

// judgedIn reports whether a line of the log is a verdict that the steps have, too.
func judgedIn(p *actions.Progress, l *actions.Line) bool {
	for i := range p.Steps {
		v := p.Steps[i].Verdict
		if v != nil && v.Target == l.Target && strings.HasPrefix(l.Text, v.Word.String()) {
			return true
		}
	}
	return false
}

// verdictNews is a verdict: the word, what proves it, why and what to do.
func verdictNews(v *actions.Verdict) []string {
	says := []string{plainly(string(v.Target) + ", verdict " + v.Word.String() + ": " + v.Summary)}
	if v.Reason != "" {
		says = append(says, "why: "+plainly(v.Reason))
	}
	if v.Remedy != "" {
		says = append(says, "what helps: "+plainly(v.Remedy))
	}
	return says
}
