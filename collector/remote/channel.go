package remote

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strconv"
	"strings"

	"golang.org/x/crypto/ssh"

	"pumatop/collector/clean"
)

// bounded runs f, which may block for as long as the connection lives, and returns when it does or when ctx or the
// connection ends. What f yields after that goes to late, so that nothing stays open that nobody knows of. f always runs.
func bounded[T any](ctx context.Context, l *link, f func() (T, error), late func(T)) (T, error) {
	type result struct {
		value T
		err   error
	}
	var zero T
	results := make(chan result)
	gone := make(chan struct{})
	// Not counted as part of the connection, which must not wait for it: see openChannel.
	go func() {
		v, err := f()
		select {
		case results <- result{v, err}:
		case <-gone:
			if err == nil {
				late(v)
			}
		}
	}()
	select {
	case r := <-results:
		return r.value, l.lost(r.err)
	case <-l.done:
		close(gone)
		return zero, l.err()
	case <-ctx.Done():
		close(gone)
		return zero, context.Cause(ctx)
	}
}

// forwardUnix opens a channel to a unix socket of the host.
func (l *link) forwardUnix(ctx context.Context, path string) (net.Conn, error) {
	// as ssh.Marshal would write it, without a look at types: a string, and two fields that are reserved
	payload := binary.BigEndian.AppendUint32(make([]byte, 0, len(path)+12), uint32(len(path)))
	payload = append(append(payload, path...), make([]byte, 8)...)
	return l.forward(ctx, path, "direct-streamlocal@openssh.com", payload, forwardBuffer)
}

// dialAddr opens a channel to a TCP address as the host sees it; the name is resolved there.
func (l *link) dialAddr(ctx context.Context, addr string, buffer int) (net.Conn, error) {
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
	return l.forward(ctx, addr, "direct-tcpip", ssh.Marshal(&payload), buffer)
}

// forward opens a channel to somewhere on the host's side.
func (l *link) forward(ctx context.Context, to, kind string, payload []byte, buffer int) (net.Conn, error) {
	if err := l.ready(ctx); err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	c := newForwarded(l, buffer, to)
	l.crew.Go(func() { c.serve(kind, payload) })
	err := c.opened(ctx)
	var refused *ssh.OpenChannelError
	switch {
	case err == nil:
		return c, nil
	case errors.As(err, &refused):
		return nil, &OpenError{
			Host: l.endpoint.name, Path: clean.Line(to),
			Forbidden: refused.Reason == ssh.Prohibited || refused.Reason == ssh.UnknownChannelType,
			Err:       &quiet{refusedPrefix + clean.Short(refused.Message, 120), err},
		}
	}
	return nil, err
}

const refusedPrefix = "the server refused: "

// openChannel blocks until the server answers or the connection ends. An error that is no refusal is the end of the
// connection, in whatever words x/crypto has for it.
//
// x/crypto v0.58.0 has a gap here: a channel that is asked for after its loop has let go of the channels, and
// before the transport reports the first failed write, waits for ever. Nothing is asked of a wire known to be broken,
// the wire gives calls under way time before it breaks the news (see wire.Read), and callers do not wait beyond done.
func (l *link) openChannel(kind string, payload []byte) (ssh.Channel, <-chan *ssh.Request, error) {
	if l.wire.broken.Load() {
		return nil, nil, net.ErrClosed
	}
	channel, requests, err := l.client.OpenChannel(kind, payload)
	var refused *ssh.OpenChannelError
	if err != nil && !errors.As(err, &refused) {
		l.close(lostBecause(err))
	}
	return channel, requests, err
}

// discard closes a channel, in the background: even the message that closes it can block.
func (l *link) discard(channel ssh.Channel) {
	l.spawn(func() { _ = channel.Close() })
}

// forwardAddr is an end of a forwarded connection, which has no address on this machine.
type forwardAddr string

func (forwardAddr) Network() string  { return "ssh" }
func (a forwardAddr) String() string { return string(a) }

// cleanCause is an error of x/crypto or of the network, fit to be shown.
func cleanCause(err error) string {
	var master *masterError
	switch {
	case errors.As(err, &master):
		return master.Error()
	case err == nil, errors.Is(err, io.EOF):
		return "the server ended it"
	case errors.Is(err, net.ErrClosed):
		return "it was closed"
	}
	return clean.Short(strings.TrimPrefix(err.Error(), "ssh: "), 200)
}
