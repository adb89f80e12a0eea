package puma

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"pumatop/collector/clean"
)

// DecodeError is returned for an answer to /stats that is not one: cut off, of another program, or absurd. Its text
// has nothing of the answer that was not sanitised.
type DecodeError struct {
	Err error
	// foreign names what answered where that was no control app.
	foreign string
}

func (e *DecodeError) Error() string { return "decode stats: " + clean.Short(e.Err.Error(), 200) }

// Unwrap returns what is wrong with it.
func (e *DecodeError) Unwrap() error { return e.Err }

// maxWorkers is far above what a machine can run (docs: 4 to 32) and keeps a hostile answer from growing a screen.
const maxWorkers = 1024

// stats is the union of what Puma 3.12 to 8.0 answer. Every field is optional here.
type stats struct {
	StartedAt     *moment        `json:"started_at"`
	Workers       *number        `json:"workers"`
	Phase         *number        `json:"phase"`
	BootedWorkers *number        `json:"booted_workers"`
	OldWorkers    *number        `json:"old_workers"`
	WorkerStatus  []workerStatus `json:"worker_status"`
	Versions      *versions      `json:"versions"`
	pool
}

type versions struct {
	Puma string `json:"puma"`
	Ruby struct {
		Engine  string `json:"engine"`
		Version string `json:"version"`
	} `json:"ruby"`
}

type workerStatus struct {
	StartedAt   *moment `json:"started_at"`
	PID         *number `json:"pid"`
	Index       *number `json:"index"`
	Phase       *number `json:"phase"`
	Booted      *bool   `json:"booted"`
	LastCheckin *moment `json:"last_checkin"`
	LastStatus  pool    `json:"last_status"`
}

// pool is last_status, and in single mode part of the top level.
type pool struct {
	Backlog            *number  `json:"backlog"`
	Running            *number  `json:"running"`
	PoolCapacity       *number  `json:"pool_capacity"`
	MaxThreads         *number  `json:"max_threads"`
	BusyThreads        *number  `json:"busy_threads"`
	RequestsCount      *number  `json:"requests_count"`
	BacklogMax         *number  `json:"backlog_max"`
	ReactorMax         *number  `json:"reactor_max"`
	IOThreads          *number  `json:"io_threads"`
	OldestRequestStart *instant `json:"oldest_request_start"`
}

// Decode reads an answer of /stats of Puma 3.12 to 8.0, in cluster and in single mode. What the answer does not have
// is missing in the result. The error is a [*DecodeError].
func Decode(body []byte) (Stats, error) {
	s, err := decode(body)
	if err != nil {
		return Stats{}, &DecodeError{Err: err, foreign: foreignText(body, err)}
	}
	return s, nil
}

func decode(body []byte) (Stats, error) {
	if len(body) > maxBody {
		return Stats{}, errors.New("the answer is too long")
	}
	if s, ok := scanStats(body); ok {
		return s, nil
	}
	return unmarshal(body)
}

// unmarshal reads any answer.
func unmarshal(body []byte) (Stats, error) {
	var raw *stats
	if err := json.Unmarshal(body, &raw); err != nil {
		return Stats{}, jsonError(err)
	}
	if raw == nil {
		return Stats{}, errNotStats
	}
	return normalise(raw)
}

// normalise makes one shape of what the versions answer.
func normalise(raw *stats) (Stats, error) {
	out := Stats{StartedAt: raw.StartedAt.time()}
	if v := raw.Versions; v != nil {
		out.Puma = strings.Clone(clean.Short(v.Puma, 40)) // else it keeps the whole answer
		out.Ruby = clean.Short(strings.TrimSpace(v.Ruby.Engine+" "+v.Ruby.Version), 60)
	}
	if raw.WorkerStatus != nil || raw.Workers != nil {
		return cluster(raw, out)
	}
	return single(raw, out)
}

// jsonError names the field that is of another type rather than our own struct.
func jsonError(err error) error {
	var wrongType *json.UnmarshalTypeError
	if errors.As(err, &wrongType) && wrongType.Field != "" {
		return fmt.Errorf("%s is a JSON %s", wrongType.Field, wrongType.Value)
	}
	return err
}

func single(raw *stats, out Stats) (Stats, error) {
	w := Worker{Pool: raw.pool.counts(), StartedAt: MomentOf(out.StartedAt)}
	// From 6.6.1 a single Puma answers before it has a server: with its start and version and no figures.
	w.CheckedIn = w.Pool.reported()
	w.Booted = w.CheckedIn
	if !w.CheckedIn && raw.StartedAt == nil && raw.Versions == nil {
		return Stats{}, errNotStats
	}
	out.Mode, out.Workers = Single, []Worker{w}
	return out, nil
}

