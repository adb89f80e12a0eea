package knownhosts_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"pumatop/collector/remote/knownhosts"
	"pumatop/collector/remote/sshtest"
)

// keys are made once for all cases; RSA takes its time.
type keys struct {
	ed25519, ecdsa, rsa, other, otherRSA, authority, rsaAuthority ssh.Signer
}

var testKeys = sync.OnceValue(func() keys {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	return keys{
		ed25519: sshtest.NewKey(), other: sshtest.NewKey(), authority: sshtest.NewKey(),
		ecdsa: must(ssh.NewSignerFromKey(must(k, err))), rsa: sshtest.NewRSA(), otherRSA: sshtest.NewRSA(), rsaAuthority: sshtest.NewRSA(),
	}
})

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// line is a key as a known_hosts file has it, behind the names.
func line(s ssh.Signer) string {
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(s.PublicKey())))
}

// certificate signs a host key; change may spoil it first.
func certificate(key, authority ssh.Signer, principal string, change func(*ssh.Certificate)) ssh.Signer {
	c := &ssh.Certificate{
		Key: key.PublicKey(), CertType: ssh.HostCert, KeyId: "test", ValidPrincipals: []string{principal},
		ValidAfter: uint64(time.Now().Add(-time.Hour).Unix()), ValidBefore: uint64(time.Now().Add(time.Hour).Unix()),
	}
	if change != nil {
		change(c)
	}
	if err := c.SignCert(rand.Reader, authority); err != nil {
		panic(err)
	}
	return must(ssh.NewCertSigner(c, key))
}

// Outcomes of a case: what is proved, or why it is refused.
const (
	unknown   = "is not known"
	changed   = "has changed"
	revoked   = "is revoked"
	untrusted = "certificate that does not hold"
)

// server says which keys a case's server has.
type server int

const (
	plainServer        server = iota // ed25519, ecdsa and RSA
	certServer                       // the same, and a certificate of the authority for the ed25519 key
	rsaAuthorityCert                 // the certificate is signed by an RSA authority
	strangerCert                     // ... for another host
	expiredCert                      // ... that has expired
	userCert                         // ... that is a user's
	wildcardCert                     // ... for 127.0.*
	nobodysCert                      // ... for no host in particular
	onlyRSA                          // RSA alone
	criticalOptionCert               // ... with a critical option that nobody knows
)

func (s server) hostKeys() []ssh.Signer {
	k := testKeys()
	plain := []ssh.Signer{k.ed25519, k.ecdsa, k.rsa}
	cert := func(authority ssh.Signer, principal string, change func(*ssh.Certificate)) []ssh.Signer {
		return append(slices.Clone(plain), certificate(k.ed25519, authority, principal, change))
	}
	switch s {
	case certServer:
		return cert(k.authority, "127.0.0.1", nil)
	case rsaAuthorityCert:
		return cert(k.rsaAuthority, "127.0.0.1", nil)
	case strangerCert:
		return cert(k.authority, "web9.example", nil)
	case expiredCert:
		return cert(k.authority, "127.0.0.1", func(c *ssh.Certificate) { c.ValidBefore = c.ValidAfter + 1 })
	case userCert:
		return cert(k.authority, "127.0.0.1", func(c *ssh.Certificate) { c.CertType = ssh.UserCert })
	case wildcardCert:
		return cert(k.authority, "127.0.*", nil)
	case nobodysCert:
		return cert(k.authority, "", func(c *ssh.Certificate) { c.ValidPrincipals = nil })
	case criticalOptionCert:
		return cert(k.authority, "127.0.0.1", func(c *ssh.Certificate) {
			c.CriticalOptions = map[string]string{"moon-phase@example": "full"}
		})
	case onlyRSA:
		return []ssh.Signer{k.rsa}
	}
	return plain
}

type testCase struct {
	name   string
	server server
	alias  string // HostKeyAlias
	// want is the algorithm that is negotiated and trusted, or one of the outcomes.
	want string
	// lines are the known_hosts file; @ADDR stands for 127.0.0.1 and the server's port, @PORT for the port alone,
	// @HASH for the hashed form of the first.
	lines []string
}

