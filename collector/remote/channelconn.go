package remote

import (
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/ssh"
)

// Sizes of a channel's buffer. An answer of Puma's comes in one or two packets; what carries another host's connection is
// worth more.
const (
	forwardBuffer = 8 << 10
	streamBuffer  = 2 << 10
	jumpBuffer    = 32 << 10
)

// forwardBuffers and streamBuffers are for what is read now: a fleet opens a thousand channels a second, and has as many
// streams that hardly ever say anything.
var (
	forwardBuffers = sync.Pool{New: func() any { return newBuffer(forwardBuffer) }}
	streamBuffers  = sync.Pool{New: func() any { return newBuffer(streamBuffer) }}
)

func newBuffer(size int) *[]byte {
	b := make([]byte, size)
	return &b
}

// channelConn is a channel as a connection whose calls end when it is closed. x/crypto's own wait for the server's
// confirmation instead, which a dead host never sends: a poll that timed out would hang until the keepalive notices.
// So a goroutine that may be left behind reads, into a buffer that is never the caller's, who may be gone: for a forwarded
// connection the one that opened it (pump), for a stream one for each read, since it mostly waits for nothing.
type channelConn struct {
	channel ssh.Channel
	link    *link
	to      string
	short   bool // a request or two is all that is written

	reading sync.Mutex
	buf     *[]byte // that pending lies in
	pending []byte
	failed  error

	// arrived is what pump has read, more asks it for more; both are nil for a stream.
	arrived chan transfer
	more    chan struct{}
	asked   bool         // for what comes next
	users   atomic.Int32 // of buf: pump, and whoever has not closed the connection

	closeOnce sync.Once
	closed    chan struct{}
}

// newStreamed is the channel of a script.
func newStreamed(l *link, channel ssh.Channel, to string) *channelConn {
	return &channelConn{channel: channel, link: l, to: to, closed: make(chan struct{})}
}

// newForwarded is a channel to somewhere on the host's side; somebody has to pump or to leave it.
func newForwarded(l *link, channel ssh.Channel, size int, to string) *channelConn {
	c := &channelConn{
		channel: channel, link: l, to: to, arrived: make(chan transfer), more: make(chan struct{}, 1), asked: true,
		closed: make(chan struct{}),
	}
	c.short = size == forwardBuffer
	if c.users.Store(2); c.short {
		c.buf = forwardBuffers.Get().(*[]byte)
	} else {
		c.buf = newBuffer(size)
	}
	return c
}

type transfer struct {
	n   int
	err error
}

// pump reads for Read, as much as the buffer takes, until the connection is closed or ends.
func (c *channelConn) pump() {
	defer c.link.enter()()
	defer c.leave()
	for {
		n, err := c.channel.Read(*c.buf)
		select {
		case c.arrived <- transfer{n, err}:
		case <-c.closed:
			return
		}
		if err != nil {
			return
		}
		select {
		case <-c.more:
		case <-c.closed:
			return
		}
	}
}

// leave is the end of one user of the buffer; the last one gives it away.
func (c *channelConn) leave() {
	if c.users.Add(-1) > 0 {
		return
	}
	c.reading.Lock()
	defer c.reading.Unlock()
	if c.short {
		forwardBuffers.Put(c.buf)
	}
	c.buf, c.pending = nil, nil
}

// await runs one call of x/crypto's and returns its result, or net.ErrClosed as soon as the connection is closed.
func (c *channelConn) await(call func() (int, error)) (int, error) {
	done := make(chan transfer, 1)
	c.link.spawn(func() {
		n, err := call()
		done <- transfer{n, err}
	})
	select {
	case t := <-done:
		return t.n, c.link.lost(t.err)
	case <-c.closed:
		return 0, net.ErrClosed
	}
}

func (c *channelConn) Read(p []byte) (int, error) {
	c.reading.Lock()
	defer c.reading.Unlock()
	if len(c.pending) == 0 {
		if c.failed != nil || len(p) == 0 {
			return 0, c.failed
		}
		fill := c.receive
		if c.arrived == nil {
			fill = c.fetch
		}
		n, err := fill()
		if c.failed = err; n == 0 {
			return 0, err
		}
		c.pending = (*c.buf)[:n]
	}
	n := copy(p, c.pending)
	c.pending = c.pending[n:]
	if len(c.pending) == 0 && c.arrived == nil {
		streamBuffers.Put(c.buf)
		c.buf, c.pending = nil, nil
	}
	return n, nil
}

// receive takes what pump has read.
func (c *channelConn) receive() (int, error) {
	if !c.asked {
		c.more <- struct{}{}
	}
	c.asked = true
	select {
	case t := <-c.arrived:
		c.asked = false
		return t.n, c.link.lost(t.err)
	case <-c.closed:
		return 0, net.ErrClosed
	}
}

// fetch reads into a buffer that is kept only as long as something is in it.
func (c *channelConn) fetch() (int, error) {
	c.buf = streamBuffers.Get().(*[]byte)
	room := *c.buf
	n, err := c.await(func() (int, error) { return c.channel.Read(room) })
	if n == 0 { // where it was closed, x/crypto may still read into the buffer
		c.buf = nil
	}
	return n, err
}

func (c *channelConn) Write(p []byte) (n int, err error) {
	select {
	case <-c.closed:
		return 0, net.ErrClosed
	default:
	}
	if c.short && len(p) <= briskMost && c.link.brisk() {
		n, err = c.channel.Write(p)
		err = c.link.lost(err)
	} else {
		own := append([]byte(nil), p...)
		n, err = c.await(func() (int, error) { return c.channel.Write(own) })
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrClosedPipe // the server closed the channel
	}
	return n, err
}

// Close ends the channel in both directions at once, for both sides; nothing waits for the server.
func (c *channelConn) Close() error {
	c.closeOnce.Do(func() {
		close(c.closed)
		c.link.discard(c.channel)
		if c.arrived != nil {
			c.leave()
		}
	})
	return nil
}

func (c *channelConn) LocalAddr() net.Addr  { return forwardAddr(c.link.endpoint.name) }
func (c *channelConn) RemoteAddr() net.Addr { return forwardAddr(c.to) }

// Channels know no deadlines. Callers bound a read by closing the connection when their context ends.

func (c *channelConn) SetDeadline(time.Time) error      { return errors.ErrUnsupported }
func (c *channelConn) SetReadDeadline(time.Time) error  { return errors.ErrUnsupported }
func (c *channelConn) SetWriteDeadline(time.Time) error { return errors.ErrUnsupported }
