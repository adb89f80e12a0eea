package sshconfig_test

import (
	"context"
	"errors"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"pumatop/collector/remote/sshconfig"
)

// TestCanonical has what the corpus cannot have: names that resolve. The expectations are those of ssh's manual and of
// its source (resolve_canonicalize, check_follow_cname).
func TestCanonical(t *testing.T) {
	t.Parallel()
	dns := sshconfig.Names{Err: errors.New("no such host"), CNAMEs: map[string]string{
		"web1.a.example.": "web1.a.example", "web2.b.example.": "node7.cdn.example", "web3.a.example.": "", "fqdn.": "fqdn",
		"short": "node8.cdn.example", "a.b.a.example.": "a.b.a.example",
	}}
	const domains = "CanonicalizeHostname yes\nCanonicalDomains a.example b.example\nCanonicalizePermittedCNAMEs *.b.example,short:*.cdn.example\n"
	for _, c := range []struct{ name, config, host, hostname, port string }{
		{"first domain", domains + "Host *.a.example\nPort 5\n", "web1", "web1.a.example", "5"},
		{"second domain and its other name", domains + "Match canonical host *.cdn.example\nPort 5\n", "web2", "node7.cdn.example", "5"},
		{"no other name", domains, "web3", "web3.a.example", "22"},
		{"in no domain", "CanonicalizeHostname yes\nCanonicalDomains a.example\nMatch canonical\nPort 5\n", "web9", "web9", "5"},
		{"anchored", domains, "fqdn.", "fqdn", "22"},
		{"too many dots", "CanonicalizeMaxDots 0\nCanonicalizeHostname yes\nCanonicalDomains a.example\n", "a.b", "a.b", "22"},
		{"few enough dots", domains, "a.b", "a.b.a.example", "22"},
		{"a proxy resolves", domains + "ProxyCommand nc\n", "web1", "web1", "22"},
		{"always", strings.Replace(domains, "yes", "always", 1) + "ProxyCommand nc\n", "web1", "web1.a.example", "22"},
		{"other name of a bare one", domains, "short", "node8.cdn.example", "22"},
		{"an address", domains, "10.0.0.1", "10.0.0.1", "22"},
		{"HostName first", "Host x\nHostName web1\n" + domains + "Match host web1.a.example\nPort 5\n", "x", "web1.a.example", "5"},
		{"off", "CanonicalDomains a.example\n", "web1", "web1", "22"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "config")
			lay(t, path, c.config)
			got, warnings, err := sshconfig.EvaluateWith(t.Context(), sshconfig.Query{Host: c.host, File: path}, dns)
			if err != nil || len(warnings) > 0 {
				t.Fatal(err, warnings)
			}
			if got.Get("hostname") != c.hostname || got.Get("port") != c.port {
				t.Errorf("got %s port %s", got.Get("hostname"), got.Get("port"))
			}
		})
	}
}

func TestCanonicalFails(t *testing.T) {
	t.Parallel()
	dns := sshconfig.Names{Err: errors.New("no such host")}
	for config, want := range map[string]string{
		"CanonicalizeHostname yes\nCanonicalDomains a\nCanonicalizeFallbackLocal no\n": `could not resolve host "web1"`,
		"CanonicalizePermittedCNAMEs *:*\n":                                            "could not resolve hostname web1: no such host",
	} {
		path := filepath.Join(t.TempDir(), "config")
		lay(t, path, config)
		_, _, err := sshconfig.EvaluateWith(t.Context(), sshconfig.Query{Host: "web1", File: path}, dns)
		if err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestMatchLocalNetwork(t *testing.T) {
	t.Parallel()
	here := sshconfig.Names{Local: []netip.Addr{netip.MustParseAddr("10.1.2.3"), netip.MustParseAddr("fd00::7")}}
	for networks, want := range map[string]string{
		"10.1.0.0/16": "5", "10.2.0.0/16": "22", "10.2.0.0/16,fd00::/64": "5", "10.1.2.3": "5", "fe80::/10": "22",
	} {
		path := filepath.Join(t.TempDir(), "config")
		lay(t, path, "Match localnetwork "+networks+"\nPort 5\n")
		got, _, err := sshconfig.EvaluateWith(t.Context(), sshconfig.Query{Host: "web1", File: path}, here)
		if err != nil || got.Get("port") != want {
			t.Errorf("%s: port %s, %v", networks, got.Get("port"), err)
		}
	}
	path := filepath.Join(t.TempDir(), "config")
	lay(t, path, "Match localnetwork 10.1\nPort 5\n")
	if _, _, err := sshconfig.EvaluateWith(t.Context(), sshconfig.Query{Host: "web1", File: path}, here); err == nil {
		t.Error("takes what is no network")
	}
}

// A Match exec that hangs ends with the caller's patience, and what it has started with it.
func TestMatchExecHangs(t *testing.T) {
	t.Parallel()
	path, fifo := filepath.Join(t.TempDir(), "config"), filepath.Join(t.TempDir(), "alive")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	lay(t, path, "Match exec \"exec 3>"+fifo+"; echo >&3; sleep 600; :\"\nPort 5\n")
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error)
	go func() {
		_, _, err := sshconfig.Evaluate(ctx, sshconfig.Query{Host: "web1", File: path})
		failed <- err
	}()
	alive, err := os.Open(fifo)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = alive.Close() }()
	if _, err := io.ReadFull(alive, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-failed; err == nil || !strings.HasSuffix(err.Error(), "context canceled") {
		t.Errorf("got %v", err)
	}
	if _, err := io.ReadAll(alive); err != nil { // until nothing holds the other end
		t.Error(err)
	}
}

// Words are those of a command that no shell takes apart.
func TestWords(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`/bin/keys %H`: "/bin/keys|%H", ` a  "b c"'d e'  `: "a|b cd e", `a\ b \"c\\`: `a b|"c\`, `"a\"b" 'c"d'`: `a"b|c"d`, ``: "", `""`: "",
	} {
		if got, ok := sshconfig.Words(in); !ok || strings.Join(got, "|") != want {
			t.Errorf("%s: got %q, %v", in, got, ok)
		}
	}
	for _, in := range []string{`"a`, `a 'b`} {
		if got, ok := sshconfig.Words(in); ok {
			t.Errorf("%s: got %q", in, got)
		}
	}
}