// cases are judged twice: by Check against a server in this process, and by the real ssh against the same server
// (build tag lab), which must agree.
func cases() []testCase {
	k := testKeys()
	ed, ec, rs, other, otherRSA := line(k.ed25519), line(k.ecdsa), line(k.rsa), line(k.other), line(k.otherRSA)
	ca, rsaCA := line(k.authority), line(k.rsaAuthority)
	return []testCase{
		{name: "only ed25519 known", want: ssh.KeyAlgoED25519, lines: []string{"@ADDR " + ed}},
		{name: "only ecdsa known", want: ssh.KeyAlgoECDSA256, lines: []string{"@ADDR " + ec}},
		{name: "only rsa known", want: ssh.KeyAlgoRSASHA512, lines: []string{"@ADDR " + rs}},
		{name: "nothing known", want: unknown},
		{name: "another host known", want: unknown, lines: []string{"other " + ed}},
		{name: "changed", want: changed, lines: []string{"@ADDR " + other}},
		{name: "one type changed, another still right", want: changed, lines: []string{"@ADDR " + other, "@ADDR " + rs}},
		{name: "old and new key of a type", want: ssh.KeyAlgoED25519, lines: []string{"@ADDR " + other, "@ADDR " + ed}},
		{name: "known type no longer there", server: onlyRSA, want: changed, lines: []string{"@ADDR " + ed}},
		{name: "changed behind a new type", server: onlyRSA, want: changed, lines: []string{"@ADDR " + ed, "@ADDR " + otherRSA}},
		{name: "revoked and listed", want: revoked, lines: []string{"@ADDR " + ed, "@revoked * " + ed}},
		{name: "revoked before listed", want: revoked, lines: []string{"@revoked * " + ed, "@ADDR " + ed}},
		{name: "revoked for another host", want: ssh.KeyAlgoED25519, lines: []string{"@revoked other " + ed, "@ADDR " + ed}},
		{name: "name without port", want: ssh.KeyAlgoED25519, lines: []string{"127.0.0.1 " + ed}},
		{name: "name without port, another key", want: unknown, lines: []string{"127.0.0.1 " + other}},
		{name: "wildcard", want: ssh.KeyAlgoED25519, lines: []string{"[127.*]:@PORT " + ed}},
		{name: "wildcard for everything", want: ssh.KeyAlgoED25519, lines: []string{"* " + ed}},
		{name: "question marks", want: ssh.KeyAlgoED25519, lines: []string{"[127.?.?.1]:@PORT " + ed}},
		{name: "question mark is not nothing", want: unknown, lines: []string{"[127.0.0.1?]:@PORT " + ed}},
		{name: "negated", want: unknown, lines: []string{"[127.0.0.*]:@PORT,![127.0.0.1]:@PORT " + ed}},
		{name: "hashed", want: ssh.KeyAlgoED25519, lines: []string{"@HASH " + ed}},
		{name: "certificate", server: certServer, want: ssh.CertAlgoED25519v01, lines: []string{"@cert-authority @ADDR " + ca}},
		{name: "certificate, authority for all", server: certServer, want: ssh.CertAlgoED25519v01,
			lines: []string{"@cert-authority * " + ca}},
		{name: "plain key known, server has a certificate", server: certServer, want: ssh.KeyAlgoED25519,
			lines: []string{"@ADDR " + ed}},
		{name: "authority known, no certificate", want: unknown, lines: []string{"@cert-authority @ADDR " + ca}},
		{name: "authority and plain key, no certificate", want: ssh.KeyAlgoED25519,
			lines: []string{"@cert-authority @ADDR " + ca, "@ADDR " + ed}},
		{name: "certificate for another host", server: strangerCert, want: untrusted,
			lines: []string{"@cert-authority * " + ca}},
		{name: "certificate for a pattern", server: wildcardCert, want: untrusted,
			lines: []string{"@cert-authority * " + ca}},
		{name: "certificate without names", server: nobodysCert, want: ssh.CertAlgoED25519v01,
			lines: []string{"@cert-authority * " + ca}},
		{name: "certificate expired", server: expiredCert, want: untrusted, lines: []string{"@cert-authority * " + ca}},
		{name: "certificate is a user's", server: userCert, want: untrusted, lines: []string{"@cert-authority * " + ca}},
		{name: "certificate with an unknown condition", server: criticalOptionCert, want: untrusted,
			lines: []string{"@cert-authority * " + ca}},
		{name: "RSA authority, ed25519 host", server: rsaAuthorityCert, want: ssh.CertAlgoED25519v01,
			lines: []string{"@cert-authority @ADDR " + rsaCA}},
		{name: "authority without port", server: certServer, want: ssh.CertAlgoED25519v01,
			lines: []string{"@cert-authority 127.* " + ca}},
		{name: "authority revoked", server: certServer, want: revoked,
			lines: []string{"@cert-authority * " + ca, "@revoked * " + ca}},
		{name: "certified key revoked", server: certServer, want: revoked,
			lines: []string{"@cert-authority * " + ca, "@revoked * " + ed}},
		{name: "lines that nobody can read", want: ssh.KeyAlgoED25519, lines: []string{
			"old 1024 35 1234567890", "foo ssh-ed448 AAAACXNzaC1lZDQ0OAAAAA==", "garbage", "@foo * " + ed,
			"# " + strings.Repeat("x", 70000), "foo ssh-ed25519 AAAA!!", "|1|AAAA|BBBB " + ed, "", "@ADDR " + ed,
		}},
		{name: "line ends of Windows, comment", want: ssh.KeyAlgoED25519, lines: []string{"@ADDR " + ed + " me@here\r"}},
		{name: "alias", alias: "shop", want: ssh.KeyAlgoED25519, lines: []string{"shop " + ed}},
		{name: "alias in capitals", alias: "Shop", want: ssh.KeyAlgoED25519, lines: []string{"Shop " + ed}},
		{name: "alias has no port", alias: "shop", want: unknown, lines: []string{"[shop]:@PORT " + ed}},
		{name: "alias instead of the name", alias: "shop", want: unknown, lines: []string{"@ADDR " + ed}},
	}
}

