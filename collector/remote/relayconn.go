package remote

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"syscall"
	"time"

	"pumatop/collector/clean"
)

// relayConn is a connection through a relay.
type relayConn struct {
	relaying *relaying
	id       uint64
	network  string
	name     string
	watchdog *time.Timer

	opened chan struct{} // closed when the far side is connected
	over   chan struct{} // closed when the far side has ended

	mu      sync.Mutex
	changed *sync.Cond
	buf     []byte
	came    int
	wrote   int
	err     error // how it ended; io.EOF is well
	closed  bool
}

// took takes bytes of the far side. More than an answer may have is not kept.
func (c *relayConn) took(data []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.came += len(data)
	switch {
	case c.closed || c.err != nil:
		return
	case c.came > relayAnswer:
		c.err = c.refused("EMSGSIZE")
	default:
		c.buf = append(c.buf, data...)
	}
	c.changed.Broadcast()
}

// finish takes the end of the far side, which makes room for another connection.
func (c *relayConn) finish(err error) {
	c.mu.Lock()
	if c.err == nil {
		c.err = err
	}
	c.changed.Broadcast()
	c.mu.Unlock()
	c.watchdog.Stop()
	close(c.over)
	<-c.relaying.places
}

func (c *relayConn) outcome() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

func (c *relayConn) Read(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.buf) == 0 && c.err == nil && !c.closed && len(p) > 0 {
		c.changed.Wait()
	}
	switch {
	case c.closed:
		return 0, net.ErrClosed
	case len(c.buf) > 0 || len(p) == 0:
		n := copy(p, c.buf)
		c.buf = c.buf[n:]
		return n, nil
	}
	return 0, c.err
}

// Write returns when the bytes are on their way. What a shell relays is a whole request in one write.
func (c *relayConn) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	x := c.relaying
	switch {
	case c.closed:
		return 0, net.ErrClosed
	case c.err != nil && !errors.Is(c.err, io.EOF):
		return 0, c.err
	case c.err != nil:
		return 0, io.ErrClosedPipe
	case c.wrote+len(p) > relayRequest:
		return 0, fmt.Errorf("%s: %w", x.relay.host, errRequest)
	case x.serial && (c.wrote > 0 || !wholeRequest(p)):
		return 0, c.refused("EPROTO")
	}
	c.wrote += len(p)
	x.order("write %d %s", c.id, base64.StdEncoding.EncodeToString(p))
	return len(p), nil
}

var errRequest = errors.New("a relay carries requests of up to 8 KiB")

// wholeRequest reports whether p is one that curl can make: a GET without a body.
func wholeRequest(p []byte) bool {
	text := string(p)
	return strings.HasPrefix(text, "GET /") && strings.HasSuffix(text, "\r\n\r\n")
}

// Close abandons the connection; the far side is told and not waited for.
func (c *relayConn) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil
	}
	c.closed, c.buf = true, nil
	c.changed.Broadcast()
	select {
	case <-c.over:
	default:
		c.relaying.order("close %d", c.id)
	}
	return nil
}

func (c *relayConn) LocalAddr() net.Addr  { return forwardAddr(c.relaying.relay.host) }
func (c *relayConn) RemoteAddr() net.Addr { return forwardAddr(c.name) }

// As with a forwarded channel there are no deadlines: close it.

func (c *relayConn) SetDeadline(time.Time) error      { return errors.ErrUnsupported }
func (c *relayConn) SetReadDeadline(time.Time) error  { return errors.ErrUnsupported }
func (c *relayConn) SetWriteDeadline(time.Time) error { return errors.ErrUnsupported }

// errnos are the refusals that callers decide on.
var errnos = map[string]syscall.Errno{
	"ENOENT": syscall.ENOENT, "ENOTDIR": syscall.ENOENT, "ECONNREFUSED": syscall.ECONNREFUSED, "EACCES": syscall.EACCES,
	"EPERM": syscall.EPERM, "ENOTSOCK": syscall.ENOTSOCK, "ENAMETOOLONG": syscall.ENAMETOOLONG, "ETIMEDOUT": syscall.ETIMEDOUT,
	"EHOSTUNREACH": syscall.EHOSTUNREACH, "ENETUNREACH": syscall.ENETUNREACH, "ECONNRESET": syscall.ECONNRESET, "EPIPE": syscall.EPIPE,
}

// refusals are what a unix socket is refused for, by errno. Who may not and why not only a look at the file tells.
var refusals = map[syscall.Errno]Reason{
	syscall.ENOENT: Missing, syscall.ECONNREFUSED: Stale, syscall.ENOTSOCK: NotSocket, syscall.ENAMETOOLONG: Invalid,
}

// refused is a word of the far side's as the error that a refused forwarding would be after [Host.Explain].
func (c *relayConn) refused(word string) error {
	host, path := c.relaying.relay.host, clean.Line(c.name)
	if c.network == "abstract" {
		path = "@" + path
	}
	open := &OpenError{Host: host, Path: path}
	errno, known := errnos[word]
	switch {
	case word == "EPROTO":
		return &RelayError{Host: host, Text: fmt.Sprintf("a relay with %s cannot carry this to %s", c.relaying.program, path)}
	case word == "EMSGSIZE":
		open.Err = errors.New("the answer is too long")
		return open
	case word == "UNRESOLVED":
		open.Err = errors.New("the host does not know the name")
		return open
	case !known:
		open.Err = errors.New("the relay says " + word)
		return open
	}
	open.Err = &quiet{errno.Error(), errno}
	if reason, ok := refusals[errno]; ok && c.network != "tcp" {
		return &RefusedError{Host: host, Refusal: Refusal{Reason: reason, Path: path}, Err: open}
	}
	return open
}
