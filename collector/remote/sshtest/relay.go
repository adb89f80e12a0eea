package sshtest

import (
	"bufio"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"strings"
	"sync"
	"syscall"
)

// IsRelay reports whether a script is the one that becomes collector/remote's relay.
func IsRelay(script string) bool { return strings.Contains(script, "\n# pumatop-relay 1\n") }

// Relay speaks the relay's side of its protocol, as the script does on a host that has ruby, and returns when stdin
// ends. dial connects on the host's side; what its errors are, errno or [fs.ErrNotExist], is what the relay says.
func Relay(s *Session, dial func(network, name string) (net.Conn, error)) int {
	r := relay{out: s.Stdout, dial: dial, conns: map[string]net.Conn{}}
	r.say("relay 1 ruby streams 3.3.0")
	lines := bufio.NewScanner(s.Stdin)
	for lines.Scan() {
		if f := strings.Fields(lines.Text()); len(f) > 1 {
			r.take(f[0], f[1], f[2:])
		}
	}
	r.mu.Lock()
	for _, c := range r.conns {
		_ = c.Close()
	}
	r.mu.Unlock()
	r.running.Wait()
	return 0
}

type relay struct {
	out     io.Writer
	dial    func(network, name string) (net.Conn, error)
	running sync.WaitGroup
	mu      sync.Mutex
	conns   map[string]net.Conn
}

func (r *relay) say(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, _ = fmt.Fprintf(r.out, format+"\n", args...)
}

func (r *relay) take(verb, id string, rest []string) {
	r.mu.Lock()
	c := r.conns[id]
	r.mu.Unlock()
	switch {
	case verb == "open" && len(rest) == 3:
		name, _ := base64.StdEncoding.DecodeString(rest[1])
		r.running.Go(func() { r.serve(id, rest[0], string(name)) })
	case c == nil:
	case verb == "write" && len(rest) == 1:
		text, _ := base64.StdEncoding.DecodeString(rest[0])
		_, _ = c.Write(text)
	case verb == "close":
		_ = c.Close()
	}
}

func (r *relay) serve(id, network, name string) {
	c, err := r.dial(network, name)
	if err != nil {
		r.say("error %s %s", id, errno(err))
		return
	}
	r.mu.Lock()
	r.conns[id] = c
	r.mu.Unlock()
	r.say("opened %s", id)
	buf := make([]byte, 49152)
	for {
		n, err := c.Read(buf)
		if n > 0 {
			r.say("data %s %s", id, base64.StdEncoding.EncodeToString(buf[:n]))
		}
		if err != nil {
			break
		}
	}
	_ = c.Close()
	r.mu.Lock()
	delete(r.conns, id)
	r.mu.Unlock()
	r.say("end %s", id)
}

func errno(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "ENOENT"
	case errors.Is(err, fs.ErrPermission):
		return "EACCES"
	case errors.Is(err, syscall.ENOTSOCK):
		return "ENOTSOCK"
	}
	return "ECONNREFUSED"
}
