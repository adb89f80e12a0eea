package tui

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/vt"

	"pumatop/actions"
	"pumatop/collector"
	"pumatop/tui/paint"
)

// terminal is a program on a terminal emulator in the same process.
type terminal struct {
	t    *testing.T
	prog *tea.Program
	in   *pipe
	mu   sync.Mutex // guards emu's screen
	emu  *vt.Emulator
	done chan error
}

// pipe is unbounded: what the emulator answers must never block the renderer.
type pipe struct {
	mu     sync.Mutex
	ready  *sync.Cond
	bytes  []byte
	closed bool
}

func newPipe() *pipe {
	q := &pipe{}
	q.ready = sync.NewCond(&q.mu)
	return q
}

func (q *pipe) Write(p []byte) (int, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.bytes = append(q.bytes, p...)
	q.ready.Broadcast()
	return len(p), nil
}

func (q *pipe) Read(p []byte) (int, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.bytes) == 0 && !q.closed {
		q.ready.Wait()
	}
	if len(q.bytes) == 0 {
		return 0, io.EOF
	}
	n := copy(p, q.bytes)
	q.bytes = q.bytes[n:]
	return n, nil
}

func (q *pipe) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.ready.Broadcast()
}

// Write takes the program's output. Its input is no terminal, so it leaves the carriage returns to a kernel that is
// not there.
func (x *terminal) Write(p []byte) (int, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	_, err := x.emu.Write(bytes.ReplaceAll(p, []byte("\n"), []byte("\r\n")))
	return len(p), err
}

// start runs a model on a terminal of w×h until the test ends it.
func start(t *testing.T, m tea.Model, w, h int) *terminal {
	t.Helper()
	x := &terminal{t: t, emu: vt.NewEmulator(w, h), in: newPipe(), done: make(chan error, 1)}
	go func() { _, _ = io.Copy(x.in, x.emu) }()
	painter := paint.New(x)
	go painter.Run()
	x.prog = tea.NewProgram(painter.Model(m), tea.WithInput(x.in), tea.WithOutput(painter), tea.WithWindowSize(w, h),
		tea.WithEnvironment([]string{"TERM=xterm-256color"}), tea.WithColorProfile(colorprofile.TrueColor), tea.WithoutSignalHandler())
	go func() {
		_, err := x.prog.Run()
		painter.Close()
		x.done <- err
	}()
	return x
}

// screen is the text on the terminal once nothing moves any more.
func (x *terminal) screen() string {
	time.Sleep(50 * time.Millisecond) // virtual: a few frames
	synctest.Wait()
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.emu.String()
}

// sees fails unless the screen shows each of these texts.
func (x *terminal) sees(when string, texts ...string) {
	x.t.Helper()
	screen := x.screen()
	for _, s := range texts {
		if !strings.Contains(screen, s) {
			x.t.Fatalf("%s: %q is not on the screen:\n%s", when, s, screen)
		}
	}
}

// types sends bytes as a terminal does.
func (x *terminal) types(s string) { _, _ = x.in.Write([]byte(s)) }

// end waits for the program and lets go of the emulator.
func (x *terminal) end() error {
	err := <-x.done
	x.in.close()
	_ = x.emu.InputPipe().(io.Closer).Close()
	return err
}

// tape is a Feed and an Operator whose data the test plays.
type tape struct {
	fleets chan collector.Fleet
	plans  chan actions.Plan
	run    *playedRun
}

// Next is the next fleet that is played.
func (f *tape) Next(ctx context.Context) (collector.Fleet, error) {
	select {
	case fleet := <-f.fleets:
		return fleet, nil
	case <-ctx.Done():
		return collector.Fleet{}, ctx.Err()
	}
}

// Start remembers the plan.
func (f *tape) Start(p actions.Plan) Run {
	f.plans <- p
	return f.run
}

// playedRun is a Run whose progress the test plays.
type playedRun struct{ progress chan actions.Progress }

func (r *playedRun) Next(ctx context.Context, _ int) (actions.Progress, error) {
	select {
	case p, ok := <-r.progress:
		if !ok {
			return actions.Progress{}, errors.New("the run has ended")
		}
		return p, nil
	case <-ctx.Done():
		return actions.Progress{}, ctx.Err()
	}
}

func (r *playedRun) Stop() {}

