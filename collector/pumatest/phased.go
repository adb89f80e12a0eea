package pumatest

import (
	"fmt"
	"time"
)

// phased is a phased restart, or what Puma does instead of one.
func (p *Puma) phased() {
	if p.life != up || !p.leaving.IsZero() {
		return
	}
	if p.single() || p.c.preloads() {
		p.line("* phased-restart called but not available, restarting normally.")
		p.restart()
		return
	}
	p.reforks = false
	p.nextPhase("phased worker restart")
	p.aftermath()
	p.stir()
}

// nextPhase begins a phase, in which the workers are to be replaced.
func (p *Puma) nextPhase(what string) {
	p.phase++
	p.line(fmt.Sprintf("- Starting %s, phase: %d", what, p.phase))
	p.line("+ Changing to " + p.directory())
	p.changeDirectory()
	if p.v.AtLeast(5, 3, 0) {
		p.unit.active, p.unit.sub = "reloading", "reload"
	}
	p.load.serving(p)
}

// stir wakes the master to go on with its workers.
func (p *Puma) stir() {
	for _, w := range append([]*worker(nil), p.workers...) {
		if !w.alive {
			p.reap(w) // a master on ticks is woken by the request
		}
	}
	p.check()
}

// aftermath plans what a Config lets happen on the host because of a phased restart.
func (p *Puma) aftermath() {
	if p.c.CutsOff > 0 && p.host != nil {
		p.host.cut(2*time.Second, p.c.CutsOff)
	}
	if p.c.MendedAfter > 0 && p.site.releases[p.release].Failure != nil {
		p.t.after(p.c.MendedAfter, func() {
			if p.site.releases[p.site.current].Failure != nil {
				p.deployNew(Good)
			}
		})
	}
}

// directory is what the master changes to when a phased restart begins.
func (p *Puma) directory() string {
	if p.c.Directory == DirectoryResolved {
		return p.site.path(p.release)
	}
	return p.site.link()
}

func (p *Puma) changeDirectory() {
	if p.c.Directory == DirectoryResolved {
		return
	}
	p.release = p.site.current
	if p.v.AtLeast(6, 6, 0) {
		p.tag = p.release
	}
}

// phasing reports whether a worker of an older phase, or one of this phase that has not booted, is listed.
func (p *Puma) phasing() bool {
	if p.phase == p.c.Phase && p.image == 1 {
		return false
	}
	for _, w := range p.workers {
		if w.phase != p.phase || (p.phase > 0 && !w.booted) {
			return true
		}
	}
	return len(p.workers) < p.want && p.phase > 0
}

// check goes on with a phased restart: only while every worker is booted is another one stopped.
func (p *Puma) check() {
	if !p.leaving.IsZero() {
		return
	}
	for _, w := range p.workers {
		if !w.booted || !w.alive || !w.term.IsZero() {
			return
		}
	}
	for _, w := range p.workers {
		if w.phase != p.phase {
			p.replace(w)
			return
		}
	}
	if p.unit.active == "reloading" {
		p.ready()
	}
	p.resume()
}

// replace stops a worker of an older phase, and kills it where it has not gone when worker_shutdown_timeout is over.
func (p *Puma) replace(w *worker) {
	w.term = p.t.now
	why := "phased upgrade"
	if p.reforks && p.v.AtLeast(6, 6, 1) {
		why = "refork"
	}
	p.line(fmt.Sprintf("- Stopping %d for %s...", w.pid, why))
	p.line(fmt.Sprintf("- TERM sent to %d...", w.pid))
	p.load.serving(p)
	p.drained(w)
	limit := p.c.ShutdownTimeout
	if p.before(5, 0) {
		limit += p.tick()
	}
	p.after(limit, func() {
		if !w.alive {
			return
		}
		p.line(fmt.Sprintf("- Stopping %d for %s...", w.pid, why))
		if p.before(5, 0) {
			p.line(fmt.Sprintf("- KILL sent to %d...", w.pid))
		}
		p.exit(w, byKill)
	})
}
