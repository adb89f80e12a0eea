package puma

import "strings"

// scanStats reads what Pumas write in practice, and nothing else: it gives up on whatever it does not know, on a name
// that comes twice, on an escaped character, on a fraction. encoding/json decides on the rest, and would have read the
// same here. It is there because a fleet of a thousand is a thousand answers a second, and takes a quarter of the time.
func scanStats(body []byte) (*stats, bool) {
	s := &scanner{text: string(body)}
	out := &stats{}
	s.object(func(name string) bool { return s.top(out, name) })
	s.space()
	return out, !s.failed && s.at == len(s.text)
}

// scanner reads JSON from the front. Once it has failed it stays so.
type scanner struct {
	text   string
	at     int
	failed bool
	// numbers and moments are arrays that pointers into are handed out, since a thousand small allocations are dear.
	numbers []number
	moments []moment
}

func (s *scanner) fail() { s.failed = true }

func (s *scanner) space() {
	for s.at < len(s.text) {
		switch s.text[s.at] {
		case ' ', '\n', '\r', '\t':
			s.at++
		default:
			return
		}
	}
}

// next takes the byte c, behind blanks, and reports whether it was there.
func (s *scanner) next(c byte) bool {
	s.space()
	if s.failed || s.at >= len(s.text) || s.text[s.at] != c {
		return false
	}
	s.at++
	return true
}

func (s *scanner) expect(c byte) {
	if !s.next(c) {
		s.fail()
	}
}

// object reads an object; member reads the value of a name and reports whether it knows it.
func (s *scanner) object(member func(name string) bool) {
	s.expect('{')
	if s.next('}') {
		return
	}
	for !s.failed {
		name := s.plain()
		s.expect(':')
		if s.failed || !member(name) {
			s.fail()
			return
		}
		if !s.next(',') {
			s.expect('}')
			return
		}
	}
}

// plain reads a string of plain characters.
func (s *scanner) plain() string {
	s.expect('"')
	if s.failed {
		return ""
	}
	from := s.at
	for ; s.at < len(s.text); s.at++ {
		switch c := s.text[s.at]; {
		case c == '"':
			s.at++
			return s.text[from : s.at-1]
		case c < ' ' || c > '~' || c == '\\':
			s.fail()
			return ""
		}
	}
	s.fail()
	return ""
}

// mostDigits keep a number within 64 bits without a look at its value.
const mostDigits = 18

// number reads a whole number into p, which must not have one yet.
func (s *scanner) number(p **number) bool {
	s.space()
	negative := s.at < len(s.text) && s.text[s.at] == '-'
	if negative {
		s.at++
	}
	from := s.at
	var n number
	for ; s.at < len(s.text) && '0' <= s.text[s.at] && s.text[s.at] <= '9'; s.at++ {
		n = n*10 + number(s.text[s.at]-'0')
		if s.at-from >= mostDigits {
			return false
		}
	}
	digits := s.text[from:s.at]
	if digits == "" || len(digits) > 1 && digits[0] == '0' || *p != nil {
		return false
	}
	if s.at < len(s.text) && strings.IndexByte(".eE", s.text[s.at]) >= 0 {
		return false
	}
	if negative {
		n = -n
	}
	if len(s.numbers) == cap(s.numbers) {
		s.numbers = make([]number, 0, 128)
	}
	s.numbers = append(s.numbers, n)
	*p = &s.numbers[len(s.numbers)-1]
	return true
}

// moment reads a time into p, which must not have one yet.
func (s *scanner) moment(p **moment) bool {
	text := s.plain()
	if s.failed || *p != nil {
		return false
	}
	if len(s.moments) == cap(s.moments) {
		s.moments = make([]moment, 0, 40)
	}
	s.moments = append(s.moments, moment(text))
	*p = &s.moments[len(s.moments)-1]
	return true
}

