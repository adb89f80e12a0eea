package remote

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// lookPause is how long a refused socket is not looked at again by a connection that has never forwarded: each look is
// a session.
const lookPause = time.Minute

// detour is what a connection knows of its ways to sockets: whether it forwards, and the relays that take its place.
type detour struct {
	mu     sync.Mutex
	relays map[string]*relay // by the user they run as, empty for the login; for those inside of something, by more
	within chan struct{}     // a place for each of the latter
	// instead are the networks that the server forbids to forward to, found out once and for good.
	instead map[string]bool
	works   atomic.Bool          // a unix socket has been forwarded to
	looked  map[string]time.Time // by path
	noWay   map[string]error     // by path, what such a look led to where there is no relay
	notes   []string
}

// relay is the relay that runs as a user.
func (l *link) relay(user string) *relay {
	d := &l.detour
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.relays == nil {
		d.relays = map[string]*relay{}
	}
	r := d.relays[user]
	if r == nil {
		// A place of its own beside the others: polls must not wait for whoever reads logs.
		places := make(chan struct{}, 1)
		r = &relay{
			host: l.endpoint.name, run: l.spawn, lost: l.lost, programs: l.relays,
			start: func(ctx context.Context, script string) (*Stream, error) {
				return l.streamAs(ctx, script, user, places)
			},
		}
		d.relays[user] = r
	}
	return r
}

// relayed dials through a relay, and says so once in the notes.
func (l *link) relayed(ctx context.Context, user, network, name, why string) (net.Conn, error) {
	c, err := l.relay(user).dial(ctx, network, name)
	l.noteRelay(user, why)
	return c, err
}

func (l *link) noteRelay(user, why string) {
	if program := l.relay(user).program(); program != "" {
		l.detour.note(fmt.Sprintf("%s: polls go through a relay (%s) in one session", why, program))
	}
}

func (d *detour) note(text string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !slices.Contains(d.notes, text) {
		d.notes = append(d.notes, text)
	}
}

func (d *detour) said() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.notes)
}

// keep keeps to the relay for a network from now on.
func (d *detour) keep(network string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.instead == nil {
		d.instead = map[string]bool{}
	}
	d.instead[network] = true
}

func (d *detour) kept(network string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.instead[network]
}

// mayLook reports whether a path has not been looked at lately.
func (d *detour) mayLook(path string, now time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if at, ok := d.looked[path]; ok && now.Sub(at) < lookPause {
		return false
	}
	if d.looked == nil || len(d.looked) > 100 {
		d.looked, d.noWay = map[string]time.Time{}, map[string]error{}
	}
	d.looked[path] = now
	return true
}

// forbids is why polls go through a relay.
const forbids = "the server forbids forwarding"

// dialUnix opens a channel to a unix socket of the host, or goes through the relay where the server forbids that. As
// OpenSSH refuses a missing socket and forwarding as such in the same words, the first refusal on a connection that has
// never forwarded is looked into: a key that may forward to some sockets stays with forwarding when one of them is gone.
func (l *link) dialUnix(ctx context.Context, path string) (net.Conn, error) {
	if l.detour.kept("unix") {
		return l.relayed(ctx, "", "unix", path, forbids)
	}
	c, err := l.forwardUnix(ctx, path)
	var refused *OpenError
	switch {
	case err == nil:
		l.detour.works.Store(true)
		return c, nil
	case !errors.As(err, &refused):
		return nil, err
	case refused.Forbidden:
		return l.instead(ctx, "unix", path, refused)
	case l.detour.works.Load():
		return nil, err
	case !l.detour.mayLook(path, time.Now()):
		return nil, l.detour.remembered(path, err)
	}
	c, err = l.around(ctx, path, refused)
	l.detour.remember(path, err)
	return c, err
}

// remember keeps an error that says that there is no way to a path.
func (d *detour) remember(path string, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.noWay, path)
	var none *RelayError
	if errors.As(err, &none) {
		d.noWay[path] = err
	}
}

