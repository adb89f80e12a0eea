package remote

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"
)

// A relay is one long script on a host that connects to sockets there, where SSH may not forward: the server forbids it,
// the socket has no path, the login is not the one that may, or there is no SSH at all. What is said to it and by it is
// a line each, with whatever varies in base64:
//
//	open ID unix|abstract|tcp NAME MS    opened ID, or error ID ERRNO
//	write ID BYTES
//	                                     data ID BYTES, any number, then end ID or error ID ERRNO
//	close ID                             end ID, if it has not ended
//
// Its first line says what it is. Each open is answered by one end or error, within the milliseconds that it names; the
// far side closes what takes longer. With ruby, python3 or perl a connection is a stream like any other; with the shell
// it is one exchange, begun by the write, one after the other.

const (
	relayRequest  = 8 << 10              // bytes that may be written to a connection
	relayAnswer   = 1<<20 + 64<<10       // bytes that may come from one: Puma's longest body and head
	relayLine     = relayAnswer*4/3 + 64 // of a line; the shell has a whole answer in one
	relayLimit    = 30 * time.Second     // of a connection's life, as long as a request may take
	serialLimit   = 3 * time.Second      // where others wait for it
	relayMargin   = 5 * time.Second      // how much later than that the far side is taken for dead
	relayPause    = 5 * time.Second      // between two starts
	relayRetry    = 30 * time.Second     // after a start that failed
	relayTogether = 32                   // connections at once
)

// relay starts the script when it is first needed, and again when it has ended, though not at once and again.
type relay struct {
	host string
	// start runs the script for as long as the way to the host lasts; run is how goroutines are started beside it.
	start func(ctx context.Context, script string) (*Stream, error)
	run   func(func())
	// lost turns the end of the script into the end of the way to the host, if that is what it was.
	lost     func(error) error
	programs []string

	mu       sync.Mutex
	live     *relaying
	starting chan struct{} // closed when the start under way is over; nil when none is
	failed   error
	began    time.Time
}

// dial connects through the relay.
func (r *relay) dial(ctx context.Context, network, name string) (net.Conn, error) {
	live, err := r.up(ctx)
	if err != nil {
		return nil, err
	}
	return live.dial(ctx, network, name)
}

// up returns the relay that runs, and starts one where none does. The start goes on without the caller: the next one
// wants it too.
func (r *relay) up(ctx context.Context) (*relaying, error) {
	r.mu.Lock()
	if r.live != nil && r.live.err() == nil {
		defer r.mu.Unlock()
		return r.live, nil
	}
	if r.starting == nil {
		if err := r.resting(); err != nil {
			defer r.mu.Unlock()
			return nil, err
		}
		r.starting, r.began = make(chan struct{}), time.Now()
		r.run(r.begin)
	}
	starting := r.starting
	r.mu.Unlock()
	select {
	case <-starting:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.live == nil {
		return nil, r.failed
	}
	return r.live, nil
}

// resting is why none may be started now.
func (r *relay) resting() error {
	if r.began.IsZero() {
		return nil
	}
	since := time.Since(r.began)
	switch {
	case r.live != nil && since < relayPause:
		return r.live.err()
	case r.live == nil && since < relayRetry:
		return r.failed
	}
	return nil
}

// begin starts the script and reads its first line.
func (r *relay) begin() {
	ctx, cancel := withStartLimit(context.Background())
	defer cancel()
	live, err := r.first(ctx)
	if err != nil {
		err = r.lost(err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.live, r.failed = live, err
	close(r.starting)
	r.starting = nil
}

func (r *relay) first(ctx context.Context) (*relaying, error) {
	// The script outlives its start: it ends with the way to the host, or when it is closed.
	stream, err := r.start(context.WithoutCancel(ctx), relayScript(r.programs))
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = stream.Close() })
	defer stop()
	return newRelaying(r, stream)
}

// program is what runs the relay; empty while none does.
func (r *relay) program() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.live == nil {
		return ""
	}
	return r.live.program
}

// RelayError means that a socket has to be reached through a relay, and that there is none.
type RelayError struct {
	Host string
	// Text says why, cleaned.
	Text string
	// Forward is why the socket cannot be reached without one, nil where there is no other way.
	Forward error
	Err     error
}

func (e *RelayError) Error() string {
	text := e.Text
	if text == "" {
		text = "no relay: " + withoutHost(e.Host, e.Err)
	}
	if e.Forward != nil {
		return e.Host + ": " + withoutHost(e.Host, e.Forward) + "; " + text
	}
	return e.Host + ": " + text
}

// Unwrap returns both: why there is no forwarding, and why no relay.
func (e *RelayError) Unwrap() []error {
	var both []error
	for _, err := range []error{e.Forward, e.Err} {
		if err != nil {
			both = append(both, err)
		}
	}
	return both
}

// Remedy names either way.
func (e *RelayError) Remedy() string {
	var shell *NoShellError
	switch {
	case e.Forward != nil && errors.As(e.Err, &shell):
		return "let the login forward (AllowTcpForwarding and AllowStreamLocalForwarding in sshd_config, permitopen in authorized_keys) or run commands"
	case e.Err != nil:
		return Remedy(e.Err)
	}
	return "install one of ruby, python3, perl, curl and socat for the login, or allow forwarding in the host's sshd_config"
}

func withoutHost(host string, err error) string {
	text := err.Error()
	if len(text) > len(host)+2 && text[:len(host)+2] == host+": " {
		return text[len(host)+2:]
	}
	return text
}
