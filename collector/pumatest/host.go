package pumatest

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"

	"pumatop/collector/remote/sshtest"
)

// Host is one simulated host: its Pumas, its systemd, its clock, behind an SSH server in this process. It is safe for
// use by several goroutines.
type Host struct {
	name   string
	t      *timeline
	pumas  []*Puma
	skew   time.Duration
	server *sshtest.Server
	memory memory
	// config is what ssh is configured with for this host, beside what all have; unknown keeps its key out of known_hosts.
	config  string
	unknown bool

	mu      sync.Mutex
	noOpen  bool // streamlocal forwarding is refused
	noRelay bool // and there is nothing that could take its place
	noExec  bool // commands are refused
	dropped bool
	latency time.Duration
	asked   func() // called at each request to a control socket
}

// NewHost makes a host with the given Pumas on it. Several on one host need different App names.
func NewHost(name string, seed uint64, pumas ...Config) *Host {
	return newHost(name, seed, sshtest.Options{
		Authorize: func(user string, _ ssh.PublicKey) bool { return user == login },
	}, pumas...)
}

// newHost makes a host with a server that lets in whom the options say.
func newHost(name string, seed uint64, o sshtest.Options, pumas ...Config) *Host {
	h := &Host{name: name, t: newTimeline(seed)}
	for _, c := range pumas {
		p := newPuma(h.t, c)
		p.host = h
		h.pumas = append(h.pumas, p)
	}
	h.memory = newMemory(h.t.random)
	o.Exec, o.DialUnix = h.exec, h.dialUnix
	h.server = sshtest.New(o)
	return h
}

// Name is the host's name.
func (h *Host) Name() string { return h.name }

// Puma is the host's nth Puma; it panics where there is none, like an index.
func (h *Host) Puma(n int) *Puma { return h.pumas[n] }

// HostKey is the key that the host proves itself with.
func (h *Host) HostKey() ssh.PublicKey { return h.server.HostKey() }

// Server is the SSH server, for its own fault switches (Kill, Hold) and counters.
func (h *Host) Server() *sshtest.Server { return h.server }

// Dial connects to the host's SSH port through memory. The login is deploy, with any key.
func (h *Host) Dial(ctx context.Context) (net.Conn, error) {
	h.t.do(func() {}) // a network that was to come back has
	h.mu.Lock()
	latency, dropped := h.latency, h.dropped
	h.mu.Unlock()
	if dropped {
		<-ctx.Done()
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: ctx.Err()}
	}
	c, err := h.server.Dial(ctx)
	if err != nil || latency == 0 {
		return c, err
	}
	return delayed(c, latency), nil
}

// DropNetwork swallows everything that the host sends, and lets new connections find nobody, as a dead network does.
// The Pumas go on. Restore ends it; what was swallowed never arrives.
func (h *Host) DropNetwork() {
	h.mu.Lock()
	h.dropped = true
	h.mu.Unlock()
	h.server.SetDeaf(true)
}

// Restore gives the host its network back.
func (h *Host) Restore() {
	h.mu.Lock()
	h.dropped = false
	h.mu.Unlock()
	h.server.SetDeaf(false)
}

// cut takes the host off the network for a while, from a moment on.
func (h *Host) cut(from, length time.Duration) {
	h.t.after(from, h.DropNetwork)
	h.t.after(from+length, h.Restore)
}

// RefuseRelay leaves the host without a program that pumatop could reach sockets through.
func (h *Host) RefuseRelay(on bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.noRelay = on
}

// relay takes the place of forwarding.
func (h *Host) relay(s *sshtest.Session) int {
	h.mu.Lock()
	none := h.noRelay
	h.mu.Unlock()
	if none {
		_, _ = io.WriteString(s.Stdout, "relay 1 none\n")
		return 0
	}
	return sshtest.Relay(s, h.dialHere)
}

// RefuseForwarding is AllowStreamLocalForwarding no; what the host runs still reaches its sockets.
func (h *Host) RefuseForwarding(on bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.noOpen = on
}

// RefuseCommands is command="/bin/false" in authorized_keys, for sessions that begin from now on: forwarding alone is
// allowed.
func (h *Host) RefuseCommands(on bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.noExec = on
}

func (h *Host) exec(s *sshtest.Session) int {
	h.mu.Lock()
	refuse := h.noExec
	h.mu.Unlock()
	if refuse {
		return 1
	}
	return sshtest.Shell(h.run)(s)
}

// SetLatency makes connections that begin from now on slow: everything arrives later by d, each way.
func (h *Host) SetLatency(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.latency = d
}

// SetSkew puts the host's clock ahead of ours.
func (h *Host) SetSkew(ahead time.Duration) { h.t.do(func() { h.skew = ahead }) }

// OnAsked has f called whenever a control socket of the host is dialled: once for each poll.
func (h *Host) OnAsked(f func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.asked = f
}

// errRefused stands for every reason not to connect: a client of sshd cannot tell them apart.
var errRefused = errors.New("connection refused")

func (h *Host) dialUnix(path string) (net.Conn, error) {
	h.mu.Lock()
	refuse, asked := h.noOpen, h.asked
	h.mu.Unlock()
	if asked != nil {
		asked()
	}
	if refuse {
		return nil, errRefused
	}
	return h.dialHere("unix", path)
}

// dialHere connects as a process of the host does.
func (h *Host) dialHere(network, name string) (net.Conn, error) {
	for _, p := range h.pumas {
		if network == "unix" && p.site.control() == name && p.accepts() {
			client, server := sshtest.Pipe()
			go p.Serve(server)
			return client, nil
		}
	}
	return nil, errRefused
}
