package collector

import (
	"fmt"
	"path"
	"strings"
	"time"

	"pumatop/collector/puma"
)

// changes names what happened to a target between two snapshots of it, oldest first.
func changes(before, now Snapshot) []Event {
	var out []Event
	add := func(kind EventKind, format string, args ...any) {
		out = append(out, Event{At: now.At, Target: now.ID, Kind: kind, Text: fmt.Sprintf(format, args...)})
	}
	if now.Fresh() && !before.Answered.IsZero() {
		restarted := !before.Image.Same(now.Image) || !before.Stats.StartedAt.Equal(now.Stats.StartedAt)
		switch {
		case restarted:
			add(ImageChanged, "full restart seen: another image of the master")
		case before.Stats.Phase.Known && now.Stats.Phase.N != before.Stats.Phase.N:
			add(PhaseChanged, "phase %s→%s", before.Stats.Phase, now.Stats.Phase)
		}
		if !restarted {
			workerChanges(before, now, add)
		}
	}
	factChanges(before, now, add)
	if before.State != now.State && before.State != Connecting && before.State != "" {
		add(StateChanged, "%s", stateWords(before, now))
	}
	return out
}

// workerChanges pairs workers by index. In a crash loop every poll would be an event: only the first pid is.
func workerChanges(before, now Snapshot, add func(EventKind, string, ...any)) {
	old := map[int]puma.Worker{}
	for _, w := range before.Stats.Workers {
		old[w.Index] = w
	}
	for _, w := range now.Stats.Workers {
		was, listed := old[w.Index]
		delete(old, w.Index)
		switch {
		case !listed:
			add(WorkerCount, "worker %d appeared, pid %d", w.Index, w.PID)
		case was.PID == w.PID || w.PID == 0 || was.PID == 0 || !was.Booted && !w.Booted && now.Boots.Failed > 1:
		case w.Phase != was.Phase:
			add(WorkerReplaced, "worker %d replaced, pid %d→%d, phase %d", w.Index, was.PID, w.PID, w.Phase)
		case !was.Booted:
			add(WorkerDied, "worker %d did not boot, pid %d, tried again as %d", w.Index, was.PID, w.PID)
		default:
			add(WorkerDied, "worker %d left outside a restart, pid %d→%d", w.Index, was.PID, w.PID)
		}
	}
	for _, w := range before.Stats.Workers {
		if _, gone := old[w.Index]; gone {
			add(WorkerCount, "worker %d is gone, pid %d", w.Index, w.PID)
		}
	}
}

// factChanges compares what the probes found.
func factChanges(before, now Snapshot, add func(EventKind, string, ...any)) {
	if before.Facts.PID == 0 || now.Facts.PID == 0 {
		return
	}
	if a, b := before.Facts.Version.String(), now.Facts.Version.String(); a != b {
		add(VersionChanged, "Puma %s→%s", a, b)
	}
	if a, b := before.Facts.Current, now.Facts.Current; a != b && a != "" && b != "" {
		add(ReleaseChanged, "current moved to %s", path.Base(b))
	}
	if a, b := releaseNames(before), releaseNames(now); a != b && a != "" && b != "" {
		add(ReleaseChanged, "workers run %s, before %s", b, a)
	}
}

// releaseNames are the last parts of the running releases.
func releaseNames(s Snapshot) string {
	names := s.Releases()
	for i, r := range names {
		names[i] = path.Base(r)
	}
	return strings.Join(names, " and ")
}

func stateWords(before, now Snapshot) string {
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
