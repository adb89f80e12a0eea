package sshtest

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"io"
	"net"
	"sync"
	"sync/atomic"

	"golang.org/x/crypto/ssh"
)

// Session is one command that a client runs.
type Session struct {
	// Context ends when the client closes the channel or its connection.
	Context context.Context
	// User is the login, Command what the client asked to execute.
	User, Command string
	// Stdin ends when the client closes its side.
	Stdin          io.Reader
	Stdout, Stderr io.Writer
}

// Options are what a Server is made of. The hooks are called from many goroutines at once.
type Options struct {
	// HostKeys are offered in order; without any an ed25519 key is made.
	HostKeys []ssh.Signer
	// Authorize decides on a login with a key; nil lets everybody in, without a key too, unless there is another way.
	Authorize func(user string, key ssh.PublicKey) bool
	// Password and Interact decide on a login by password, and by questions of the server's own (keyboard-interactive); what
	// is nil is not offered. With Besides they are what a key that is accepted still lacks.
	Password func(user, password string) bool
	Interact func(user string, ask Ask) bool
	Besides  bool
	// Exec runs a command and returns its exit status; nil refuses commands.
	Exec func(*Session) int
	// DialUnix and DialTCP connect a forwarded channel on the host's side; nil, or an error, refuses the channel.
	DialUnix func(path string) (net.Conn, error)
	DialTCP  func(addr string) (net.Conn, error)
	// Forwarded is told of each forwarded channel, before anything is carried; nil for nothing.
	Forwarded func(ssh.Channel)
	// Opened is told of each session, before any of its requests is answered; nil for nothing.
	Opened func(ssh.Channel)
	// Config adjusts the server's SSH configuration before its first connection.
	Config func(*ssh.ServerConfig)
}

// Server is a simulated sshd. It is safe for concurrent use and keeps nothing running between connections.
type Server struct {
	options Options
	config  *ssh.ServerConfig
	hostKey ssh.PublicKey

	deaf   atomic.Bool
	hold   atomic.Bool
	ignore atomic.Bool
	refuse atomic.Pointer[string]

	logins, opens, sessions atomic.Int64

	mu             sync.Mutex
	conns          map[net.Conn]struct{}
	tries          map[string]int // by method
	pending, crowd int            // connections that have not logged in: now, and at the most
}

// New returns a server; [Server.Dial] and [Server.Serve] are the ways in.
func New(o Options) *Server {
	s := &Server{options: o, conns: map[net.Conn]struct{}{}, tries: map[string]int{}}
	s.config = &ssh.ServerConfig{
		ServerVersion: "SSH-2.0-OpenSSH_9.2p1",
		NoClientAuth:  o.Authorize == nil && o.Password == nil && o.Interact == nil,
	}
	s.offer(o)
	keys := o.HostKeys
	if len(keys) == 0 {
		keys = []ssh.Signer{NewKey()}
	}
	for _, k := range keys {
		s.config.AddHostKey(k)
	}
	s.hostKey = keys[0].PublicKey()
	if o.Config != nil {
		o.Config(s.config)
	}
	return s
}

// NewKey makes an ed25519 key, for a host or a user.
func NewKey() ssh.Signer {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		panic(err) // crypto/rand ends the program before it returns an error
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		panic(err) // ed25519 is always supported
	}
	return signer
}

// NewRSA makes an RSA key of 2048 bits, which takes its time.
func NewRSA() ssh.Signer {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err) // as above
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		panic(err) // RSA is always supported
	}
	return signer
}

// KnownHosts is the line of a known_hosts file that makes a client trust the server's first key under the given
// names, wildcards included ("web*,db1").
func (s *Server) KnownHosts(names string) string {
	return names + " " + string(ssh.MarshalAuthorizedKey(s.hostKey))
}

// HostKey is the server's first host key.
func (s *Server) HostKey() ssh.PublicKey { return s.hostKey }

// Dial connects through memory. The connection ends with Kill, or when the client closes it; ctx bounds only the
// dial.
func (s *Server) Dial(ctx context.Context) (net.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	client, server := Pipe()
	go s.Handle(server)
	return client, nil
}

// Serve accepts connections until the listener is closed, and returns its error.
func (s *Server) Serve(l net.Listener) error {
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		go s.Handle(c)
	}
}

// Kill drops every connection without a word, as a crash does.
func (s *Server) Kill() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		_ = c.Close()
	}
}

// SetDeaf makes the server swallow all of its answers, and new connections find nobody: a host that has lost its
// network, or whose sshd is stopped. What was swallowed never arrives, so the connections of that time stay dead.
func (s *Server) SetDeaf(on bool) { s.deaf.Store(on) }

// Ignore makes the server leave keepalives unanswered and do everything else.
func (s *Server) Ignore(on bool) { s.ignore.Store(on) }

// Hold makes new connections find a server that accepts and says nothing, not even its version.
func (s *Server) Hold(on bool) { s.hold.Store(on) }

// Refuse makes new connections end before the server says who it is, behind a plain sentence if there is one: a
// server with too many half-open logins. An empty Refuse("") hangs up without a word; Accept takes it back.
func (s *Server) Refuse(sentence string) { s.refuse.Store(&sentence) }

// Accept ends Refuse.
func (s *Server) Accept() { s.refuse.Store(nil) }

// Logins is how many connections have logged in so far.
func (s *Server) Logins() int { return int(s.logins.Load()) }

// Opens is how many forwarded channels were asked for so far, refused ones too.
func (s *Server) Opens() int { return int(s.opens.Load()) }

// Crowd is how many connections were on their way to a login at once, at the most: what sshd's MaxStartups counts.
func (s *Server) Crowd() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.crowd
}

// Sessions is how many sessions were asked for so far, those that may run no command too.
func (s *Server) Sessions() int { return int(s.sessions.Load()) }

// Connections is how many clients are connected now, those that have not logged in too.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

// Handle serves one connection and closes it.
func (s *Server) Handle(c net.Conn) {
	s.mu.Lock()
	s.conns[c] = struct{}{}
	s.pending++
	s.crowd = max(s.crowd, s.pending)
	s.mu.Unlock()
	arrived := sync.OnceFunc(func() {
		s.mu.Lock()
		s.pending--
		s.mu.Unlock()
	})
	defer func() {
		_ = c.Close()
		arrived()
		s.mu.Lock()
		delete(s.conns, c)
		s.mu.Unlock()
	}()
	if sentence := s.refuse.Load(); sentence != nil {
		_, _ = io.WriteString(c, *sentence)
		return
	}
	if s.hold.Load() {
		_, _ = io.Copy(io.Discard, c)
		return
	}
	login, channels, requests, err := ssh.NewServerConn(muffled{c, &s.deaf}, s.config)
	if err != nil {
		return
	}
	arrived()
	s.logins.Add(1)
	go func() {
		for r := range requests {
			if !s.ignore.Load() {
				_ = r.Reply(false, nil) // sshd's answer to keepalive@openssh.com, too
			}
		}
	}()
	s.serveChannels(login, channels)
}

// muffled is a connection whose answers can be swallowed.
type muffled struct {
	net.Conn
	deaf *atomic.Bool
}

func (m muffled) Write(p []byte) (int, error) {
	if m.deaf.Load() {
		return len(p), nil
	}
	return m.Conn.Write(p)
}
