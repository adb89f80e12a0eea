package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"slices"
	"time"

	"pumatop/collector"
	"pumatop/collector/cause"
	"pumatop/collector/remote"
)

// member is a host of the session, with what decides on its connection.
type member struct {
	way     string
	host    collector.Host
	release func()
}

// adopt makes the targets those of the session: hosts that stay as they are keep their connections. A host with a
// rollout that has not ended stays as it was until its last verdict; settle takes it up again then. Where one cannot be
// used nothing is changed.
func (s *session) adopt(targets []wanted) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	merged := slices.Clone(targets)
	waits := false
	for _, old := range s.targets {
		if !s.runner.Busy(old.name) {
			continue
		}
		i := slices.IndexFunc(merged, func(w wanted) bool { return w.name == old.name })
		if i < 0 {
			merged, waits = append(merged, old), true
		} else {
			merged[i], waits = old, true
		}
	}
	sources, members, err := s.sources(merged)
	if err != nil {
		return err
	}
	s.moved = false
	for name, m := range s.members {
		s.moved = s.moved || members[name].host != m.host
	}
	s.goal, s.waits = targets, waits
	s.targets, s.members, s.hosts = merged, members, len(merged)
	s.collector.SetSources(sources)
	return nil
}

// catchUp makes the changes that a rollout has held up, where it has ended. It says whether there were any.
func (s *session) catchUp() (changed bool, err error) {
	s.mu.Lock()
	waits, goal := s.waits, s.goal
	s.mu.Unlock()
	if !waits {
		return false, nil
	}
	if err := s.adopt(goal); err != nil {
		return false, err
	}
	return !s.waits, nil
}

// sources are the hosts as the collector takes them, the same as before where nothing of their way has changed.
func (s *session) sources(targets []wanted) ([]collector.Source, map[string]member, error) {
	var out []collector.Source
	members := map[string]member{}
	for _, w := range targets {
		way := fmt.Sprintf("%q %q %v", w.host, w.options, w.untrusted)
		m := s.members[w.name]
		if m.host == nil || m.way != way {
			var err error
			if m, err = s.member(w); err != nil {
				return nil, nil, err
			}
			m.way = way
		}
		members[w.name] = m
		out = append(out, collector.Source{Host: m.host, Release: m.release, All: w.all, Apps: w.apps, StatePaths: w.statePaths,
			Units: w.units, Controls: w.controls, Groups: w.from.Groups})
	}
	return out, members, nil
}

func (s *session) member(w wanted) (member, error) {
	if w.untrusted != nil {
		return member{host: &barred{name: w.name, err: notTrusted{w.untrusted}}}, nil
	}
	host, err := s.pool.HostBy(w.host, w.options)
	if err != nil {
		return member{}, usagef(remote.Remedy(err), "use host %v", err)
	}
	return member{host: machine{host, w.name}, release: func() { _ = host.Close() }}, nil // Close never fails
}

// notTrusted is why a host is not connected: what a project's file says of it needs trust first.
type notTrusted struct{ error }

func (e notTrusted) Unwrap() error { return e.error }

// FailedAt is where it was found out.
func (notTrusted) FailedAt() cause.Stage { return cause.Config }

// barred is a host that is not to be connected.
type barred struct {
	name string
	err  error
}

// Name is the host as it is shown.
func (b *barred) Name() string { return b.name }

// Connect fails with the reason, which no retry mends.
func (b *barred) Connect(context.Context) error { return b.err }

// Waiting is empty: nobody is asked.
func (*barred) Waiting() string { return "" }

// Done is closed: it is never connected.
func (*barred) Done() <-chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}

// AtEnd calls f at once.
func (*barred) AtEnd(f func()) { go f() }

// Err is the reason.
func (b *barred) Err() error { return b.err }

// Suspect does nothing.
func (*barred) Suspect() {}

// Notes are none.
func (*barred) Notes() []string { return nil }

// RetryAfter is never.
func (*barred) RetryAfter(error, int) (time.Duration, bool) { return 0, false }

// Run fails, as does all that needs a connection.
func (b *barred) Run(context.Context, string) ([]byte, error) { return nil, b.err }

// Stream fails.
func (b *barred) Stream(context.Context, string) (io.ReadWriteCloser, error) { return nil, b.err }

// DialUnix fails.
func (b *barred) DialUnix(context.Context, string) (net.Conn, error) { return nil, b.err }

// DialTCP fails.
func (b *barred) DialTCP(context.Context, string) (net.Conn, error) { return nil, b.err }

// DialAbstract fails.
func (b *barred) DialAbstract(context.Context, string) (net.Conn, error) { return nil, b.err }

// Explain has nothing to add.
func (*barred) Explain(_ context.Context, _ string, err error) error { return err }
