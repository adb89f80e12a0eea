package collector

import (
	"context"
	"fmt"
	"maps"
	"net"
	"slices"
	"time"

	"pumatop/collector/probe"
	"pumatop/collector/puma"
)

// dialerOf reaches the control app of a Puma.
func (a *actor) dialerOf(p probe.Puma) puma.DialFunc {
	if p.Container.ExecOnly {
		return func(context.Context) (net.Conn, error) {
			return nil, &insideError{address: p.Control, name: p.Container.Short(), engine: p.Container.Engine}
		}
	}
	return a.dialer(p.Control)
}

// insideError is a control app that only the inside of its container reaches.
type insideError struct {
	address      puma.Address
	name, engine string
}

func (e *insideError) Error() string {
	return fmt.Sprintf("the control app listens on %s inside container %s: it is reached by %s exec only", e.address, e.name, e.engine)
}

// Remedy names the address that works, which no port has to be published for.
func (e *insideError) Remedy() string {
	return "let activate_control_app listen on tcp://0.0.0.0:PORT with a token, and publish no port; or bind-mount a directory of its own for the socket"
}

// drop forgets a target that is gone for good.
func (a *actor) drop(t *tracked) {
	delete(a.tracks, t.app)
	a.c.disown(t.id)
}

// succeed is the track of what has taken the target's place in another container: of the one before nothing holds, pids
// least of all, which are the same in every container, but for what it did and how many workers it had.
func (t *track) succeed(at time.Time) *track {
	next := newTrack(t.host, t.app)
	next.up(t.link, t.linkErr, t.retry)
	next.history, next.wanted, next.last = t.history, t.wanted, t.last
	next.restarts, next.countedAt, next.movedAt = t.restarts+1, at, at
	return next
}

// pids are the processes whose memory is asked for, as the host numbers them: the master and its workers.
func (t *track) pids() []int {
	set := map[int]bool{t.facts.OnHost(t.facts.PID): true}
	for _, w := range t.facts.Workers {
		set[t.facts.OnHost(w.PID)] = true
	}
	for pid := range t.stats.PIDs() {
		set[t.facts.OnHost(pid)] = true
	}
	delete(set, 0)
	return slices.Sorted(maps.Keys(set))
}
