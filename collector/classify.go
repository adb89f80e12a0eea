package collector

import (
	"context"
	"errors"
	"fmt"
	"time"

	"pumatop/collector/cause"
	"pumatop/collector/probe"
	"pumatop/collector/puma"
)

// How long a target may be silent before its figures are called old, and before it is called unreachable. One
// missed poll proves nothing: in single mode the control server shares Ruby's lock with the application.
const (
	staleAfter  = 6 * time.Second
	silentAfter = 30 * time.Second
)

// Limits are how long a restart of a target may stand still before it is called stuck: what Puma itself grants a
// drain or a boot, and a margin for its ticks (up to Puma 4 it acts every 5 s) and ours.
type Limits struct{ Drain, Boot time.Duration }

// limitMargin is added to Puma's own timeouts.
const limitMargin = 15 * time.Second

// LimitsOf reads the limits from a target's configuration, with Puma's defaults where it sets none.
func LimitsOf(p *probe.Puma) Limits {
	drain, _ := p.Settings.ShutdownLimit()
	boot, _ := p.Settings.BootLimit()
	return Limits{Drain: drain + limitMargin, Boot: boot + limitMargin}
}

// sight is all that a target's state follows from.
type sight struct {
	now      time.Time
	interval time.Duration

	linkUp  bool  // the host's connection is up
	linkErr error // why not, once a try has failed

	stats    puma.Stats
	answered time.Time // of stats; zero for never
	pollErr  error     // the newest poll failed
	failedAt time.Time // when the first of the polls failed that have failed in a row
	deniedAt time.Time // when the first of the polls was refused that have been for the token

	facts  *probe.Puma
	probed time.Time // zero for never
	given  bool      // the token is from a source of the operator's
	unseen bool      // named by the operator: no look at the host shows it

	boots  Boots
	wanted int
	still  time.Duration // since a worker, a phase or the image last changed
}

// judged is a state with its reason and remedy, and where it follows from a failure how far that had come.
type judged struct {
	state          State
	reason, remedy string
	stage          cause.Stage
}

// classify says what a target is doing. It is the one place where states are decided.
func (s *sight) classify() judged {
	switch {
	case !s.linkUp && s.linkErr != nil:
		return failure(Unreachable, s.linkErr)
	case s.probed.IsZero() && s.answered.IsZero() && !s.unseen:
		return judged{state: Connecting, reason: "connecting"}
	case !s.linkUp:
		return s.silent(errors.New("the connection to the host is being made again"))
	case s.facts.PID == 0 && s.probed.After(s.answered):
		return s.withoutProcess()
	case s.facts.Control.IsZero() && s.probed.After(s.answered):
		return s.withoutControl()
	case s.pollErr != nil:
		return s.silent(s.pollErr)
	case s.answered.IsZero():
		return judged{state: Connecting, reason: "connected, its figures have been asked for"}
	case s.now.Sub(s.answered) >= s.staleLimit():
		return judged{state: Stale, reason: "no answer for " + shortDuration(s.now.Sub(s.answered))}
	}
	return s.answering()
}

// withoutProcess judges a unit that has no Puma master, as of a probe newer than every answer.
func (s *sight) withoutProcess() judged {
	unit := s.facts.Unit
	name := unitWords(unit)
	switch c := s.facts.Container; {
	case c.Kamal():
		return judged{state: NotRunning, reason: "container " + c.Short() + " has stopped, or is gone", remedy: "kamal app start starts it, kamal app boot makes another one"}
	case c.ID != "":
		return judged{state: NotRunning, reason: "container " + c.Short() + " has stopped, or is gone",
			remedy: c.Engine + " start " + c.Name + " starts it where it is still there"}
	case unit.Name == "":
		return judged{state: NotRunning, reason: "its process is gone and no systemd unit is known for it", remedy: "start it the way it was started"}
	case s.boots.Looping():
		return judged{state: CrashLoop, reason: fmt.Sprintf("%s ends before it has booted and systemd starts it again, %s restarts so far", name, unit.Restarts), remedy: "its log says why; pumatop shows it after a reload"}
	case s.answered.IsZero() && unit.Sub == "auto-restart" && unit.Restarts.Or(0) >= 2:
		return judged{state: CrashLoop, reason: fmt.Sprintf("%s has ended again and is between two starts of systemd, %s restarts so far", name, unit.Restarts), remedy: "its log says why; pumatop shows it after a reload"}
	case unit.Active == "activating" || unit.Active == "active" || unit.Active == "reloading":
		return judged{state: Restarting, reason: fmt.Sprintf("%s is %s (%s), no Puma process yet", name, unit.Active, unit.Sub), remedy: ""}
	case unit.Active == "failed":
		return judged{state: NotRunning, reason: fmt.Sprintf("%s failed (%s)", name, unit.Result), remedy: startHint}
	}
	return judged{state: NotRunning, reason: fmt.Sprintf("%s is %s", name, orUnknown(unit.Active)), remedy: startHint}
}

