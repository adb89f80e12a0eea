// Package cause says of a failure how far it had come, why it failed, and what to do about it.
//
// The typed errors of collector/remote, collector/puma and collector each know all three: FailedAt, Cause and Remedy. Of
// takes them out of a chain of wrapped errors. The cause names no host, because rows and JSON have it beside the text
// already, and says a thing once: the words of the error that knows best, without those of the calls it came through.
package cause

import (
	"context"
	"errors"

	"pumatop/collector/clean"
)

// Stage is how far the way to a Puma's figures led before it failed. The words are those of the JSON.
type Stage string

// The stages, in the order in which they are passed.
const (
	// Config is what was asked for: the ssh configuration, a host's name, puma.rb, the control URL that was given.
	Config Stage = "config"
	// Resolve is the host's name, which no resolver knows.
	Resolve Stage = "resolve"
	// Jump is a host or a command on the way, of ProxyJump or ProxyCommand.
	Jump Stage = "jump"
	// Dial is the connection to the SSH port.
	Dial Stage = "dial"
	// Handshake is what SSH servers say before they prove who they are: nothing, too much, no common algorithm.
	Handshake Stage = "handshake"
	// HostKey is the server's proof of who it is.
	HostKey Stage = "host-key"
	// Auth is the login.
	Auth Stage = "auth"
	// Link is a connection that stood and has ended.
	Link Stage = "link"
	// Shell is a command on the host: the probe, the sampler.
	Shell Stage = "shell"
	// Forward is the connection from the host to the control socket.
	Forward Stage = "forward"
	// TLS is the agreement with a control app on ssl://.
	TLS Stage = "tls"
	// Token is the control app's own password.
	Token Stage = "token"
	// HTTP is the exchange with whatever listens on the control socket.
	HTTP Stage = "http"
	// Decode is an answer that came whole and cannot be Puma's figures.
	Decode Stage = "decode"
)

// Stages are all of them, in their order.
func Stages() []Stage {
	return []Stage{Config, Resolve, Jump, Dial, Handshake, HostKey, Auth, Link, Shell, Forward, TLS, Token, HTTP, Decode}
}

// Cause is a failure in three words. Any of them may be empty.
type Cause struct {
	Stage Stage
	// Text is the cause in one line, safe to draw, without the host's name in front.
	Text string
	// Remedy says what to do next.
	Remedy string
}

// Of is the cause of err: each part is that of the first error in its chain that has one.
func Of(err error) Cause {
	if err == nil {
		return Cause{}
	}
	c := Cause{Text: clean.Line(err.Error())}
	var (
		staged   interface{ FailedAt() Stage }
		caused   interface{ Cause() string }
		remedied interface{ Remedy() string }
	)
	if errors.As(err, &staged) {
		c.Stage = staged.FailedAt()
	}
	switch {
	case errors.As(err, &caused):
		c.Text = clean.Line(caused.Cause())
	case errors.Is(err, context.DeadlineExceeded):
		c.Text = "no answer in time"
	}
	if errors.As(err, &remedied) {
		c.Remedy = clean.Line(remedied.Remedy())
	}
	return c
}

// Text is the cause alone.
func Text(err error) string { return Of(err).Text }
