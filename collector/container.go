package collector

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"syscall"
	"time"

	"pumatop/collector/cause"
	"pumatop/collector/probe"
	"pumatop/collector/puma"
)

// insider is a host that reaches sockets inside of something on it, too: enter is the command that leads to a shell there.
type insider interface {
	DialInside(ctx context.Context, enter []string, network, name string) (net.Conn, error)
}

// dialerOf reaches a control app of a Puma.
func (a *actor) dialerOf(p *probe.Puma, control puma.Address) puma.DialFunc {
	if !p.Container.ExecOnly {
		return a.dialer(control)
	}
	in := inside{a.host, p.Container.Enter()}
	return func(ctx context.Context) (net.Conn, error) {
		c, err := in.dial(ctx, control)
		if err != nil {
			return nil, &insideError{address: control, name: p.Container.Short(), engine: p.Container.Engine, err: err}
		}
		return c, nil
	}
}

// inside is the inside of a container as a place to dial from.
type inside struct {
	host  Host
	enter []string
}

func (i inside) dial(ctx context.Context, address puma.Address) (net.Conn, error) {
	switch address.Network {
	case puma.TCP:
		host, port, err := net.SplitHostPort(address.Name)
		if ip, errIP := netip.ParseAddr(host); err == nil && errIP == nil && ip.IsUnspecified() {
			address.Name = net.JoinHostPort("127.0.0.1", port)
		}
		return i.DialTCP(ctx, address.Name)
	case puma.SSL:
		return dialTLS(ctx, i, address)
	}
	return i.through(ctx, string(address.Network), address.Name)
}

// DialTCP connects as seen from inside.
func (i inside) DialTCP(ctx context.Context, addr string) (net.Conn, error) {
	return i.through(ctx, "tcp", addr)
}

func (i inside) through(ctx context.Context, network, name string) (net.Conn, error) {
	host, ok := i.host.(insider)
	if !ok {
		return nil, errors.New("this way to the host leads to no relay there")
	}
	return host.DialInside(ctx, i.enter, network, name)
}

// insideError is a control app that only the inside of its container reaches, and that could not be reached so.
type insideError struct {
	address      puma.Address
	name, engine string
	err          error
}

func (e *insideError) Error() string {
	return fmt.Sprintf("the control app listens on %s inside container %s, reached by %s exec only: %v", e.address, e.name, e.engine, e.err)
}

// FailedAt is puma.rb.
func (e *insideError) FailedAt() cause.Stage { return cause.Config }

// Unwrap returns why it was not reached.
func (e *insideError) Unwrap() error { return e.err }

// Is takes what refuses for what does not listen: so a full restart looks, and a boot.
func (e *insideError) Is(target error) bool {
	return target == ErrNoListener && (errors.Is(e.err, syscall.ECONNREFUSED) || errors.Is(e.err, syscall.ENOENT))
}

// Remedy names the address that works without, which no port has to be published for.
func (e *insideError) Remedy() string {
	return "let activate_control_app listen on tcp://0.0.0.0:PORT with a token, and publish no port; or bind-mount a directory of its own for the socket"
}

// runs reports whether a process of the container is seen, whatever could be looked into. A container that an engine does
// not tell of in time has not ended.
func (a *actor) runs(c probe.Container, h *probe.Host) bool {
	return c.ID != "" && slices.ContainsFunc(h.Pumas, func(p probe.Puma) bool { return p.Box == c.ID })
}

// knownInside is the target of a Puma that is seen from outside of its container alone, where a look inside has been had
// before. From outside it has other pids, and no control app that could be reached.
func (a *actor) knownInside(p probe.Puma) *tracked {
	if p.Box == "" || p.Container.PIDs != nil {
		return nil
	}
	for _, t := range a.tracks {
		if t.facts.Container.ID == p.Box && t.facts.Container.PIDs != nil {
			return t
		}
	}
	return nil
}

// drop forgets a target that is gone for good.
func (a *actor) drop(t *tracked) {
	delete(a.tracks, t.app)
	a.c.disown(t.id)
}

// succeed is the track of what has taken the target's place in another container: of the one before nothing holds, pids
// least of all, which are the same in every container, but for what it did and how many workers it had.
func (t *track) succeed(at time.Time) *track {
	next := newTrack(t.host, t.app)
	next.groups = t.groups
	next.up(t.link, t.linkErr, t.retry)
	next.history, next.wanted, next.last = t.history, t.wanted, t.last
	next.restarts, next.countedAt, next.movedAt = t.restarts+1, at, at
	return next
}

// pids adds the processes whose memory is asked for, as the host numbers them: the master and its workers.
func (t *track) pids(set map[int]bool) {
	set[t.facts.OnHost(t.facts.PID)] = true
	for i := range t.facts.Workers {
		set[t.facts.OnHost(t.facts.Workers[i].PID)] = true
	}
	for i := range t.stats.Workers {
		set[t.facts.OnHost(t.stats.Workers[i].PID)] = true
	}
	delete(set, 0)
}
