package probe

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"pumatop/collector/puma"
)

// Bounds of what a sampler may send: a host that sends more is not one to go on reading from.
const (
	maxSampleLine  = 64 << 10
	maxSampleLines = 50_000
)

// ErrSampleSize is returned for an answer of the sampler that is longer than any real one.
var ErrSampleSize = errors.New("the sampler's answer is too long")

// firstSample begins the sampler's output; its clockwork follows.
const firstSample = "pumatop-sample 1\t"

// SampleReader reads the answers of a SampleScript. Between two answers it keeps no buffer: there is one for each host,
// and nearly all of them wait for nothing.
type SampleReader struct {
	r     io.Reader
	begun bool
	// rest is what came behind the newest answer.
	rest []byte
	err  error // of r, once it has one
	clockwork
}

// NewSampleReader reads from the stdout of a SampleScript. It takes more from r than it returns, so nobody else
// should read from it.
func NewSampleReader(r io.Reader) *SampleReader { return &SampleReader{r: r} }

// Next returns the answer to the next request. It blocks until the host answers; closing what it reads from ends that.
// The error is io.EOF where the sampler has ended between two answers, io.ErrUnexpectedEOF in one, and ErrSampleSize
// is final too: the stream is of no use after it. Lines that make no sense are left out.
func (s *SampleReader) Next() (Sample, error) {
	room := sampleRooms.Get().(*sampleRoom)
	room.begin(s.rest)
	s.rest = nil
	sample := Sample{Processes: room.processes, Queues: room.queues, room: room}
	inside := false
	for range maxSampleLines {
		line, err := s.line(room)
		if err != nil {
			if inside && errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return Sample{}, err
		}
		name, text, _ := bytes.Cut(line, tab)
		switch {
		case !s.begun:
			if text, ok := bytes.CutPrefix(line, []byte(firstSample)); ok {
				s.clockwork, s.begun = parseClockwork(strings.Split(string(text), "\t"))
			}
		case string(name) == "sample" && len(name) < len(line):
			if inside { // begun anew
				sample.Processes, sample.Queues = map[int]Usage{}, map[string]int64{}
			}
			sample.Clock = s.clock(uptime(string(text)))
			inside = true
		case string(line) == "end" && inside:
			s.rest = room.left()
			return sample, nil
		case inside:
			sample.take(s.clockwork, name, text)
		}
	}
	return Sample{}, ErrSampleSize
}

// line reads one line, without its end. It is good until the next call.
func (s *SampleReader) line(room *sampleRoom) ([]byte, error) {
	for {
		line, whole := room.line()
		switch {
		case len(line) > maxSampleLine:
			return nil, ErrSampleSize
		case whole:
			return bytes.TrimRight(line, "\r\n"), nil
		case s.err == nil:
			s.err = room.fill(s.r)
		case errors.Is(s.err, io.EOF) && len(line) > 0:
			return nil, io.ErrUnexpectedEOF
		default:
			return nil, s.err
		}
	}
}

// take reads one line of an answer.
func (s *Sample) take(c clockwork, name, text []byte) {
	switch string(name) {
	case "stat":
		if pid, u, ok := c.parseStat(text); ok {
			s.Processes[pid] = u
		}
	case "pss":
		number, kilobytes, _ := bytes.Cut(text, tab)
		pid, err := strconv.Atoi(string(number))
		n, errPSS := strconv.ParseUint(string(kilobytes), 10, 40)
		if u, ok := s.Processes[pid]; ok && err == nil && errPSS == nil {
			u.PSS = puma.Of(n * 1024)
			s.Processes[pid] = u
		}
	case "ss":
		if kind, socket, waiting, ok := parseSS(text); ok {
			s.queue(kind, socket, waiting)
		}
	case "tcp":
		if socket, waiting, ok := parseTCP(text); ok {
			s.queue(kernelSocket, socket, waiting)
		}
	}
}

// queue adds what waits at a socket: with SO_REUSEPORT a listener has several.
func (s *Sample) queue(kind socketKind, socket []byte, waiting int64) {
	for _, l := range s.room.listeners(kind, socket) {
		s.Queues[l] += waiting
	}
}

// SampleStart is what a sampler prints before its first answer, for a host that is simulated: clock is its clock now,
// up how long it has been up.
func SampleStart(clock time.Time, up time.Duration) []byte {
	return fmt.Appendf(nil, "\n%s%d\t%d\t%s\t%s\n", firstSample, simulatedTicks, simulatedPage, epoch(clock), uptimeText(up))
}

// The units of a simulated host.
const (
	simulatedTicks = 100
	simulatedPage  = 4096
)

// Encode is the sample as a sampler prints it that was started with SampleStart(clock, up): RSS and CPU in the
// kernel's units, each listener of Queues as ss lists its socket.
func (s Sample) Encode(clock time.Time, up time.Duration) []byte {
	now := up + s.Clock.Sub(clock)
	boot := clock.Add(-up)
	b := fmt.Appendf(nil, "sample\t%s\n", uptimeText(now))
	for _, pid := range s.pids() {
		u := s.Processes[pid]
		ticks := func(d time.Duration) int64 { return int64(d * simulatedTicks / time.Second) }
		b = fmt.Appendf(b, "stat\t%d S %d 0 %d %d\n",
			pid, ticks(u.CPU), max(ticks(u.Started.Sub(boot)), 0), u.RSS.N/simulatedPage)
		if u.PSS.Known {
			b = fmt.Appendf(b, "pss\t%d\t%d\n", pid, u.PSS.N/1024)
		}
	}
	for _, listener := range slices.Sorted(maps.Keys(s.Queues)) {
		scheme, name, _ := strings.Cut(listener, "://")
		if scheme == "unix" {
			b = fmt.Appendf(b, "ss\tu_str LISTEN %d 1024 %s 1 * 0\n", s.Queues[listener], name)
		} else {
			b = fmt.Appendf(b, "ss\ttcp LISTEN %d 1024 %s 0.0.0.0:*\n", s.Queues[listener], name)
		}
	}
	return append(b, "end\n"...)
}

func epoch(t time.Time) string {
	return strconv.FormatInt(t.Unix(), 10) + t.Format(".000000000")
}

func uptimeText(d time.Duration) string {
	return fmt.Sprintf("%d.%02d", d/time.Second, d%time.Second/(10*time.Millisecond))
}
