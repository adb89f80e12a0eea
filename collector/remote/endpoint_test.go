package remote

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"pumatop/collector/remote/sshconfig"
)

// oldSSH is what an OpenSSH 9.2 says without any configuration, as far as it matters here.
var oldSSH = sshconfig.Parse([]byte(`user me
hostname web1
port 22
kexalgorithms sntrup761x25519-sha512@openssh.com,curve25519-sha256
ciphers chacha20-poly1305@openssh.com,aes128-ctr
stricthostkeychecking ask
serveraliveinterval 0
serveralivecountmax 3
connecttimeout none
identitiesonly no
pubkeyauthentication true
tcpkeepalive yes
userknownhostsfile /home/me/.ssh/known_hosts /home/me/.ssh/known_hosts2
globalknownhostsfile /etc/ssh/ssh_known_hosts
`))

// changed is oldSSH with other lines for some keywords.
func changed(lines string) sshconfig.Config {
	c := sshconfig.Config{}
	for k, v := range oldSSH {
		c[k] = v
	}
	for k, v := range sshconfig.Parse([]byte(lines)) {
		c[k] = v
	}
	return c
}

func TestEndpoint(t *testing.T) {
	t.Parallel()
	supported := ssh.SupportedAlgorithms()
	for _, c := range []struct {
		name, lines string
		get         func(*endpoint) any
		want        any
	}{
		{"address", "hostname 10.0.0.1\nport 2222\nuser deploy",
			func(e *endpoint) any { return e.user + "@" + e.addr() }, "deploy@10.0.0.1:2222"},
		{"IPv6 address", "hostname fe80::1", func(e *endpoint) any { return e.addr() }, "[fe80::1]:22"},
		{"address family", "addressfamily inet6", func(e *endpoint) any { return e.network }, "tcp6"},
		{"any address family", "addressfamily any", func(e *endpoint) any { return e.network }, "tcp"},
		{"no limit", "", func(e *endpoint) any { return e.connectLimit }, 10 * time.Second},
		{"limit", "connecttimeout 3", func(e *endpoint) any { return e.connectLimit }, 3 * time.Second},
		{"no keepalive", "", func(e *endpoint) any { return e.keepaliveEvery + e.keepaliveLimit }, 15 * time.Second},
		{"keepalive", "serveraliveinterval 5\nserveralivecountmax 2",
			func(e *endpoint) any { return []time.Duration{e.keepaliveEvery, e.keepaliveLimit} }, []time.Duration{5e9, 10e9}},
		{"an old client's defaults are not imposed", "", func(e *endpoint) any { return e.keyExchanges }, supported.KeyExchanges},
		{"a changed list is", "kexalgorithms sntrup761x25519-sha512,ecdh-sha2-nistp521,curve25519-sha256",
			func(e *endpoint) any { return e.keyExchanges }, []string{"ecdh-sha2-nistp521", "curve25519-sha256"}},
		{"more than the library's, where nobody has said what", "hostkeyalgorithms +ssh-rsa,ssh-dss",
			func(e *endpoint) any { return e.hostKeyAlgorithms }, append(ssh.SupportedAlgorithms().HostKeys, "ssh-rsa", "ssh-dss")},
		{"less", "ciphers -aes*", func(e *endpoint) any { return e.ciphers }, []string{"chacha20-poly1305@openssh.com"}},
		{"in another order", "macs ^hmac-sha1", func(e *endpoint) any { return e.macs[0] }, "hmac-sha1"},
		{"SHA-1 where it is asked for", "hostkeyalgorithms rsa-sha2-512,ssh-rsa",
			func(e *endpoint) any { return e.hostKeyAlgorithms }, []string{"rsa-sha2-512", "ssh-rsa"}},
		{"no host key list", "", func(e *endpoint) any { return e.hostKeyAlgorithms }, []string(nil)},
		{"keys off", "pubkeyauthentication no", func(e *endpoint) any { return e.publicKey }, false},
		{"keys on", "pubkeyauthentication unbound", func(e *endpoint) any { return e.publicKey }, true},
		{"identities", "identityfile /keys/%r@%h\nidentityfile none", func(e *endpoint) any { return e.identities },
			[]string{"/keys/me@web1"}},
		{"known hosts", "", func(e *endpoint) any { return e.userKnownHosts },
			[]string{"/home/me/.ssh/known_hosts", "/home/me/.ssh/known_hosts2"}},
		{"no known hosts", "userknownhostsfile none", func(e *endpoint) any { return e.userKnownHosts }, []string(nil)},
		{"no agent", "identityagent none", func(e *endpoint) any { return e.agent }, ""},
		{"agent by path", "identityagent /run/%u.agent", func(e *endpoint) any { return strings.HasPrefix(e.agent, "/run/") }, true},
		{"proxy command", "hostname 10.0.0.1\nproxycommand exec nc %h %p '${X}' %%", func(e *endpoint) any { return e.proxy },
			"exec nc 10.0.0.1 22 '${X}' %"},
		{"jumps", "proxyjump me@a:2222,ssh://b/", func(e *endpoint) any { return e.jumps }, []address{
			{text: "me@a:2222", user: "me", host: "a", port: "2222"}, {text: "b", host: "b"}}},
		{"interface", "bindinterface eth1", func(e *endpoint) any { return e.bindInterface }, "eth1"},
		{"attempts", "connectionattempts 3", func(e *endpoint) any { return e.attempts }, 3},
		{"rekeying", "rekeylimit 1073741824 0", func(e *endpoint) any { return e.rekeyAfter }, uint64(1 << 30)},
		{"the library's rekeying", "rekeylimit 0 0", func(e *endpoint) any { return e.rekeyAfter }, uint64(0)},
		{"size of RSA keys", "requiredrsasize 3072", func(e *endpoint) any { return e.rsaSize }, 3072},
		{"known hosts by command", "knownhostscommand /bin/keys \"a b\" %H",
			func(e *endpoint) any { return e.keysCommand.words }, []string{"/bin/keys", "a b", "%H"}},
		{"no TCP keepalive", "tcpkeepalive no", func(e *endpoint) any { return e.tcpKeepAlive }, false},
		{"name without alias", "port 2222", func(e *endpoint) any { h, p := e.keyName(); return h + " " + p }, "web1 2222"},
		{"name with alias", "hostkeyalias shop\nport 2222", func(e *endpoint) any { h, p := e.keyName(); return h + " " + p }, "shop "},
	} {
		e, err := newEndpoint(address{text: "web1", host: "web1"}, changed(c.lines), oldSSH)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got := c.get(e); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

// Nothing that decides on who is reached or trusted is left out in silence.
func TestUnsupportedIsRefused(t *testing.T) {
	t.Parallel()
	for _, lines := range []string{
		"revokedhostkeys /etc/ssh/revoked", "pkcs11provider /lib/opensc.so", "kexalgorithms sntrup761x25519-sha512",
	} {
		_, err := newEndpoint(address{text: "web1", host: "web1"}, changed(lines), oldSSH)
		var unsupported *UnsupportedError
		if !errors.As(err, &unsupported) || !strings.EqualFold(unsupported.Keyword+" "+unsupported.Value, lines) {
			t.Errorf("%s: got %v", lines, err)
		}
	}
	if _, err := newEndpoint(address{text: "web1", host: "web1"}, changed("proxycommand none\nproxyjump none"), oldSSH); err != nil {
		t.Errorf("none: %v", err)
	}
}

// ssh -G prints file names with spaces as it prints several files.
func TestExistingPaths(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	spaced := filepath.Join(dir, "my known hosts")
	if err := os.WriteFile(spaced, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for value, want := range map[string][]string{
		spaced + " /missing": {spaced, "/missing"},
		"/missing " + spaced: {"/missing", spaced},
		"/a /b":              {"/a", "/b"},
		"":                   nil,
	} {
		if got := existingPaths([]string{value}); !slices.Equal(got, want) {
			t.Errorf("%s: got %q", value, got)
		}
	}
}

// A host asks for itself first. What it is told to go through is a further question, which waits behind no other host.
func TestJumpIsAFurtherQuestion(t *testing.T) {
	t.Parallel()
	further := map[string]bool{}
	pool := NewPool(Options{
		Resolve: func(_ context.Context, q sshconfig.Query) (sshconfig.Config, error) {
			further[q.Host] = q.Further
			if q.Host == "web1" {
				return changed("proxyjump bastion"), nil
			}
			return changed("hostname " + q.Host), nil
		},
		Dial: func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("out of reach") },
	})
	t.Cleanup(pool.Close)
	h, err := pool.Host("web1")
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Connect(t.Context()); err == nil {
		t.Error("connects")
	}
	// what pumatop wants to know of a way that OpenSSH goes
	if err := h.eachJump(t.Context(), []address{{host: "inner", text: "inner"}}, func(*endpoint) error { return nil }); err != nil {
		t.Error(err)
	}
	if want := map[string]bool{"web1": false, "bastion": true, "inner": true}; !reflect.DeepEqual(further, want) {
		t.Errorf("further questions are %v, want %v", further, want)
	}
}
