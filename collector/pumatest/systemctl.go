package pumatest

import (
	"fmt"
	"regexp"
)

// Systemctl does what `systemctl VERB` does to the unit: start, stop, restart, reload, reload-or-restart,
// reset-failed. A reload of a unit that cannot or is not running fails with systemd's words.
func (p *Puma) Systemctl(verb string) (err error) {
	p.t.do(func() { err = p.systemctl(command{systemctl: true, verb: verb, unit: p.c.Unit}) })
	return err
}

// notThere is what systemctl says of a unit that its manager has not loaded and finds no file for.
func notThere(verb, unit string) error {
	switch verb {
	case "kill":
		return failed(1, "Failed to kill unit %s: Unit %s not loaded.", unit, unit)
	case "reset-failed":
		return failed(1, "Failed to reset failed state of unit %s: Unit %s not loaded.", unit, unit)
	case "stop":
		return failed(5, "Failed to stop %s: Unit %s not loaded.", unit, unit)
	}
	return failed(5, "Failed to %s %s: Unit %s not found.", verb, unit, unit)
}

// denied is what it says to a login that may not, on a host that could ask somebody for a password.
func denied(verb, unit string) error {
	const why = "Interactive authentication required."
	switch verb {
	case "kill":
		return failed(1, "Failed to kill unit %s: %s", unit, why)
	case "reset-failed":
		return failed(1, "Failed to reset failed state of unit %s: %s", unit, why)
	}
	return failed(1, "Failed to %s %s: %s\nSee system logs and 'systemctl status %s' for details.", verb, unit, why, unit)
}

func (p *Puma) systemctl(c command) error {
	running := p.life != down
	if p.c.Denied {
		return denied(c.verb, p.c.Unit)
	}
	switch c.verb {
	case "reload":
		return p.reload(running, c.noBlock)
	case "reload-or-restart":
		if running && !p.c.NoExecReload {
			return p.reload(running, c.noBlock)
		}
		p.end(running, p.begin)
	case "kill":
		return p.killUnit(running, c.signal)
	case "reset-failed":
		return p.resetFailed()
	case "start":
		if !running {
			p.begin()
		}
	case "stop":
		p.end(running, func() {})
	case "restart":
		p.end(running, p.begin)
	default:
		return failed(1, "Unknown command verb %s.", c.verb)
	}
	return nil
}

var reloadSignal = regexp.MustCompile(`kill (?:-s )?-?(?:SIG)?([A-Z0-9]+) `)

// reload runs ExecReload. Without waiting nobody is told that the unit is not active: the job fails for itself.
func (p *Puma) reload(running, noBlock bool) error {
	switch {
	case p.c.NoExecReload:
		return failed(3, "Failed to reload %s: Job type reload is not applicable for unit %s.", p.c.Unit, p.c.Unit)
	case !running && noBlock:
		return nil
	case !running:
		return failed(1, "%s is not active, cannot reload.", p.c.Unit)
	}
	p.system(fmt.Sprintf("Reloading %s - Puma HTTP server of %s...", p.c.Unit, p.c.App))
	if m := reloadSignal.FindStringSubmatch(p.c.ExecReload); m != nil {
		p.signal(m[1])
	}
	return nil
}

// loaded is whether systemd has the unit in memory: one that nothing refers to only while it does something.
func (p *Puma) loaded() bool { return !p.c.Stopped || p.unit.active != "inactive" }

func (p *Puma) killUnit(running bool, signal string) error {
	switch {
	case !p.loaded():
		return notThere("kill", p.c.Unit)
	case !running:
		return failed(1, "Failed to kill unit %s: No main process to kill", p.c.Unit)
	}
	p.signal(signal)
	return nil
}

func (p *Puma) resetFailed() error {
	if !p.loaded() {
		return notThere("reset-failed", p.c.Unit)
	}
	p.unit.starts = nil
	if p.unit.active == "failed" {
		p.unit.active, p.unit.sub, p.unit.result = "inactive", "dead", "success"
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
	if p.unit.active != "failed" {
		p.unit.active, p.unit.sub = "inactive", "dead"
	}
	then()
}

// begin starts the unit on request, which sets its restart counter back.
func (p *Puma) begin() {
	p.unit.waiting++
	p.unit.restarts = 0
	if p.c.Condition != "" {
		p.system(fmt.Sprintf("%s - Puma HTTP server of %s was skipped because of an unmet condition check (ConditionPathExists=%s).",
			p.c.Unit, p.c.App, p.c.Condition))
		return
	}
	if p.unit.tooOften(p) {
		return
	}
	p.system("Starting " + p.c.Unit + "...")
	p.start()
}
