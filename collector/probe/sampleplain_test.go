package probe

import (
	"io"
	"maps"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"pumatop/collector/clean"
	"pumatop/collector/puma"
)

// plainSamples reads whole samples one line after another, with nothing kept and nothing used again: what a SampleReader
// has to come to, up to its bounds.
func plainSamples(text string) (samples []Sample) {
	var c clockwork
	var sample Sample
	begun, inside := false, false
	for line := range strings.Lines(text) {
		if !strings.HasSuffix(line, "\n") {
			break
		}
		line = strings.TrimRight(line, "\r\n")
		name, rest, tabbed := strings.Cut(line, "\t")
		switch {
		case !begun:
			if rest, ok := strings.CutPrefix(line, firstSample); ok {
				c, begun = parseClockwork(strings.Split(rest, "\t"))
			}
		case name == "sample" && tabbed:
			sample, inside = Sample{Processes: map[int]Usage{}, Queues: map[string]int64{}}, true
			sample.Clock = c.clock(uptime(rest))
		case line == "end" && inside:
			samples, inside = append(samples, sample), false
		case inside:
			sample.plainTake(c, name, rest)
		}
	}
	return samples
}

func (s *Sample) plainTake(c clockwork, name, rest string) {
	var listeners []string
	var waiting int64
	ok := false
	switch name {
	case "stat":
		if pid, u, ok := plainStat(c, rest); ok {
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
		listeners, waiting, ok = plainSS(rest)
	case "tcp":
		listeners, waiting, ok = plainTCP(rest)
	}
	for _, l := range listeners {
		if ok {
			s.Queues[l] += waiting
		}
	}
}

func plainStat(c clockwork, line string) (pid int, u Usage, ok bool) {
	f := strings.Fields(line)
	if len(f) != 6 || f[1] == "Z" || f[1] == "X" { // a zombie has ended; only its parent has not looked yet
		return 0, Usage{}, false
	}
	pid, err := strconv.Atoi(f[0])
	if err != nil || pid <= 0 {
		return 0, Usage{}, false
	}
	var n [4]int64 // user, system, start, pages
	for i, text := range f[2:] {
		n[i], err = strconv.ParseInt(text, 10, 64)
		if err != nil || n[i] < 0 || n[i] > maxTicks {
			return 0, Usage{}, false
		}
	}
	return pid, Usage{
		RSS: puma.Of(n[3] * c.page), CPU: c.duration(n[0] + n[1]), Started: c.clock(c.duration(n[2])),
	}, true
}

func plainSS(line string) (listeners []string, waiting int64, ok bool) {
	f := strings.Split(line, " ")
	if len(f) < 6 || f[1] != "LISTEN" {
		return nil, 0, false
	}
	waiting, err := strconv.ParseInt(f[2], 10, 32)
	if err != nil || waiting < 0 {
		return nil, 0, false
	}
	switch f[0] {
	case "u_str":
		if len(f) < 8 {
			return nil, 0, false
		}
		return []string{"unix://" + clean.Line(strings.Join(f[4:len(f)-3], " "))}, waiting, true
	case "tcp":
		host, text, err := net.SplitHostPort(f[4])
		port, errPort := strconv.ParseUint(text, 10, 16)
		if err != nil || errPort != nil {
			return nil, 0, false
		}
		host, _, _ = strings.Cut(host, "%") // "127.0.0.53%lo"
		if host == "*" {
			host = "::" // ss's word for a socket that takes both protocols
		}
		addr, err := netip.ParseAddr(host)
		if err != nil {
			return nil, 0, false
		}
		return tcpListeners(netip.AddrPortFrom(addr, uint16(port))), waiting, true
	}
	return nil, 0, false
}

func plainTCP(line string) (listeners []string, waiting int64, ok bool) {
	f := strings.Split(line, " ")
	if len(f) < 5 || f[3] != "0A" {
		return nil, 0, false
	}
	ap, ok := kernelAddress(f[1])
	_, queue, _ := strings.Cut(f[4], ":")
	n, err := strconv.ParseUint(queue, 16, 31)
	if !ok || err != nil {
		return nil, 0, false
	}
	return tcpListeners(ap), int64(n), true
}

// agree compares what readers make of a text that comes in pieces with what is in it, sample by sample; all but the last
// are released, so that each is read into what another left.
func agree(t *testing.T, text string) {
	t.Helper()
	want := plainSamples(text)
	for _, piece := range []int{1, 7, len(text) + 1} {
		r := NewSampleReader(&inPieces{text, piece})
		for i, w := range want {
			s, err := r.Next()
			if err != nil {
				t.Fatalf("in pieces of %d: sample %d: %v", piece, i, err)
			}
			if !s.Clock.Equal(w.Clock) || !maps.Equal(s.Processes, w.Processes) || !maps.Equal(s.Queues, w.Queues) {
				t.Fatalf("in pieces of %d: sample %d is\n%v, want\n%v", piece, i, s, w)
			}
			s.Release()
		}
		if s, err := r.Next(); err == nil {
			t.Fatalf("in pieces of %d: one more: %v", piece, s)
		}
	}
}

// inPieces reads a text a few bytes at a time.
type inPieces struct {
	text string
	size int
}

func (p *inPieces) Read(b []byte) (int, error) {
	if p.text == "" {
		return 0, io.EOF
	}
	n := copy(b[:min(p.size, len(b))], p.text)
	p.text = p.text[n:]
	return n, nil
}

// TestSamplesAgree reads what hosts print in all ways.
func TestSamplesAgree(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 3*roomBuffer)
	for _, text := range []string{
		sampled,
		sampled + strings.TrimPrefix(sampled, "\n"),
		strings.ReplaceAll(sampled, "\n", "\r\n"),
		strings.Replace(sampled, "stat\t394", long+"\nss\tu_str LISTEN 4 5 /"+long+" 1 * 0\nstat\t394", 1),
		strings.Replace(sampled, "stat\t394", "sample\t2061.99\nstat\t394", 1),         // begun anew
		strings.Replace(sampled, "end\n", "end\nend\nstat\t1 S 1 1 1 1\n", 1),          // noise between
		strings.Replace(sampled, "end\n", "ss\tu_str LISTEN 1 1 /a b 1 * 0\nend\n", 1), // with a space
		strings.Replace(sampled, "end\n", "ss\tu_str LISTEN 1 1 /a 1 *\nss\ttcp LISTEN 1 1 [::1]:80\nss\ttcp LISTEN 1 1 [::1]:81 *\nend\n", 1),
		strings.Replace(sampled, "end\n", "stat\t389 S 1 1 1 1\npss\t394\t7\npss\t395\t7\nend\n", 1),
		strings.Replace(sampled, "127.0.0.1:9292", "/127.0.0.1:9292", 1),
		strings.Replace(sampled, "/srv/shop/shared/tmp/sockets/puma.sock", "127.0.0.1:9292", 1), // a path like an address
		strings.Replace(sampled, "/srv/shop/shared/tmp/sockets/puma.sock", "\x1b]0;x\a/a", 1),
	} {
		if len(plainSamples(text)) < 2 {
			t.Errorf("no samples in %.60q", text)
		}
		agree(t, text)
	}
}

