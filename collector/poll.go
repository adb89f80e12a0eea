package collector

import (
	"bufio"
	"context"
	"errors"
	"io"
	"time"

	"pumatop/collector/cause"
	"pumatop/collector/probe"
	"pumatop/collector/puma"
)

// probe asks the host what runs there.
func (a *actor) probe() {
	a.probing = true
	session, began := a.session, time.Now()
	script, want := a.c.script, probe.Want{StatePaths: a.source.StatePaths, Units: a.source.Units}
	if len(want.StatePaths)+len(want.Units) > 0 {
		script = probe.Script(want)
	}
	asked := a.missingTokens()
	a.spawn(func() func() {
		secrets := readTokens(session, asked)
		ctx, cancel := context.WithTimeout(session, probeTimeout)
		out, err := a.host.Run(ctx, script)
		cancel()
		var h probe.Host
		if err == nil {
			h, err = want.Parse(out)
		}
		return func() {
			if a.session == session && a.up {
				a.learn(secrets)
				a.probeDone(h, err, began, time.Now())
			}
		}
	})
}

func (a *actor) probeDone(h probe.Host, err error, began, now time.Time) {
	a.probing, a.probed, a.asked = false, now, true
	a.probeAt = now.Add(probeInterval)
	if a.again {
		a.probeAt, a.again = now.Add(probeSoonest), false
	}
	defer a.probeWatched()
	a.unprobed = err
	if err != nil {
		c := cause.Of(err)
		a.notes, a.found = []probe.Note{{Text: "the host could not be probed: " + c.Text, Remedy: c.Remedy}}, nil
		a.named(nil)
		a.publish(a.snapshots(now)...)
		return
	}
	offset := time.Duration(0)
	if !h.Clock.IsZero() {
		offset = h.Clock.Sub(began.Add(now.Sub(began) / 2))
	}
	a.names.Apply(&h)
	a.notes, a.found = h.Notes, nil
	seen := map[string]bool{}
	for _, p := range h.Pumas {
		if t := a.knownInside(p); t != nil { // what was seen inside stands, with its age
			seen[t.app], a.notes = true, append(a.notes, p.Notes...)
			continue
		}
		a.find(a.supplied(p, len(h.Pumas)), began, now, offset, seen)
	}
	for _, u := range h.Idle {
		a.find(probe.Puma{App: u.App(), Unit: u, Login: h.User}, began, now, offset, seen)
	}
	a.named(&h)
	a.missed(&h, seen, began, now, offset)
	a.publish(a.snapshots(now)...)
}

// missed goes through the targets that the probe did not find, or not by their name.
func (a *actor) missed(h *probe.Host, seen map[string]bool, began, now time.Time, offset time.Duration) {
	for app, t := range a.tracks {
		switch {
		case t.watched > 0: // whoever waits for its verdict is to hear of its end
		case t.unseen && a.foundOtherwise(t, h), !seen[app] && t.facts.Container.Older: // of a deploy that has ended nothing comes back
			a.drop(t)
			continue
		}
		if t.unseen || !seen[app] && a.runs(t.facts.Container, h) {
			continue
		}
		if !seen[app] { // what systemd said of the unit once says nothing of it now
			gone := probe.Unit{Name: t.facts.Unit.Name, Scope: t.facts.Unit.Scope, Manager: t.facts.Unit.Manager, LogPath: t.facts.Unit.LogPath}
			a.find(probe.Puma{App: app, Unit: gone, Container: t.facts.Container, Login: h.User}, began, now, offset, seen)
		}
		if t.facts.PID == 0 {
			a.probeAfter(idleProbe)
		}
	}
}

// probeWatched asks for the next probe soon while somebody watches a target that cannot be polled: probes are all that
// is seen of a restart there.
func (a *actor) probeWatched() {
	for _, t := range a.tracks {
		if t.watched > 0 && t.client == nil {
			a.probeAfter(probeSoonest)
		}
	}
}

// find gives what the probe found to its target, which is new where the app was not seen before.
func (a *actor) find(p probe.Puma, began, now time.Time, offset time.Duration, seen map[string]bool) {
	a.found = append(a.found, p.App)
	if seen[p.App] || !a.wants(p) {
		return
	}
	seen[p.App] = true
	t := a.tracks[p.App]
	if t == nil {
		t = a.newTarget(p.App)
	}
	if was, is := t.facts.Container.ID, p.Container.ID; was != "" && is != "" && was != is {
		t.track, t.client, t.control = t.succeed(now), nil, puma.Address{}
	}
	if p.PID == 0 && p.LogPath == "" {
		p.LogPath = t.facts.LogPath // why it went is said where it logged
	}
	if p.StateStamp != t.facts.StateStamp {
		t.due = now // another image, which answers though the one before did not
	}
	t.track.probe(p, began, now, offset)
	a.reach(t, p.Control, p.Token, now)
}

// reach makes the client of a target's control app, unless it has that one already.
func (a *actor) reach(t *tracked, control puma.Address, token puma.Token, now time.Time) {
	if control == t.control && token == t.token && !control.IsZero() {
		return
	}
	t.control, t.token, t.client, t.given = control, token, nil, a.gives(token)
	if !control.IsZero() {
		t.client = puma.NewClient(a.dialerOf(t.facts, control), token)
		t.due = now
	}
}

