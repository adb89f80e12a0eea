package collector

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"time"

	"pumatop/collector/probe"
)

const (
	sampleInterval = 5 * time.Second
	// sampleFast is the pause while a target of the host is watched: a dead worker of Puma 4 shows only here.
	sampleFast    = time.Second
	sampleTimeout = 5 * time.Second
	sampleRetry   = 30 * time.Second
	pssInterval   = 30 * time.Second
)

// sampler is the long-lived shell on a host that reads memory, CPU and listen queues.
type sampler struct {
	stream io.ReadWriteCloser
	reader *probe.SampleReader
	cancel context.CancelFunc
}

// openSampler starts the shell. ctx is its life; that a host is slow to start it must not take longer than a sample may.
func openSampler(ctx context.Context, host Shell) (*sampler, error) {
	ctx, cancel := context.WithCancel(ctx)
	limit := time.AfterFunc(sampleTimeout, cancel)
	stream, err := host.Stream(ctx, probe.SampleScript())
	if err == nil && !limit.Stop() {
		_ = stream.Close()
		err = context.DeadlineExceeded
	}
	if err != nil {
		cancel()
		return nil, fmt.Errorf("start the sampler: %w", err)
	}
	return &sampler{stream: stream, reader: probe.NewSampleReader(stream), cancel: cancel}, nil
}

// asking is what one request takes: the processes that it is about, in order too, and its text.
type asking struct {
	pids    map[int]bool
	ordered []int
	text    []byte
}

// askings are those that nobody uses now: a fleet asks two hundred times a second.
var askings = sync.Pool{New: func() any { return &asking{pids: map[int]bool{}} }}

// about makes a request about what is in pids.
func (q *asking) about(pss bool) {
	q.ordered = slices.AppendSeq(q.ordered[:0], maps.Keys(q.pids))
	slices.Sort(q.ordered)
	q.text = probe.AppendSampleRequest(q.text[:0], q.ordered, pss, true)
}

// release lets it be used again: nobody may have it afterwards.
func (q *asking) release() {
	clear(q.pids)
	askings.Put(q)
}

// ask requests one sample. A sampler that did not answer in time is closed: its next answer would be for this one.
func (s *sampler) ask(request []byte) (probe.Sample, error) {
	limit := time.AfterFunc(sampleTimeout, s.close)
	defer limit.Stop()
	if _, err := s.stream.Write(request); err != nil {
		return probe.Sample{}, fmt.Errorf("ask the sampler: %w", err)
	}
	sample, err := s.reader.Next()
	if err != nil {
		return probe.Sample{}, fmt.Errorf("read a sample: %w", err)
	}
	return sample, nil
}

func (s *sampler) close() {
	s.cancel()
	_ = s.stream.Close()
}

// sample asks for memory, CPU and queues of every target of the host.
func (a *actor) sample(now time.Time) {
	fast := false
	for _, t := range a.tracks {
		fast = fast || t.watched > 0
	}
	a.sampleAt = now.Add(sampleInterval)
	if a.mute() { // the next probe tells when it is not
		return
	}
	if fast {
		a.sampleAt = now.Add(sampleFast)
	}
	asked := askings.Get().(*asking)
	for _, t := range a.tracks {
		t.pids(asked.pids)
	}
	if len(asked.pids) == 0 {
		asked.release()
		return
	}
	pss := now.Sub(a.pssAt) >= pssInterval
	if pss {
		a.pssAt = now
	}
	a.sampling = true
	session, open := a.session, a.sampler
	a.spawn(func() func() {
		var (
			result probe.Sample
			err    error
		)
		if open == nil {
			open, err = openSampler(session, a.host)
		}
		if err == nil {
			asked.about(pss)
			result, err = open.ask(asked.text)
		}
		return func() { a.sampled(session, open, asked, result, err, time.Now()) }
	})
}

// sampled takes a sample. Its figures come with the next snapshot; a host that cannot be sampled has none.
func (a *actor) sampled(session context.Context, s *sampler, asked *asking, result probe.Sample, err error, now time.Time) {
	if a.session != session || !a.up {
		if s != nil {
			s.close()
		}
		return
	}
	a.sampling = false
	if err != nil {
		if s != nil {
			s.close()
		}
		a.sampler, a.sampleAt, a.pssAt = nil, now.Add(sampleRetry), time.Time{}
		return
	}
	a.sampler = s
	for _, t := range a.tracks {
		t.track.sample(result, asked.pids, now)
		if t.last.Answered.IsZero() || !t.last.Load.Memory.Known {
			t.due, t.spread = now, false // the first figures are waited for: they come with the next poll, so let that be now
		}
	}
	result.Release()
	asked.release()
}
