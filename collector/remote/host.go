package remote

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"time"

	"pumatop/collector/clean"
)

// transport is a way to a host that is up: an SSH connection, or this machine itself.
type transport interface {
	dialUnix(ctx context.Context, path string) (net.Conn, error)
	dialTCP(ctx context.Context, addr string) (net.Conn, error)
	dialAbstract(ctx context.Context, name string) (net.Conn, error)
	run(ctx context.Context, script string) ([]byte, error)
	stream(ctx context.Context, script string) (*Stream, error)
}

// Host is one machine to be reached. It is safe for concurrent use.
type Host struct {
	pool    *Pool
	address address
	options HostOptions

	// These are of a jump host: the hops before it in the list that named it, the attempt that goes through it, and how
	// many hosts lie behind it.
	via    []address
	waiter *entry
	depth  int

	// connecting is held by the one Connect that is under way.
	connecting chan struct{}

	mu     sync.Mutex
	closed bool
	entry  *entry
	trying *entry // of the newest attempt
	local  *local
	failed error  // of the last attempt; nil once one succeeded
	turned reason // why OpenSSH connects from now on, which an attempt has shown; of the one Connect under way
	notes  []string
}

// Host returns the host of a name: [user@]host[:port], an alias of the ssh configuration, or "local". Nothing is
// resolved or connected yet; the error is a [*ConfigError] for what can be no name.
func (p *Pool) Host(name string) (*Host, error) { return p.HostBy(name, HostOptions{}) }

// HostBy is Host for one that is not reached as `ssh NAME` would.
func (p *Pool) HostBy(name string, o HostOptions) (*Host, error) {
	a, err := parseAddress(name)
	if err != nil {
		return nil, err
	}
	if err := o.check(a); err != nil {
		return nil, err
	}
	return &Host{pool: p, address: a, options: o, connecting: make(chan struct{}, 1)}, nil
}

// Name is the host as it was asked for.
func (h *Host) Name() string { return h.address.text }

// Connect makes sure that the host is connected. It makes one attempt and returns its typed error; when to try again
// is the caller's matter, [Host.RetryAfter] knows. Every step of it has a limit, but for the answer of a person who is
// asked ([Host.Waiting]), so that ctx needs none. To try again after a question was declined is to ask again. Callers at the same time share the attempt, also through other
// hosts with the same login, and for some minutes its refusal, until one that was told of it tries again. The configuration is read anew for each attempt, because a Match may depend on the network.
func (h *Host) Connect(ctx context.Context) error {
	select {
	case h.connecting <- struct{}{}:
		defer func() { <-h.connecting }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	if err := h.Err(); err == nil || errors.Is(err, errHostClosed) {
		return err
	}
	h.drop()
	if h.here() {
		l, err := h.reachHere(ctx)
		if err != nil {
			return h.failing(err)
		}
		return h.adopt(nil, l)
	}
	h.pool.declines.forgive(h.Err())
	h.pool.refusals.forgive(h.Err())
	e, err := h.reach(ctx)
	if err == nil {
		err = h.mayBecome(ctx, e)
	}
	if err != nil {
		return h.failing(err)
	}
	return h.adopt(e, nil)
}

// failing keeps why an attempt failed.
func (h *Host) failing(err error) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.failed = err
	return err
}

// reach makes one attempt, or joins one that is under way.
func (h *Host) reach(ctx context.Context) (*entry, error) {
	c, defaults, notes, err := h.pool.configuration(ctx, h.address, h.query())
	if err != nil {
		return nil, err
	}
	ep, more, err := h.endpoint(ctx, c, defaults)
	if err != nil {
		return nil, err
	}
	ep.depth = h.depth
	h.mu.Lock()
	h.notes = slices.Concat(notes, more, ep.notes)
	h.mu.Unlock()
	if len(h.via) > 0 {
		ep.jumps, ep.proxy = h.via, ""
		ep.hops = max(ep.hops, len(h.via))
	}
	e, err := h.pool.acquire(ctx, h, ep)
	if err != nil && h.turned == "" {
		turned := h.otherWay(ep, err)
		if turned == "" {
			return e, err
		}
		if lax := h.laxJump(ctx, ep.jumps); lax != nil { // worse than no login
			h.mu.Lock()
			h.notes = append(h.notes, withoutHost(h.address.text, lax))
			h.mu.Unlock()
			return e, err
		}
		h.turned = turned
		return h.reach(ctx)
	}
	return e, err
}

func (h *Host) tries(e *entry) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.trying = e
}

// adopt makes a transport the host's, unless the host has been closed meanwhile.
func (h *Host) adopt(e *entry, l *local) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		if e != nil {
			h.pool.release(h, e)
		}
		if l != nil {
			l.close(errHostClosed)
		}
		return errHostClosed
	}
	h.entry, h.local, h.failed = e, l, nil
	return nil
}

// drop lets go of a connection that has ended.
func (h *Host) drop() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.entry != nil {
		h.pool.release(h, h.entry)
		h.entry = nil
	}
	if h.local != nil {
		h.local.close(errClosed)
		h.local = nil
	}
}

// Close ends the host's connection, unless another Host holds it too. The host cannot be connected again.
func (h *Host) Close() error {
	h.drop()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	return nil
}

