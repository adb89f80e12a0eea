package actions

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pumatop/collector"
	"pumatop/collector/probe"
	"pumatop/collector/puma"
)

// exited is a script that ended with a status.
type exited int

func (e exited) Error() string   { return fmt.Sprintf("script ended with status %d", int(e)) }
func (e exited) ExitStatus() int { return int(e) }

// statusError is an answer of the control app as its client reads it.
func statusError(status int, text string) error { return &puma.StatusError{Status: status, Text: text} }

// TestOutcomeOfARequest: only what certainly was not carried out may be called not sent; everything else is watched.
func TestOutcomeOfARequest(t *testing.T) {
	t.Parallel()
	lost := "the answer to the request was lost: it has perhaps been carried out, and was not sent again"
	for _, tc := range []struct {
		name string
		err  error
		note string
		sent bool
		exit int
	}{
		{"taken", nil, "", true, 0},
		{"changed", fmt.Errorf("send: %w", ErrChanged), "", false, ExitUnhealthy},
		{"changed, as the client wraps it", &puma.NotSentError{Err: fmt.Errorf("%w: phase", ErrChanged)}, "", false, ExitUnhealthy},
		{"not sent", &puma.NotSentError{Err: errors.New("dial")}, "nothing was sent: ", false, ExitUnreachable},
		{"stats refused", &puma.NotSentError{Err: statusError(403, "Invalid auth token")}, "nothing was sent: ", false, ExitUnhealthy},
		{"not connected", fmt.Errorf("ask: %w", collector.ErrNotConnected), "nothing was sent: ", false, ExitUnreachable},
		{"no socket", fmt.Errorf("ask: %w", collector.ErrNoListener), "nothing was sent: ", false, ExitUnreachable},
		{"answer lost", &puma.MaybeSentError{Err: errors.New("EOF")}, lost, true, 0},
		{"refused", statusError(404, "Unsupported action"), "Puma answered: ", false, ExitUnhealthy},
		{"failed inside", statusError(500, "oops"), "the control app answered 500: the request has perhaps been carried out", true, 0},
		{"restarts in full", fmt.Errorf("%w", puma.ErrRestartsInFull), "Puma answered that it cannot restart phased: it restarts in full because of the request", true, 0},
		{"systemd refused", exited(1), "systemd answered: ", false, ExitUnhealthy},
		{"the script's end was not heard of", exited(-1), lost, true, 0},
		{"the connection ended under the script", errors.New("lost"), lost, true, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			note, _, sent := outcome(ViaControl, tc.err)
			if note != tc.note || sent != tc.sent {
				t.Errorf("%q, sent %v; want %q, %v", note, sent, tc.note, tc.sent)
			}
			if !sent && refusalExit(tc.err) != tc.exit {
				t.Errorf("exit %d, want %d", refusalExit(tc.err), tc.exit)
			}
		})
	}
}

// TestOutcomeOfASignal: a command that a signal has ended may have sent its own before.
func TestOutcomeOfASignal(t *testing.T) {
	t.Parallel()
	for status, want := range map[exited]bool{1: false, 126: false, 127: false, 137: true, 143: true, -1: true} {
		if note, _, sent := outcome(ViaSignal, status); sent != want || !sent && note != "no signal was sent: " {
			t.Errorf("status %d: %q, sent %v", status, note, sent)
		}
	}
}

// TestIsAnother: what a plan without figures was made from is a master, by its pid and by where that counts.
func TestIsAnother(t *testing.T) {
	t.Parallel()
	in := func(pid int, id string) probe.Puma { return probe.Puma{PID: pid, Container: probe.Container{ID: id}} }
	for _, tc := range []struct {
		was, is probe.Puma
		want    bool
	}{{in(9, ""), in(9, ""), false}, {in(9, ""), in(8, ""), true}, {in(1, "a"), in(1, "a"), false}, {in(1, "a"), in(1, "b"), true}, {in(1, "a"), in(1, ""), true}} {
		if got := isAnother(&tc.was, &tc.is); got != tc.want {
			t.Errorf("%+v and %+v: %v", tc.was, tc.is, got)
		}
	}
}

