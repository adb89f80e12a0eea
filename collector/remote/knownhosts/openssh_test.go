//go:build lab

package knownhosts_test

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pumatop/collector/remote/sshtest"
)

// TestAgainstOpenSSH asks the installed ssh for its verdict on every case.
func TestAgainstOpenSSH(t *testing.T) {
	for _, c := range cases() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = l.Close() })
			server := sshtest.New(sshtest.Options{
				HostKeys: c.server.hostKeys(), Exec: func(*sshtest.Session) int { return 0 },
			})
			go func() { _ = server.Serve(l) }()
			_, port, err := net.SplitHostPort(l.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			got := openSSH(t, c, port)
			trusted := !strings.Contains(c.want, " ")
			if (got == "") != trusted {
				t.Errorf("ssh says %q, want %q", got, c.want)
			}
			for verdict, phrase := range map[string]string{
				changed: "REMOTE HOST IDENTIFICATION HAS CHANGED", revoked: "REVOKED",
			} {
				if says := strings.Contains(got, phrase); says != (c.want == verdict) {
					t.Errorf("ssh says %q, want %q", got, c.want)
				}
			}
		})
	}
}

// openSSH returns what ssh complains of, nothing if it logs in.
func openSSH(t *testing.T, c testCase, port string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "known_hosts")
	if err := os.WriteFile(file, c.file(port), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	args := []string{"-F", "none", "-o", "UserKnownHostsFile=" + file, "-o", "GlobalKnownHostsFile=none",
		"-o", "StrictHostKeyChecking=yes", "-o", "BatchMode=yes", "-o", "UpdateHostKeys=no", "-o", "IdentityFile=none", "-p", port}
	if c.alias != "" {
		args = append(args, "-o", "HostKeyAlias="+c.alias)
	}
	out, err := exec.CommandContext(ctx, "ssh", append(args, "--", "deploy@127.0.0.1", "true")...).CombinedOutput()
	if err != nil {
		return string(out) + err.Error()
	}
	return ""
}
