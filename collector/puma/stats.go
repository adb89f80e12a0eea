package puma

import "time"

// Mode is how a Puma runs: a master with worker processes, or one process alone.
type Mode string

// The modes, in Puma's own words.
const (
	Cluster Mode = "cluster"
	Single  Mode = "single"
)

// Stats is one answer of /stats, normalised over Puma 3.12 to 8.0. Fields that the answer did not have are
// missing or zero as each says; nothing is made up.
type Stats struct {
	Mode Mode
	// StartedAt is when the runner of this image was made, to the second (from 4.1; else zero). A full restart
	// renews it, a phased one does not.
	StartedAt time.Time
	// Phase counts the phased restarts since the master booted. Cluster only.
	Phase Count
	// Handles is Puma's `workers`: the worker handles now, not the configured number.
	Handles Count
	// BootedWorkers counts handles that reported a boot, of any phase, draining ones included. Cluster only.
	BootedWorkers Count
	// OldWorkers counts handles whose phase is not the master's. It reaches 0 before the last worker has booted.
	OldWorkers Count
	// Workers are sorted by index. Single mode has one: index 0, without a pid, booted and checked in but for the
	// moment of its start at which Puma (from 6.6.1) answers without figures.
	Workers []Worker
	// Puma and Ruby are the versions of the image (from 6.0; else empty). Ruby is "ruby 3.1.2" or the like.
	Puma, Ruby string
}

// Worker is one entry of worker_status.
type Worker struct {
	// Index is the slot; a replacement takes the index of the worker it replaces.
	Index int
	// PID is 0 while Puma does not know it yet (`null`, seen under fork_worker).
	PID int
	// Phase is the phase in which the handle was made.
	Phase int
	// Booted is false until the worker's boot message.
	Booted bool
	// CheckedIn is whether last_status holds anything: the only proof that this pid reported for itself.
	CheckedIn bool
	// StartedAt is when the handle was made, to the second (from 4.1; else zero).
	StartedAt Moment
	// LastCheckin is the last ping the master saw, by the host's clock, to the second.
	LastCheckin Moment
	// Pool is the last_status; every count in it is missing until the worker has checked in.
	Pool Pool
}

// Pool is the thread pool of one worker as of its last check-in (single mode: of this moment).
type Pool struct {
	// Backlog is accepted requests that wait for a thread. Up to Puma 6 it stays 0 while the kernel queues.
	Backlog Figure
	// Running is spawned threads, busy or idle.
	Running Figure
	// PoolCapacity is how many more requests could be taken at once.
	PoolCapacity Figure
	// MaxThreads is the upper limit of the pool.
	MaxThreads Figure
	// BusyThreads (from 6.6) includes the backlog and may exceed MaxThreads; see InUse.
	BusyThreads Figure
	// RequestsCount is requests begun since the worker booted (from 5.0).
	RequestsCount Count
	// BacklogMax and ReactorMax (from 7.0) are peaks since somebody last asked: every reader resets them.
	BacklogMax, ReactorMax Figure
	// IOThreads (from 8.0) is threads marked as waiting for I/O.
	IOThreads Figure
	// OldestRequestStart is when the oldest request in flight began. No stock Puma has it; some installations
	// add it to last_status. Zero where it is absent.
	OldestRequestStart Moment
}

// InUse is the threads at work: max − pool capacity, which holds in every version; never below 0, and missing
// where one of the two is.
func (p Pool) InUse() Count {
	if !p.MaxThreads.Known || !p.PoolCapacity.Known {
		return Count{}
	}
	return Of(max(int64(p.MaxThreads.N)-int64(p.PoolCapacity.N), 0))
}

// PIDs returns the known pids of the workers.
func (s Stats) PIDs() map[int]bool {
	pids := make(map[int]bool, len(s.Workers))
	for _, w := range s.Workers {
		if w.PID != 0 {
			pids[w.PID] = true
		}
	}
	return pids
}

// AllServing reports whether every worker has booted, checked in and stands in the master's phase, and none is
// left of an older one. It says nothing of how many workers there should be.
func (s Stats) AllServing() bool {
	if s.Mode == Single {
		return len(s.Workers) == 1 && s.Workers[0].Booted
	}
	for _, w := range s.Workers {
		if w.PID == 0 || !w.Booted || !w.CheckedIn || int64(w.Phase) != s.Phase.N {
			return false
		}
	}
	return len(s.Workers) > 0 && s.Phase.Known && s.OldWorkers.Or(0) == 0
}

// Booted counts the workers that have booted.
func (s Stats) Booted() int {
	n := 0
	for _, w := range s.Workers {
		if w.Booted {
			n++
		}
	}
	return n
}
