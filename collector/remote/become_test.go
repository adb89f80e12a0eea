package remote_test

import (
	"errors"
	"io"
	"slices"
	"testing"
	"testing/synctest"

	"pumatop/collector/remote"
	"pumatop/collector/remote/sshtest"
)

// Sockets of another user's are opened as that user, scripts run as that user, and TCP is as ever.
func TestBecome(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		host := &hardened{user: "puma"}
		host.forwards.Store(true)
		options := host.options()
		options.Exec = sshtest.Shell(func(s *sshtest.Session) int {
			if s.Command == "id -un\n" {
				_, _ = io.WriteString(s.Stdout, s.User)
			}
			return host.exec(s)
		})
		options.DialTCP = puma
		f := newFleet(t, options)
		h, err := f.pool.HostBy("web1", remote.HostOptions{Become: "puma"})
		if err != nil {
			t.Fatal(err)
		}
		if err := h.Connect(t.Context()); err != nil {
			t.Fatal(err)
		}
		if out, err := h.Run(t.Context(), "id -un"); string(out) != "puma" || err != nil {
			t.Errorf("%q, %v", out, err)
		}
		if _, err := ask(t.Context(), h); err != nil || f.Opens() != 0 {
			t.Errorf("%v, %d channels", err, f.Opens())
		}
		if got := h.Notes(); !slices.Equal(got, []string{"sockets are opened as puma: polls go through a relay (ruby) in one session"}) {
			t.Errorf("notes %q", got)
		}
		c, err := h.DialTCP(t.Context(), "127.0.0.1:9293")
		if err != nil || f.Opens() != 1 {
			t.Fatalf("tcp: %v", err)
		}
		_ = c.Close()
		// The same login without is another host on the same connection.
		plain := f.connected(t, "web1")
		if out, err := plain.Run(t.Context(), "id -un"); string(out) != "deploy" || err != nil || f.Logins() != 1 {
			t.Errorf("%q, %v, %d logins", out, err, f.Logins())
		}
	})
}

// sudo that refuses is asked once, since it mails root each time.
func TestBecomeRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		f := newFleet(t, sshtest.Options{Exec: func(s *sshtest.Session) int {
			asked++
			_, _ = io.WriteString(s.Stderr, "sudo: a password is required\n")
			return 1
		}})
		h, err := f.pool.HostBy("web1", remote.HostOptions{Become: "puma"})
		if err != nil {
			t.Fatal(err)
		}
		err = h.Connect(t.Context())
		var become *remote.BecomeError
		if !errors.As(err, &become) || err.Error() != "web1: sudo -n -u puma: sudo: a password is required" {
			t.Errorf("says %v", err)
		}
		if want := "add to a file in /etc/sudoers.d (visudo): deploy ALL=(puma) NOPASSWD: /bin/sh -s"; remote.Remedy(err) != want {
			t.Errorf("remedy %q", remote.Remedy(err))
		}
		if _, again := h.RetryAfter(err, 0); again || asked != 1 {
			t.Errorf("again %v after %d", again, asked)
		}
		if h.Err() != err {
			t.Errorf("the host says %v", h.Err())
		}
	})
}

// What can be neither user nor name is refused before anything is run.
func TestHostOptionsThatCannotBe(t *testing.T) {
	t.Parallel()
	pool := remote.NewPool(remote.Options{})
	defer pool.Close()
	for name, o := range map[string]remote.HostOptions{
		"web1":      {Become: "a b; reboot"},
		"local":     {Command: []string{"sh"}},
		"me@web1":   {Command: []string{"sh"}},
		"web1:2222": {Command: []string{"sh"}},
		"web2":      {Command: []string{""}},
		"web3":      {Become: "-u"},
	} {
		var config *remote.ConfigError
		if _, err := pool.HostBy(name, o); !errors.As(err, &config) || remote.Remedy(err) == "" {
			t.Errorf("%s, %+v: %v", name, o, err)
		}
	}
}
