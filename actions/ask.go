package actions

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"pumatop/collector"
	"pumatop/collector/probe"
	"pumatop/collector/puma"
)

const (
	// requestTimeout bounds the fresh answer and the request together. It is generous: in single mode the control
	// server shares Ruby's lock with the application.
	requestTimeout = 15 * time.Second
	// logTimeout is how long the log may take to be followed before the request goes out without it.
	logTimeout = 3 * time.Second
	// looks is how often a host is looked at again until a target without figures shows all of its workers.
	looks = 10
)

// ErrChanged means that a target is no longer what the plan was made from; nothing was sent.
var ErrChanged = errors.New("the target has changed since the plan was made")

// outcome tells from the error of a request whether it may have been carried out: then the target is watched,
// whatever the answer was, and note is evidence. Else note begins the sentence that the error ends.
func outcome(via Via, err error) (note, remedy string, sent bool) {
	var (
		maybe    *puma.MaybeSentError
		refused  *puma.StatusError
		unsent   *puma.NotSentError
		ours     *unsentError
		systemd  exitStatus
		lostNote = "the answer to the request was lost: it has perhaps been carried out, and was not sent again"
	)
	switch {
	case err == nil:
		return "", "", true
	case errors.Is(err, ErrChanged):
		return "", "nothing was sent; look at it again and reload", false
	case errors.As(err, &unsent), errors.As(err, &ours), errors.Is(err, collector.ErrNotConnected), errors.Is(err, collector.ErrNoListener):
		return "nothing was sent: ", remedyOf(err), false
	case errors.As(err, &maybe):
		return lostNote, "", true
	case errors.Is(err, puma.ErrRestartsInFull):
		return "Puma answered that it cannot restart phased: it restarts in full because of the request", "", true
	case errors.As(err, &refused) && refused.Status >= 500:
		return fmt.Sprintf("the control app answered %d: the request has perhaps been carried out", refused.Status), "", true
	case errors.As(err, &refused):
		return "Puma answered: ", remedyOf(err), false
	case errors.As(err, &systemd) && systemd.ExitStatus() > 0:
		if via == ViaSignal && systemd.ExitStatus() > 128 { // ended by a signal itself, as in a container that has ended
			return lostNote, "", true
		}
		if via == ViaSignal {
			return "no signal was sent: ", "look at it again", false
		}
		return "systemd answered: ", systemdRemedy(err), false
	}
	return lostNote, "", true
}

// unsentError is what kept a request from being sent that does not go to the control socket.
type unsentError struct{ err error }

func (e *unsentError) Error() string { return e.err.Error() }
func (e *unsentError) Unwrap() error { return e.err }

// systemdRemedy is what helps against systemctl's own words.
func systemdRemedy(err error) string {
	text := strings.ToLower(err.Error())
	switch {
	case strings.Contains(text, "password is required"), strings.Contains(text, "not allowed"), strings.Contains(text, "sudo:"):
		return "let this login run systemctl for the unit without a password (NOPASSWD in sudoers), or log in as one that may"
	case strings.Contains(text, "connect to bus"):
		return "the user manager does not run: loginctl enable-linger USER keeps it running"
	case strings.Contains(text, "cannot reload"), strings.Contains(text, "not applicable"):
		return "--or-restart asks for what fits"
	}
	return "do it the way it is done on this host, as a login that may"
}

// exitStatus is the error of a script that ended with another status than 0; negative where the host did not say.
type exitStatus interface{ ExitStatus() int }

func refusalExit(err error) int {
	var status *puma.StatusError
	var systemd exitStatus
	if errors.As(err, &status) || errors.As(err, &systemd) || errors.Is(err, ErrChanged) {
		return ExitUnhealthy
	}
	return ExitUnreachable
}

func remedyOf(err error) string {
	var r interface{ Remedy() string }
	if errors.As(err, &r) {
		return r.Remedy()
	}
	return ""
}

func requestWords(step Step, before collector.Snapshot) string {
	what := step.Kind.String()
	switch step.Kind {
	case Reload:
		what = "phased restart"
	case Restart:
		what = "full restart"
	}
	text := what + " asked"
	if step.Via != ViaControl {
		text += ": " + step.Request
	}
	if step.Kind == Reload && !step.blind() {
		text += fmt.Sprintf(", phase %s", before.Stats.Phase)
	}
	return text
}

