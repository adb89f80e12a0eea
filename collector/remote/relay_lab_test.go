//go:build lab

package remote_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pumatop/collector/remote"
)

// TestLabRelays polls a real Puma through every relay that its host has, the better ones hidden, beside forwarding: the
// sshd forbids that to who comes later, and a connection from before may go on.
func TestLabRelays(t *testing.T) {
	const name = "web4"
	lab(t, "set", name)
	lab(t, "reset", name)
	plain := labHost(t, name)
	if _, err := poll(t.Context(), plain); err != nil {
		t.Fatal(err)
	}
	out, err := plain.Run(t.Context(), "for p in ruby python3 perl curl socat; do command -v $p >/dev/null && echo $p; done; true")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { lab(t, "sshd", name) })
	lab(t, "sshd", name, "AllowStreamLocalForwarding no")
	const n = 100
	forwarded := median(t, plain, n)
	t.Logf("forwarded: median %v", forwarded)
	has := strings.Fields(string(out))
	if len(has) < 3 {
		t.Fatalf("%s has only %q", name, has)
	}
	for i, program := range has {
		pool := remote.NewPool(remote.Options{ConfigFile: labConfig(t), Relays: has[i:]})
		h, err := pool.Host(name)
		if err == nil {
			err = h.Connect(t.Context())
		}
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if status, err := poll(t.Context(), h); err != nil || !strings.HasPrefix(status, "HTTP/1.") {
			t.Fatalf("%s: %q, %v", program, status, err)
		}
		first := time.Since(began)
		took := median(t, h, n)
		t.Logf("%s: first answer after %v, median %v, %.1f times forwarding", program, first.Round(time.Millisecond), took,
			float64(took)/float64(forwarded))
		want := fmt.Sprintf("the server forbids forwarding: polls go through a relay (%s) in one session", program)
		if !slices.Contains(h.Notes(), want) {
			t.Errorf("notes %q", h.Notes())
		}
		pool.Close()
	}
}

func median(t *testing.T, h *remote.Host, n int) time.Duration {
	t.Helper()
	took := make([]time.Duration, 0, n)
	for range n {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		began := time.Now()
		if _, err := poll(ctx, h); err != nil {
			t.Fatal(err)
		}
		took = append(took, time.Since(began))
		cancel()
	}
	slices.Sort(took)
	return took[n/2]
}

// TestLabRelayOfRubyOffPath: rbenv's ruby is not on the PATH of a shell that is no login shell. The running Puma's is
// found.
func TestLabRelayOfRubyOffPath(t *testing.T) {
	const name = "web4"
	lab(t, "set", name)
	lab(t, "reset", name)
	t.Cleanup(func() { lab(t, "sshd", name) })
	lab(t, "sshd", name, "AllowStreamLocalForwarding no", "SetEnv PATH=/nowhere:/bin:/srv/tools")
	t.Cleanup(func() { lab(t, "root", name, "rm", "-rf", "/srv/tools") })
	// sh, ls, sed, sort and head alone
	lab(t, "root", name, "sh", "-c", `mkdir -p /srv/tools; for c in sh ls sed sort head id; do cp "$(command -v $c)" /srv/tools/; done`)
	h := labHost(t, name)
	if out, err := h.Run(t.Context(), "command -v ruby perl curl"); err == nil {
		t.Fatalf("the login has %s on its PATH", out)
	}
	if status, err := poll(t.Context(), h); err != nil || !strings.HasPrefix(status, "HTTP/1.") {
		t.Errorf("%q, %v", status, err)
	}
	if !slices.Contains(h.Notes(), "the server forbids forwarding: polls go through a relay (ruby) in one session") {
		t.Errorf("notes %q", h.Notes())
	}
}
