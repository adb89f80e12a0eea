package remote

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"

	"pumatop/collector/crew"
)

// sessionsPerLink is how many commands run at once on a connection, streams included. Servers refuse the eleventh
// (MaxSessions) in the same words as a missing socket; of the ten one stays free for a relay.
const sessionsPerLink = 6

// link is one SSH connection that is up.
type link struct {
	crew     *crew.Crew
	endpoint *endpoint
	wire     *wire
	client   ssh.Conn

	sessions chan struct{} // a place each
	suspect  chan struct{} // asks for a sign of life at once
	relays   []string      // what a relay may be; see relayScript
	detour   detour
	running  sync.WaitGroup
	channels <-chan ssh.NewChannel
	requests <-chan *ssh.Request

	// warming is done by the first session, warm is closed when it has started or could not be.
	warming sync.Once
	warm    chan struct{}

	done chan struct{} // closed when nothing can be read any more

	mu       sync.Mutex
	why      error       // the first reason to end; set before done is closed
	ended    bool        // done is closed
	after    []func()    // what follows the end
	next     *time.Timer // calls look
	looking  bool
	tended   []*command            // whose requests look takes
	carried  []<-chan *ssh.Request // of forwarded connections
	untended bool                  // it takes those of no more
}

// newLink takes over a connection that has logged in. What is done a thousand times a second on a fleet is the crew's.
func newLink(crew *crew.Crew, ep *endpoint, w *wire, client ssh.Conn, channels <-chan ssh.NewChannel, requests <-chan *ssh.Request) *link {
	l := &link{
		crew: crew, endpoint: ep, wire: w, client: client, channels: channels, requests: requests,
		sessions: make(chan struct{}, sessionsPerLink), suspect: make(chan struct{}, 1),
		warm: make(chan struct{}), done: make(chan struct{}),
	}
	w.shared.Store(true)
	l.running.Add(1)
	l.mu.Lock()
	l.next = time.AfterFunc(l.untilLook(), l.look)
	l.mu.Unlock()
	w.atEnd(l.end)
	return l
}

// atEnd has f run in a goroutine of its own once the connection has ended.
func (l *link) atEnd(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		go f()
		return
	}
	l.after = append(l.after, f)
}

// spawn runs f beside the connection, whose end f must not outlive. It counts as part of the connection until that
// has ended: then f, if it runs at all, finds everything failing.
func (l *link) spawn(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		go f()
		return
	}
	l.running.Go(f)
}

// enter has the caller count as part of the connection, as what spawn runs, until it calls what it gets.
func (l *link) enter() (leave func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return func() {}
	}
	l.running.Add(1)
	return l.running.Done
}

// close ends the connection for a reason; the first reason stays. Every blocked call on it returns.
func (l *link) close(why error) {
	l.mu.Lock()
	if l.why == nil {
		l.why = why
	}
	l.mu.Unlock()
	l.wire.broken.Store(true)
	_ = l.wire.Close()
}

// err is why the connection ended; nil while it is up.
func (l *link) err() error {
	select {
	case <-l.done:
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.why
	default:
		return nil
	}
}

// lost turns whatever x/crypto returned into ErrLost if the connection is what failed. x/crypto has half a dozen
// errors for that: EOF, use of a closed connection, an unexpected packet <nil>, a missing exit status.
func (l *link) lost(err error) error { return l.lostUntil(nil, err) }

// lostUntil is lost for a call that ends when closed is.
func (l *link) lostUntil(closed <-chan struct{}, err error) error {
	if err == nil || errors.Is(err, ErrLost) || !l.failing(closed, err) {
		return err
	}
	select {
	case <-l.done: // it follows at once, since a broken wire is closed
		return l.err()
	case <-closed:
		return net.ErrClosed
	}
}

// failing reports whether err comes of the connection's end. Where x/crypto ends it by itself, for a server that disconnects or
// makes no sense, its channels end a moment before the wire does.
func (l *link) failing(closed <-chan struct{}, err error) bool {
	if !l.wire.broken.Load() && errors.Is(err, io.EOF) && !l.wire.over() {
		moment := time.NewTimer(breakGrace)
		defer moment.Stop()
		select {
		case <-moment.C:
		case <-closed:
		}
	}
	return l.wire.broken.Load() || l.wire.over()
}

// alive asks the server for a sign of life and waits for one. Any byte is one: an answer may stand in a queue behind
// a flood of log lines. Meanwhile what the server asks goes on to be taken, as the answer may stand behind that, too, or never
// come.
func (l *link) alive(limit time.Duration) bool {
	answered := make(chan struct{})
	l.spawn(func() {
		// The answer to this request is normally a failure; only that it comes matters.
		_, _, _ = l.client.SendRequest("keepalive@openssh.com", true, nil)
		close(answered)
	})
	asked := time.Now()
	t, next := time.NewTimer(limit), time.NewTimer(lookEvery)
	defer t.Stop()
	defer next.Stop()
	for {
		select {
		case <-answered: // also when the connection ends
			return true
		case <-next.C:
			if next.Reset(lookEvery); l.answer() {
				next.Reset(lookAgain)
			}
		case <-l.suspect:
			t.Reset(min(limit, suspectLimit, max(limit-time.Since(asked), 0)))
		case <-t.C:
			rest := limit - l.wire.silence()
			if rest <= 0 || l.wire.silence() >= time.Since(asked) {
				return false
			}
			t.Reset(rest)
		}
	}
}

// ready waits until a session has been started on the connection, and starts one if nobody has. sshd before 10.1
// leaves Nagle's algorithm on until then: every poll on a connection without a session takes 44 ms instead of
// 0.6. A login that may run no commands gets there as well: the refused session is enough.
func (l *link) ready(ctx context.Context) error {
	l.warming.Do(func() {
		l.spawn(func() {
			defer close(l.warm)
			if c, err := l.exec("true"); err == nil {
				l.discard(c.channel)
			}
		})
	})
	select {
	case <-l.warm:
		return nil
	case <-l.done:
		return l.err()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// lostBecause is ErrLost with its cause in words.
func lostBecause(err error) error { return &lostError{cleanCause(err)} }
