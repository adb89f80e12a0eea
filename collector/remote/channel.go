package remote

import (
	"context"
	"errors"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"

	"pumatop/collector/clean"
)

// bounded runs f, which may block for as long as the connection lives, and returns when it does or when ctx ends. In
// the second case what f yields later goes to late, so that nothing stays open that nobody knows of.
func bounded[T any](ctx context.Context, l *link, f func() (T, error), late func(T)) (T, error) {
	type result struct {
		value T
		err   error
	}
	var zero T
	results := make(chan result)
	gone := make(chan struct{})
	l.running.Go(func() {
		v, err := f()
		select {
		case results <- result{v, err}:
		case <-gone:
			if err == nil {
				late(v)
			}
		}
	})
	select {
	case r := <-results:
		return r.value, l.lost(r.err)
	case <-ctx.Done():
		close(gone)
		return zero, context.Cause(ctx)
	}
}

// dialUnix opens a channel to a unix socket of the host.
func (l *link) dialUnix(ctx context.Context, path string) (net.Conn, error) {
	payload := struct {
		Path      string
		Reserved0 string
		Reserved1 uint32
	}{Path: path}
	return l.open(ctx, path, "direct-streamlocal@openssh.com", ssh.Marshal(&payload), &net.UnixAddr{Name: path, Net: "unix"})
}

// dialTCP opens a channel to a TCP address as the host sees it; the name is resolved there.
func (l *link) dialTCP(ctx context.Context, addr string) (net.Conn, error) {
	host, text, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, &OpenError{Host: l.endpoint.name, Path: clean.Line(addr), Err: errors.New("not an address of host and port")}
	}
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return nil, &OpenError{Host: l.endpoint.name, Path: clean.Line(addr), Err: errors.New("the port is not a number")}
	}
	payload := struct {
		Host     string
		Port     uint32
		From     string
		FromPort uint32
	}{host, uint32(port), "127.0.0.1", 0}
	return l.open(ctx, addr, "direct-tcpip", ssh.Marshal(&payload), textAddr(addr))
}

func (l *link) open(ctx context.Context, path, kind string, payload []byte, remote net.Addr) (net.Conn, error) {
	if err := l.ready(ctx); err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	c, err := bounded(ctx, l, func() (*channelConn, error) {
		channel, requests, err := l.client.OpenChannel(kind, payload)
		if err != nil {
			return nil, err
		}
		l.running.Go(func() { ssh.DiscardRequests(requests) })
		return &channelConn{Channel: channel, link: l, remote: remote}, nil
	}, func(c *channelConn) { _ = c.Close() })
	if err != nil {
		return nil, l.openError(path, err)
	}
	return c, nil
}

func (l *link) openError(path string, err error) error {
	var refused *ssh.OpenChannelError
	if !errors.As(err, &refused) {
		return err
	}
	return &OpenError{
		Host: l.endpoint.name, Path: clean.Line(path),
		Forbidden: refused.Reason == ssh.Prohibited || refused.Reason == ssh.UnknownChannelType,
		Err:       &quiet{"the server refused: " + clean.Short(refused.Message, 120), err},
	}
}

// channelConn is a forwarded connection.
type channelConn struct {
	ssh.Channel
	link   *link
	remote net.Addr
}

func (c *channelConn) Read(p []byte) (int, error) {
	n, err := c.Channel.Read(p)
	return n, c.link.lost(err)
}

func (c *channelConn) Write(p []byte) (int, error) {
	n, err := c.Channel.Write(p)
	return n, c.link.lost(err)
}

// Close ends the channel in both directions. It does not wait for the server.
func (c *channelConn) Close() error {
	err := c.Channel.Close()
	if errors.Is(err, io.EOF) { // the other side was first
		return nil
	}
	return c.link.lost(err)
}

func (c *channelConn) LocalAddr() net.Addr  { return c.link.client.LocalAddr() }
func (c *channelConn) RemoteAddr() net.Addr { return c.remote }

// Channels know no deadlines. Callers bound a read by closing the connection when their context ends.

func (c *channelConn) SetDeadline(time.Time) error      { return errors.ErrUnsupported }
func (c *channelConn) SetReadDeadline(time.Time) error  { return errors.ErrUnsupported }
func (c *channelConn) SetWriteDeadline(time.Time) error { return errors.ErrUnsupported }

// textAddr is an address that only the host can resolve.
type textAddr string

func (textAddr) Network() string  { return "tcp" }
func (a textAddr) String() string { return string(a) }

// cleanCause is an error of x/crypto or of the network, fit to be shown.
func cleanCause(err error) string {
	text := strings.TrimPrefix(err.Error(), "ssh: ")
	if errors.Is(err, io.EOF) {
		text = "the server ended it"
	}
	return clean.Short(text, 200)
}
