package pumatest

import (
	"bytes"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"pumatop/collector/probe"
)

// crowded is a host with one Puma of 16 workers, as a fleet has them.
func crowded() *Host {
	h := NewFleet(1, 20, 16).Hosts()[19]
	h.t.advance(time.Now())
	return h
}

// kept is what stays in memory of each of n results.
func kept[T any](n int, one func() T) float64 {
	all := make([]T, n)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range all {
		all[i] = one()
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	runtime.KeepAlive(all)
	return float64(int64(after.HeapAlloc)-int64(before.HeapAlloc)) / float64(n)
}

// BenchmarkProbe is a probe's answer made into what is known of a host; kept-B is what stays of it.
func BenchmarkProbe(b *testing.B) {
	out := crowded().report(nil).Encode()
	parse := func() probe.Host {
		h, err := probe.Want{}.Parse(bytes.Clone(out))
		if err != nil || len(h.Pumas) != 1 || len(h.Pumas[0].Workers) != 16 {
			b.Fatal(err, len(h.Pumas))
		}
		return h
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := (probe.Want{}).Parse(out); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(kept(1000, parse), "kept-B")
	b.ReportMetric(float64(len(out)), "text-B")
}

// BenchmarkDecode is the part of that which reads the lines.
func BenchmarkDecode(b *testing.B) {
	out := crowded().report(nil).Encode()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := probe.Decode(out); err != nil {
			b.Fatal(err)
		}
	}
}

// samplesOf are a stream of one sample after another of the same processes.
type samplesOf struct {
	answer, rest []byte
}

func (s *samplesOf) Read(b []byte) (int, error) {
	if len(s.rest) == 0 {
		s.rest = s.answer
	}
	n := copy(b, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

// BenchmarkSample is the request and the answer for a Puma of 16 workers; kept-B is what its reader has between answers.
func BenchmarkSample(b *testing.B) {
	h := crowded()
	now := time.Now()
	p := h.pumas[0]
	pids := []int{p.pid}
	for _, w := range p.workers {
		pids = append(pids, w.pid)
	}
	words := strings.Fields(string(probe.AppendSampleRequest(nil, pids, true, true)))
	answer := h.sample(words).Encode(now, hostUptime)
	start := probe.SampleStart(now, hostUptime)
	reader := func() *probe.SampleReader {
		r := probe.NewSampleReader(&samplesOf{answer: answer, rest: bytes.Clone(start)})
		if s, err := r.Next(); err != nil || len(s.Processes) != 17 {
			b.Fatal(err, len(s.Processes), strconv.Quote(string(answer)))
		}
		return r
	}
	r := reader()
	var request []byte
	b.ReportAllocs()
	for b.Loop() {
		request = probe.AppendSampleRequest(request[:0], pids, false, true)
		s, err := r.Next()
		if err != nil {
			b.Fatal(err)
		}
		s.Release()
	}
	b.ReportMetric(kept(1000, reader), "kept-B")
	b.ReportMetric(float64(len(answer)), "text-B")
}
