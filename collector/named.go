package collector

import (
	"slices"
	"time"

	"pumatop/collector/cause"
	"pumatop/collector/probe"
	"pumatop/collector/puma"
)

// Control is a control app that the operator names. Its target is polled without a look at the process: what only the
// host shows (unit, release, memory, log) stays unknown, and Snapshot.Unseen says so. Where a probe finds the Puma after
// all, it is a target like any other.
type Control struct {
	App     string
	Address puma.Address
	Token   puma.Token
	// Fallback is meant for whichever host needs it: it makes a target only where commands are refused, or no Puma is
	// found at all.
	Fallback bool
	// From, where it is not nil, is where the Token comes from, which then counts before that of the state file. Without an
	// Address it is for the control app that the host shows; without an App, too, for each of them.
	From TokenSource
}

// mute reports a host whose login may run no commands.
func (a *actor) mute() bool { return a.unprobed != nil && cause.Of(a.unprobed).Stage == cause.Shell }

// named makes targets of the control apps that the operator names and the probe did not find; h is nil where there was
// no probe to find anything.
func (a *actor) named(h *probe.Host) {
	now := time.Now()
	for _, c := range a.source.Controls {
		t := a.tracks[c.App]
		if c.Address.IsZero() || t != nil && !t.unseen || !a.needs(c, t, h) { // the first is known, and the newest facts of it say more
			continue
		}
		if t == nil {
			t = a.newTarget(c.App)
		}
		if t.facts.Control != c.Address || t.facts.Token != c.Token {
			t.name(c)
		}
		a.reach(t, c.Address, c.Token, now)
	}
}

// needs reports whether a control app that the operator names is to be a target t, nil where it is none yet.
func (a *actor) needs(c Control, t *tracked, h *probe.Host) bool {
	if h == nil {
		for _, other := range a.tracks {
			if !other.unseen && other.control == c.Address && !other.facts.Container.ExecOnly { // found once, under the name that it has there
				return false
			}
		}
		return !c.Fallback || a.mute() && (t != nil || len(a.tracks) == 0)
	}
	if c.Fallback && len(h.Pumas)+len(h.Idle) > 0 {
		return false
	}
	return !slices.ContainsFunc(h.Pumas, func(p probe.Puma) bool { return p.AnswersAt(c.Address) })
}

// foundOtherwise reports whether the probe has found the Puma of a target that the operator named, under another name.
func (a *actor) foundOtherwise(t *tracked, h *probe.Host) bool {
	for _, p := range h.Pumas {
		if p.App != t.app && p.AnswersAt(t.control) {
			return true
		}
	}
	return len(h.Pumas)+len(h.Idle) > 0 && slices.ContainsFunc(a.source.Controls, func(c Control) bool { return c.Fallback && c.App == t.app })
}

// supplied gives a Puma whose control app was not found the one that the operator names, and the token where that alone
// is missing. A Fallback is meant for it if it is the only one there.
func (a *actor) supplied(p probe.Puma, pumas int) probe.Puma {
	for _, c := range a.source.Controls {
		each := c.App == "" && c.Address.IsZero()
		if p.PID == 0 || !each && c.App != p.App && !(c.Fallback && pumas == 1) {
			continue
		}
		if p.Control.IsZero() {
			p.Control = c.Address
		}
		if (c.Address.IsZero() || p.Control == c.Address) && (!p.Token.IsSet() || c.From != nil && c.Token.IsSet()) {
			p.Token = c.Token
		}
	}
	return p
}

// ofAnother reports an answer at an address of the operator's that is not this Puma's: none of its workers is one that the
// host shows. After a full restart that lasts until the next look, which comes at once.
func (a *actor) ofAnother(t *tracked, s puma.Stats) bool {
	named := slices.ContainsFunc(a.source.Controls, func(c Control) bool { return c.Address == t.control })
	if !named || t.unseen || t.facts.Container.ExecOnly || t.facts.FromOutside() || len(t.facts.Workers) == 0 {
		return false
	}
	pids := s.PIDs()
	return len(pids) > 0 && !slices.ContainsFunc(t.facts.Workers, func(p probe.Process) bool { return pids[p.PID] })
}

// strangerError is an address of the operator's at which another Puma answers.
type strangerError struct{ address puma.Address }

func (e *strangerError) Error() string {
	return "another Puma answers at " + e.address.String() + ": none of its workers is of this one"
}

// FailedAt is where it was found out.
func (*strangerError) FailedAt() cause.Stage { return cause.Decode }

// Remedy is what to name instead.
func (*strangerError) Remedy() string { return "name this one's control app: --control HOST/APP=URL" }

// newTarget begins the track of an app that was not seen before.
func (a *actor) newTarget(app string) *tracked {
	t := &tracked{track: newTrack(a.host.Name(), app), shown: &Snapshot{}}
	t.groups = a.source.Groups
	t.up(true, nil, time.Time{})
	a.tracks[app] = t
	a.c.own(t.id, a)
	return t
}

// closedError is a refused connection to a control app that answered before: on a host that cannot be asked why, that
// is all there is to see of a restart or an end.
type closedError struct{ error }

func (e closedError) Unwrap() error { return e.error }

// Is makes it an ErrNoListener.
func (closedError) Is(target error) bool { return target == ErrNoListener }

// name takes what the operator says of a target that no probe shows.
func (t *track) name(c Control) {
	t.facts = &probe.Puma{App: c.App, Control: c.Address, Token: c.Token}
	t.unseen, t.phased = true, puma.Phased{Answer: puma.Unknown, Evidence: "its configuration and its log are not seen"}
}