// TestManySockets is a host with more of them than a room remembers.
func TestManySockets(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("pumatop-sample 1\t100\t4096\t1795297142.4\t2061.49\n")
	for range 3 {
		b.WriteString("sample\t2062.0\n")
		for port := range 3 * roomListeners {
			b.WriteString("ss\ttcp LISTEN 1 1 127.0.0.1:" + strconv.Itoa(1+port) + " 0.0.0.0:*\n")
		}
		b.WriteString("end\n")
	}
	agree(t, b.String())
}

// TestSamplesMakeNothing: once a host has been sampled, its samples are read into what is there.
func TestSamplesMakeNothing(t *testing.T) {
	const processes = 400
	var b strings.Builder
	b.WriteString("sample\t2062.0\n")
	for pid := 1; pid <= processes; pid++ {
		b.WriteString("stat\t" + strconv.Itoa(pid) + " S 21 3 196399 7736\npss\t" + strconv.Itoa(pid) + "\t12715\n")
	}
	b.WriteString("ss\tu_str LISTEN 3 1024 /srv/shop/shared/tmp/sockets/puma.sock 249930 * 0\nss\ttcp LISTEN 2 128 127.0.0.1:9292 0.0.0.0:*\nend\n")
	r := NewSampleReader(&again{rest: "pumatop-sample 1\t100\t4096\t1795297142.4\t2061.49\n", text: b.String()})
	made := testing.AllocsPerRun(200, func() {
		s, err := r.Next()
		if err != nil || len(s.Processes) != processes || len(s.Queues) != 5 {
			t.Fatal(err, s)
		}
		s.Release()
	})
	if made > processes/4 { // a room now and then, where the pool was emptied
		t.Errorf("%v allocations a sample", made)
	}
	if r.rest != nil {
		t.Errorf("the reader keeps %q", r.rest)
	}
}

// again reads a text over and over.
type again struct{ rest, text string }

func (a *again) Read(b []byte) (int, error) {
	if a.rest == "" {
		a.rest = a.text
	}
	n := copy(b, a.rest)
	a.rest = a.rest[n:]
	return n, nil
}
