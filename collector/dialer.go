package collector

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"

	"pumatop/collector/cause"
	"pumatop/collector/clean"
	"pumatop/collector/puma"
)

// dialer reaches a control address from the host.
func (a *actor) dialer(address puma.Address) puma.DialFunc {
	return func(ctx context.Context) (net.Conn, error) {
		switch address.Network {
		case puma.Unix:
			return control(address.Name)(a.host.DialUnix(ctx, address.Name))
		case puma.Abstract:
			return control("@" + address.Name)(a.host.DialAbstract(ctx, address.Name))
		case puma.TCP:
			return control(address.Name)(a.host.DialTCP(ctx, address.Name))
		case puma.SSL:
			return dialTLS(ctx, a.host, address)
		}
		return nil, &unsupportedError{network: string(address.Network)}
	}
}

// control marks an error as one of opening a control socket.
func control(path string) func(net.Conn, error) (net.Conn, error) {
	return func(c net.Conn, err error) (net.Conn, error) {
		if err != nil {
			return nil, &controlError{path: path, err: err}
		}
		return c, nil
	}
}

// controlError is a control socket that could not be opened.
type controlError struct {
	path string
	err  error
}

func (e *controlError) Error() string { return fmt.Sprintf("open %s: %v", clean.Line(e.path), e.err) }
func (e *controlError) Unwrap() error { return e.err }

// FailedAt is the connection from the host on, unless it was the way to the host that broke.
func (e *controlError) FailedAt() cause.Stage {
	if s := cause.Of(e.err).Stage; s != "" {
		return s
	}
	return cause.Forward
}

// Cause is what the host says of it.
func (e *controlError) Cause() string { return cause.Text(e.err) }

// unsupportedError is a control address that cannot be dialled.
type unsupportedError struct{ network string }

func (e *unsupportedError) Error() string {
	return fmt.Sprintf("a control app on %s cannot be reached", e.network)
}

// FailedAt is puma.rb.
func (*unsupportedError) FailedAt() cause.Stage { return cause.Config }

// Remedy names the address that works.
func (e *unsupportedError) Remedy() string {
	return "let activate_control_app listen on a unix:// path or tcp://127.0.0.1:PORT"
}

// tcpDialer is what TLS needs of a host.
type tcpDialer interface {
	DialTCP(ctx context.Context, addr string) (net.Conn, error)
}

// dialTLS speaks TLS with a control app, from here, through the connection that the host makes.
//
// Whose certificate is it to be? A control app's is made by whoever wrote puma.rb, for any name, and no authority that
// this machine knows has signed it. Where it listens on a loopback address of the host, the bytes come there inside SSH,
// whose host key has been verified, and never pass a network: the certificate is taken as it is. That is as safe as
// tcp:// on that address and no safer: while Puma is down another user of the host could listen there. To compare with
// the cert= file of the control URL would not help, since the same host would tell both. On any other address TLS is all
// there is between the host and the app, and the certificate is verified by this machine's authorities.
func dialTLS(ctx context.Context, host tcpDialer, address puma.Address) (net.Conn, error) {
	name, port, err := net.SplitHostPort(address.Name)
	if err != nil {
		return nil, &tlsError{address: address, err: err}
	}
	if address.ClientCert {
		return nil, &clientCertError{address}
	}
	config := &tls.Config{ServerName: name, MinVersion: tls.VersionTLS12}
	if ip, err := netip.ParseAddr(name); err == nil && ip.IsUnspecified() {
		address.Name = net.JoinHostPort("127.0.0.1", port)
		config.InsecureSkipVerify = true
	} else if name == "localhost" || err == nil && ip.IsLoopback() {
		config.InsecureSkipVerify = true
	}
	c, err := control(address.Name)(host.DialTCP(ctx, address.Name))
	if err != nil {
		return nil, err
	}
	t := tls.Client(c, config)
	if err := t.HandshakeContext(ctx); err != nil { // it closes c when ctx ends, which needs no deadlines
		_ = c.Close()
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, &tlsError{address: address, err: err}
	}
	return tlsConn{t, c}, nil
}

// tlsConn closes without a farewell, which would have to be written into a connection that may be dead. Puma does not
// miss it: an answer says how long it is.
type tlsConn struct {
	*tls.Conn
	under net.Conn
}

func (c tlsConn) Close() error { return c.under.Close() }

// tlsError is a control app whose TLS failed.
type tlsError struct {
	address puma.Address
	err     error
}

func (e *tlsError) Error() string {
	return fmt.Sprintf("TLS with %s: %s", e.address, clean.Short(e.err.Error(), 200))
}
func (e *tlsError) Unwrap() error { return e.err }

// FailedAt is the agreement.
func (*tlsError) FailedAt() cause.Stage { return cause.TLS }

// Cause says what kept them from agreeing.
func (e *tlsError) Cause() string {
	var (
		plain   tls.RecordHeaderError
		signer  x509.UnknownAuthorityError
		name    x509.HostnameError
		invalid x509.CertificateInvalidError
	)
	switch {
	case errors.As(e.err, &plain):
		return fmt.Sprintf("what answers at %s speaks no TLS", e.address)
	case errors.As(e.err, &signer):
		return fmt.Sprintf("the certificate of %s is signed by nobody that this machine trusts", e.address)
	case errors.As(e.err, &name):
		return fmt.Sprintf("the certificate of %s is for another name", e.address)
	case errors.As(e.err, &invalid):
		return fmt.Sprintf("the certificate of %s does not hold: %s", e.address, clean.Short(strings.TrimPrefix(invalid.Error(), "x509: "), 100))
	}
	return e.Error()
}

// Remedy names what does without.
func (*tlsError) Remedy() string {
	return "let activate_control_app listen on ssl://127.0.0.1:PORT with TLS 1.2 or later, or on a unix:// path, which needs no TLS"
}

// clientCertError is a control app that wants a certificate of its client.
type clientCertError struct{ address puma.Address }

func (e *clientCertError) Error() string {
	return fmt.Sprintf("TLS with %s: it wants a client certificate (verify_mode=force_peer), and pumatop has none", e.address)
}

// FailedAt is the agreement.
func (*clientCertError) FailedAt() cause.Stage { return cause.TLS }

// Remedy names what works.
func (*clientCertError) Remedy() string {
	return "set verify_mode=none in the control URL, or let it listen on a unix:// path that only its user may open"
}
