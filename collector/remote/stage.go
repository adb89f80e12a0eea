package remote

import "pumatop/collector/cause"

// Every error of this package says how far it came (FailedAt), why (Cause, without the host) and what to do (Remedy):
// see package cause, which takes them out of a chain.

// FailedAt is the configuration.
func (e *ConfigError) FailedAt() cause.Stage { return cause.Config }

// Cause is the failure without the host.
func (e *ConfigError) Cause() string { return e.Text }

// FailedAt is the configuration.
func (e *UnsupportedError) FailedAt() cause.Stage { return cause.Config }

// Cause is the failure without the host.
func (e *UnsupportedError) Cause() string { return withoutHost(e.Host, e) }

// FailedAt is the field Stage; a ProxyCommand is a way through another program as a jump host is one through another
// machine.
func (e *DialError) FailedAt() cause.Stage {
	if e.Stage == "proxy" {
		return cause.Jump
	}
	return cause.Stage(e.Stage)
}

// FailedAt is the way to the host.
func (e *JumpError) FailedAt() cause.Stage { return cause.Jump }

// Cause is the failure without the host, and with the name of the one on the way.
func (e *JumpError) Cause() string { return withoutHost(e.Host, e) }

// FailedAt is the handshake.
func (e *AlgorithmError) FailedAt() cause.Stage { return cause.Handshake }

// Cause is the failure without the host.
func (e *AlgorithmError) Cause() string { return withoutHost(e.Host, e) }

// FailedAt is the server's proof of itself.
func (e *HostKeyUnknownError) FailedAt() cause.Stage { return cause.HostKey }

// Cause is the failure without the host.
func (e *HostKeyUnknownError) Cause() string { return withoutHost(e.Host, e) }

// FailedAt is the server's proof of itself.
func (e *HostKeyChangedError) FailedAt() cause.Stage { return cause.HostKey }

// Cause is the failure without the host.
func (e *HostKeyChangedError) Cause() string { return withoutHost(e.Host, e) }

// FailedAt is the server's proof of itself.
func (e *HostKeyRevokedError) FailedAt() cause.Stage { return cause.HostKey }

// Cause is the failure without the host.
func (e *HostKeyRevokedError) Cause() string { return withoutHost(e.Host, e) }

// FailedAt is the server's proof of itself.
func (e *HostCertificateError) FailedAt() cause.Stage { return cause.HostKey }

// Cause is the failure without the host.
func (e *HostCertificateError) Cause() string { return withoutHost(e.Host, e) }

// FailedAt is the server's proof of itself.
func (e *KeySizeError) FailedAt() cause.Stage { return cause.HostKey }

// Cause is the failure without the host.
func (e *KeySizeError) Cause() string { return withoutHost(e.Host, e) }

// FailedAt is the login.
func (e *AuthError) FailedAt() cause.Stage { return cause.Auth }

// Cause is the failure without the host.
func (e *AuthError) Cause() string { return withoutHost(e.Host, e) }

// FailedAt is the connection from the host on.
func (e *OpenError) FailedAt() cause.Stage { return cause.Forward }

// FailedAt is the connection from the host on.
func (e *RefusedError) FailedAt() cause.Stage { return cause.Forward }

// Cause is the refusal without the host.
func (e *RefusedError) Cause() string { return e.Refusal.String() }

// FailedAt is a command on the host.
func (e *ExitError) FailedAt() cause.Stage { return cause.Shell }

// Cause is the failure without the host.
func (e *ExitError) Cause() string { return withoutHost(e.Host, e) }

// Remedy is where to look.
func (e *ExitError) Remedy() string { return "log in and see what /bin/sh can do there" }

// FailedAt is a command on the host.
func (e *NoShellError) FailedAt() cause.Stage { return cause.Shell }

// Cause is the failure without the host.
func (e *NoShellError) Cause() string { return withoutHost(e.Host, e) }

// FailedAt is a command on the host.
func (e *BecomeError) FailedAt() cause.Stage { return cause.Shell }

// Cause is the failure without the host.
func (e *BecomeError) Cause() string { return withoutHost(e.Host, e) }

// FailedAt is a command, which is the way to the host.
func (e *CommandError) FailedAt() cause.Stage { return cause.Dial }

// Cause is the failure without the host.
func (e *CommandError) Cause() string { return withoutHost(e.Host, e) }

// FailedAt is the connection from the host on.
func (e *RelayError) FailedAt() cause.Stage { return cause.Forward }

// Cause is the failure without the host.
func (e *RelayError) Cause() string { return withoutHost(e.Host, e) }

// FailedAt is the connection.
func (e errSilent) FailedAt() cause.Stage { return cause.Link }

// lostError is a connection that ended, with why.
type lostError struct{ why string }

func (e *lostError) Error() string { return ErrLost.Error() + ": " + e.why }
func (e *lostError) Unwrap() error { return ErrLost }

// FailedAt is the connection.
func (e *lostError) FailedAt() cause.Stage { return cause.Link }
