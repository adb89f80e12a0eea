package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"pumatop/collector"
	"pumatop/collector/prompt"
	"pumatop/collector/pumatest"
	"pumatop/collector/remote/sshconfig"
)

func TestWhoIsAsked(t *testing.T) {
	t.Parallel()
	const program, display, wayland = "SSH_ASKPASS=/bin/askpass", "DISPLAY=:0", "WAYLAND_DISPLAY=wayland-0"
	for _, c := range []struct {
		name   string
		env    []string
		screen bool
		want   string // headless without a terminal; the test has none that it could open for sure
	}{
		{"nobody", nil, false, "nobody"},
		{"the screen", nil, true, "screen"},
		{"a program and a display", []string{program, display}, false, "program"},
		{"a program and another display", []string{program, wayland}, false, "program"},
		{"a program without a display", []string{program}, false, "nobody"},
		{"a display without a program", []string{display}, false, "nobody"},
		{"the screen is a terminal", []string{program, display}, true, "screen"},
		{"forced", []string{program, "SSH_ASKPASS_REQUIRE=force"}, false, "program"},
		{"forced on the screen", []string{program, "SSH_ASKPASS_REQUIRE=FORCE"}, true, "program"},
		{"preferred on the screen", []string{program, display, "SSH_ASKPASS_REQUIRE=prefer"}, true, "program"},
		{"preferred without a display", []string{program, "SSH_ASKPASS_REQUIRE=prefer"}, true, "screen"},
		{"never", []string{program, display, "SSH_ASKPASS_REQUIRE=never"}, false, "nobody"},
		{"forced, but nothing to run", []string{"SSH_ASKPASS_REQUIRE=force"}, true, "screen"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var screen prompt.Asker
			if c.screen {
				screen = prompt.NewQueue()
			}
			asker, done := pickAsker(t.Context(), screen, surroundings{getenv: variables(c.env)})
			defer done()
			got := "nobody"
			switch a := asker.(type) {
			case *prompt.Queue:
				got = "screen"
			case *front:
				if a.voice == (askpassProgram{"/bin/askpass"}) {
					got = "program"
				}
			}
			if got != c.want {
				t.Errorf("asked is %s, want %s", got, c.want)
			}
		})
	}
}

// variables are an environment.
func variables(env []string) func(string) string {
	return func(name string) string {
		for _, v := range env {
			if value, ok := strings.CutPrefix(v, name+"="); ok {
				return value
			}
		}
		return ""
	}
}

// askpassScript writes a program for SSH_ASKPASS. Its argument, its hint and whether it has a terminal come in files beside it.
func askpassScript(t *testing.T, body string) askpassProgram {
	t.Helper()
	path := filepath.Join(t.TempDir(), "askpass")
	script := "#!/bin/sh\nprintf %s \"$1\" >$0.text\necho \"$SSH_ASKPASS_PROMPT\" >$0.hint\n(: </dev/tty) 2>/dev/null && echo tty >$0.tty\n:\n" + body + "\n"
	// As another process would: a file that this one has open for writing cannot be run meanwhile.
	syscall.ForkLock.RLock()
	err := os.WriteFile(path, []byte(script), 0o700)
	syscall.ForkLock.RUnlock()
	if err != nil {
		t.Fatal(err)
	}
	return askpassProgram{path}
}

