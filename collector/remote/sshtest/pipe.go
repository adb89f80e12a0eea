package sshtest

import (
	"bytes"
	"io"
	"net"
	"sync"
	"time"
)

// Pipe returns the two ends of a buffered connection in memory. Unlike net.Pipe a write returns before anybody
// reads, as on a socket; without that two peers that both begin by writing (SSH does) would wait for each other.
// Deadlines work; addresses are of the documentation's network.
func Pipe() (client, server net.Conn) {
	up, down := newStream(), newStream()
	return &conn{in: down, out: up}, &conn{in: up, out: down}
}

// stream is one direction of a Pipe.
type stream struct {
	mu      sync.Mutex
	changed *sync.Cond
	buf     bytes.Buffer
	ended   bool // no more writes: the reader gets what is left, then EOF
	gone    bool // the reader has closed: writes fail
	timer   *time.Timer
	expired bool
}

func newStream() *stream {
	s := &stream{}
	s.changed = sync.NewCond(&s.mu)
	return s
}

func (s *stream) read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		switch {
		case s.gone:
			return 0, net.ErrClosed
		case s.expired:
			return 0, timeoutError{}
		case s.buf.Len() > 0:
			return s.buf.Read(p)
		case s.ended:
			return 0, io.EOF
		}
		s.changed.Wait()
	}
}

func (s *stream) write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended || s.gone {
		return 0, io.ErrClosedPipe
	}
	n, _ := s.buf.Write(p)
	s.changed.Broadcast()
	return n, nil
}

func (s *stream) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
	s.changed.Broadcast()
}

// setDeadline makes reads fail from t on; the zero time takes that back.
func (s *stream) setDeadline(t time.Time) {
	s.set(func() {
		if s.timer != nil {
			s.timer.Stop()
			s.timer = nil
		}
		s.expired = false
		if t.IsZero() {
			return
		}
		var timer *time.Timer
		timer = time.AfterFunc(time.Until(t), func() {
			s.set(func() { s.expired = s.expired || s.timer == timer })
		})
		s.timer = timer
	})
}

type conn struct{ in, out *stream }

func (c *conn) Read(p []byte) (int, error)  { return c.in.read(p) }
func (c *conn) Write(p []byte) (int, error) { return c.out.write(p) }

// CloseWrite ends this direction alone, as TCP does.
func (c *conn) CloseWrite() error {
	c.out.set(func() { c.out.ended = true })
	return nil
}

func (c *conn) Close() error {
	c.in.setDeadline(time.Time{})
	c.in.set(func() { c.in.gone = true })
	return c.CloseWrite()
}

func (c *conn) LocalAddr() net.Addr  { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 22} }
func (c *conn) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 2), Port: 22} }

func (c *conn) SetDeadline(t time.Time) error     { return c.SetReadDeadline(t) }
func (c *conn) SetWriteDeadline(time.Time) error  { return nil } // writes never block
func (c *conn) SetReadDeadline(t time.Time) error { c.in.setDeadline(t); return nil }

type timeoutError struct{}

func (timeoutError) Error() string   { return "i/o timeout" }
func (timeoutError) Timeout() bool   { return true }
func (timeoutError) Temporary() bool { return true }