// ask reads the target afresh and sends the request. before is the target as it was right before it.
func (r *Runner) ask(ctx context.Context, step Step, watch *collector.Watch) (asked time.Time, before collector.Snapshot, err error) {
	before = step.Before
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	accept := func(s puma.Stats) error {
		if err := unchanged(step, s); err != nil {
			return err
		}
		asked = time.Now()
		before.Stats, before.Answered, before.At = s, asked, asked
		return nil
	}
	switch {
	case step.Via == ViaControl:
		_, err = r.fleet.Command(ctx, step.Target, commandOf(step.Kind), accept)
		return asked, before, err
	case step.Kind == Stop && step.Before.State != collector.Serving, step.Kind == Start && step.Before.State == collector.CrashLoop:
	case step.Kind == Start: // somebody else may have started it: then it would be reloaded, or restarted
		if before, err = r.look(ctx, step, watch); err != nil {
			return asked, before, &unsentError{err}
		}
	case step.blind():
		if before, err = r.look(ctx, step, watch); err != nil {
			return asked, before, &unsentError{err}
		}
	default:
		s, err := r.fleet.Ask(ctx, step.Target)
		if err == nil {
			err = accept(s)
		}
		if err != nil {
			return asked, before, &unsentError{err}
		}
	}
	asked = time.Now()
	_, err = r.fleet.RunOn(ctx, step.Target, scriptOf(step))
	return asked, before, err
}

// look is the fresh answer of a target that gives none: its host is looked at again, and has to show the master and as
// many workers as the plan was made from, or more. In a crash loop the number changes many times a second, and is waited
// for.
func (r *Runner) look(ctx context.Context, step Step, watch *collector.Watch) (collector.Snapshot, error) {
	was := step.Before.Facts()
	began, tries := time.Now(), 0
	r.fleet.Probe(step.Target)
	for {
		s, err := watch.Next(ctx)
		switch {
		case err != nil:
			return step.Before, fmt.Errorf("look at its processes: %w", err)
		case s.Probed.Before(began):
		case isAnother(was, s.Facts()), tries == looks && len(s.Facts().Workers) < len(was.Workers):
			return step.Before, fmt.Errorf("%w: its processes are others", ErrChanged)
		case len(s.Facts().Workers) >= len(was.Workers):
			return s, nil
		default:
			tries++
			began = time.Now()
			r.fleet.Probe(step.Target)
		}
	}
}

// isAnother reports another master, or one in another container: pids are mostly the same there.
func isAnother(was, is *probe.Puma) bool {
	return was.PID != is.PID || was.Container.ID != is.Container.ID
}

// unchanged compares a fresh answer with what the plan was made from.
func unchanged(step Step, s puma.Stats) error {
	was := step.Before.Stats
	switch {
	case was.Mode != s.Mode:
		return fmt.Errorf("%w: it runs in %s mode, the plan says %s", ErrChanged, s.Mode, was.Mode)
	case !was.StartedAt.Equal(s.StartedAt):
		return fmt.Errorf("%w: another image of the master runs", ErrChanged)
	case s.StartedAt.IsZero() && noneLeft(was, s):
		return fmt.Errorf("%w: every worker has been replaced", ErrChanged)
	case was.Phase != s.Phase:
		return fmt.Errorf("%w: it is in phase %s, the plan says %s", ErrChanged, s.Phase, was.Phase)
	case step.Kind == Recycle && !s.PIDs()[step.PID]:
		return fmt.Errorf("%w: worker %d has another pid", ErrChanged, step.Worker)
	case !step.Kind.renews() && len(was.Workers) != len(s.Workers):
		return fmt.Errorf("%w: it has %d workers, the plan says %d", ErrChanged, len(s.Workers), len(was.Workers))
	case step.Kind == Reload && s.Mode == puma.Single:
		return fmt.Errorf("%w: it runs in single mode and would restart in full", ErrChanged)
	case !step.Remedy && !s.AllServing():
		return fmt.Errorf("%w: a restart has begun, or a worker has left", ErrChanged)
	}
	return nil
}

// noneLeft reports whether no worker that had booted is there any more: up to Puma 4.0, which has no started_at, that
// is how another image shows.
func noneLeft(was, is puma.Stats) bool {
	was.Workers = slices.DeleteFunc(slices.Clone(was.Workers), func(w puma.Worker) bool { return !w.Booted })
	return len(was.PIDs()) > 0 && !anyOf(is.PIDs(), was.PIDs())
}
