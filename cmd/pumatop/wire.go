package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"time"

	"pumatop/actions"
	"pumatop/collector"
	"pumatop/collector/remote"
)

// machine makes a remote host what the collector asks for.
type machine struct {
	*remote.Host
	name string
}

// Name is the host as it is shown: without the user.
func (m machine) Name() string { return m.name }

// Stream runs a script and joins its ends to one.
func (m machine) Stream(ctx context.Context, script string) (io.ReadWriteCloser, error) {
	s, err := m.Host.Stream(ctx, script)
	if err != nil {
		return nil, fmt.Errorf("start a remote command: %w", err)
	}
	return duplex{s}, nil
}

type duplex struct{ s *remote.Stream }

func (d duplex) Read(p []byte) (int, error)  { return d.s.Stdout.Read(p) }
func (d duplex) Write(p []byte) (int, error) { return d.s.Stdin.Write(p) }
func (d duplex) Close() error                { return d.s.Close() }

// Explain asks the host why a socket is refused: OpenSSH has the same words for every reason.
func (m machine) Explain(ctx context.Context, path string, err error) error {
	err = m.Host.Explain(ctx, path, err)
	var refused *remote.RefusedError
	if errors.As(err, &refused) && refused.NoListener() {
		return noListener{err}
	}
	return err
}

// noListener is a refusal in the host's words that the collector knows as collector.ErrNoListener.
type noListener struct{ error }

func (e noListener) Unwrap() error      { return e.error }
func (noListener) Is(target error) bool { return target == collector.ErrNoListener }

// session is one run of the program: connections, collector and actions, wired together.
type session struct {
	pool      *remote.Pool
	collector *collector.Collector
	runner    *actions.Runner
	hosts     int
	cancel    context.CancelFunc
	collected chan struct{} // closed when the collector has ended
	leave     func()        // ends what was begun to ask people

	// mu guards the hosts, which adopt changes. goal is what a rollout holds up, as waits says.
	mu            sync.Mutex
	targets, goal []wanted
	members       map[string]member // by name
	waits         bool
	moved         bool // the newest adopt took hosts away, or reaches some otherwise
}

// sessionOptions are what a session is made of.
type sessionOptions struct {
	remote   remote.Options
	targets  []wanted
	interval time.Duration
	timeout  time.Duration
	audit    actions.Auditor // nil keeps no record
	onPanic  func(value any, stack []byte)
	reread   *rereading // nil where the configuration is read once
	// signature is who acts; nil is who runs the program.
	signature *actions.Record
}

func (o *sessionOptions) signed() actions.Record {
	if o.signature != nil {
		return *o.signature
	}
	return signature(os.Getenv)
}

// startHeadless is startSession where no screen asks for passphrases and the like.
func startHeadless(ctx context.Context, o sessionOptions) (*session, error) {
	asker, leave := pickAsker(ctx, nil, ownSurroundings())
	o.remote.Ask = asker
	s, err := startSession(ctx, o)
	if err != nil {
		leave()
		return nil, err
	}
	s.leave = leave
	return s, nil
}

// sighting is what a first look at the targets of a command line found.
type sighting struct {
	*session
	fleet   collector.Fleet
	targets []collector.Snapshot // in the order of the command line
	// missing are hosts and targets that there is nothing to be done with, and why.
	missing []actions.Refusal
}

// lookHeadless starts a session without a screen and takes a first look. The caller closes it.
func lookHeadless(ctx context.Context, so sessionOptions, answers time.Duration) (sighting, error) {
	s, err := startHeadless(ctx, so)
	if err != nil {
		return sighting{}, err
	}
	fleet, err := s.settle(ctx, patience{answers: answers})
	if err != nil {
		s.close()
		return sighting{}, err
	}
	return sighting{s, fleet, inOrder(fleet, so.targets), append(refusedHosts(fleet), missingTargets(fleet, so.targets)...)}, nil
}

