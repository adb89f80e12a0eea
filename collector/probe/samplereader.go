package probe

import (
	"bufio"
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

// sampleBuffer is what a reader keeps between answers, for each host: enough for any real line.
const sampleBuffer = 1 << 10

// ErrSampleSize is returned for an answer of the sampler that is longer than any real one.
var ErrSampleSize = errors.New("the sampler's answer is too long")

// firstSample begins the sampler's output; its clockwork follows.
const firstSample = "pumatop-sample 1\t"

// SampleReader reads the answers of a SampleScript.
type SampleReader struct {
	r     *bufio.Reader
	begun bool
	most  int // processes of the newest answer
	clockwork
}

// NewSampleReader reads from the stdout of a SampleScript. It takes more from r than it returns, so nobody else
// should read from it.
func NewSampleReader(r io.Reader) *SampleReader {
	return &SampleReader{r: bufio.NewReaderSize(r, sampleBuffer)}
}

// Next returns the answer to the next request. It blocks until the host answers; closing what it reads from ends that.
// The error is io.EOF where the sampler has ended between two answers, io.ErrUnexpectedEOF in one, and ErrSampleSize
// is final too: the stream is of no use after it. Lines that make no sense are left out.
func (s *SampleReader) Next() (Sample, error) {
	var sample Sample
	inside := false
	for range maxSampleLines {
		line, err := s.line()
		if err != nil {
			if inside && errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return Sample{}, err
		}
		switch {
		case !s.begun:
			if rest, ok := strings.CutPrefix(line, firstSample); ok {
				s.clockwork, s.begun = parseClockwork(strings.Split(rest, "\t"))
			}
		case strings.HasPrefix(line, "sample\t"):
			sample = Sample{Processes: make(map[int]Usage, s.most), Queues: map[string]int64{}}
			sample.Clock = s.clock(uptime(strings.TrimPrefix(line, "sample\t")))
			inside = true
		case line == "end" && inside:
			s.most = len(sample.Processes)
			return sample, nil
		case inside:
			sample.take(s.clockwork, line)
		}
	}
	return Sample{}, ErrSampleSize
}

// line reads one line, without its end.
func (s *SampleReader) line() (string, error) {
	b, err := s.r.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		b, err = s.longLine(b)
	}
	switch {
	case errors.Is(err, io.EOF) && len(b) > 0:
		return "", io.ErrUnexpectedEOF
	case err != nil:
		return "", err
	}
	return strings.TrimRight(string(b), "\r\n"), nil
}

// longLine reads on where a line is longer than the buffer.
func (s *SampleReader) longLine(begun []byte) ([]byte, error) {
	long := slices.Clone(begun) // what is read next overwrites it
	for {
		more, err := s.r.ReadSlice('\n')
		long = append(long, more...)
		switch {
		case len(long) > maxSampleLine:
			return nil, ErrSampleSize
		case !errors.Is(err, bufio.ErrBufferFull):
			return long, err
		}
	}
}

// take reads one line of an answer.
func (s *Sample) take(c clockwork, line string) {
	name, rest, _ := strings.Cut(line, "\t")
	switch name {
	case "stat":
		if pid, u, ok := c.parseStat(rest); ok {
			s.Processes[pid] = u
		}
	case "pss":
		number, kilobytes, _ := strings.Cut(rest, "\t")
		pid, err := strconv.Atoi(number)
		n, errPSS := strconv.ParseUint(kilobytes, 10, 40)
		if u, ok := s.Processes[pid]; ok && err == nil && errPSS == nil {
			u.PSS = puma.Of(n * 1024)
			s.Processes[pid] = u
		}
	case "ss":
		s.queue(parseSS(rest))
	case "tcp":
		s.queue(parseTCP(rest))
	}
}

// queue adds what waits at a listener: with SO_REUSEPORT it has several sockets.
func (s *Sample) queue(listeners []string, waiting int64, ok bool) {
	if !ok {
		return
	}
	for _, l := range listeners {
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