const startHint = "pumatop reload --or-restart starts it"

// withoutControl judges a running Puma whose control app was not found.
func (s *sight) withoutControl() judged {
	for _, n := range s.facts.Notes {
		return judged{state: NoControl, reason: n.Text, remedy: n.Remedy, stage: cause.Config}
	}
	return judged{state: NoControl, reason: "Puma runs without a control app, or its state file was not found",
		remedy: "add state_path and activate_control_app to puma.rb, or name the state file: HOST:/path/puma.state", stage: cause.Config}
}

// silent judges a target whose newest poll failed on a host that is there.
func (s *sight) silent(err error) judged {
	age := s.now.Sub(s.answered)
	switch {
	case errors.Is(err, puma.ErrForbidden):
		return s.forbidden()
	case errors.Is(err, ErrNoListener):
		return s.closed(err)
	case s.facts.Container.ExecOnly && s.answered.IsZero():
		return failure(NoControl, err)
	case s.answered.IsZero() || age >= silentAfter:
		return failure(Unreachable, s.hung(err))
	case age >= s.staleLimit():
		return failure(Stale, s.hung(err))
	}
	return s.answering()
}

// forbidden judges a control app that refuses our token. The token is looked for again before it is called wrong.
func (s *sight) forbidden() judged {
	switch {
	case s.unseen && !s.answered.IsZero():
		return judged{state: NoControl, reason: "the control app has another token by now: Puma was started anew",
			remedy: "name the new one, or fix it: auth_token in activate_control_app", stage: cause.Token}
	case s.unseen && s.facts.Token.IsSet():
		return judged{state: NoControl, reason: "the control app refuses the token that was given", remedy: tokenHint, stage: cause.Token}
	case s.unseen:
		return judged{state: NoControl, reason: "the control app wants a token and none was given", remedy: tokenHint, stage: cause.Token}
	case !s.probed.After(s.deniedAt) || s.now.Sub(s.deniedAt) < tokenMargin:
		return judged{state: Restarting, reason: "the control app has another token: another image of the master, its state file is read again", remedy: ""}
	case s.given:
		return judged{state: NoControl, reason: "the control app refuses the token that was given, read twice", remedy: givenHint, stage: cause.Token}
	case len(s.facts.Notes) > 0:
		return judged{state: NoControl, reason: s.facts.Notes[0].Text, remedy: s.facts.Notes[0].Remedy, stage: cause.Token}
	case !s.facts.Token.IsSet():
		return judged{state: NoControl, reason: "the control app wants a token and none was found",
			remedy: "name the state file that has it: HOST:/path/puma.state", stage: cause.Token}
	}
	return judged{state: NoControl, reason: "the control app refuses the token of its state file, read twice",
		remedy: "the file is not this Puma's, or was changed by hand; name the right one: HOST:/path/puma.state", stage: cause.Token}
}

// tokenHint is where the token of a control app comes from that the operator names.
const tokenHint = "put control_auth_token of its state file into PUMATOP_CONTROL_TOKEN or --control-token-file"

// givenHint is what to do about a token that a source of the operator's has.
const givenHint = "mend where `token` says that it is, or leave that out: then the state file has it"

// tokenMargin is how long a control app may answer before the state file has its token.
const tokenMargin = 5 * time.Second

// closed judges a control socket that is gone or deserted. Puma closes it for a full restart, after its workers have
// left; where they are still there, or the process is not, it is something else. Only a look from after the failure
// tells, and until then the newest answer stands.
func (s *sight) closed(err error) judged {
	looked := s.probed.After(s.failedAt)
	switch {
	case !looked && !s.answered.IsZero() && s.now.Sub(s.answered) < s.staleLimit():
		return s.answering()
	case !looked && !s.answered.IsZero() && s.now.Sub(s.answered) < silentAfter:
		return failure(Stale, err)
	case looked && len(s.facts.Workers) > 0 && s.now.Sub(s.failedAt) > socketMargin:
		j := failure(NoControl, err)
		j.reason += ", and its workers are there"
		j.remedy = "restart Puma in full: its own control socket is not at that path any more"
		return j
	case (looked || s.answered.IsZero()) && s.facts.PID != 0 && s.now.Sub(s.failedAt) < LimitsOf(s.facts).Boot:
		return judged{state: Restarting, reason: "the control socket is closed and the process is there: a full restart or a boot", remedy: ""}
	case s.answered.IsZero():
		return failure(NoControl, err)
	}
	return failure(Unreachable, err)
}

