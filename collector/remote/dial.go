package remote

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/crypto/ssh"

	"pumatop/collector/clean"
)

// clientVersion is how pumatop introduces itself, for those who read the server's log.
const clientVersion = "SSH-2.0-pumatop"

// connect dials and logs in. Errors are typed; the endpoint's limit covers everything from the dial on, or from the
// moment that the last jump host is connected.
func (p *Pool) connect(ctx context.Context, d *dialogue) (*link, error) {
	ep := d.endpoint
	var conn net.Conn
	if d.jump != nil {
		// Before admit: a handshake that waits for another's must not keep that one out.
		var err error
		if conn, err = p.through(ctx, ep, d.jump); err != nil {
			return nil, err
		}
	}
	place, err := p.admit(ctx, ep.place())
	if err != nil {
		if conn != nil {
			_ = conn.Close()
		}
		return nil, err
	}
	defer place.leave()
	clock := newPatience(ctx, ep.connectLimit)
	defer clock.stop()
	if conn == nil {
		if conn, err = p.dial(clock, ep); err != nil {
			return nil, dialError(clock, ep, err)
		}
	}
	d.last = &login{dialogue: d, clock: clock, questions: questions{tries: map[string]int{}, release: place.leave}}
	w := newWire(conn)
	w.onGreeting = func() { place.greeted(clock) }
	return p.handshake(clock, d.last, w)
}

func (p *Pool) dial(ctx context.Context, ep *endpoint) (net.Conn, error) {
	if ep.proxy != "" {
		return startProxy(ep.proxy)
	}
	return p.direct(ctx, ep)
}

// dialError names the stage and keeps the cause's words, without the addresses that net repeats.
func dialError(ctx context.Context, ep *endpoint, err error) error {
	if ctx.Err() != nil && errors.Is(context.Cause(ctx), context.Canceled) {
		return context.Canceled
	}
	e := &DialError{Host: ep.name, Addr: ep.addr(), Stage: "dial", Err: err}
	place := placeOf(ep.name, ep.addr())
	var dns *net.DNSError
	var op *net.OpError
	switch {
	case ctx.Err() != nil:
		e.Err = &quiet{fmt.Sprintf("no answer within %s (%s)", ep.connectLimit, place), context.Cause(ctx)}
	case errors.As(err, &dns):
		e.Stage = "resolve"
		e.Err = &quiet{unresolved(ep.name, dns), err}
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		e.Err = &quiet{fmt.Sprintf("no answer in time (%s)", place), err}
	case errors.As(err, &op) && op.Err != nil:
		var errno syscall.Errno
		text := clean.Line(op.Err.Error())
		if errors.As(op.Err, &errno) {
			text = errno.Error()
		}
		e.Err = &quiet{fmt.Sprintf("%s (%s)", text, place), err}
	}
	return e
}

// unresolved is a name that no resolver knows, or why none could be asked. The host's own is not said again.
func unresolved(host string, err *net.DNSError) string {
	name := "the name"
	if h := bareName(host); h != err.Name {
		name += " " + clean.Line(err.Name)
	}
	if err.IsNotFound {
		return name + " is not known"
	}
	return name + " could not be resolved: " + clean.Line(err.Err)
}

// placeOf is where a host was to be reached: the port alone where the address is its name.
func placeOf(host, addr string) string {
	name, port, err := net.SplitHostPort(addr)
	if err == nil && name == bareName(host) {
		return "port " + port
	}
	return clean.Line(addr)
}

// bareName is a host as it was asked for, without user and port.
func bareName(host string) string {
	host = host[strings.LastIndexByte(host, '@')+1:]
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return host
}

// quiet is an error with better words; what it stands for can still be asked about.
type quiet struct {
	text string
	err  error
}

func (q *quiet) Error() string { return q.text }
func (q *quiet) Unwrap() error { return q.err }

