package pumatest

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"pumatop/collector/puma"
)

// version reads a version that a test or a preset wrote.
func version(s string) puma.Version {
	v, ok := puma.ParseVersion(s)
	if !ok {
		panic("pumatest: no version: " + s)
	}
	return v
}

// codename is the name that Puma prints with its version.
func codename(v puma.Version) string {
	names := map[[2]int]string{
		{3, 12}: "Llamas in Pajamas", {4, 3}: "Mysterious Traveller", {5, 0}: "Spoony Bard", {5, 6}: "Birdie's Version",
		{6, 0}: "Sunflower", {6, 4}: "The Eagle of Durango", {6, 6}: "Return to Forever", {7, 0}: "Romantic Warrior",
		{7, 1}: "Neon Witch", {7, 2}: "On The Corner", {8, 0}: "Into the Arena",
	}
	return names[[2]int{v.Major, v.Minor}]
}

// banner is what an image prints before it loads anything.
func (p *Puma) banner() {
	mode := "cluster"
	if p.single() {
		mode = "single"
	}
	p.line("Puma starting in " + mode + " mode...")
	if p.before(5, 1) {
		p.oldBanner()
		return
	}
	if p.before(6, 6) {
		p.line(fmt.Sprintf("* Puma version: %s (ruby 3.1.2-p20) (%q)", p.v, codename(p.v)))
	} else {
		p.line(fmt.Sprintf("* Puma version: %s (%q)", p.v, codename(p.v)))
		p.line("* Ruby version: ruby 3.1.2p20 (2022-04-12 revision 4491bb740a) [x86_64-linux-gnu]")
	}
	p.line(fmt.Sprintf("*  Min threads: %d", p.c.MinThreads))
	p.line(fmt.Sprintf("*  Max threads: %d", p.c.MaxThreads))
	p.line("*  Environment: production")
	if p.single() {
		p.line(fmt.Sprintf("*          PID: %d", p.pid))
		return
	}
	p.line(fmt.Sprintf("*   Master PID: %d", p.pid))
	p.line(fmt.Sprintf("*      Workers: %d", p.c.Workers))
	mark := "✔"
	if p.c.preloads() {
		mark = "✖"
	}
	restarts := "*     Restarts: (✔) hot (" + mark + ") phased"
	if p.v.AtLeast(6, 6, 1) {
		mark = "✖"
		if p.forks() {
			mark = "✔"
		}
		restarts += " (" + mark + ") refork"
	}
	p.line(restarts)
	if p.c.preloads() {
		p.line("* Preloading application")
	}
}

// oldBanner is that of 5.0 and before: it names a phased restart only where one is possible.
func (p *Puma) oldBanner() {
	p.line(fmt.Sprintf("* Version %s (ruby 3.1.2-p20), codename: %s", p.v, codename(p.v)))
	p.line(fmt.Sprintf("* Min threads: %d, max threads: %d", p.c.MinThreads, p.c.MaxThreads))
	p.line("* Environment: production")
	if p.single() {
		return
	}
	p.line(fmt.Sprintf("* Process workers: %d", p.c.Workers))
	if p.c.preloads() {
		p.line("* Preloading application")
	} else {
		p.line("* Phased restart available")
	}
}

// listening names the listeners once the image is ready to fork.
func (p *Puma) listening(inherited bool) {
	verb := "Listening on"
	if inherited {
		verb = "Inherited"
	}
	p.line("* " + verb + " unix://" + p.site.socket())
	control := "* Starting control server on unix://" + p.site.control()
	hint := "Use Ctrl-C to stop"
	switch {
	case p.c.NoControl:
		p.line(hint)
	case p.single():
		p.line(control)
		p.line(hint)
	default:
		p.line(hint)
		p.line(control)
	}
}

// pidWord is how a version writes pids in the lines about workers.
func (p *Puma) pidWord() string {
	if p.before(5, 1) {
		return "pid"
	}
	return "PID"
}

func (p *Puma) bootedLine(w *worker, took time.Duration) {
	if p.before(5, 3) {
		p.line(fmt.Sprintf("- Worker %d (%s: %d) booted, phase: %d", w.index, p.pidWord(), w.pid, w.phase))
		return
	}
	seconds := strconv.FormatFloat(math.Round(took.Seconds()*100)/100, 'f', -1, 64)
	if !strings.Contains(seconds, ".") {
		seconds += ".0"
	}
	p.line(fmt.Sprintf("- Worker %d (PID: %d) booted in %ss, phase: %d", w.index, w.pid, seconds, w.phase))
}

func terminating(p *Puma, w *worker) string {
	return fmt.Sprintf("- Worker %d (%s: %d) terminating", w.index, p.pidWord(), w.pid)
}

// terminated is a worker that did not boot within worker_boot_timeout.
func (p *Puma) terminated(w *worker) {
	if p.before(5, 3) {
		p.line(fmt.Sprintf("! Terminating timed out worker: %d", w.pid))
		return
	}
	p.line(fmt.Sprintf("! Terminating timed out worker (Worker %d failed to boot within %d seconds): %d",
		w.index, int(p.c.BootTimeout.Seconds()), w.pid))
}

// timespan is a duration of whole seconds as systemd writes it.
func timespan(d time.Duration) string {
	minutes, seconds := int(d.Minutes()), int(d.Seconds())%60
	switch {
	case minutes == 0 && seconds == 0:
		return "0"
	case minutes == 0:
		return fmt.Sprintf("%ds", seconds)
	case seconds == 0:
		return fmt.Sprintf("%dmin", minutes)
	}
	return fmt.Sprintf("%dmin %ds", minutes, seconds)
}
