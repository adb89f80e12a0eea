package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"golang.org/x/crypto/ssh"

	"pumatop/collector/clean"
)

// command is an exec session that has been started.
type command struct {
	channel  ssh.Channel
	requests <-chan *ssh.Request
	// ended is closed after the last request; status and signal stand from then on.
	ended  chan struct{}
	status int // -1 as long as the host has told none
	signal string
}

// exec opens a session and starts a command in it. It is tended before it runs, as the server's answer to that may stand
// behind more requests than x/crypto keeps. It blocks as long as the server does.
func (l *link) exec(text string) (*command, error) {
	channel, requests, err := l.openChannel("session", nil)
	if err != nil {
		return nil, err
	}
	c := &command{channel: channel, requests: requests, ended: make(chan struct{}), status: -1}
	l.tend(c)
	ok, err := channel.SendRequest("exec", true, ssh.Marshal(&struct{ Command string }{text}))
	switch {
	case err == nil && ok:
		return c, nil
	case err == nil || !l.failing(nil, err):
		err = &NoShellError{Host: l.endpoint.name, Answer: "the server refuses them"}
	}
	l.discard(c.channel)
	return nil, err
}

// start takes a place, opens a session and runs the shell in it, as another user if one is given.
func (l *link) start(ctx context.Context, user string, places chan struct{}) (*command, func(), error) {
	select {
	case places <- struct{}{}:
	case <-l.done:
		return nil, nil, l.err()
	case <-ctx.Done():
		return nil, nil, context.Cause(ctx)
	}
	leave := func() { <-places }
	run := func() (*command, error) { return l.exec(shellAs(user)) }
	l.warming.Do(func() {
		run = func() (*command, error) {
			defer close(l.warm)
			return l.exec(shellAs(user))
		}
	})
	c, err := bounded(ctx, l, func() (*command, error) {
		c, err := run()
		if err != nil {
			leave()
		}
		return c, err
	}, func(c *command) {
		l.discard(c.channel)
		leave()
	})
	if err != nil {
		return nil, nil, l.sessionError(err)
	}
	return c, leave, nil
}

// sessionError is a refused session in words that help.
func (l *link) sessionError(err error) error {
	var refused *ssh.OpenChannelError
	if errors.As(err, &refused) {
		return &NoShellError{Host: l.endpoint.name, Answer: "the server refused a session: " + clean.Short(refused.Message, 120)}
	}
	return err
}

// watch answers the server's requests and keeps how the command ended.
func (c *command) watch() {
	defer close(c.ended)
	for r := range c.requests {
		c.note(r)
		if r.WantReply {
			_ = r.Reply(false, nil)
		}
	}
}

// note keeps how the command ended, where a request tells that.
func (c *command) note(r *ssh.Request) {
	switch r.Type {
	case "exit-status":
		var m struct{ Status uint32 }
		if ssh.Unmarshal(r.Payload, &m) == nil {
			c.status = int(m.Status)
		}
	case "exit-signal":
		var m struct {
			Signal     string
			CoreDumped bool
			Message    string
			Language   string
		}
		if ssh.Unmarshal(r.Payload, &m) == nil {
			c.signal = clean.Short(m.Signal, 20)
		}
	}
}

// usualOutput is what a probe prints.
const usualOutput = 8 << 10

// run executes a script and returns its output.
func (l *link) run(ctx context.Context, script string) ([]byte, error) {
	return l.runAs(ctx, script, "")
}

func (l *link) runAs(ctx context.Context, script, user string) ([]byte, error) {
	c, leave, err := l.start(ctx, user, l.sessions)
	if err != nil {
		return nil, err
	}
	defer leave()
	defer l.discard(c.channel)
	l.spawn(func() { l.await(c) })
	text, marker := frame(script, "</dev/null")
	finished, full := make(chan struct{}), make(chan struct{})
	out := &output{limit: outputLimit, overflow: func() { close(full) }}
	out.buf.Grow(usualOutput)
	complaints := &tail{limit: stderrLimit}
	l.spawn(func() {
		writeText(c.channel, text)
		_ = c.channel.CloseWrite()
	})
	l.spawn(func() {
		defer close(finished)
		var both sync.WaitGroup
		both.Go(func() { _, _ = io.Copy(complaints, c.channel.Stderr()) })
		_, _ = io.Copy(out, c.channel)
		both.Wait()
		<-c.ended
	})
	select {
	case <-finished:
	case <-full:
		return nil, fmt.Errorf("%s: %w", l.endpoint.name, ErrOutput)
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	if c.status < 0 && c.signal == "" && l.failing(nil, io.EOF) {
		return nil, l.lost(io.EOF)
	}
	body, err := verdict(l.endpoint.name, marker, out.buf.Bytes(), ending{c.status, c.signal, complaints.String()})
	return body, becoming(user, l.endpoint.user, err)
}
