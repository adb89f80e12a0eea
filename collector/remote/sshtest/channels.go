package sshtest

import (
	"context"
	"errors"
	"io"
	"net"
	"strconv"
	"sync"

	"golang.org/x/crypto/ssh"
)

func (s *Server) serveChannels(login *ssh.ServerConn, channels <-chan ssh.NewChannel) {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	for n := range channels {
		switch n.ChannelType() {
		case "session":
			s.sessions.Add(1)
			running.Go(func() { s.session(ctx, login.User(), n) })
		case "direct-streamlocal@openssh.com":
			s.opens.Add(1)
			running.Go(func() { s.forward(ctx, n, s.dialUnix) })
		case "direct-tcpip":
			s.opens.Add(1)
			running.Go(func() { s.forward(ctx, n, s.dialTCP) })
		default:
			_ = n.Reject(ssh.UnknownChannelType, "unknown channel type")
		}
	}
}

// refusal carries the words and the reason a channel is refused with.
type refusal struct {
	reason ssh.RejectionReason
	text   string
}

func (r refusal) Error() string { return r.text }

// dialUnix answers every failure alike, as OpenSSH does: a client cannot tell a missing socket from a forbidden one.
func (s *Server) dialUnix(payload []byte) (net.Conn, error) {
	var m struct {
		Path      string
		Reserved0 string
		Reserved1 uint32
	}
	refused := refusal{ssh.ConnectionFailed, "open failed"}
	if ssh.Unmarshal(payload, &m) != nil || s.options.DialUnix == nil {
		return nil, refused
	}
	c, err := s.options.DialUnix(m.Path)
	if err != nil {
		return nil, refused
	}
	return c, nil
}

func (s *Server) dialTCP(payload []byte) (net.Conn, error) {
	var m struct {
		Host     string
		Port     uint32
		From     string
		FromPort uint32
	}
	if ssh.Unmarshal(payload, &m) != nil || s.options.DialTCP == nil {
		return nil, refusal{ssh.Prohibited, "administratively prohibited"}
	}
	c, err := s.options.DialTCP(net.JoinHostPort(m.Host, strconv.Itoa(int(m.Port))))
	if err != nil {
		return nil, refusal{ssh.ConnectionFailed, "Connection refused"}
	}
	return c, nil
}

func (s *Server) forward(ctx context.Context, n ssh.NewChannel, dial func([]byte) (net.Conn, error)) {
	upstream, err := dial(n.ExtraData())
	if err != nil {
		var r refusal
		if errors.As(err, &r) {
			_ = n.Reject(r.reason, r.text)
		}
		return
	}
	channel, requests, err := n.Accept()
	if err != nil {
		_ = upstream.Close()
		return
	}
	go ssh.DiscardRequests(requests)
	if s.options.Forwarded != nil {
		s.options.Forwarded(channel)
	}
	stop := context.AfterFunc(ctx, func() { _ = upstream.Close() })
	defer stop()
	join(channel, upstream)
}

// join copies both ways until both have ended, and passes on each end on its own.
func join(channel ssh.Channel, c net.Conn) {
	var both sync.WaitGroup
	both.Go(func() {
		_, _ = io.Copy(c, channel)
		if h, ok := c.(interface{ CloseWrite() error }); ok {
			_ = h.CloseWrite()
		} else {
			_ = c.Close()
		}
	})
	both.Go(func() {
		_, _ = io.Copy(channel, c)
		_ = channel.CloseWrite()
		_ = channel.Close()
	})
	both.Wait()
	_ = c.Close()
}

func (s *Server) session(ctx context.Context, user string, n ssh.NewChannel) {
	channel, requests, err := n.Accept()
	if err != nil {
		return
	}
	if s.options.Opened != nil {
		s.options.Opened(channel)
	}
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	started := false
	for r := range requests {
		if r.Type != "exec" || started || s.options.Exec == nil {
			_ = r.Reply(r.Type == "env" || r.Type == "signal", nil)
			continue
		}
		var m struct{ Command string }
		if ssh.Unmarshal(r.Payload, &m) != nil {
			_ = r.Reply(false, nil)
			continue
		}
		started = true
		_ = r.Reply(true, nil)
		running.Go(func() {
			status := s.options.Exec(&Session{
				Context: ctx, User: user, Command: m.Command,
				Stdin: channel, Stdout: channel, Stderr: channel.Stderr(),
			})
			_, _ = channel.SendRequest("exit-status", false, ssh.Marshal(struct{ Status uint32 }{uint32(status)}))
			_ = channel.Close()
		})
	}
}