// up is the transport of a host that is connected.
func (h *Host) up() (transport, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.local != nil:
		return h.local, nil
	case h.entry != nil:
		return h.as(h.entry.link), nil
	}
	return nil, ErrLost
}

// DialUnix connects to a unix socket of the host, by path. Write the request at once: a connection that says nothing
// blocks Puma's control server for everybody, up to 30 s. The connection knows no deadlines; close it instead. A
// refusal is an [*OpenError], which [Host.Diagnose] can explain.
func (h *Host) DialUnix(ctx context.Context, path string) (net.Conn, error) {
	t, err := h.up()
	if err != nil {
		return nil, err
	}
	return t.dialUnix(ctx, path)
}

// DialTCP connects to a TCP address from the host, which resolves the name. It is otherwise like DialUnix.
func (h *Host) DialTCP(ctx context.Context, addr string) (net.Conn, error) {
	t, err := h.up()
	if err != nil {
		return nil, err
	}
	return t.dialTCP(ctx, addr)
}

// DialAbstract connects to a socket of Linux that has a name and no file, the name without its @. It is otherwise like
// DialUnix.
func (h *Host) DialAbstract(ctx context.Context, name string) (net.Conn, error) {
	t, err := h.up()
	if err != nil {
		return nil, err
	}
	return t.dialAbstract(ctx, name)
}

// Run executes a POSIX sh script and returns its stdout, without what the login's start-up files print, up to 4 MiB.
// The script's own stdin is empty. Where it ends with another status than 0 the output comes with an [*ExitError]. At
// most six scripts run on a connection at once, streams included; others wait within ctx.
func (h *Host) Run(ctx context.Context, script string) ([]byte, error) {
	t, err := h.up()
	if err != nil {
		return nil, err
	}
	return t.run(ctx, script)
}

// Stream starts a long-lived POSIX sh script and returns once it runs. ctx ends the stream. The script has to end
// when its stdin does, since sshd kills nobody when a connection ends and only a write would fail: a loop over `read`
// does by itself, a command that writes nothing has to be watched.
func (h *Host) Stream(ctx context.Context, script string) (*Stream, error) {
	t, err := h.up()
	if err != nil {
		return nil, err
	}
	return t.stream(ctx, script)
}

// Suspect asks for a sign of life at once, with 3 s to give it: a poll has timed out, and either Puma is hung or
// the link is dead. A dead link is closed; see Done.
func (h *Host) Suspect() {
	if t, err := h.up(); err == nil {
		if l := linkOf(t); l != nil {
			l.suspectDead()
		}
	}
}

// closedChannel is what Done returns for a host that is not connected.
func closedChannel() <-chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}

// Done is closed when the present connection ends, and is closed already where there is none.
func (h *Host) Done() <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.local != nil:
		return h.local.done
	case h.entry != nil:
		return h.entry.link.done
	}
	return closedChannel()
}

// AtEnd has f called, in a goroutine of its own, when the present connection ends: at once where there is none or where it
// has. Err says why by then. It costs no goroutine until then, which waiting for Done does, and cannot be taken back.
func (h *Host) AtEnd(f func()) {
	t, err := h.up()
	if err != nil {
		go f()
		return
	}
	if l := linkOf(t); l != nil {
		l.atEnd(f)
		return
	}
	l := t.(*local)
	context.AfterFunc(l.ctx, func() {
		<-l.done
		f()
	})
}

// Err is why the host is not connected, nil while it is: the end of its connection, or the last attempt's error.
func (h *Host) Err() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.closed:
		return errHostClosed
	case h.local != nil:
		return h.local.err()
	case h.entry != nil:
		return h.entry.link.err()
	case h.failed != nil:
		return h.failed
	}
	return ErrLost
}

// Notes are what could not be taken from the configuration at the last attempt, and what that means. They are clean.
func (h *Host) Notes() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	notes := append([]string(nil), h.notes...)
	switch {
	case h.local != nil:
		return append(notes, h.local.detour.said()...)
	case h.entry != nil:
		notes = append(notes, h.entry.link.detour.said()...)
	}
	if h.trying != nil {
		h.pool.mu.Lock()
		defer h.pool.mu.Unlock()
		notes = append(notes, h.trying.notes...)
	}
	return notes
}

// Waiting is what the attempt to connect waits for a person to do, in a few words, empty where it waits for none. It may
// be something that another host has asked for: the passphrase of a key that they share, the login at a host on the way.
func (h *Host) Waiting() string {
	h.mu.Lock()
	e := h.trying
	h.mu.Unlock()
	h.pool.mu.Lock()
	defer h.pool.mu.Unlock()
	for way := ""; e != nil; e = e.waitsFor {
		if e.waits != "" {
			return e.waits + way
		}
		if e.waitsFor != nil {
			way = " (of " + e.waitsFor.name + ", on the way)"
		}
	}
	return ""
}

// RetryAfter is when to try to connect again after err, the attempt being the number of failures in a row before
// this one. The jitter is the host's own, so that a fleet does not return in step. ok is false for what a retry cannot
// mend; see the function of the same name.
func (h *Host) RetryAfter(err error, attempt int) (pause time.Duration, ok bool) {
	return RetryAfter(err, attempt, jitter(h.address.text, attempt))
}

// String names the host, for formatting.
func (h *Host) String() string { return clean.Line(h.address.text) }