// startSession connects nothing yet; it returns with the collector running. The caller closes it.
func startSession(ctx context.Context, o sessionOptions) (*session, error) {
	s := &session{pool: remote.NewPool(o.remote), collected: make(chan struct{}), leave: func() {}}
	ctx, s.cancel = context.WithCancel(ctx)
	s.collector = collector.New(nil, collector.Options{Interval: o.interval, OnPanic: o.onPanic})
	s.runner = actions.NewRunner(ctx, s.collector, actions.Options{Timeout: o.timeout, OnPanic: o.onPanic,
		Audit: o.audit, Signature: o.signed()})
	if err := s.adopt(o.targets); err != nil {
		s.cancel()
		s.pool.Close()
		return nil, err
	}
	go func() {
		defer close(s.collected)
		_ = s.collector.Run(ctx)
	}()
	return s, nil
}

// close ends everything and waits for it.
func (s *session) close() {
	s.cancel()
	s.runner.Wait()
	<-s.collected
	s.pool.Close()
	s.leave()
}

// patience is how long a snapshot of the fleet may take, without the time that a person takes to answer for a login.
type patience struct {
	// answers bounds the whole; sample is how much longer memory alone is waited for, and progress how much longer a
	// restart is: one look does not tell a boot from the ninetieth try of a crash loop.
	answers, sample, progress time.Duration
	// each, where it is not nil, sees every fleet that comes meanwhile.
	each func(collector.Fleet)
}

// settle waits until every host has been asked and every target has answered or failed to.
func (s *session) settle(ctx context.Context, p patience) (collector.Fleet, error) {
	ctx, saw, done := s.within(ctx, p.answers)
	defer done()
	var settled time.Time
	for {
		f, err := s.collector.Next(ctx)
		if errors.Is(err, context.DeadlineExceeded) {
			return s.collector.Fleet(), nil
		}
		if err != nil {
			return collector.Fleet{}, fmt.Errorf("wait for the fleet: %w", err)
		}
		if p.each != nil {
			p.each(f)
		}
		saw(f)
		if !allAsked(f, s.hosts) {
			continue
		}
		if settled.IsZero() {
			settled = time.Now()
		}
		waited := time.Since(settled)
		if (allSampled(f) || waited >= p.sample) && (!anyRestarting(f) || waited >= p.progress) {
			return f, nil
		}
	}
}

// within bounds ctx. The time begins anew as long as a login waits for a person, which saw has to be told by every fleet.
func (s *session) within(ctx context.Context, limit time.Duration) (bounded context.Context, saw func(collector.Fleet), done func()) {
	bounded, cancel := context.WithCancelCause(ctx)
	timer := time.NewTimer(limit)
	go func() {
		for {
			select {
			case <-timer.C:
				if !anyWaiting(s.collector.Fleet()) {
					cancel(context.DeadlineExceeded)
					return
				}
				timer.Reset(limit)
			case <-bounded.Done():
				return
			}
		}
	}()
	waiting := false
	return bounded, func(f collector.Fleet) {
		now := anyWaiting(f)
		if now || waiting {
			timer.Reset(limit)
		}
		waiting = now
	}, func() { cancel(nil) }
}

// anyWaiting reports whether a login waits for a person.
func anyWaiting(f collector.Fleet) bool {
	return slices.ContainsFunc(f.Hosts, func(h collector.HostStatus) bool { return h.Waiting != "" })
}

// allAsked reports whether every one of so many hosts, and every target, has had its say. Fleets come before every host
// is in them: what is left out then would neither be acted on nor be missed.
func allAsked(f collector.Fleet, hosts int) bool {
	if len(f.Hosts) < hosts {
		return false
	}
	for _, h := range f.Hosts {
		if !h.Asked {
			return false
		}
	}
	for _, t := range f.Targets {
		if t.State == collector.Connecting || t.Answered.IsZero() && t.State == collector.Restarting && t.Facts().PID != 0 {
			return false
		}
	}
	return true
}

// allSampled reports whether the memory of every target that answers is known.
func allSampled(f collector.Fleet) bool {
	for _, t := range f.Targets {
		if t.Current() && !t.Load.Memory.Known {
			return false
		}
	}
	return true
}

func anyRestarting(f collector.Fleet) bool { return f.Totals.ByState[collector.Restarting] > 0 }
