package pumatest

import (
	"io"
	"net"
	"strings"
	"time"
)

// firstData is how long a client may be silent before it is thrown out. From 5.2 on nobody else is served meanwhile.
const firstData = 30 * time.Second

// maxHead bounds a request's head; Puma's own limits are of this order.
const maxHead = 16 << 10

// accepting reports whether a connection to the control socket is taken. A frozen master's is: by the kernel.
func (p *Puma) accepts() (yes bool) {
	p.t.do(func() { yes = p.control && !p.fault.closedBy() })
	return yes
}

// Serve is the control server with one connection: one request, or up to 5.1 several. It returns when the
// connection is closed. One thread serves all: connections wait for each other.
func (p *Puma) Serve(c net.Conn) {
	defer func() { _ = c.Close() }()
	var impostor func(net.Conn)
	p.t.do(func() { impostor = p.impostor })
	if impostor != nil {
		impostor(c)
		return
	}
	heads, closed := readHeads(c)
	var reactor bool
	p.t.do(func() { reactor = p.before(5, 2) })
	for more := true; more; {
		var head string
		if reactor { // silent connections wait beside the thread, not on it
			var ok bool
			if head, ok = awaitHead(heads); !ok {
				return
			}
		}
		select {
		case p.gate <- struct{}{}:
		case <-closed:
			return
		}
		more = p.serveOne(c, head, heads, closed)
		<-p.gate
		more = more && reactor
	}
}

func (p *Puma) serveOne(c net.Conn, head string, heads <-chan string, closed <-chan struct{}) (more bool) {
	if head == "" {
		var ok bool
		if head, ok = awaitHead(heads); !ok {
			return false
		}
	}
	if !p.awake(closed) {
		return false
	}
	if !p.ponder(closed) {
		return false
	}
	var out string
	p.t.do(func() {
		if p.life == up {
			out, more = p.answer(head)
		}
	})
	_, err := io.WriteString(c, out)
	return more && err == nil
}

// ponder waits as long as each answer takes; false when the client has left.
func (p *Puma) ponder(closed <-chan struct{}) bool {
	var d time.Duration
	p.t.do(func() { d = p.ponders })
	return d == 0 || sleepUntil(time.Now().Add(d), closed)
}

// awake waits while the master is frozen; false when the client has left.
func (p *Puma) awake(closed <-chan struct{}) bool {
	for {
		var frozen chan struct{}
		p.t.do(func() { frozen = p.frozen })
		if frozen == nil {
			return true
		}
		select {
		case <-frozen:
		case <-closed:
			return false
		}
	}
}

func awaitHead(heads <-chan string) (string, bool) {
	timeout := time.NewTimer(firstData)
	defer timeout.Stop()
	select {
	case head, ok := <-heads:
		return head, ok
	case <-timeout.C:
		return "", false
	}
}

// readHeads reads request heads off a connection until it ends; closed says when it has.
func readHeads(c net.Conn) (<-chan string, <-chan struct{}) {
	heads, closed := make(chan string, 8), make(chan struct{})
	go func() {
		defer close(closed)
		defer close(heads)
		var text string
		buf := make([]byte, 2048)
		for len(text) < maxHead {
			n, err := c.Read(buf)
			text += string(buf[:n])
			for {
				head, rest, ok := strings.Cut(text, "\r\n\r\n")
				if !ok {
					break
				}
				text = rest
				select {
				case heads <- head + "\r\n":
				default:
					return
				}
			}
			if err != nil {
				return
			}
		}
	}()
	return heads, closed
}