// file is a case's known_hosts file for a port.
func (c testCase) file(port string) []byte {
	name := "[127.0.0.1]:" + port
	text := strings.Join(c.lines, "\n")
	if strings.Contains(text, "@HASH") {
		text = strings.ReplaceAll(text, "@HASH", knownhosts.Hash(name))
	}
	text = strings.ReplaceAll(text, "@ADDR", name)
	return []byte(strings.ReplaceAll(text, "@PORT", port) + "\n")
}

func TestCheck(t *testing.T) {
	t.Parallel()
	const port = "2222"
	for _, c := range cases() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			files := &knownhosts.Files{}
			files.Add("known_hosts", c.file(port))
			name, at := "127.0.0.1", port
			if c.alias != "" {
				name, at = c.alias, ""
			}
			host := files.Lookup(name, at)
			got := negotiate(t, c.server, host)
			if !strings.Contains(got, c.want) {
				t.Errorf("got %q, want %q (skipped: %q)", got, c.want, files.Skipped)
			}
		})
	}
}

// negotiate logs in at a server and returns the host key algorithm in use, or the refusal.
func negotiate(t *testing.T, s server, host *knownhosts.Host) string {
	t.Helper()
	conn, err := sshtest.New(sshtest.Options{HostKeys: s.hostKeys()}).Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var refused error
	c, _, _, err := ssh.NewClientConn(conn, "ignored:22", &ssh.ClientConfig{
		User: "deploy", HostKeyAlgorithms: host.Algorithms(),
		HostKeyCallback: func(_ string, _ net.Addr, key ssh.PublicKey) error {
			refused = host.Check(key, knownhosts.Policy{})
			return refused
		},
	})
	switch {
	case refused != nil:
		return refused.Error()
	case err != nil:
		return err.Error()
	}
	defer func() { _ = c.Close() }()
	return c.(ssh.AlgorithmsConnMetadata).Algorithms().HostKey
}
