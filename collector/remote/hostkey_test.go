package remote_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"golang.org/x/crypto/ssh"

	"pumatop/collector/remote"
	"pumatop/collector/remote/knownhosts"
	"pumatop/collector/remote/sshtest"
)

func TestHostKeyRefusals(t *testing.T) {
	t.Parallel()
	stranger := sshtest.NewKey()
	line := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(stranger.PublicKey())))
	for _, c := range []struct {
		name, lines  string // @KEY is the server's own key
		text, remedy string // @FILE, @SUM (of the server's key) and @OTHER are replaced
	}{
		{"unknown", "other " + line,
			"web1: host key not known: ssh-ed25519 @SUM",
			"run `ssh web1` once, compare the fingerprint and answer yes"},
		{"changed", "# comment\nweb1.example " + line,
			"web1: HOST KEY HAS CHANGED: it is ssh-ed25519 @SUM, known is ssh-ed25519 @OTHER (@FILE:2)",
			"find out why before anything else; if the host was set up anew: ssh-keygen -R 'web1.example' -f '@FILE'"},
		{"revoked", "@revoked * @KEY",
			"web1: HOST KEY IS REVOKED (@FILE:1): ssh-ed25519 @SUM",
			"do not connect; ask who revoked the key, and give the host a new one"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "known_hosts")
			synctest.Test(t, func(t *testing.T) {
				f := newFleet(t, sshtest.Options{})
				key := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(f.HostKey())))
				if err := os.WriteFile(file, []byte(strings.ReplaceAll(c.lines, "@KEY", key)), 0o600); err != nil {
					t.Fatal(err)
				}
				f.config["hostname"] = []string{"web1.example"}
				f.config["userknownhostsfile"] = []string{file}
				f.open(t, "nobody")
				fill := strings.NewReplacer("@FILE", file, "@SUM", ssh.FingerprintSHA256(f.HostKey()),
					"@OTHER", ssh.FingerprintSHA256(stranger.PublicKey())).Replace
				for _, strict := range []string{"yes", "ask", "no", "accept-new"} {
					if c.name == "unknown" && (strict == "no" || strict == "accept-new") {
						continue
					}
					f.config["stricthostkeychecking"] = []string{strict}
					h := f.host(t, "web1")
					err := h.Connect(t.Context())
					if err == nil || err.Error() != fill(c.text) {
						t.Errorf("%s: says %q, want %q", strict, err, fill(c.text))
					}
					if got := remote.Remedy(err); got != fill(c.remedy) {
						t.Errorf("%s: advises %q, want %q", strict, got, fill(c.remedy))
					}
					if _, ok := h.RetryAfter(err, 0); ok {
						t.Errorf("%s: it would be tried again", strict)
					}
				}
				if f.Logins() != 0 {
					t.Errorf("%d logins", f.Logins())
				}
			})
		})
	}
}

func TestAcceptNew(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "ssh", "known_hosts")
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, sshtest.Options{})
		f.open(t, "nobody")
		f.config["userknownhostsfile"] = []string{file}
		f.config["stricthostkeychecking"] = []string{"accept-new"}
		f.config["port"] = []string{"2222"}
		_ = f.connected(t, "web1").Close()
		text, err := os.ReadFile(file)
		if err != nil || !strings.HasPrefix(string(text), "[web1]:2222 ssh-ed25519 ") {
			t.Fatalf("wrote %q, %v", text, err)
		}
		f.config["stricthostkeychecking"] = []string{"yes"}
		f.connected(t, "web1")
		f.config["port"] = []string{"2223"}
		f.config["stricthostkeychecking"] = []string{"accept-new"}
		f.config["hashknownhosts"] = []string{"yes"}
		f.connected(t, "web2")
		text, _ = os.ReadFile(file)
		if strings.Contains(string(text), "web2") || strings.Count(string(text), "\n") != 2 {
			t.Errorf("wrote %q", text)
		}
		files, err := knownhosts.Load(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := files.Lookup("web2", "2223").Check(f.HostKey(), knownhosts.Policy{}); err != nil {
			t.Error(err)
		}
	})
}