func cluster(raw *stats, out Stats) (Stats, error) {
	if len(raw.WorkerStatus) > maxWorkers {
		return Stats{}, fmt.Errorf("%d workers are more than a Puma can have", len(raw.WorkerStatus))
	}
	out.Mode = Cluster
	out.Handles, out.Phase = raw.Workers.count(), raw.Phase.count()
	out.BootedWorkers, out.OldWorkers = raw.BootedWorkers.count(), raw.OldWorkers.count()
	for _, c := range []Count{out.Handles, out.Phase, out.BootedWorkers, out.OldWorkers} {
		if c.N < 0 || c.N > math.MaxInt32 {
			return Stats{}, fmt.Errorf("%d is not a number of workers or phases", c.N)
		}
	}
	out.Workers = make([]Worker, 0, len(raw.WorkerStatus))
	for _, entry := range raw.WorkerStatus {
		w, err := entry.worker()
		if err != nil {
			return Stats{}, err
		}
		out.Workers = append(out.Workers, w)
	}
	// Before 8.0 a replacement stands at the end of Puma's list.
	slices.SortFunc(out.Workers, byIndex)
	return out, distinct(out.Workers)
}

// distinct rejects workers, sorted by index, that could not be told apart. Puma gives a new handle the lowest free
// index and keeps a dead one until its pid is gone, so no Puma answers that.
func distinct(workers []Worker) error {
	var few [64]int
	pids := few[:0]
	for i := range workers {
		w := &workers[i]
		if i > 0 && workers[i-1].Index == w.Index {
			return fmt.Errorf("two workers have the index %d", w.Index)
		}
		if w.PID != 0 {
			pids = append(pids, w.PID)
		}
	}
	slices.Sort(pids)
	for i := 1; i < len(pids); i++ {
		if pids[i-1] == pids[i] {
			return fmt.Errorf("two workers have the pid %d", pids[i])
		}
	}
	return nil
}

// worker requires what every Puma gives: without an index, a phase and booted nothing could be said of a worker.
func (s workerStatus) worker() (Worker, error) {
	if s.Index == nil || s.Phase == nil || s.Booted == nil {
		return Worker{}, errors.New("a worker has no index, phase or booted")
	}
	index, phase, pid := s.Index.count(), s.Phase.count(), s.PID.count()
	if index.N < 0 || index.N > math.MaxUint16 || phase.N < 0 || phase.N > math.MaxInt32 || pid.N < 0 || pid.N > math.MaxInt32 {
		return Worker{}, fmt.Errorf("worker with index %d, pid %d, phase %d", index.N, pid.N, phase.N)
	}
	w := Worker{
		Index: int(index.N), PID: int(pid.N), Phase: int(phase.N), Booted: *s.Booted,
		StartedAt: MomentOf(s.StartedAt.time()), LastCheckin: MomentOf(s.LastCheckin.time()), Pool: s.LastStatus.counts(),
	}
	w.CheckedIn = w.Pool.reported()
	return w, nil
}

func (p pool) counts() Pool {
	out := Pool{
		Backlog: p.Backlog.figure(), Running: p.Running.figure(), PoolCapacity: p.PoolCapacity.figure(),
		MaxThreads: p.MaxThreads.figure(), BusyThreads: p.BusyThreads.figure(), RequestsCount: p.RequestsCount.count(),
		BacklogMax: p.BacklogMax.figure(), ReactorMax: p.ReactorMax.figure(), IOThreads: p.IOThreads.figure(),
	}
	if p.OldestRequestStart != nil {
		out.OldestRequestStart = MomentOf(time.Time(*p.OldestRequestStart))
	}
	return out
}

// reported is whether any of Puma's own figures is there.
func (p Pool) reported() bool {
	p.OldestRequestStart = 0
	return p != Pool{}
}

// number is a whole number in JSON; Puma sends no others. It is nil where the field is absent or null.
type number int64

func (n *number) count() Count {
	if n == nil {
		return Count{}
	}
	return Of(int64(*n))
}

func (n *number) figure() Figure {
	if n == nil {
		return Figure{}
	}
	return FigureOf(*n)
}

// moment is a time as Puma writes it: RFC 3339 in UTC, to the second. One that cannot be read is missing rather than
// an error: the figures beside it are still true.
type moment string

func (m *moment) time() time.Time {
	if m == nil {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339, string(*m))
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

// instant is the time of a plug-in, which nothing specifies: RFC 3339, or seconds since 1970 with or without a
// fraction. Anything else is missing.
type instant time.Time

func (i *instant) UnmarshalJSON(b []byte) error {
	if seconds, err := strconv.ParseFloat(string(b), 64); err == nil {
		if seconds > 0 && seconds < 1<<33 {
			whole, fraction := math.Modf(seconds)
			*i = instant(time.Unix(int64(whole), int64(fraction*1e9)).UTC())
		}
		return nil
	}
	var m moment
	if json.Unmarshal(b, &m) == nil {
		*i = instant(m.time())
	}
	return nil
}
