package pumatest

import "time"

// Signal does to the master what the signal does: "USR1", "USR2", "URG", "TTIN", "TTOU", "TERM", "INT", "HUP", "TSTP",
// "CONT", "KILL".
func (p *Puma) Signal(name string) {
	p.t.do(func() { p.signal(name) })
}

func (p *Puma) signal(name string) {
	if p.life == down {
		return
	}
	switch name {
	case "USR1":
		p.after(0, p.phased)
	case "USR2":
		p.after(0, p.restart)
	case "URG":
		if p.forks() { // else nothing is trapped, and the kernel's default is to do nothing
			p.after(0, p.refork)
		}
	case "TTIN":
		p.resize(p.want + 1)
	case "TTOU":
		p.resize(max(p.want-1, 1))
	case "TERM", "INT", "HUP": // without stdout_redirect there is no log to open again
		p.after(0, func() { p.stop(func() { p.gone(); p.unit.again(p, "success") }) })
	case "TSTP", "STOP":
		p.freeze()
	case "CONT":
		p.thaw()
	case "KILL":
		p.die("signal")
	}
}

// signalWorker is a signal to a worker: TERM lets it finish its requests, and the master puts another in its place.
func (p *Puma) signalWorker(w *worker, name string) {
	switch {
	case name == "KILL":
		p.exit(w, byKill)
	case (name == "TERM" || name == "INT") && w.term.IsZero():
		w.term = p.t.now
		p.load.serving(p)
		p.drained(w)
	}
}

// Freeze stops the master as SIGSTOP does: it accepts connections and answers none. Its workers go on.
func (p *Puma) Freeze() { p.t.do(p.freeze) }

// Thaw lets a frozen master go on where it stood.
func (p *Puma) Thaw() { p.t.do(p.thaw) }

func (p *Puma) freeze() {
	if p.frozen == nil {
		p.silent()
		p.frozen = make(chan struct{})
	}
}

func (p *Puma) thaw() {
	if p.frozen == nil {
		return
	}
	close(p.frozen)
	p.frozen = nil
	p.pings() // its timer has run on
	pending := p.deferred
	p.deferred = nil
	for _, f := range pending {
		f()
	}
}

// silent lets systemd kill a master that pings its watchdog no more, WatchdogSec after the last ping. Before it has said that
// it is ready nothing is expected of it, and Puma before 5.1 is no such service.
func (p *Puma) silent() {
	if p.c.Watchdog == 0 || p.unit.active == "activating" || p.before(5, 1) {
		return
	}
	p.unit.heard = p.heard()
	p.silences++
	serial := p.silences
	p.t.after(p.unit.heard.Add(p.c.Watchdog).Sub(p.t.now), func() {
		if serial == p.silences {
			p.die("watchdog")
		}
	})
}

// pings ends a silence.
func (p *Puma) pings() { p.silences++ }

// heard is when systemd last heard of the master: Puma pings at every half of WatchdogSec, for the first time when its master
// has been up for that long.
func (p *Puma) heard() time.Time {
	half := p.c.Watchdog / 2
	if half == 0 || p.before(5, 1) {
		return time.Time{}
	}
	if p.life == up && p.frozen == nil {
		if n := p.t.now.Sub(p.opened) / half; n > 0 && p.opened.Add(n*half).After(p.unit.heard) {
			return p.opened.Add(n * half)
		}
	}
	return p.unit.heard
}
