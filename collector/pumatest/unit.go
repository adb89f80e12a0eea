package pumatest

import (
	"fmt"
	"slices"
	"time"
)

// unit is what systemd knows of the service: Type=notify with Restart=always.
type unit struct {
	active, sub, result string
	restarts            int
	starts              []time.Time // within the start limit's interval
	waiting             int         // counts pending automatic starts, so that a stop cancels one
	// entered is when the last start had come to its end; a reload does not move it.
	entered time.Time
	// heard is when the watchdog last heard of it, up to its newest silence.
	heard time.Time
}

// startLimit is systemd's default: five starts in ten seconds, then it gives up.
const (
	startLimit         = 5
	startLimitInterval = 10 * time.Second
)

// again is Restart=always: after RestartSec the service is started anew, unless it was too often.
func (u *unit) again(p *Puma, result string) {
	u.active, u.sub, u.result = "activating", "auto-restart", result
	u.waiting++
	serial := u.waiting
	p.t.after(p.c.RestartSec, func() {
		if serial != u.waiting || p.life != down || u.tooOften(p) {
			return
		}
		u.restarts++
		p.system(fmt.Sprintf("%s: Scheduled restart job, restart counter is at %d.", p.c.Unit, u.restarts))
		p.start()
	})
}

// tooOften counts a start, and gives the unit up where there were too many.
func (u *unit) tooOften(p *Puma) bool {
	u.starts = slices.DeleteFunc(u.starts, func(at time.Time) bool { return p.t.now.Sub(at) >= startLimitInterval })
	if len(u.starts) < startLimit {
		u.starts = append(u.starts, p.t.now)
		return false
	}
	u.active, u.sub, u.result = "failed", "failed", "start-limit-hit"
	p.system(p.c.Unit + ": Start request repeated too quickly.")
	p.system(p.c.Unit + ": Failed with result 'start-limit-hit'.")
	return true
}

// stopTimeout is TimeoutStopSec: how long systemd waits for a master that does not listen.
const stopTimeout = 90 * time.Second

// terminate is how systemd stops a service: TERM, and KILL to one that does not end.
func (p *Puma) terminate(then func()) {
	if p.frozen == nil {
		p.stop(then)
		return
	}
	p.unit.active, p.unit.sub = "deactivating", "stop-sigterm"
	image := p.image
	p.t.after(stopTimeout, func() {
		if image == p.image {
			p.system(p.c.Unit + ": State 'stop-sigterm' timed out. Killing.")
			then()
		}
	})
}