// word takes a word such as null.
func (s *scanner) word(w string) bool {
	s.space()
	if !strings.HasPrefix(s.text[s.at:], w) {
		return false
	}
	s.at += len(w)
	return true
}

func (s *scanner) bool(p **bool) bool {
	value := s.word("true")
	if *p != nil || !value && !s.word("false") {
		return false
	}
	*p = &value
	return true
}

// top reads one member of the answer.
func (s *scanner) top(out *stats, name string) bool {
	switch name {
	case "started_at":
		return s.moment(&out.StartedAt)
	case "workers":
		return s.number(&out.Workers)
	case "phase":
		return s.number(&out.Phase)
	case "booted_workers":
		return s.number(&out.BootedWorkers)
	case "old_workers":
		return s.number(&out.OldWorkers)
	case "worker_status":
		return out.WorkerStatus == nil && s.workers(out)
	case "versions":
		return out.Versions == nil && s.versions(out)
	}
	return s.pool(&out.pool, name)
}

// workers reads worker_status.
func (s *scanner) workers(out *stats) bool {
	s.expect('[')
	out.WorkerStatus = make([]workerStatus, 0, 16)
	if s.next(']') {
		return true
	}
	for !s.failed {
		out.WorkerStatus = append(out.WorkerStatus, workerStatus{})
		w := &out.WorkerStatus[len(out.WorkerStatus)-1]
		reported := false
		s.object(func(name string) bool {
			if name != "last_status" {
				return s.worker(w, name)
			}
			again := reported
			reported = true
			s.object(func(name string) bool { return s.pool(&w.LastStatus, name) })
			return !again
		})
		if !s.next(',') {
			s.expect(']')
			break
		}
	}
	return !s.failed
}

// worker reads one member of a worker's entry, but for last_status.
func (s *scanner) worker(w *workerStatus, name string) bool {
	switch name {
	case "started_at":
		return s.moment(&w.StartedAt)
	case "pid":
		if s.word("null") { // not known yet
			return w.PID == nil
		}
		return s.number(&w.PID)
	case "index":
		return s.number(&w.Index)
	case "phase":
		return s.number(&w.Phase)
	case "booted":
		return s.bool(&w.Booted)
	case "last_checkin":
		return s.moment(&w.LastCheckin)
	}
	return false
}

// pool reads one of the figures of a thread pool.
func (s *scanner) pool(p *pool, name string) bool {
	switch name {
	case "backlog":
		return s.number(&p.Backlog)
	case "running":
		return s.number(&p.Running)
	case "pool_capacity":
		return s.number(&p.PoolCapacity)
	case "max_threads":
		return s.number(&p.MaxThreads)
	case "busy_threads":
		return s.number(&p.BusyThreads)
	case "requests_count":
		return s.number(&p.RequestsCount)
	case "backlog_max":
		return s.number(&p.BacklogMax)
	case "reactor_max":
		return s.number(&p.ReactorMax)
	case "io_threads":
		return s.number(&p.IOThreads)
	}
	return false
}

// versions reads the versions of Puma and Ruby.
func (s *scanner) versions(out *stats) bool {
	v := &versions{}
	out.Versions = v
	seen := map[string]bool{}
	s.object(func(name string) bool {
		again := seen[name]
		seen[name] = true
		switch name {
		case "puma":
			v.Puma = s.plain()
		case "ruby":
			s.object(func(name string) bool { return s.ruby(v, seen, "ruby "+name) })
		default:
			return false
		}
		return !again
	})
	return !s.failed
}

func (s *scanner) ruby(v *versions, seen map[string]bool, name string) bool {
	again := seen[name]
	seen[name] = true
	var ignored *number
	switch name {
	case "ruby engine":
		v.Ruby.Engine = s.plain()
	case "ruby version":
		v.Ruby.Version = s.plain()
	case "ruby patchlevel":
		return s.number(&ignored) && !again
	default:
		return false
	}
	return !again
}