// handshake logs in over a connection and owns it: it is closed on every error. x/crypto waits for ever for a server
// that says nothing, so the end of ctx closes the connection.
func (p *Pool) handshake(ctx context.Context, l *login, w *wire) (*link, error) {
	ep := l.endpoint
	v, err := p.known.verifier(ctx, ep)
	if err != nil {
		_ = w.Close()
		return nil, err
	}
	v.agreed = l.agreed
	l.gone = w.broken.Load
	l.hungUp, w.hungUp = context.WithCancelCause(ctx)
	defer w.hungUp(nil)
	defer l.close()
	config := &ssh.ClientConfig{
		Config:            ssh.Config{KeyExchanges: ep.keyExchanges, Ciphers: ep.ciphers, MACs: ep.macs, RekeyThreshold: ep.rekeyAfter},
		User:              ep.user,
		AuthCallback:      l.next,
		HostKeyCallback:   v.check,
		HostKeyAlgorithms: v.algorithms(),
		ClientVersion:     clientVersion,
	}
	if len(config.HostKeyAlgorithms) == 0 {
		_ = w.Close()
		return nil, &UnsupportedError{Host: ep.name, Keyword: "HostKeyAlgorithms", Value: strings.Join(ep.hostKeyAlgorithms, ",")}
	}
	stop := context.AfterFunc(ctx, func() {
		_ = w.Close()
		l.close() // it may be waiting for a touch
	})
	conn, channels, requests, err := ssh.NewClientConn(w, ep.addr(), config)
	if !stop() && err == nil {
		_ = conn.Close()
		err = context.Cause(ctx)
	}
	if err != nil {
		return nil, handshakeError(ctx, ep, w, v, l, err)
	}
	return newLink(p.crew, ep, w, conn, channels, requests), nil
}

func handshakeError(ctx context.Context, ep *endpoint, w *wire, v *verifier, l *login, err error) error {
	over := ctx.Err() != nil
	refused := v.verified && !over && (l.sent && hungUp(err) || l.begun && !isTransport(err))
	switch {
	case v.refused != nil:
		return v.refused
	case over && errors.Is(context.Cause(ctx), context.Canceled):
		return context.Canceled
	case l.answer != nil, refused:
		return l.failure(err)
	}
	return unfinished(ctx, ep, w, err)
}

// unfinished is a handshake that nobody refused.
func unfinished(ctx context.Context, ep *endpoint, w *wire, err error) error {
	var negotiation *ssh.AlgorithmNegotiationError
	var proxy *proxyError
	fail := &DialError{Host: ep.name, Addr: ep.addr(), Stage: "handshake"}
	switch {
	case ctx.Err() != nil:
		fail.Err = &quiet{fmt.Sprintf("no SSH handshake within %s (%s)", ep.connectLimit, placeOf(ep.name, ep.addr())), context.Cause(ctx)}
	case errors.As(err, &proxy):
		fail.Stage, fail.Err = "proxy", proxy
	case errors.As(err, &negotiation):
		offers := make([]string, 0, len(negotiation.RequestedAlgorithms))
		for _, a := range negotiation.RequestedAlgorithms {
			if !isSignal(a) {
				offers = append(offers, clean.Short(a, 60))
			}
		}
		return &AlgorithmError{Host: ep.name, What: negotiation.What, Server: offers, Err: err}
	case !w.greeted.Load():
		fail.Busy, fail.Said, fail.Err = w.broken.Load(), clean.Short(strings.TrimSpace(string(w.hello)), 100), err
	default:
		text := strings.TrimPrefix(err.Error(), "ssh: handshake failed: ")
		if isTransport(err) {
			text = cleanCause(err)
		}
		fail.Err = &quiet{clean.Short(fmt.Sprintf("SSH handshake (%s): %s", placeOf(ep.name, ep.addr()), text), 300), err}
	}
	return fail
}