// remembered is what is known of a refused path, else its refusal.
func (d *detour) remembered(path string, refused error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.noWay[path]; err != nil {
		return err
	}
	return refused
}

// around looks into a refusal, and goes through the relay if forwarding is what was refused.
func (l *link) around(ctx context.Context, path string, refused *OpenError) (net.Conn, error) {
	r, failed := diagnose(ctx, l, path)
	var shell *NoShellError
	switch {
	case errors.As(failed, &shell):
		return nil, &RelayError{Host: l.endpoint.name, Forward: refused, Err: failed,
			Text: "why cannot be asked, and there is no relay: " + withoutHost(l.endpoint.name, shell)}
	case failed != nil:
		return nil, refused
	case r.Reason == Unclear:
		return l.tryRelay(ctx, path, refused)
	case r.Reason == Forbidden:
		return l.instead(ctx, "unix", path, &RefusedError{Host: l.endpoint.name, Refusal: r, Err: refused})
	}
	return nil, &RefusedError{Host: l.endpoint.name, Refusal: r, Err: refused}
}

// tryRelay asks the relay where the host had nothing else to look with. Where the socket opens that way, forwarding is
// what was refused.
func (l *link) tryRelay(ctx context.Context, path string, forward error) (net.Conn, error) {
	c, err := l.relay("").dial(ctx, "unix", path)
	var refused *RefusedError
	switch {
	case err == nil:
		l.detour.keep("unix")
		l.noteRelay("", forbids)
		return c, nil
	case errors.As(err, &refused), errors.Is(err, ErrLost):
		return nil, err
	}
	return nil, forward
}

// dialTCP opens a channel to a TCP address as the host sees it; the name is resolved there.
func (l *link) dialTCP(ctx context.Context, addr string) (net.Conn, error) {
	if l.detour.kept("tcp") {
		return l.relayed(ctx, "", "tcp", addr, forbids)
	}
	c, err := l.dialAddr(ctx, addr, forwardBuffer)
	var refused *OpenError
	if errors.As(err, &refused) && refused.Forbidden {
		return l.instead(ctx, "tcp", addr, refused)
	}
	return c, err
}

// dialAbstract goes through the relay: OpenSSH forwards to paths alone.
func (l *link) dialAbstract(ctx context.Context, name string) (net.Conn, error) {
	return l.relayed(ctx, "", "abstract", name, "no SSH server forwards to abstract sockets")
}

// instead goes through the relay, and keeps to it once it runs. Where there is none the error says both.
func (l *link) instead(ctx context.Context, network, name string, forward error) (net.Conn, error) {
	r := l.relay("")
	if _, err := r.up(ctx); err != nil {
		if errors.Is(err, ErrLost) || ctx.Err() != nil {
			return nil, err
		}
		return nil, &RelayError{Host: l.endpoint.name, Forward: forward, Err: err}
	}
	l.detour.keep(network)
	return l.relayed(ctx, "", network, name, forbids)
}

// forbidden is told that the server forbids forwarding: the next connection goes through the relay. It is false where
// none was to be forwarded, and something else is wrong.
func (h *Host) forbidden() bool {
	t, err := h.up()
	l, ok := t.(*link)
	if err != nil || !ok || l.detour.kept("unix") {
		return false
	}
	l.detour.keep("unix")
	return true
}

// asUser is a connection whose scripts and sockets are another user's.
type asUser struct {
	*link
	user string
}

func (a asUser) run(ctx context.Context, script string) ([]byte, error) {
	return a.link.runAs(ctx, script, a.user)
}

func (a asUser) stream(ctx context.Context, script string) (*Stream, error) {
	return a.link.streamAs(ctx, script, a.user, a.link.sessions)
}

func (a asUser) dialUnix(ctx context.Context, path string) (net.Conn, error) {
	return a.relayed(ctx, a.user, "unix", path, a.why())
}

func (a asUser) dialAbstract(ctx context.Context, name string) (net.Conn, error) {
	return a.relayed(ctx, a.user, "abstract", name, a.why())
}

func (a asUser) why() string { return "sockets are opened as " + a.user }
