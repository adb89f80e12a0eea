package pumatest

import (
	"fmt"
	"io"
	"net"
	"path"
	"strings"

	"pumatop/collector/remote/sshtest"
)

// Fault is something that is wrong with the way to a control app whose Puma serves all the same.
type Fault string

// The faults.
const (
	SocketGone   Fault = "missing"    // somebody removed the socket's file
	SocketStale  Fault = "refused"    // the file is there, nobody listens
	SocketDenied Fault = "denied"     // only its owner, another user, may write to it
	SocketWalled Fault = "denied-dir" // only its owner may pass its directory
	WrongToken   Fault = "token"      // the state file has another token
)

// Break makes a fault, from the next connection or probe on; an empty one mends it.
func (p *Puma) Break(f Fault) { p.t.do(func() { p.fault = f }) }

// Impersonate lets something else answer on the control socket; nil ends it. It gets each connection and closes it.
func (p *Puma) Impersonate(serve func(net.Conn)) { p.t.do(func() { p.impostor = serve }) }

// Answer is an impostor that takes a request and says always the same.
func Answer(text string) func(net.Conn) {
	return func(c net.Conn) {
		_, _ = c.Read(make([]byte, 4096))
		_, _ = io.WriteString(c, text)
		_ = c.Close()
	}
}

// closedBy reports whether a fault keeps the socket from being opened.
func (f Fault) closedBy() bool { return f != "" && f != WrongToken }

// usable is what the probe finds of the socket.
func (f Fault) usable() string {
	switch f {
	case SocketDenied, SocketWalled:
		return "denied"
	case SocketGone:
		return "missing"
	}
	return "open"
}

// diagnosed recognises the script with which collector/remote asks why a socket does not open.
func diagnosed(script string) (socket string, ok bool) {
	socket, rest, _ := strings.Cut(strings.TrimPrefix(script, "p='"), "'\n")
	return socket, strings.HasPrefix(script, "p='") && strings.Contains(rest, "denied-dir")
}

// diagnose answers it.
func (h *Host) diagnose(s *sshtest.Session, socket string) int {
	h.mu.Lock()
	forbidden := h.noOpen
	h.mu.Unlock()
	verdict := "missing"
	for _, p := range h.pumas {
		if p.site.control() != socket {
			continue
		}
		h.t.do(func() {
			switch {
			case p.fault == SocketDenied:
				verdict = fmt.Sprintf("denied\nsrwx------ 1 %s %s 0 Nov 21 19:31 %s", foreign, foreign, socket)
			case p.fault == SocketWalled:
				verdict = fmt.Sprintf("denied-dir %s\ndrwx------ 2 %s %s 60 Nov 21 19:31 %[1]s", path.Dir(socket), foreign, foreign)
			case p.fault.closedBy():
				verdict = string(p.fault)
			case p.control && forbidden:
				verdict = "forbidden"
			}
		})
	}
	_, _ = fmt.Fprintf(s.Stdout, "%s\n%s\n", verdict, login)
	return 0
}

// Control is the path of the control socket.
func (p *Puma) Control() string { return p.site.control() }

// Token is what the image that runs wants: that of the configuration, or its own.
func (p *Puma) Token() (token string) {
	p.t.do(func() { token = p.token })
	return token
}