// TestUnchanged: what the sheet showed is what is asked, or nothing is.
func TestUnchanged(t *testing.T) {
	t.Parallel()
	plan := func(kind Kind, remedy bool, stats puma.Stats) Step {
		return Step{Kind: kind, Remedy: remedy, Before: collector.Snapshot{Stats: stats}}
	}
	single := puma.Stats{Mode: puma.Single, Workers: []puma.Worker{{Booted: true, CheckedIn: true}}}
	for _, tc := range []struct {
		name string
		step Step
		now  puma.Stats
		want string
	}{
		{"the same", plan(Reload, false, clusterOf(3, 1, 2)), clusterOf(3, 1, 2), ""},
		{"a worker was replaced in its phase", plan(Reload, false, clusterOf(3, 1, 2)), clusterOf(3, 1, 9), ""},
		{"mode", plan(Reload, false, clusterOf(3, 1, 2)), single, "it runs in single mode, the plan says cluster"},
		{"image", plan(Reload, false, clusterOf(3, 1, 2)), image(clusterOf(3, 1, 2)), "another image of the master runs"},
		{"a Puma that has started_at now", plan(Reload, false, unnamed(clusterOf(3, 1, 2))), clusterOf(3, 1, 2), "another image of the master runs"},
		{"every worker, without started_at", plan(Reload, false, unnamed(clusterOf(0, 1, 2))), unnamed(clusterOf(0, 3, 4)), "every worker has been replaced"},
		{"some worker, without started_at", plan(Reload, false, unnamed(clusterOf(0, 1, 2))), unnamed(clusterOf(0, 1, 4)), ""},
		{"unbooted ones, without started_at", plan(Restart, true, booting(unnamed(clusterOf(0, 1)), 5)), booting(unnamed(clusterOf(0, 1)), 6), ""},
		{"phase", plan(Reload, false, clusterOf(3, 1, 2)), clusterOf(4, 5, 6), "it is in phase 4, the plan says 3"},
		{"reload in single mode", plan(Reload, false, single), single, "it runs in single mode and would restart in full"},
		{"restart in single mode", plan(Restart, false, single), single, ""},
		{"a worker boots", plan(Reload, false, clusterOf(3, 1, 2)), booting(clusterOf(3, 1, 2), 7), "a restart has begun, or a worker has left"},
		{"a worker boots, which is why", plan(Reload, true, booting(clusterOf(3, 1, 2), 6)), booting(clusterOf(3, 1, 2), 7), ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			err := unchanged(tc.step, tc.now)
			switch {
			case tc.want == "" && err != nil:
				t.Error(err)
			case tc.want != "" && (!errors.Is(err, ErrChanged) || !strings.HasSuffix(fmt.Sprint(err), ": "+tc.want)):
				t.Errorf("%v, want %s", err, tc.want)
			}
		})
	}
}

// TestProgressIsImmutable: what a reader holds stays as it was, and nothing in the log is lost.
func TestProgressIsImmutable(t *testing.T) {
	t.Parallel()
	run := newRun(Plan{Steps: []Step{{Target: "a"}, {Target: "b"}}}, recordedAt)
	first := run.Progress()
	var held []Progress
	for i := range 20 {
		run.say(recordedAt, "a", fmt.Sprint(i))
		run.step(recordedAt, 1, func(s *StepProgress) { s.Replaced = i })
		held = append(held, run.Progress())
	}
	for i, p := range held {
		if len(p.Log) != i+1 || p.Log[i].Text != fmt.Sprint(i) || p.Steps[1].Replaced != i || p.Version != 3+2*i {
			t.Errorf("%d: version %d, %d lines, %d replaced", i, p.Version, len(p.Log), p.Steps[1].Replaced)
		}
	}
	if len(first.Log) != 0 || first.Steps[1].State != Waiting || first.Version != 1 {
		t.Errorf("%+v", first)
	}
}

// TestNextProgress waits for what is new, and ends with the run.
func TestNextProgress(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		run := newRun(Plan{}, recordedAt)
		if p, err := run.Next(t.Context(), 0); err != nil || p.Version != 1 {
			t.Errorf("%d, %v", p.Version, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := run.Next(ctx, 1); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("nothing new: %v", err)
		}
		go func() {
			time.Sleep(time.Second)
			run.change(time.Now(), func(p *Progress) { p.Done = true })
		}()
		if p, err := run.Next(t.Context(), 1); err != nil || !p.Done {
			t.Errorf("%+v, %v", p, err)
		}
		if _, err := run.Next(t.Context(), 2); err != io.EOF {
			t.Errorf("after the end: %v", err)
		}
	})
}

// deaf is a fleet that cannot be watched.
type deaf struct{ anyFleet }

type anyFleet = Fleet

func (deaf) Watch(id collector.TargetID) (*collector.Watch, error) {
	return nil, fmt.Errorf("no target %s", id)
}
func (deaf) Note(collector.Event) {}

// TestTargetThatIsGone is refused, and the next is left alone.
func TestTargetThatIsGone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := NewRunner(t.Context(), deaf{}, Options{})
		run := r.Start(Plan{Steps: []Step{{Target: "a"}, {Target: "b"}}})
		r.Wait()
		p := run.Progress()
		words := []Word{p.Steps[0].Verdict.Word, p.Steps[1].Verdict.Word}
		if !slices.Equal(words, []Word{Refused, Untouched}) || p.Steps[0].Verdict.Exit != ExitUnreachable || !p.Done {
			t.Errorf("%v, exit %d, done %v", words, p.Steps[0].Verdict.Exit, p.Done)
		}
		if r.options.Timeout != DefaultTimeout {
			t.Errorf("timeout %s", r.options.Timeout)
		}
	})
}

// TestPanicOfARun is handed over.
func TestPanicOfARun(t *testing.T) {
	t.Parallel()
	var said any
	r := NewRunner(t.Context(), nil, Options{OnPanic: func(v any, _ []byte) { said = v }})
	r.Start(Plan{Steps: []Step{{Target: "a"}}})
	r.Wait()
	if said == nil {
		t.Error("nobody was told")
	}
}