func TestAskpass(t *testing.T) {
	t.Parallel()
	key := prompt.Question{Kind: prompt.Passphrase, Host: "web1", User: "deploy", Key: "/home/me/.ssh/id_ed25519"}
	host := prompt.Question{Kind: prompt.HostKey, Host: "web1", User: "deploy", KeyType: "ssh-ed25519", Fingerprint: "SHA256:abc"}
	for _, c := range []struct {
		name   string
		q      prompt.Question
		body   string
		answer string
		err    error
		text   string
		hint   string
	}{
		{name: "the first line", q: key, body: "printf 'SECRET-f00d\\r\\nmore\\n'", answer: "SECRET-f00d",
			text: "Enter passphrase for key '/home/me/.ssh/id_ed25519': "},
		{name: "without an end of line", q: prompt.Question{Kind: prompt.Password, Host: "web1", User: "deploy"}, body: "printf SECRET-f00d",
			answer: "SECRET-f00d", text: "deploy@web1's password: "},
		{name: "a refusal", q: key, body: "echo SECRET-f00d; exit 1", err: prompt.ErrDeclined, text: "Enter passphrase for key '/home/me/.ssh/id_ed25519': "},
		{name: "a host key", q: host, body: "echo yes", answer: "yes",
			text: "The authenticity of host 'web1' can't be established.\nssh-ed25519 key fingerprint is SHA256:abc.\n" +
				"Are you sure you want to continue connecting (yes/no/[fingerprint])? "},
		{name: "a question", q: prompt.Question{Kind: prompt.Challenge, Host: "web1", User: "deploy", Instruction: "Duo", Text: "Code:"},
			body: "echo 123456", answer: "123456", text: "(deploy@web1) Duo\nCode:"},
		{name: "a confirmation", q: prompt.Question{Kind: prompt.KeepKey, Key: "/k"}, answer: "yes", text: "Add key /k to agent?", hint: "confirm"},
		{name: "a confirmation that is refused", q: prompt.Question{Kind: prompt.KeepKey, Key: "/k"}, body: "exit 1", err: prompt.ErrDeclined,
			text: "Add key /k to agent?", hint: "confirm"},
		{name: "without end", q: key, body: "while printf aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; do n=$((n+1)); [ $n -lt 100 ] || exit 0; done",
			answer: strings.Repeat("a", 1024), text: "Enter passphrase for key '/home/me/.ssh/id_ed25519': "},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a := askpassScript(t, c.body)
			s, err := a.put(t.Context(), c.q)
			if !errors.Is(err, c.err) || string(s.Text()) != c.answer {
				t.Errorf("answered %q, %v", s.Text(), err)
			}
			if got, _ := os.ReadFile(a.program + ".text"); string(got) != c.text {
				t.Errorf("asked %q, want %q", got, c.text)
			}
			if got, _ := os.ReadFile(a.program + ".hint"); strings.TrimSpace(string(got)) != c.hint {
				t.Errorf("hint %q, want %q", got, c.hint)
			}
			if _, err := os.Stat(a.program + ".tty"); err == nil {
				t.Error("it has a terminal")
			}
		})
	}
}

func TestAskpassThatIsNotThere(t *testing.T) {
	t.Parallel()
	_, err := askpassProgram{"/nonexistent/askpass"}.put(t.Context(), prompt.Question{})
	if !errors.Is(err, prompt.ErrNobody) || !strings.Contains(err.Error(), "/nonexistent/askpass: no such file") {
		t.Errorf("got %v", err)
	}
}

