package actions

import (
	"fmt"

	"pumatop/collector"
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
