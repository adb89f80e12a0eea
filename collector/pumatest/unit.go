package pumatest

import (
	"fmt"
	"time"
)

// unit is what systemd knows of the service: Type=notify with Restart=always.
type unit struct {
	active, sub, result string
	restarts            int
	starts              []time.Time // within the start limit's interval
	waiting             int         // counts pending automatic starts, so that a stop cancels one
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
		if serial != u.waiting || p.life != down {
			return
		}
		if u.tooOften(p.t.now) {
			u.active, u.sub, u.result = "failed", "failed", "start-limit-hit"
			p.system(p.c.Unit + ": Start request repeated too quickly.")
			p.system(p.c.Unit + ": Failed with result 'start-limit-hit'.")
			return
		}
		u.restarts++
		p.system(fmt.Sprintf("%s: Scheduled restart job, restart counter is at %d.", p.c.Unit, u.restarts))
		p.start()
	})
}

func (u *unit) tooOften(now time.Time) bool {
	recent := u.starts[:0]
	for _, at := range u.starts {
		if now.Sub(at) < startLimitInterval {
			recent = append(recent, at)
		}
	}
	u.starts = append(recent, now)
	return len(u.starts) > startLimit
}

// systemdError is an error in systemd's own words, which are not written as Go's are.
func systemdError(format string, args ...any) error { return fmt.Errorf(format, args...) }

// Systemctl does what `systemctl VERB` does to the unit: start, stop, restart, reload, reload-or-restart,
// reset-failed. A reload of a unit that cannot or is not running fails with systemd's words.
func (p *Puma) Systemctl(verb string) (err error) {
	p.t.do(func() { err = p.systemctl(verb) })
	return err
}

func (p *Puma) systemctl(verb string) error {
	running := p.life != down
	if p.c.Denied {
		return systemdError("Failed to %s %s: Interactive authentication required.", verb, p.c.Unit)
	}
	switch verb {
	case "reload":
		switch {
		case p.c.NoExecReload:
			return systemdError("Failed to reload %s: Job type reload is not applicable for unit %s.", p.c.Unit, p.c.Unit)
		case !running:
			return systemdError("%s is not active, cannot reload.", p.c.Unit)
		}
		p.signal("USR1")
	case "reload-or-restart":
		if running && !p.c.NoExecReload {
			p.signal("USR1")
			return nil
		}
		return p.systemctl("restart")
	case "reset-failed":
		p.unit.starts = nil
		if p.unit.active == "failed" {
			p.unit.active, p.unit.sub = "inactive", "dead"
		}
	case "start":
		if !running {
			p.begin()
		}
	case "stop":
		p.end(running, func() {})
	case "restart":
		p.end(running, p.begin)
	default:
		return systemdError("Unknown command verb %s.", verb)
	}
	return nil
}

// end stops the unit, cancels an automatic start, and goes on.
func (p *Puma) end(running bool, then func()) {
	p.unit.waiting++
	if running {
		p.terminate(func() { p.ended("success"); then() })
		return
	}
	p.unit.active, p.unit.sub = "inactive", "dead"
	then()
}

// begin starts the unit on request, which sets its restart counter back.
func (p *Puma) begin() {
	p.unit.waiting++
	p.unit.restarts, p.unit.starts = 0, []time.Time{p.t.now}
	if p.c.Condition != "" {
		p.system(fmt.Sprintf("%s - Puma HTTP server of %s was skipped because of an unmet condition check (ConditionPathExists=%s).",
			p.c.Unit, p.c.App, p.c.Condition))
		return
	}
	p.system("Starting " + p.c.Unit + "...")
	p.start()
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