// TestFlow goes from the fleet through r and y to a verdict on an emulated terminal, as an operator does.
func TestFlow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		feed := &tape{fleets: make(chan collector.Fleet), plans: make(chan actions.Plan, 1), run: &playedRun{progress: make(chan actions.Progress)}}
		x := start(t, New(ctx, Options{Feed: feed, Operator: feed, Environment: "production", Theme: Dark}), 120, 40)
		x.sees("before any figures", "waiting for the first figures")

		// Fleets of the bubble's own time: ages are measured against its clock.
		now := func() collector.Fleet { return shifted(production(), time.Since(noon)) }
		feed.fleets <- now()
		x.sees("the first fleet", "web1/puma", "web6/puma", "not running: unit puma.service is inactive", "1 restarting")

		x.types("/web3\r")
		x.sees("a filter", "filter web3", "5 hidden")
		x.types("r")
		x.sees("the sheet", "Reload web3/puma", "phase 1→2", "20261121191110 → 20261121194902", "[ Cancel ]   type y to reload")
		x.types("\x1b[200~y\x1b[201~")
		x.sees("a paste", "[ Cancel ]")
		time.Sleep(time.Second)
		feed.fleets <- now()
		x.types("y")
		plan := <-feed.plans
		if len(plan.Steps) != 1 || plan.Steps[0].Target != "web3/puma" {
			t.Fatalf("began %+v", plan)
		}

		p := actions.Progress{Version: 1, Plan: plan, At: time.Now(), Steps: []actions.StepProgress{
			{Target: "web3/puma", State: actions.Watching, Since: time.Now(), Replaced: 1, Wanted: 4, Text: "worker 1 drains, 2 s so far"},
		}}
		feed.run.progress <- p
		x.sees("progress", "▰▱▱▱ 1/4 new", "worker 1 drains, 2 s so far")
		x.types("q")
		x.sees("leaving meanwhile", "Quit while an action runs?", "web3/puma goes on")
		x.types("\x1b")
		time.Sleep(time.Second)
		x.sees("stayed", "▰▱▱▱ 1/4 new")
		x.types("q")
		x.sees("leaving once more", "Quit while an action runs?", "web3/puma goes on")

		p.Version, p.Done = 2, true
		p.Steps = []actions.StepProgress{{Target: "web3/puma", State: actions.Judged, Replaced: 4, Wanted: 4, Verdict: verified()}}
		p.Steps[0].Verdict.Target = "web3/puma"
		feed.run.progress <- p
		x.sees("the question is of the past", "Quit?", "No action is watched any more.")
		x.types("\x1b")
		time.Sleep(time.Second)
		x.sees("the verdict", "✔ web3/puma  verified   phase 1→2   2 of 2 workers replaced in 3.1s")
		x.types("\t")
		x.sees("the rollout in full", "seen     phase 1→2, the master is the same image")

		x.types("q")
		if err := x.end(); err != nil {
			t.Errorf("the program ended with %v", err)
		}
		if x.emu.IsAltScreen() {
			t.Error("the terminal is left on the alternate screen")
		}
		cancel()
		time.Sleep(time.Minute) // the last ticks run out
	})
}

// TestFlowOfOthers hears of a restart that somebody else began, on the terminal.
func TestFlowOfOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		feed := &tape{fleets: make(chan collector.Fleet), plans: make(chan actions.Plan, 1)}
		witness := &playedRun{progress: make(chan actions.Progress)}
		x := start(t, New(ctx, Options{Feed: feed, Operator: feed, Witness: witness, Theme: Dark}), 120, 40)
		feed.fleets <- shifted(production(), time.Since(noon))
		witness.progress <- actions.Progress{Version: 1, Plan: actions.Plan{Observed: true}}
		p := others()
		p.At = time.Now()
		p.Steps = p.Steps[1:]
		witness.progress <- p
		x.sees("a restart of others", "Restarts begun by others", "◐ web2/puma  ▰▰▱ 2/3 new")
		p.Version++
		p.Steps = []actions.StepProgress{{Target: "web2/puma", State: actions.Judged, Wanted: 3, Verdict: verified()}}
		p.Steps[0].Verdict.Target, p.Steps[0].Verdict.At = "web2/puma", time.Now()
		witness.progress <- p
		x.sees("its verdict", "✔ web2/puma  verified")
		x.types("\x1b")
		time.Sleep(time.Second)
		if screen := x.screen(); strings.Contains(screen, "begun by others") {
			t.Errorf("esc does not put its verdict away:\n%s", screen)
		}
		x.types("q")
		if err := x.end(); err != nil {
			t.Errorf("the program ended with %v", err)
		}
		cancel()
		time.Sleep(time.Minute) // the last ticks run out
	})
}

// shifted is a fleet moved in time.
func shifted(f collector.Fleet, by time.Duration) collector.Fleet {
	f.At = f.At.Add(by)
	for i := range f.Targets {
		moved := *f.Targets[i]
		s := &moved
		for _, at := range []*time.Time{&s.At, &s.Answered, &s.Probed, &s.Since} {
			if !at.IsZero() {
				*at = at.Add(by)
			}
		}
		f.Targets[i] = s
	}
	return f
}