// poll asks one target, once. Why a socket does not open is asked of the host once and not at every poll, since that
// costs it a process.
func (a *actor) poll(t *tracked) {
	t.polling = true
	session, client, began := a.session, t.client, time.Now()
	explain := !t.unseen && (!t.explained || t.failed%slowAfter == 0)
	a.spawn(func() func() {
		ctx, cancel := context.WithTimeout(session, pollTimeout)
		s, err := client.Stats(ctx)
		cancel()
		done := time.Now()
		var control *controlError
		explained := false
		if explain && errors.As(err, &control) && session.Err() == nil && !errors.Is(err, context.DeadlineExceeded) {
			ctx, cancel := context.WithTimeout(session, pollTimeout)
			err = a.host.Explain(ctx, control.path, control.err)
			cancel()
			explained = true
		}
		return func() {
			switch {
			case a.session != session: // the poll of a connection that was lost: another may be under way
			case a.tracks[t.app] != t: // dropped meanwhile
			case !a.up || t.client != client:
				t.polling = false
			case err != nil:
				a.failed(t, err, explained, began)
				a.next(t, began, done)
			default:
				a.answered(t, s, began, done)
				a.next(t, began, done)
			}
		}
	})
}

// failed takes a poll that failed. An explanation stays until the socket answers, fails otherwise or is explained anew.
func (a *actor) failed(t *tracked, err error, explained bool, began time.Time) {
	var control *controlError
	isControl := errors.As(err, &control)
	if t.unseen && isControl && !t.answered.IsZero() && cause.Of(err).Stage == cause.Forward {
		err = closedError{err}
	}
	if explained || !t.explained || !isControl {
		t.fail(err, began)
		t.explained = explained
	}
	t.failed++
	if errors.Is(err, context.DeadlineExceeded) {
		a.host.Suspect()
	}
	if t.unseen { // no look at the host tells more
		if len(a.missingTokens()) > 0 {
			a.probeNow()
		}
		return
	}
	newToken := !t.deniedAt.IsZero() && !t.probed.After(t.deniedAt)
	if t.failed <= 3 || t.failed%10 == 0 || newToken {
		a.probeNow()
	}
}

// answered takes the answer to a poll.
func (a *actor) answered(t *tracked, s puma.Stats, began, done time.Time) {
	if a.ofAnother(t, s) {
		a.failed(t, &strangerError{t.control}, true, began)
		return
	}
	t.failed, t.explained = 0, false
	a.accepted(t.token)
	t.answer(s, done, done.Sub(began))
	if t.unread() {
		a.probeAfter(a.probePause(t))
	}
}

// next publishes the outcome of a poll and sets the time of the next.
func (a *actor) next(t *tracked, began, done time.Time) {
	t.polling = false
	snapshot := t.snapshot(done, a.interval)
	t.due = later(done, a.moment(t, began, t.pause(snapshot.State, a.interval)))
	a.publish(snapshot)
}

// moment is when a target is to be polled again after a poll began: at its own moment within the interval, which is never
// further off than an interval, or after a pause that is another one.
func (a *actor) moment(t *tracked, began time.Time, pause time.Duration) time.Time {
	if t.spread && pause != a.interval {
		return began.Add(pause)
	}
	if !t.spread {
		t.share, t.spread = share(t.id, a.interval, a.c.size()), true
	}
	return earlier(began.Add(pause), a.c.beat.following(began, t.share, a.interval))
}

// pause is the time between the beginnings of two polls.
func (t *tracked) pause(state State, interval time.Duration) time.Duration {
	switch {
	case t.failed > slowAfter && t.watched == 0:
		return max(slowInterval, interval)
	case t.watched > 0 || state == Restarting && t.failed == 0:
		return min(fastInterval, interval)
	}
	return interval
}

// probePause is how soon new workers are looked at: at once while somebody waits for them, rarely in a crash loop,
// where there are new ones in every poll.
func (a *actor) probePause(t *tracked) time.Duration {
	switch {
	case t.boots.Boots().Looping():
		return probeInterval / 3
	case t.watched > 0:
		return probeSoonest
	}
	return 2 * probeSoonest
}

func (a *actor) probeAfter(pause time.Duration) {
	if at := later(time.Now(), a.probed.Add(pause)); at.Before(a.probeAt) {
		a.probeAt = at
	}
}

// unread reports whether the newest answer is of processes or an image that no probe has seen.
func (t *track) unread() bool {
	switch {
	case t.unseen:
		return false
	case !t.named():
		return true
	}
	for i := range t.stats.Workers {
		w := &t.stats.Workers[i]
		if w.PID != 0 && w.Booted && t.process(i, w.PID) == nil {
			return true
		}
	}
	return false
}

// longestLine bounds a log line; the rest of a longer one is dropped, for it would pass for a line of its own.
const longestLine = 64 << 10

// readLines hands on the lines of a stream until ctx ends, and closes it then.
func readLines(ctx context.Context, stream io.ReadCloser) <-chan string {
	lines := make(chan string)
	stop := context.AfterFunc(ctx, func() { _ = stream.Close() })
	go func() {
		defer close(lines)
		defer stop()
		r := bufio.NewReaderSize(stream, longestLine)
		for tail := false; ; {
			line, cut, err := r.ReadLine()
			if err != nil {
				_ = stream.Close()
				return
			}
			wasTail := tail
			if tail = cut; wasTail {
				continue
			}
			select {
			case lines <- puma.LogText(string(line)):
			case <-ctx.Done():
				return
			}
		}
	}()
	return lines
}

// waits is what the attempt to connect waits for a person to do.
func (a *actor) waits() string {
	if !a.connecting {
		return ""
	}
	return a.host.Waiting()
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
