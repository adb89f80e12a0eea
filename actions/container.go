package actions

import (
	"fmt"

	"pumatop/collector"
	"pumatop/collector/puma"
)

// container notes that another one has taken the target's place. Pids of the one before say nothing then: in containers
// of one image they are often the same.
func (t *Trial) container(s collector.Snapshot) {
	was, is := t.before.Facts().Container, s.Facts().Container
	if was.ID == "" || is.ID == "" || was.ID == is.ID || t.elsewhere != "" {
		return
	}
	t.elsewhere, t.other = is.Short(), true
	t.before.Stats.Workers, t.before.OwnFacts().Workers = nil, nil
	t.slots, t.boots = map[int]*slot{}, collector.BootWatch{}
	t.note("another container: %s, before %s", is.Short(), was.Short())
}

// keeper counts starts that nobody asked for, systemd's of the unit and an engine's of the container: the master ended. It also
// takes what the host shows of the image: signs, which an answer with started_at overrules.
func (t *Trial) keeper(s collector.Snapshot) {
	if !s.Probed.After(t.asked) {
		return
	}
	if is := startedBy(s); is.Known && t.floor.Known {
		t.floor.N = min(t.floor.N, is.N)
		t.restarts = is.N - t.floor.N
	}
	if was := t.before.Facts().PID; was != 0 && s.Facts().PID != 0 && s.Facts().PID != was {
		t.hint(s, "the master's pid is another: %d, before %d", s.Facts().PID, was)
	}
	if s.Facts().Container.StartedAgain(t.before.Facts().Container) { // whose pids are the same
		t.hint(s, "container %s was started again", s.Facts().Container.Short())
	}
	if was := t.before.Facts().StateStamp; was != "" && s.Facts().StateStamp != "" && s.Facts().StateStamp != was {
		t.hint(s, "the state file was written again")
	}
}

// startedBy is how often what keeps the target has started it again by itself: systemd its unit, an engine its container.
func startedBy(s collector.Snapshot) puma.Count {
	if s.Facts().Container.ID != "" {
		return s.Facts().Container.Restarts
	}
	return s.Facts().Unit.Restarts
}

// endedAnd says that it did, and where to look why.
func endedAnd(s collector.Snapshot) (reason, remedy string) {
	if c := s.Facts().Container; c.ID != "" {
		return "the master ended and " + c.Engine + " started its container again", whyEnded(s)
	}
	return "the master ended and systemd started it again", whyEnded(s)
}

// whyEnded is where to look.
func whyEnded(s collector.Snapshot) string {
	if c := s.Facts().Container; c.ID != "" {
		return "its log says why it ended; " + c.Engine + " inspect says whether memory ran out (OOMKilled)"
	}
	return "its log and the unit's say why it ended"
}

// mayBeElsewhere reports that no look has told yet whether the container is the same: another one can have its address.
func (t *Trial) mayBeElsewhere() bool {
	return t.before.Facts().Container.ID != "" && !t.now.Probed.After(t.doneAt)
}

// recycles warns of what no restart of a container does: it brings no code in.
func recycles(s collector.Snapshot) string {
	c := s.Facts().Container
	text := fmt.Sprintf("this recycles the workers of container %s, whose image stays %s: it deploys nothing", c.Short(), s.Facts().Release)
	if c.Kamal() {
		text += "; a deploy is another container (kamal deploy, kamal app boot)"
	}
	if c.Older {
		text += "; a newer container of the same role runs beside it"
	}
	return text
}
