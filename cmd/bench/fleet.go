package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/charmbracelet/x/vt"

	"pumatop/cmd/internal/terminal"
)

// observed is the file into which a program that is built to be observed writes how many goroutines it has, and behind
// that the sizes of its memory in MB: live after the last garbage collection, heap, stacks, all, and how many
// collections there were.
const observed = "observed"

// visit is a pumatop that looks at a simulated fleet.
type visit struct {
	fleet   *fleetProcess
	screen  *screen
	dir     string
	started time.Time
	inside  string // what the program says of its memory
}

// begin starts the fleet and a pumatop on a screen.
func begin(o options) (*visit, error) {
	dir, err := os.MkdirTemp("", "pumatop-bench-")
	if err != nil {
		return nil, err
	}
	v := &visit{dir: dir}
	if v.fleet, err = startFleet(o.scene, dir); err != nil {
		v.end()
		return nil, err
	}
	names, err := v.fleet.names()
	if err != nil {
		v.end()
		return nil, err
	}
	argv := append([]string{o.program, "-F", filepath.Join(dir, "config"), "-i", o.scene.interval.String()}, names...)
	env := terminal.Environment(os.Environ(), "XDG_STATE_HOME="+dir, "PUMATOP_OBSERVE="+filepath.Join(dir, observed))
	v.started = time.Now()
	if v.screen, err = startScreen(env, argv...); err != nil {
		v.end()
		return nil, err
	}
	return v, nil
}

// leave ends pumatop; the fleet stays.
func (v *visit) leave() {
	if v.screen != nil {
		v.screen.close()
		v.screen = nil
	}
}

func (v *visit) end() {
	v.leave()
	if v.fleet != nil {
		v.fleet.close()
	}
	_ = os.RemoveAll(v.dir)
}

// pid is pumatop's.
func (v *visit) pid() int { return v.screen.cmd.Process.Pid }

// beside is the CPU time so far of all that is there only to measure.
func (v *visit) beside() (sum time.Duration, err error) {
	for _, pid := range []int{v.fleet.cmd.Process.Pid, os.Getpid()} {
		used, err := cpu(pid)
		if err != nil {
			return 0, err
		}
		sum += used
	}
	return sum, nil
}

// goroutines is how many the program has, -1 where it does not say.
func (v *visit) goroutines() int {
	text, err := os.ReadFile(filepath.Join(v.dir, observed))
	if err != nil {
		return -1
	}
	first, rest, _ := strings.Cut(string(text), " ")
	v.inside = strings.TrimSpace(rest)
	n, err := strconv.Atoi(first)
	if err != nil {
		return -1
	}
	return n
}

// asked waits until so many hosts have been polled, and returns how long that took from the start.
func (v *visit) asked(ctx context.Context, n int, limit time.Duration) (time.Duration, error) {
	for {
		c, err := v.fleet.report()
		if err != nil {
			return 0, err
		}
		took := time.Since(v.started)
		if c.Asked >= n {
			return took, nil
		}
		if took > limit {
			return 0, fmt.Errorf("after %s only %d of %d hosts have been polled; the screen is\n%s", limit, c.Asked, n, v.screen.text())
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-v.screen.ended:
			return 0, fmt.Errorf("%w: %s", errEnded, v.screen.text())
		case <-ctx.Done():
			return 0, context.Cause(ctx)
		}
	}
}

// settling is how long the fleet is left alone before it is measured: the first probes and samples are over then.
const settling = 15 * time.Second

// benchFleet measures a minute or more of a fleet with its share of dead and slow hosts.
func benchFleet(ctx context.Context, o options) error {
	if o.scene.deaf+o.scene.mute+o.scene.fading+o.scene.slow == 0 {
		twentieth := o.scene.hosts / 20
		o.scene.slow, o.scene.deaf, o.scene.mute = twentieth, twentieth/3, twentieth/3
		o.scene.fading = twentieth - o.scene.deaf - o.scene.mute
	}
	v, err := begin(o)
	if err != nil {
		return err
	}
	defer v.end()
	all, err := v.asked(ctx, o.scene.live(), 2*time.Minute)
	if err != nil {
		return err
	}
	time.Sleep(settling)
	if err := v.fleet.begin(); err != nil {
		return err
	}
	m := measurement{scene: o.scene, all: all, busyBefore: busy()}
	if err := m.take(v, time.Duration(o.minutes*float64(time.Minute))); err != nil {
		return err
	}
	v.leave()
	if m.bare, err = measureBare(ctx, o, v.fleet, min(m.wall, time.Minute)); err != nil {
		return fmt.Errorf("measure bare polls: %w", err)
	}
	m.print()
	return nil
}

// measurement is what fleet measures.
type measurement struct {
	scene scene
	all   time.Duration // until every live host had been polled
	expense
	bare        expense
	beside      time.Duration // CPU time of the simulated hosts, and of the terminal that is looked at
	busyBefore  string
	busyAfter   string
	highest     int64
	early, late int // goroutines
	inside      string
	resident    int64
	keys        keys
	counts      counts
}

func (m *measurement) take(v *visit, length time.Duration) error {
	before, err := v.fleet.report()
	if err != nil {
		return err
	}
	e, err := startEcho()
	if err != nil {
		return err
	}
	defer e.close()
	began := time.Now()
	used, err := cpu(v.pid())
	if err != nil {
		return err
	}
	besides, err := v.beside()
	if err != nil {
		return err
	}
	// the goroutines of a minute from now are set against those of the end
	early := min(time.Minute, length/2)
	if err := m.keys.press(v.screen, e, began.Add(early)); err != nil {
		return err
	}
	m.early = v.goroutines()
	if err := m.keys.press(v.screen, e, began.Add(length)); err != nil {
		return err
	}
	m.late, m.inside = v.goroutines(), v.inside
	after, err := cpu(v.pid())
	if err != nil {
		return err
	}
	m.wall, m.cpu = time.Since(began), after-used
	if m.beside, err = v.beside(); err != nil {
		return err
	}
	m.beside -= besides
	if m.resident, m.highest, err = memory(v.pid()); err != nil {
		return err
	}
	m.counts, err = v.fleet.report()
	m.polls, m.busyAfter = m.counts.Polls-before.Polls, busy()
	return err
}

// lookFor waits until the screen has a text.
func (v *visit) lookFor(text string, limit time.Duration) (time.Duration, error) {
	at, err := v.screen.wait(limit, func(e *vt.Emulator) bool { return strings.Contains(e.String(), text) })
	if err != nil {
		return 0, fmt.Errorf("wait for %q: %w; the screen is\n%s", text, err, v.screen.text())
	}
	return at.Sub(v.started), nil
}
