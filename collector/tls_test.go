package collector

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pumatop/collector/puma"
	"pumatop/collector/remote/sshtest"
)

// secured is a host whose control app speaks TLS with a certificate that nobody but itself has signed. Like channels of
// SSH its connections know no deadlines.
type secured struct {
	config *tls.Config
	dialed string
	silent bool
}

func newSecured(t *testing.T) *secured {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "control"},
		NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return &secured{config: &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}}
}

type noDeadlines struct{ net.Conn }

func (noDeadlines) SetDeadline(time.Time) error      { return errors.ErrUnsupported }
func (noDeadlines) SetReadDeadline(time.Time) error  { return errors.ErrUnsupported }
func (noDeadlines) SetWriteDeadline(time.Time) error { return errors.ErrUnsupported }

func (h *secured) DialTCP(_ context.Context, addr string) (net.Conn, error) {
	h.dialed = addr
	client, server := sshtest.Pipe()
	go func() {
		defer func() { _ = server.Close() }()
		if h.silent {
			_, _ = io.Copy(io.Discard, server)
			return
		}
		var c net.Conn = server
		if h.config != nil {
			c = tls.Server(server, h.config)
		}
		if _, err := bufio.NewReader(c).ReadString('\n'); err != nil {
			return
		}
		_, _ = io.WriteString(c, "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}")
	}()
	return noDeadlines{client}, nil
}

// TestTLS: on a loopback address of the host the certificate is taken as it is, elsewhere it has to be of an authority.
func TestTLS(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, dials, fails string }{
		{"127.0.0.1:9293", "127.0.0.1:9293", ""},
		{"127.1.2.3:9293", "127.1.2.3:9293", ""},
		{"[::1]:9293", "[::1]:9293", ""},
		{"localhost:9293", "localhost:9293", ""},
		{"0.0.0.0:9293", "127.0.0.1:9293", ""},
		{"10.0.0.7:9293", "10.0.0.7:9293", "TLS with ssl://10.0.0.7:9293: tls: failed to verify certificate: x509: "},
		{"control.example:9293", "control.example:9293", "TLS with ssl://control.example:9293: tls: failed to verify certificate: x509: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := newSecured(t)
			address := puma.Address{Network: puma.SSL, Name: c.name}
			client := puma.NewClient(func(ctx context.Context) (net.Conn, error) { return dialTLS(ctx, h, address) }, puma.Token{})
			body, err := client.RawStats(t.Context())
			if h.dialed != c.dials {
				t.Errorf("dials %s, want %s", h.dialed, c.dials)
			}
			if c.fails == "" && (err != nil || string(body) != "{}") {
				t.Errorf("%q, %v", body, err)
			}
			var failed *tlsError
			if c.fails != "" && (!errors.As(err, &failed) || !strings.HasPrefix(failed.Error(), c.fails) || failed.FailedAt() != "tls" || failed.Remedy() == "") {
				t.Errorf("says %v, want %s", err, c.fails)
			}
		})
	}
}

// What speaks no TLS, or nothing at all, is named and does not hold anybody up.
func TestTLSThatIsNone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		address := puma.Address{Network: puma.SSL, Name: "127.0.0.1:9293"}
		h := &secured{}
		_, err := dialTLS(t.Context(), h, address)
		var failed *tlsError
		if !errors.As(err, &failed) {
			t.Errorf("plain text: %v", err)
		}
		h.silent = true
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := dialTLS(ctx, h, address); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("silence: %v", err)
		}
	})
}
