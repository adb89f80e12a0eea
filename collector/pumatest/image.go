package pumatest

import (
	"fmt"
	"time"
)

// start is what systemd does: a new process.
func (p *Puma) start() {
	p.pid, p.forked = p.t.pid(), p.t.now
	p.unit.active, p.unit.sub, p.unit.result = "activating", "start", "success"
	p.execute(false)
}

// execute begins a new image: of a new process, or of the same one in a full restart, which inherits the listeners
// of the application but not the control server's.
func (p *Puma) execute(inherited bool) {
	p.image++
	p.life, p.control, p.phase, p.want = booting, false, 0, p.c.Workers
	p.titled = false
	p.workers, p.lone, p.leaving, p.then = nil, nil, time.Time{}, nil
	p.deferred, p.reforks, p.gcs = nil, false, 0
	r := p.site.releases[p.site.current]
	p.release, p.tag = r.Name, r.Name
	p.v = version(p.c.Version)
	if r.Puma != "" {
		p.v = version(r.Puma)
	}
	p.after(p.c.RubyStart, func() {
		p.began, p.titled = p.t.now, true
		p.banner()
		if p.single() || p.c.preloads() {
			p.preload(r, inherited)
			return
		}
		p.open(inherited)
	})
}

// preload loads the application in the master: what it raises ends the process.
func (p *Puma) preload(r Release, inherited bool) {
	if r.Hangs {
		return
	}
	p.after(r.Boot, func() {
		if r.Failure != nil {
			p.unableToLoad(r)
			p.die("exit-code")
			return
		}
		p.open(inherited)
	})
}

// open writes the state file, starts the control server and forks the workers.
func (p *Puma) open(inherited bool) {
	p.load.live(p)
	p.life, p.opened, p.bound = up, p.t.now, true
	p.after(p.c.Watchdog/2, p.pings)
	p.listening(inherited)
	p.token = p.newToken()
	p.writeState()
	p.control = !p.c.NoControl
	if p.single() {
		p.lone = &worker{alive: true, booted: true, release: p.release, began: p.t.now, forked: p.t.now}
		p.lone.running = p.c.MinThreads
		p.ready()
		return
	}
	for i := range p.want {
		p.spawn(i)
	}
}

// ready is what READY=1 tells systemd.
func (p *Puma) ready() {
	if p.unit.active == "activating" {
		p.unit.entered, p.unit.heard = p.t.now, p.t.now
	}
	p.unit.active, p.unit.sub = "active", "running"
	p.load.serving(p)
}

// restart is the full restart: workers leave, then the same process executes itself anew.
func (p *Puma) restart() {
	if p.life != up || !p.leaving.IsZero() {
		return
	}
	p.unit.active, p.unit.sub = "reloading", "reload"
	if p.before(4, 0) {
		p.control = false // closed first and for all of the drain: seen as ENOENT at once
	}
	if !p.single() {
		p.line("- Gracefully shutting down workers...")
	}
	p.leave(func() { // it pings meanwhile
		p.line("* Restarting...")
		p.silent()
		p.execute(true)
	})
}

// stop is SIGTERM to the master.
func (p *Puma) stop(then func()) {
	if p.life == booting {
		p.life = down
		p.image++
		then()
		return
	}
	p.unit.active, p.unit.sub = "deactivating", "stop-sigterm"
	if p.single() {
		p.line("- Gracefully stopping, waiting for requests to finish")
	} else {
		p.line("- Gracefully shutting down workers...")
	}
	p.leave(func() {
		p.line("=== puma shutdown: " + p.t.now.Format("2006-01-02 15:04:05 -0700") + " ===")
		p.line("- Goodbye!")
		then()
	})
}

// leave drains every worker and then does what comes next. Without a limit: the timeout that a phased restart
// holds a worker to is not looked at here.
func (p *Puma) leave(then func()) {
	p.leaving, p.then = p.t.now, then
	if p.single() {
		p.lone.term = p.t.now
		p.drained(p.lone)
		return
	}
	for _, w := range append([]*worker(nil), p.workers...) {
		if !w.alive {
			p.drop(w)
			continue
		}
		w.term = p.t.now
		p.drained(w)
	}
	p.allLeft()
}

// allLeft goes on with what the leaving was for.
func (p *Puma) allLeft() {
	if p.leaving.IsZero() || len(p.workers) > 0 {
		return
	}
	then := p.then
	p.then = nil
	switch {
	case then == nil:
	case p.single():
		then()
	default:
		p.after(soon, then) // for a moment an empty list can be seen
	}
}

// die ends the process without ceremony; the state file and the socket's file stay behind.
func (p *Puma) die(result string) {
	status := "code=exited, status=1/FAILURE"
	switch result {
	case "signal":
		status = "code=killed, status=9/KILL"
	case "watchdog":
		p.system(fmt.Sprintf("%s: Watchdog timeout (limit %s)!", p.c.Unit, timespan(p.c.Watchdog)))
		p.system(fmt.Sprintf("%s: Killing process %d (ruby3.1) with signal SIGABRT.", p.c.Unit, p.pid))
		status = "code=killed, status=6/ABRT"
	}
	p.system(fmt.Sprintf("%s: Main process exited, %s", p.c.Unit, status))
	p.system(fmt.Sprintf("%s: Failed with result '%s'.", p.c.Unit, result))
	p.gone()
	p.unit.again(p, result)
}

// ended is the end of a process that was asked to end.
func (p *Puma) ended(result string) {
	p.gone()
	p.unit.active, p.unit.sub, p.unit.result = "inactive", "dead", result
}

func (p *Puma) gone() {
	p.image++
	p.pings()
	p.load.live(p)
	p.life, p.control, p.bound, p.pid = down, false, false, 0
	p.workers, p.lone, p.leaving, p.then, p.deferred = nil, nil, time.Time{}, nil, nil
	if p.frozen != nil {
		close(p.frozen)
		p.frozen = nil
	}
	p.load.serving(p)
}

// writeState writes the state file as this version does: once in an image.
func (p *Puma) writeState() {
	at := p.t.now.UTC()
	p.stamp = fmt.Sprintf("%d %d %s", 393216+p.image, at.Unix(), at.Format("2006-01-02 15:04:05.000000000 -0700"))
	p.statePID = p.pid
	p.state = fmt.Sprintf("---\npid: %d\n", p.pid)
	if p.c.NoControl {
		if p.before(5, 6) {
			p.state += "control_url: \ncontrol_auth_token: \n"
		}
	} else {
		p.state += fmt.Sprintf("control_url: unix://%s\ncontrol_auth_token: %s\n", p.site.control(), p.token)
	}
	if !p.before(5, 0) {
		p.state += fmt.Sprintf("running_from: %q\n", p.site.path(p.release))
	}
}