// isSignal reports whether a name in a list of key exchanges is none, but says what the server can do beside them.
func isSignal(name string) bool {
	return strings.HasPrefix(name, "kex-strict-") || strings.HasPrefix(name, "ext-info-")
}

// isTransport reports whether a connection failed below SSH.
func isTransport(err error) bool {
	var op *net.OpError
	var proxy *proxyError
	return errors.Is(err, ErrLost) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, io.ErrClosedPipe) || errors.As(err, &op) || errors.As(err, &proxy)
}

// hungUp reports whether it was the other side that ended a connection, rather than the network or pumatop. A
// ProxyCommand that ends without a complaint has seen that, too.
func hungUp(err error) bool {
	var proxy *proxyError
	if errors.As(err, &proxy) {
		return proxy.stderr == ""
	}
	return !errors.Is(err, ErrLost) && (errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, io.ErrClosedPipe))
}

// wire is the connection below SSH. It notes what a link cannot learn from x/crypto: when the server was last heard,
// and that it was the connection which broke, before x/crypto's calls return their various errors for that.
type wire struct {
	net.Conn
	heard   atomic.Int64 // nanoseconds since began
	broken  atomic.Bool
	greeted atomic.Bool             // the server has sent the line that begins SSH
	shared  atomic.Bool             // the login is over: calls may come from everywhere
	hungUp  context.CancelCauseFunc // told of the end
	began   time.Time
	hello   []byte // what came before that line; written by the reader until greeted
	// onGreeting is called by the reader when that line has come, and may hold it up; nil for nothing.
	onGreeting func()

	mu    sync.Mutex
	ended bool
	onEnd func() // nil for nothing yet
}

func newWire(c net.Conn) *wire { return &wire{Conn: c, began: time.Now()} }

func (w *wire) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	if n > 0 {
		w.heard.Store(int64(time.Since(w.began)))
		w.listen(p[:n])
	}
	if err != nil {
		w.broken.Store(true)
		if w.hungUp != nil {
			w.hungUp(errHungUp)
		}
		w.end()
		if w.shared.Load() {
			time.Sleep(breakGrace)
		}
	}
	return n, err
}

// Close ends it. x/crypto does so, too, where it has enough of the server.
func (w *wire) Close() error {
	err := w.Conn.Close()
	w.end()
	return err
}

func (w *wire) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended = true; w.onEnd != nil {
		go w.onEnd()
		w.onEnd = nil
	}
}

// over reports whether it has ended.
func (w *wire) over() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.ended
}

// atEnd has f run in a goroutine of its own once nothing can be read any more.
func (w *wire) atEnd(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended {
		go f()
		return
	}
	w.onEnd = f
}

// breakGrace is how long calls that found the wire whole have to reach x/crypto before that learns better.
const breakGrace = 10 * time.Millisecond

// listen waits for the line that begins SSH. sshd that is too busy, or holds a penalty against this address, sends a
// plain sentence instead and hangs up.
func (w *wire) listen(p []byte) {
	if w.greeted.Load() {
		return
	}
	if room := 512 - len(w.hello); room > 0 {
		w.hello = append(w.hello, p[:min(len(p), room)]...)
	}
	if bytes.HasPrefix(w.hello, []byte("SSH-")) || bytes.Contains(w.hello, []byte("\nSSH-")) {
		w.greeted.Store(true)
		if w.onGreeting != nil {
			w.onGreeting()
		}
	}
}

func (w *wire) Write(p []byte) (int, error) {
	n, err := w.Conn.Write(p)
	switch {
	case err == nil:
	case !w.greeted.Load():
		return len(p), nil // reading tells more: the sentence that a busy server hung up with
	default:
		w.broken.Store(true)
		_ = w.Close() // x/crypto would go on reading
	}
	return n, err
}

// silence is how long ago the server was heard.
func (w *wire) silence() time.Duration {
	return time.Since(w.began) - time.Duration(w.heard.Load())
}
