package remote

import (
	"context"
	"net"
	"sync"

	"golang.org/x/crypto/ssh"

	"pumatop/collector/crew"
	"pumatop/collector/prompt"
	"pumatop/collector/remote/sshconfig"
)

const (
	handshakes        = 64  // at once; at 100 ms of round trip, a thousand hosts are through in 12 s
	greetings         = 256 // hosts that have not said anything yet: the dead ones of a fleet must not hold up the others
	handshakesPerAddr = 4   // at once; a stock sshd drops some of them from 10 on (MaxStartups)
)

// Options are where a Pool gets everything from. The zero value is the user's own ssh configuration.
type Options struct {
	// ConfigFile is ssh's -F; empty means the user's and the system's files. User is the login where a name has none.
	ConfigFile, User string
	// SSH is the client that is asked for the configuration: a path, or empty for the one on PATH. Where there is none
	// pumatop reads the files itself, as far as it understands them; see [Host.Notes].
	SSH string
	// Ask puts questions to a person; nil means that nobody can be asked, and that a host which wants an answer is an error.
	Ask prompt.Asker
	// Transport is how hosts are reached that have none of their own; see [Transport].
	Transport Transport

	// Resolve answers for the ssh configuration instead of `ssh -G`; Dial connects instead of the network. Both are
	// for simulated fleets and tests.
	Resolve func(ctx context.Context, q sshconfig.Query) (sshconfig.Config, error)
	Dial    func(ctx context.Context, network, addr string) (net.Conn, error)
	// Signers are offered before any other key, and KnownHosts is trusted beside the configured files: the text of
	// a known_hosts file.
	Signers    []ssh.Signer
	KnownHosts []byte
	// Relays are the programs that a relay may be, best first, in place of all that are known.
	Relays []string
}

// Pool makes and shares connections. It is safe for concurrent use.
type Pool struct {
	options Options
	known   knownHosts
	slots   chan struct{} // of handshakes
	knocks  chan struct{} // of hosts that have not said anything
	touch   chan struct{} // held by the login that waits for a touch
	ask     func() (*sshconfig.Client, error)

	// ctx ends with the pool and takes the attempts to connect with it.
	ctx    context.Context
	cancel context.CancelFunc

	running sync.WaitGroup // attempts and connections
	crew    *crew.Crew

	keys        keyring
	passphrases passphrases
	declines    declines
	refusals    standing

	mu      sync.Mutex
	closed  bool
	entries map[string]*entry        // by endpoint.key
	perAddr map[string]chan struct{} // by address
	turns   map[string]chan struct{} // of the questions of more than one ssh, by what they are about
}

// entry is a connection, or an attempt at one, with those who hold it.
type entry struct {
	key     string
	name    string // of the host, for people
	holders map[*Host]bool
	cancel  context.CancelFunc
	// waitsFor is the entry of the jump host that this attempt waits for; it is guarded by the pool's mu.
	waitsFor *entry
	// waits is what the attempt waits for a person to do, and notes what it has to say; they are guarded so, too.
	waits string
	notes []string
	// ready is closed when the attempt is over; link and err stand from then on.
	ready chan struct{}
	link  *link
	err   error
}

// over reports whether the connection has ended. The pool forgets it only a moment later, and to hand it out in that
// moment would be to say that a lost host is connected.
func (e *entry) over() bool {
	select {
	case <-e.ready:
		return e.err != nil || e.link.err() != nil
	default:
		return false
	}
}

// NewPool returns a Pool; nothing is connected before a Host asks for it.
func NewPool(o Options) *Pool {
	p := &Pool{
		options: o, crew: crew.New(), slots: make(chan struct{}, handshakes), knocks: make(chan struct{}, greetings), touch: make(chan struct{}, 1),
		ask:     sync.OnceValues(func() (*sshconfig.Client, error) { return sshconfig.NewClient(o.SSH) }),
		entries: map[string]*entry{}, perAddr: map[string]chan struct{}{}, turns: map[string]chan struct{}{},
	}
	p.known.extra = o.KnownHosts
	p.ctx, p.cancel = context.WithCancel(context.Background())
	return p
}

// Close ends every connection and attempt, and returns when nothing of the pool runs any more. Hosts of the pool stay
// unconnected from then on.
func (p *Pool) Close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.cancel()
	p.running.Wait()
	p.crew.Close()
	p.passphrases.forget()
}

