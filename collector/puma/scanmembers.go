package puma

import "math"

// member reads one member of the answer.
func (s *scanner) member(name []byte) bool {
	t := &s.top
	switch string(name) {
	case "started_at":
		return t.seen.add(hasStart) && s.time(&t.startedAt)
	case "workers":
		return s.number(&t.workers)
	case "phase":
		return s.number(&t.phase)
	case "booted_workers":
		return s.number(&t.booted)
	case "old_workers":
		return s.number(&t.oldHandle)
	case "worker_status":
		return t.seen.add(hasStatus) && s.workerStatus()
	case "versions":
		if !t.seen.add(hasVersions) {
			return false
		}
		s.object((*scanner).versions)
		return !s.failed
	}
	return s.figure(&s.pool.Pool, name)
}

// needed is what every Puma gives of a worker.
const needed = hasIndex | hasPhase | hasBooted

// workerStatus reads worker_status.
func (s *scanner) workerStatus() bool {
	s.expect('[')
	if s.next(']') {
		return true
	}
	for !s.failed {
		s.status = entry{}
		s.object((*scanner).worker)
		// without these nothing could be said of a worker
		if s.status.seen&needed != needed {
			return false
		}
		w := &s.status.Worker
		w.CheckedIn = w.Pool.reported()
		s.workers = append(s.workers, *w)
		if !s.next(',') {
			s.expect(']')
			break
		}
	}
	return !s.failed
}

// worker reads one member of a worker's entry.
func (s *scanner) worker(name []byte) bool {
	w := &s.status
	switch string(name) {
	case "started_at":
		return w.seen.add(hasStart) && s.moment(&w.StartedAt)
	case "pid":
		// null is one that is not known yet
		return w.seen.add(hasPID) && s.intOrNull(&w.PID, math.MaxInt32)
	case "index":
		return w.seen.add(hasIndex) && s.int(&w.Index, math.MaxUint16)
	case "phase":
		return w.seen.add(hasPhase) && s.int(&w.Phase, math.MaxInt32)
	case "booted":
		return w.seen.add(hasBooted) && s.bool(&w.Booted)
	case "last_checkin":
		return w.seen.add(hasCheckin) && s.moment(&w.LastCheckin)
	case "last_status":
		if !w.seen.add(hasStatus) {
			return false
		}
		s.object((*scanner).lastStatus)
		return !s.failed
	}
	return false
}

// intOrNull is int, or leaves it at 0.
func (s *scanner) intOrNull(out *int, most int64) bool { return s.literal("null") || s.int(out, most) }

func (s *scanner) lastStatus(name []byte) bool { return s.figure(&s.status.Pool, name) }

// few reads a number of threads or requests, which must not be there yet.
func (s *scanner) few(out *Figure) bool {
	c := out.Count()
	if !s.number(&c) {
		return false
	}
	*out = FigureOf(c.N)
	return out.Known
}

// figure reads one of the figures of a thread pool.
func (s *scanner) figure(p *Pool, name []byte) bool {
	switch string(name) {
	case "backlog":
		return s.few(&p.Backlog)
	case "running":
		return s.few(&p.Running)
	case "pool_capacity":
		return s.few(&p.PoolCapacity)
	case "max_threads":
		return s.few(&p.MaxThreads)
	case "busy_threads":
		return s.few(&p.BusyThreads)
	case "requests_count":
		return s.number(&p.RequestsCount)
	case "backlog_max":
		return s.few(&p.BacklogMax)
	case "reactor_max":
		return s.few(&p.ReactorMax)
	case "io_threads":
		return s.few(&p.IOThreads)
	}
	return false
}

// versions reads the versions of Puma and Ruby.
func (s *scanner) versions(name []byte) bool {
	t := &s.top
	switch string(name) {
	case "puma":
		t.puma = s.plain()
		return t.seen.add(hasPuma)
	case "ruby":
		if !t.seen.add(hasRuby) {
			return false
		}
		s.object((*scanner).rubyVersion)
		return !s.failed
	}
	return false
}

func (s *scanner) rubyVersion(name []byte) bool {
	t := &s.top
	var ignored Count
	switch string(name) {
	case "engine":
		t.engine = s.plain()
		return t.seen.add(hasEngine)
	case "version":
		t.version = s.plain()
		return t.seen.add(hasVersion)
	case "patchlevel":
		return s.number(&ignored) && t.seen.add(hasPatch)
	}
	return false
}