// A question that is taken back takes the program with it, and what that has started.
func TestAskpassIsTakenBack(t *testing.T) {
	t.Parallel()
	a := askpassScript(t, "exec 3>$0.alive\nsleep 60 & echo >&3\nwait")
	if err := syscall.Mkfifo(a.program+".alive", 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	failed := make(chan error, 1)
	go func() {
		_, err := a.put(ctx, prompt.Question{Kind: prompt.Password})
		failed <- err
	}()
	alive, err := os.Open(a.program + ".alive")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = alive.Close() }()
	if _, err := io.ReadFull(alive, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	gone := errors.New("the server hung up")
	cancel(gone)
	if err := <-failed; !errors.Is(err, gone) {
		t.Errorf("got %v", err)
	}
	if _, err := io.ReadAll(alive); err != nil { // until nothing holds the other end
		t.Error(err)
	}
}

// chorus is a voice that says yes after a while, and notes the order.
type chorus struct {
	mu    sync.Mutex
	heard []string
}

func (c *chorus) close() {}

func (c *chorus) put(ctx context.Context, q prompt.Question) (prompt.Secret, error) {
	c.mu.Lock()
	c.heard = append(c.heard, fmt.Sprint(q.Host, " ", q.Kind))
	c.mu.Unlock()
	if q.Host == "broken" {
		return prompt.Secret{}, prompt.ErrNobody
	}
	select {
	case <-time.After(time.Minute):
		return prompt.NewSecret([]byte("yes")), nil
	case <-ctx.Done():
		return prompt.Secret{}, context.Cause(ctx)
	}
}

// TestOneLoginAtATime: a login that was begun is asked to its end before the next one begins, because its server waits.
func TestOneLoginAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		voice := &chorus{}
		asker, done := startFront(t.Context(), voice)
		var all sync.WaitGroup
		for i := range 3 {
			all.Go(func() {
				time.Sleep(time.Duration(i) * time.Second)
				for round := range 3 {
					q := prompt.Question{Kind: prompt.Challenge, Host: fmt.Sprintf("web%d", i)}
					if round == 0 {
						q.Kind = prompt.Begin
					}
					if _, err := asker.Ask(t.Context(), q); err != nil {
						t.Error(err)
					}
					time.Sleep(time.Second) // the network's share
				}
			})
		}
		all.Wait()
		begin, challenge := fmt.Sprint(" ", prompt.Begin), fmt.Sprint(" ", prompt.Challenge)
		want := fmt.Sprint([]string{"web0" + begin, "web0" + challenge, "web0" + challenge, "web1" + begin, "web1" + challenge,
			"web1" + challenge, "web2" + begin, "web2" + challenge, "web2" + challenge})
		if got := fmt.Sprint(voice.heard); got != want {
			t.Errorf("asked %s, want %s", got, want)
		}
		// what is taken back is not waited for, and what cannot be put says so
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := asker.Ask(ctx, prompt.Question{Host: "gone"}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		next := time.Now()
		if _, err := asker.Ask(t.Context(), prompt.Question{Host: "broken"}); !errors.Is(err, prompt.ErrNobody) || time.Since(next) > 2*time.Second {
			t.Errorf("got %v after %s", err, time.Since(next))
		}
		go func() { time.Sleep(time.Second); done() }()
		ctx, cancel = context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		if _, err := asker.Ask(ctx, prompt.Question{Host: "late"}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
}

// slow is a person who takes five minutes to agree.
type slow struct{}

func (slow) Ask(ctx context.Context, _ prompt.Question) (prompt.Secret, error) {
	select {
	case <-time.After(5 * time.Minute):
		return prompt.NewSecret([]byte("yes")), nil
	case <-ctx.Done():
		return prompt.Secret{}, context.Cause(ctx)
	}
}

// A person's time is not the host's: a snapshot waits for it, and the status says what for.
func TestSnapshotWaitsForAPerson(t *testing.T) {
	t.Parallel()
	simulate(t, func(t *testing.T, fleet *pumatest.Fleet) {
		o := sessionOn(t, fleet, "web1.shop")
		resolve := o.remote.Resolve
		o.remote.Resolve = func(ctx context.Context, q sshconfig.Query) (sshconfig.Config, error) {
			c, err := resolve(ctx, q)
			c["stricthostkeychecking"] = []string{"ask"}
			return c, err
		}
		o.remote.KnownHosts, o.remote.Ask = nil, slow{}
		s, err := startSession(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		defer s.close()
		var waiting []string
		began := time.Now()
		f, err := s.settle(t.Context(), patience{answers: statusTimeout, each: func(f collector.Fleet) {
			for _, h := range f.Hosts {
				waiting = append(waiting, h.Waiting)
			}
		}})
		if err != nil || f.Totals.Serving != 1 || time.Since(began) < 5*time.Minute {
			t.Errorf("after %s: %d serving, %v", time.Since(began), f.Totals.Serving, err)
		}
		if text := strings.Join(waiting, ","); !strings.Contains(text, "waits for an answer: host key") || !strings.HasSuffix(text, ",") {
			t.Errorf("the host waits for %q", text)
		}
	})
}

// TestScreenLeavesTheAskingToAProgram: the screen shows only the questions that it is asked.
func TestScreenLeavesTheAskingToAProgram(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		require string
		shown   bool
	}{{"", true}, {"never", true}, {"force", false}} {
		env := map[string]string{"SSH_ASKPASS": "/bin/false", "SSH_ASKPASS_REQUIRE": c.require}
		a := askOnScreen(t.Context(), surroundings{func(name string) string { return env[name] }, true})
		if (a.shown != nil) != c.shown || a.asker == nil {
			t.Errorf("SSH_ASKPASS_REQUIRE=%s: shown is %v, asker %v", c.require, a.shown, a.asker)
		}
		a.leave()
	}
}