// socketMargin is how long workers may be there before the control socket is: Puma starts both in the same moment.
const socketMargin = 2 * time.Second

// hung says in words of its own that nothing answered in time.
func (s *sight) hung(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return errHung
	}
	return err
}

// hungError is a request that nothing answered in time.
type hungError struct{}

var errHung error = hungError{}

func (hungError) Error() string { return "the control socket does not answer" }

// FailedAt is the exchange: it took the connection.
func (hungError) FailedAt() cause.Stage { return cause.HTTP }

// Remedy names what does that.
func (hungError) Remedy() string {
	return "where the host itself answers, look at the master: a hook or a stopped process keeps it from answering"
}

// staleLimit is longer where polls are rare.
func (s *sight) staleLimit() time.Duration { return max(staleAfter, 3*s.interval) }

// answering judges a target by its newest answer.
func (s *sight) answering() judged {
	if s.stats.Mode == puma.Single {
		return judged{state: Serving}
	}
	booted, listed := s.stats.Booted(), len(s.stats.Workers)
	wanted := max(s.wanted, listed)
	if s.boots.Looping() {
		return judged{state: CrashLoop, reason: fmt.Sprintf("worker %d does not boot: %d tries seen in %s, %d of %d serve",
			s.boots.Index, s.boots.Failed, shortDuration(max(s.now.Sub(s.boots.Since), time.Second)), booted, wanted), remedy: "roll back or deploy a release that boots, then reload"}
	}
	if s.stats.AllServing() && listed >= wanted {
		return judged{state: Serving}
	}
	waits := s.waitsFor(wanted)
	if s.still > s.stillLimit() {
		return judged{state: Stuck, reason: fmt.Sprintf("nothing has changed for %s: %s", shortDuration(s.still), waits), remedy: "see its log; another reload begins the restart anew"}
	}
	return judged{state: Restarting, reason: waits}
}

// waitsFor names what a cluster that is not whole waits for.
func (s *sight) waitsFor(wanted int) string {
	for _, w := range s.stats.Workers {
		if !w.Booted {
			return fmt.Sprintf("worker %d boots, %d of %d serve", w.Index, s.stats.Booted(), wanted)
		}
	}
	if old := s.stats.OldWorkers.Or(0); old > 0 {
		return fmt.Sprintf("%d of %d workers are of an older phase", old, wanted)
	}
	for _, w := range s.stats.Workers {
		if !w.CheckedIn {
			return fmt.Sprintf("worker %d has booted and not yet checked in", w.Index)
		}
	}
	return fmt.Sprintf("%d of %d workers listed", len(s.stats.Workers), wanted)
}

// stillLimit is the boot's limit while a worker boots, else the drain's.
func (s *sight) stillLimit() time.Duration {
	l := LimitsOf(s.facts)
	for _, w := range s.stats.Workers {
		if !w.Booted {
			return l.Boot
		}
	}
	return l.Drain
}

// failure is a state that follows from an error.
func failure(state State, err error) judged {
	c := cause.Of(err)
	return judged{state: state, reason: c.Text, remedy: c.Remedy, stage: c.Stage}
}

// unitWords names a unit as an operator would ask systemctl for it.
func unitWords(u probe.Unit) string {
	if u.Scope == probe.UserScope {
		return "user unit " + u.Name
	}
	return "unit " + u.Name
}

func orUnknown(s string) string {
	if s == "" {
		return "unknown"
	}
	return s
}

// shortDuration is a duration in its largest unit and the next: 8s, 1m12s, 3h05m, 2d4h.
func shortDuration(d time.Duration) string {
	d = d.Round(time.Second)
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", d/time.Minute, d%time.Minute/time.Second)
	case d < 24*time.Hour:
		return fmt.Sprintf("%dh%02dm", d/time.Hour, d%time.Hour/time.Minute)
	}
	return fmt.Sprintf("%dd%dh", d/(24*time.Hour), d%(24*time.Hour)/time.Hour)
}
