package remote

import (
	"context"
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
// connection the one that opened it (serve), for a stream one for each read, since it mostly waits for nothing.
type channelConn struct {
	channel ssh.Channel
	link    *link
	to      string
	short   bool // a request or two is all that is written

	using   sync.Mutex // guards what follows up to asked
	buf     *[]byte    // that pending lies in
	pending []byte
	failed  error
	asked   bool // serve reads, or has read, what comes next

	// arrived is what serve did, orders asks it for more: to write so much of the buffer, and then in any case to read. Both
	// are nil for a stream.
	arrived chan transfer
	orders  chan int
	users   atomic.Int32 // of buf: serve, and whoever has not closed the connection
	state   atomic.Int32

	closeOnce sync.Once
	closed    chan struct{}
}

// What serve does, for Close: where it waits it closes the channel itself, and otherwise it may hang in x/crypto.
const (
	serving int32 = iota
	waiting
	closing
)

// newStreamed is the channel of a script.
func newStreamed(l *link, channel ssh.Channel, to string) *channelConn {
	return &channelConn{channel: channel, link: l, to: to, closed: make(chan struct{})}
}

// newForwarded is to be a connection to somewhere on the host's side, which somebody has to serve.
func newForwarded(l *link, size int, to string) *channelConn {
	c := &channelConn{
		link: l, to: to, short: size == forwardBuffer, arrived: make(chan transfer), orders: make(chan int, 1), closed: make(chan struct{}),
	}
	if c.users.Store(2); c.short {
		c.buf = forwardBuffers.Get().(*[]byte)
	} else {
		c.buf = newBuffer(size)
	}
	return c
}

// transfer is the outcome of a call of x/crypto's: of the first, which opens the channel, as of any other.
type transfer struct {
	n   int
	err error
}

// serve opens the channel, and does from then on what it is asked to, until the connection is closed or ends. Until the
// server answers it is no part of the link, which must not wait for it: see openChannel.
func (c *channelConn) serve(kind string, payload []byte) {
	defer c.leave()
	channel, requests, err := c.link.openChannel(kind, payload)
	if err == nil {
		c.link.carry(requests)
	}
	c.channel = channel
	if !c.report(transfer{err: err}) && err == nil {
		c.link.discard(channel)
		return
	}
	defer c.link.enter()()
	for err == nil {
		n, more := c.order()
		if !more {
			_ = channel.Close()
			return
		}
		if n > 0 {
			n, err = channel.Write((*c.buf)[:n])
			if !c.report(transfer{n, err}) || err != nil {
				return
			}
		}
		n, err = channel.Read(*c.buf)
		if !c.report(transfer{n, err}) {
			return
		}
	}
}

// order waits for what is to be done next: to write so much of the buffer, and to read. Where the connection is closed there
// is nothing more.
func (c *channelConn) order() (n int, more bool) {
	if !c.state.CompareAndSwap(serving, waiting) {
		return 0, false
	}
	select {
	case n = <-c.orders:
		return n, c.state.CompareAndSwap(waiting, serving)
	case <-c.closed:
		return 0, false
	}
}

// report hands over an outcome, unless nobody wants it any more.
func (c *channelConn) report(t transfer) bool {
	select {
	case c.arrived <- t:
		return true
	case <-c.closed:
		return false
	}
}

// opened waits for the server's answer.
func (c *channelConn) opened(ctx context.Context) error {
	var err error
	select {
	case t := <-c.arrived:
		if t.err == nil {
			return nil
		}
		err = c.link.lost(t.err)
	case <-c.link.done:
		err = c.link.err()
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	close(c.closed)
	c.leave()
	return err
}

// leave is the end of one user of the buffer; the last one gives it away.
func (c *channelConn) leave() {
	if c.users.Add(-1) > 0 {
		return
	}
	c.using.Lock()
	defer c.using.Unlock()
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
		return t.n, c.link.lostUntil(c.closed, t.err)
	case <-c.closed:
		return 0, net.ErrClosed
	}
}

func (c *channelConn) Read(p []byte) (int, error) {
	c.using.Lock()
	defer c.using.Unlock()
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

// receive takes what serve reads.
func (c *channelConn) receive() (int, error) {
	if !c.asked {
		c.orders <- 0
	}
	c.asked = true
	n, err := c.outcome()
	c.asked = err == net.ErrClosed
	return n, err
}

// outcome waits for what serve is doing.
func (c *channelConn) outcome() (int, error) {
	select {
	case t := <-c.arrived:
		return t.n, c.link.lostUntil(c.closed, t.err) // with using held, which Close may want
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
	n, sent, err := c.send(p)
	if !sent {
		own := append([]byte(nil), p...)
		n, err = c.await(func() (int, error) { return c.channel.Write(own) })
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrClosedPipe // the server closed the channel
	}
	return n, err
}

// send has serve write a request, if that has nothing else to do, and read the answer.
func (c *channelConn) send(p []byte) (n int, sent bool, err error) {
	if !c.short || len(p) == 0 || !c.using.TryLock() {
		return 0, false, nil
	}
	defer c.using.Unlock()
	if c.asked || c.failed != nil || len(c.pending) > 0 || c.buf == nil || len(p) > len(*c.buf) {
		return 0, false, nil
	}
	c.asked = true
	c.orders <- copy(*c.buf, p)
	n, err = c.outcome()
	c.failed = err
	return n, true, err
}

// Close ends the channel in both directions at once, for both sides; nothing waits for the server.
func (c *channelConn) Close() error {
	c.closeOnce.Do(func() {
		served := c.arrived != nil && c.state.CompareAndSwap(waiting, closing)
		close(c.closed)
		if !served {
			c.link.discard(c.channel)
		}
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
