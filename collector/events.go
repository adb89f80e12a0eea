package collector

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"pumatop/collector/probe"
	"pumatop/collector/puma"
)

// changes names what happened to a target between two snapshots of it, oldest first.
func changes(before, now *Snapshot) []Event {
	var out []Event
	add := func(kind EventKind, format string, args ...any) {
		out = append(out, Event{At: now.At, Target: now.ID, Kind: kind, Text: fmt.Sprintf(format, args...)})
	}
	looked := before.facts != now.facts // mostly not: facts are shared by all snapshots between two probes
	if looked || now.Restarts > before.Restarts {
		imageChanges(before, now, add)
	}
	if now.Fresh() && !before.Answered.IsZero() && now.statsOf == before.statsOf {
		if before.Stats.Phase.Known && now.Stats.Phase.N != before.Stats.Phase.N {
			add(PhaseChanged, "phase %s→%s", before.Stats.Phase, now.Stats.Phase)
		}
		workerChanges(before, now, add)
	}
	if looked {
		factChanges(before, now, add)
	}
	if before.State != now.State && before.State != Connecting && before.State != "" {
		add(StateChanged, "%s", stateWords(before, now))
		out[len(out)-1].State = now.State
	}
	return out
}

// imageChanges tell of another image of the master, and as far as that is known, who made it.
func imageChanges(before, now *Snapshot, add func(EventKind, string, ...any)) {
	switch was, is := before.Facts().Container, now.Facts().Container; {
	case was.ID != "" && is.ID != "" && was.ID != is.ID:
		add(ImageChanged, "another container has taken its place: %s, before %s", is.Short(), was.Short())
	case is.StartedAgain(was):
		add(ImageChanged, "%s", startedWords(was, is))
	case now.Restarts > before.Restarts && is.ID != "": // by whom the next look tells
		add(ImageChanged, "another image of the master")
	case now.Restarts > before.Restarts:
		add(ImageChanged, "full restart seen: another image of the master")
	}
}

// startedWords tell who has started a container again.
func startedWords(was, is probe.Container) string {
	if is.Restarts.Or(0) > was.Restarts.Or(0) {
		return fmt.Sprintf("container %s ended and %s has started it again, %s restarts so far", is.Short(), is.Engine, is.Restarts)
	}
	return fmt.Sprintf("container %s was started again", is.Short())
}

// workerChanges pairs workers by index. In a crash loop every poll would be an event: only the first pid is.
func workerChanges(before, now *Snapshot, add func(EventKind, string, ...any)) {
	if sameWorkers(before.Stats.Workers, now.Stats.Workers) {
		return
	}
	looping := now.Boots.Failed > 1
	old := map[int]puma.Worker{}
	for _, w := range before.Stats.Workers {
		old[w.Index] = w
	}
	for _, w := range now.Stats.Workers {
		was, listed := old[w.Index]
		delete(old, w.Index)
		switch {
		case listed:
			workerChange(was, w, looping, add)
		case !looping:
			add(WorkerCount, "worker %d appeared%s", w.Index, pidWords(w))
		}
	}
	for _, w := range before.Stats.Workers {
		if _, gone := old[w.Index]; gone && !looping {
			add(WorkerCount, "worker %d is gone%s", w.Index, pidWords(w))
		}
	}
}

// sameWorkers reports that nothing has happened to any worker, as between nearly all polls.
func sameWorkers(before, now []puma.Worker) bool {
	if len(before) != len(now) {
		return false
	}
	for i := range now {
		b, n := &before[i], &now[i]
		if b.Index != n.Index || b.PID != n.PID || b.Booted != n.Booted || b.Phase != n.Phase {
			return false
		}
	}
	return true
}

// workerChange names what became of one index. A new pid has replaced the old one only once it has booted.
func workerChange(was, is puma.Worker, looping bool, add func(EventKind, string, ...any)) {
	switch {
	case is.PID == 0 || was.PID == 0:
	case was.PID == is.PID:
		if is.Booted && !was.Booted {
			add(WorkerReplaced, "worker %d booted, pid %d, phase %d", is.Index, is.PID, is.Phase)
		}
	case !was.Booted && !is.Booted:
		if !looping {
			add(WorkerDied, "worker %d did not boot, pid %d, tried again as %d", is.Index, was.PID, is.PID)
		}
	case is.Phase == was.Phase:
		add(WorkerDied, "worker %d left outside a restart, pid %d→%d", is.Index, was.PID, is.PID)
	case is.Booted:
		add(WorkerReplaced, "worker %d replaced, pid %d→%d, phase %d", is.Index, was.PID, is.PID, is.Phase)
	default:
		add(WorkerReplaced, "worker %d left, pid %d; pid %d boots in phase %d", is.Index, was.PID, is.PID, is.Phase)
	}
}

// pidWords names a pid that is known.
func pidWords(w puma.Worker) string {
	if w.PID == 0 {
		return ""
	}
	return fmt.Sprintf(", pid %d", w.PID)
}

// factChanges compares what the probes found.
func factChanges(before, now *Snapshot, add func(EventKind, string, ...any)) {
	if before.Facts().PID == 0 || now.Facts().PID == 0 || !now.Probed.IsZero() && now.Probed.Equal(before.Probed) {
		return
	}
	if a, b := before.Facts().Version.String(), now.Facts().Version.String(); a != b {
		add(VersionChanged, "Puma %s→%s", a, b)
	}
	if a, b := before.Facts().Current, now.Facts().Current; a != b && a != "" && b != "" {
		add(ReleaseChanged, "current moved to %s", path.Base(b))
	}
	if a, b := releaseNames(before), releaseNames(now); a != b && a != "" && b != "" {
		add(ReleaseChanged, "workers run %s, before %s", b, a)
	}
}

// releaseNames are the last parts of what the processes ran when the host was last looked at.
func releaseNames(s *Snapshot) string {
	var names []string
	add := func(release string) {
		if name := path.Base(release); release != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, p := range s.Facts().Workers {
		add(p.Release)
	}
	if len(s.Facts().Workers) == 0 {
		add(s.Facts().Release)
	}
	slices.Sort(names)
	return strings.Join(names, " and ")
}

func stateWords(before, now *Snapshot) string {
	words := now.State.String()
	if now.Reason != "" {
		words += ": " + now.Reason
	}
	if now.State == Serving {
		words = fmt.Sprintf("serving again after %s of %s", shortDuration(now.At.Sub(before.Since)), before.State)
	}
	return words
}

// hostEvent is an event that concerns a host rather than one of its targets.
func hostEvent(host string, kind EventKind, at time.Time, text string) Event {
	return Event{At: at, Target: TargetID(host), Kind: kind, Text: text}
}
