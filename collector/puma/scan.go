package puma

import (
	"bytes"
	"cmp"
	"math"
	"slices"
	"sync"
	"time"

	"pumatop/collector/clean"
)

// scanStats reads what Pumas write in practice, and nothing else: it gives up on whatever it does not know, on a name
// that comes twice, on an escaped character, on a fraction, on what makes no sense. encoding/json and normalise decide on
// the rest, and would have made the same of this. It is there because a fleet of a thousand is a thousand answers a
// second: it takes a tenth of the time, and leaves nothing behind but the workers.
func scanStats(body []byte) (Stats, bool) {
	s := scanners.Get().(*scanner)
	defer scanners.Put(s)
	s.text, s.at, s.failed = body, 0, false
	s.status, s.pool, s.top, s.workers = entry{}, entry{}, top{}, s.workers[:0]
	s.object((*scanner).member)
	s.space()
	ok := !s.failed && s.at == len(s.text)
	s.text = nil
	if !ok {
		return Stats{}, false
	}
	return s.stats()
}

var scanners = sync.Pool{New: func() any { return &scanner{words: map[string]string{}} }}

// scanner reads JSON from the front. Once it has failed it stays so.
type scanner struct {
	text   []byte
	at     int
	failed bool
	top    top
	// status is the entry of worker_status that is being read, pool what stands beside worker_status.
	status, pool entry
	workers      []Worker
	// newest is the moment that was read last, as written: workers of one start or check-in share it.
	newest       [len(time.RFC3339) + 8]byte
	newestLen    int
	newestTime   time.Time
	newestMoment Moment
	// words are those of earlier answers: a fleet has few versions.
	words map[string]string
	ruby  []byte
}

// top is the answer but for its workers.
type top struct {
	seen                              members
	startedAt                         time.Time
	workers, phase, booted, oldHandle Count
	puma, engine, version             []byte
}

// entry is one worker, or the pool of single mode.
type entry struct {
	seen members
	Worker
}

// members is a set of members of an object.
type members uint16

// add reports whether the member is new.
func (s *members) add(one members) bool {
	if *s&one != 0 {
		return false
	}
	*s |= one
	return true
}

// The members that no [Count] tells of whether they came.
const (
	hasStart members = 1 << iota
	hasStatus
	hasVersions
	hasPuma
	hasRuby
	hasEngine
	hasVersion
	hasPatch
	hasIndex
	hasPhase
	hasPID
	hasBooted
	hasCheckin
)

// stats is what was read, in one shape, as normalise would make it.
func (s *scanner) stats() (Stats, bool) {
	t := &s.top
	out := Stats{StartedAt: t.startedAt}
	if t.seen&hasVersions != 0 {
		out.Puma = s.word(t.puma, longestWord)
		s.ruby = append(append(append(s.ruby[:0], t.engine...), ' '), t.version...)
		out.Ruby = s.word(bytes.TrimSpace(s.ruby), 60)
	}
	if t.seen&hasStatus == 0 && !t.workers.Known {
		w := s.pool.Worker
		w.StartedAt, w.CheckedIn = MomentOf(out.StartedAt), w.Pool.reported()
		w.Booted = w.CheckedIn
		out.Mode, out.Workers = Single, []Worker{w}
		return out, w.CheckedIn || t.seen&(hasStart|hasVersions) != 0
	}
	out.Mode, out.Handles, out.Phase, out.BootedWorkers, out.OldWorkers = Cluster, t.workers, t.phase, t.booted, t.oldHandle
	for _, c := range [...]Count{out.Handles, out.Phase, out.BootedWorkers, out.OldWorkers} {
		if c.N < 0 || c.N > math.MaxInt32 {
			return Stats{}, false
		}
	}
	if len(s.workers) > maxWorkers {
		return Stats{}, false
	}
	out.Workers = append(make([]Worker, 0, len(s.workers)), s.workers...)
	if !slices.IsSortedFunc(out.Workers, byIndex) {
		slices.SortFunc(out.Workers, byIndex)
	}
	return out, distinct(out.Workers) == nil
}

func byIndex(a, b Worker) int { return cmp.Compare(a.Index, b.Index) }

// manyWords and longestWord bound what is kept of foreign answers.
const (
	manyWords   = 64
	longestWord = 40
)

// word is a text that was read, sanitised.
func (s *scanner) word(text []byte, most int) string {
	if len(text) > longestWord {
		return clean.Short(string(text), most)
	}
	if w, ok := s.words[string(text)]; ok {
		return w
	}
	if len(s.words) >= manyWords {
		clear(s.words)
	}
	w := clean.Line(string(text))
	s.words[w] = w // it is plain, or the scanner had given up
	return w
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
func (s *scanner) object(member func(s *scanner, name []byte) bool) {
	s.expect('{')
	if s.next('}') {
		return
	}
	for !s.failed {
		name := s.plain()
		s.expect(':')
		if s.failed || !member(s, name) {
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
func (s *scanner) plain() []byte {
	s.expect('"')
	if s.failed {
		return nil
	}
	from := s.at
	for ; s.at < len(s.text); s.at++ {
		switch c := s.text[s.at]; {
		case c == '"':
			s.at++
			return s.text[from : s.at-1]
		case c < ' ' || c > '~' || c == '\\':
			s.fail()
			return nil
		}
	}
	s.fail()
	return nil
}

// mostDigits keep a number within 64 bits without a look at its value.
const mostDigits = 18

// number reads a whole number into c, which must not have one yet.
func (s *scanner) number(c *Count) bool {
	s.space()
	negative := s.at < len(s.text) && s.text[s.at] == '-'
	if negative {
		s.at++
	}
	from := s.at
	n := int64(0)
	for ; s.at < len(s.text) && '0' <= s.text[s.at] && s.text[s.at] <= '9'; s.at++ {
		n = n*10 + int64(s.text[s.at]-'0')
		if s.at-from >= mostDigits {
			return false
		}
	}
	digits := s.at - from
	if digits == 0 || digits > 1 && s.text[from] == '0' || c.Known {
		return false
	}
	if s.at < len(s.text) {
		switch s.text[s.at] {
		case '.', 'e', 'E':
			return false
		}
	}
	if negative {
		n = -n
	}
	*c = Of(n)
	return true
}

// int reads a whole number from 0 to most.
func (s *scanner) int(out *int, most int64) bool {
	var c Count
	if !s.number(&c) || c.N < 0 || c.N > most {
		return false
	}
	*out = int(c.N)
	return true
}

// moment reads a time.
func (s *scanner) moment(out *Moment) bool {
	var t time.Time
	ok := s.time(&t)
	*out = s.newestMoment
	return ok
}

func (s *scanner) time(out *time.Time) bool {
	text := s.plain()
	if s.failed {
		return false
	}
	if s.newestLen == 0 || !bytes.Equal(text, s.newest[:s.newestLen]) {
		m := moment(text)
		s.newestTime, s.newestLen = m.time(), 0
		s.newestMoment = MomentOf(s.newestTime)
		if len(text) <= len(s.newest) {
			s.newestLen = copy(s.newest[:], text)
		}
	}
	*out = s.newestTime
	return true
}

// literal takes a word such as null.
func (s *scanner) literal(w string) bool {
	s.space()
	if len(s.text)-s.at < len(w) || string(s.text[s.at:s.at+len(w)]) != w {
		return false
	}
	s.at += len(w)
	return true
}

func (s *scanner) bool(out *bool) bool {
	*out = s.literal("true")
	return *out || s.literal("false")
}