// acquire returns a connection to the endpoint, which h holds until release: the one that is there, the one
// that is being made, or a new one.
func (p *Pool) acquire(ctx context.Context, h *Host, ep *endpoint) (*entry, error) {
	e, err := p.join(h, ep)
	if err != nil {
		return nil, err
	}
	h.tries(e)
	if h.waiter != nil {
		if p.waits(h.waiter, e) {
			p.release(h, e)
			return nil, circle(h)
		}
		defer p.waits(h.waiter, nil)
	}
	select {
	case <-e.ready:
	case <-ctx.Done():
		p.release(h, e)
		return nil, context.Cause(ctx)
	}
	if e.err != nil {
		p.release(h, e)
		return nil, e.err
	}
	return e, nil
}

// join makes h a holder of the endpoint's entry and starts the attempt if there is none.
func (p *Pool) join(h *Host, ep *endpoint) (*entry, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, errPoolClosed
	}
	key := ep.key()
	e := p.entries[key]
	if e == nil || e.over() {
		if err := p.refusals.of(p, ep); err != nil {
			return nil, err
		}
		ctx, cancel := context.WithCancel(p.ctx)
		e = &entry{key: key, name: ep.name, holders: map[*Host]bool{}, cancel: cancel, ready: make(chan struct{})}
		p.entries[key] = e
		p.running.Go(func() { p.establish(ctx, e, ep) })
	}
	e.holders[h] = true
	return e, nil
}

// waits notes that one attempt waits for another, unless that one waits for the first already, however indirectly:
// jump hosts that lead in a circle would wait for ever.
func (p *Pool) waits(waiter, e *entry) (circular bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for x := e; x != nil; x = x.waitsFor {
		if x == waiter {
			return true
		}
	}
	waiter.waitsFor = e
	return false
}

// establish makes the connection of an entry, watches over it, and takes the entry away when it has ended. The end of
// ctx, which is the pool's end or that nobody holds the entry any more, ends it too.
func (p *Pool) establish(ctx context.Context, e *entry, ep *endpoint) {
	jump := p.lastHop(e, ep)
	over := func() {
		if jump != nil {
			_ = jump.Close() // never fails
		}
		e.cancel()
	}
	if e.link, e.err = p.converse(ctx, e, ep, jump); e.err != nil {
		e.err = p.refusals.add(ep, e.err)
		p.forget(e)
		close(e.ready)
		over()
		return
	}
	e.link.relays = p.options.Relays
	close(e.ready)
	stop := context.AfterFunc(ctx, func() { e.link.close(errClosed) })
	p.running.Add(1)
	e.link.atEnd(func() {
		defer p.running.Done()
		stop()
		p.forget(e)
		e.link.running.Wait()
		over()
	})
}

func (p *Pool) forget(e *entry) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.entries[e.key] == e {
		delete(p.entries, e.key)
	}
}

// release ends h's hold. A connection that nobody holds is closed, an attempt that nobody waits for cancelled.
func (p *Pool) release(h *Host, e *entry) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(e.holders, h)
	if len(e.holders) > 0 {
		return
	}
	if p.entries[e.key] == e {
		delete(p.entries, e.key)
	}
	e.cancel()
}

// admission is a place at an address, and in the crowd of those who connect.
type admission struct {
	pool *Pool
	own  chan struct{}

	mu   sync.Mutex
	held chan struct{} // the knocks, then the slots; nil where it has left
}

// admit waits for a place to connect to addr.
func (p *Pool) admit(ctx context.Context, addr string) (*admission, error) {
	p.mu.Lock()
	own := p.perAddr[addr]
	if own == nil {
		own = make(chan struct{}, handshakesPerAddr)
		p.perAddr[addr] = own
	}
	p.mu.Unlock()
	// The address first: a busy one must not hold places that others could use.
	for i, places := range []chan struct{}{own, p.knocks} {
		select {
		case places <- struct{}{}:
		case <-ctx.Done():
			if i > 0 {
				<-own
			}
			return nil, context.Cause(ctx)
		}
	}
	return &admission{pool: p, own: own, held: p.knocks}, nil
}

// greeted takes a place among the handshakes, now that the server has said something; it waits for one until ctx ends.
func (a *admission) greeted(ctx context.Context) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.held != a.pool.knocks {
		return
	}
	select {
	case a.pool.slots <- struct{}{}:
		a.held = a.pool.slots
		<-a.pool.knocks
	case <-ctx.Done():
	}
}

// leave gives up all places.
func (a *admission) leave() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.held != nil {
		<-a.held
		a.held = nil
		<-a.own
	}
}
