//go:build lab

package main

import (
	"os"
	"strings"
	"testing"
)

// reached fails the test where a host is not reached by a configuration, which its unit tells.
func reached(t *testing.T, config, host string) {
	t.Helper()
	exit, state := 0, "serving"
	if hostFile(t, host, "unit") == "stopped" {
		exit, state = 3, "not-running"
	}
	for _, d := range status(t, exit, "-F", config, host).Targets {
		if d.State != state {
			t.Errorf("%s is %s: %s", host, d.State, d.Error)
		}
	}
}

// TestReachHostKeys has files of known hosts that know a host well, badly, in part, or not at all.
func TestReachHostKeys(t *testing.T) {
	t.Parallel()
	take(t, "web6")
	name := hostFile(t, "web6", "addr") + " "
	ed25519, rsa := name+hostKey(t, "web6", "ed25519"), name+hostKey(t, "web6", "rsa")
	words := strings.Fields(output(t, "ssh-keygen", "-lf", write(t, "key", ed25519)))
	fingerprint := words[1]
	trusting := func(file string, lines ...string) string {
		return reachedBy(t, block("web6", append(lines, "UserKnownHostsFile "+file, "GlobalKnownHostsFile none")...))
	}
	other := strings.Fields(contents(t, newKey(t)+".pub"))

	t.Run("changed", func(t *testing.T) {
		file := write(t, "known_hosts", "# another host's\n"+name+other[0]+" "+other[1])
		for _, strict := range []string{"yes", "ask", "accept-new", "no"} {
			d := notReached(t, "-F", trusting(file, "StrictHostKeyChecking "+strict), "web6")
			says(t, d.Error, "HOST KEY HAS CHANGED", fingerprint, file+":2")
		}
	})
	t.Run("unknown", func(t *testing.T) {
		file := write(t, "known_hosts", "")
		for _, strict := range []string{"yes", "ask"} {
			d := notReached(t, "-F", trusting(file, "StrictHostKeyChecking "+strict), "web6")
			says(t, d.Error, "host key not known", fingerprint)
		}
		config := trusting(file, "StrictHostKeyChecking accept-new")
		reached(t, config, "web6")
		if known := contents(t, file); strings.Count(known, ed25519) != 1 {
			t.Errorf("the new key is not appended: %q", known)
		}
		config = trusting(file, "StrictHostKeyChecking yes")
		reached(t, config, "web6")
		output(t, "ssh", "-n", "-F", config, "-o", "BatchMode=yes", "web6", "true") // ssh reads it as we do
	})
	t.Run("another type", func(t *testing.T) {
		reached(t, trusting(write(t, "known_hosts", rsa)), "web6")
	})
	t.Run("hashed", func(t *testing.T) {
		file := write(t, "known_hosts", ed25519)
		output(t, "ssh-keygen", "-H", "-f", file)
		if known := contents(t, file); strings.Contains(known, name) {
			t.Fatalf("not hashed: %q", known)
		}
		reached(t, trusting(file), "web6")
	})
}

// signed has a test's CA sign a key for a name, and returns the certificate.
func signed(t *testing.T, ca, public, name, valid string, args ...string) string {
	t.Helper()
	output(t, "ssh-keygen", append(args, "-q", "-s", ca, "-I", "pumatop-test", "-n", name, "-V", valid, public)...)
	return strings.TrimSuffix(public, ".pub") + "-cert.pub"
}

// TestReachCertificates has a host that lets in whom a CA has signed, and proves itself by the same.
func TestReachCertificates(t *testing.T) {
	t.Parallel()
	take(t, "web5")
	ca, user, addr := newKey(t), newKey(t), hostFile(t, "web5", "addr")
	host := write(t, "host.pub", hostKey(t, "web5", "ed25519"))
	trusts := func(valid string) {
		t.Helper()
		certificate := signed(t, ca, host, addr, valid, "-h")
		sshd(t, "web5", map[string]string{"ca.pub": contents(t, ca+".pub"), "host-cert.pub": contents(t, certificate)},
			"TrustedUserCAKeys /etc/ssh/lab/ca.pub", "AuthorizedKeysFile none", "HostCertificate /etc/ssh/lab/host-cert.pub")
	}
	known := write(t, "known_hosts", "@cert-authority "+addr+" "+contents(t, ca+".pub"))
	config := reachedBy(t, block("web5", "IdentityFile "+user, "UserKnownHostsFile "+known, "GlobalKnownHostsFile none"))

	trusts("+1h")
	says(t, notReached(t, "-F", config, "web5").Error, "no login as deploy", "no key accepted", user)
	certificate := signed(t, ca, user+".pub", "deploy", "+1h")
	reached(t, config, "web5")
	signed(t, ca, user+".pub", "deploy", "-2h:-1h")
	says(t, notReached(t, "-F", config, "web5").Error, "no login as deploy", "certificate "+certificate+" has expired")
	signed(t, ca, user+".pub", "deploy", "+1h")
	trusts("-2h:-1h")
	says(t, notReached(t, "-F", config, "web5").Error, "host certificate refused", "expired")
}

// contents is what a file of this machine holds.
func contents(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(b))
}
