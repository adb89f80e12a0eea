//go:build lab

package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// answers pastes an answer into what asks, once that listens: in its first moment it hears nothing. The answer is in no
// argument of a process then.
func (p pane) answers(answer string, shown *regexp.Regexp) {
	p.t.Helper()
	file := filepath.Join(p.t.TempDir(), "answer")
	if err := os.WriteFile(file, []byte(answer), 0o600); err != nil {
		p.t.Fatal(err)
	}
	p.tmux("load-buffer", file)
	tries := 0
	poll(p.t, 20*time.Second, "the answer to be taken", func() bool {
		if shown.MatchString(p.text()) {
			return true
		}
		if tries++; tries%15 == 1 {
			p.tmux("paste-buffer", "-p")
		}
		return false
	})
	p.press("Enter")
}

// asked waits for a question. It comes by itself, or after a P where the screen has not waited for it.
func (p pane) asked(limit time.Duration, text string) {
	p.t.Helper()
	tries := 0
	poll(p.t, limit, text, func() bool {
		shown := p.text()
		if strings.Contains(shown, "P answer prompts") {
			if tries++; tries%20 == 1 {
				p.press("P")
			}
		}
		return strings.Contains(shown, text)
	})
}

// TestReachAsksPassphrase has a key that is encrypted and in no agent: without a screen that is an error, on it a
// question, and the passphrase is not seen anywhere.
func TestReachAsksPassphrase(t *testing.T) {
	t.Parallel()
	const host, passphrase, canary = "web4", "correct-horse-4711", "staple-horse-0815"
	take(t, host)
	key := newKey(t, "-N", passphrase)
	sshd(t, host, map[string]string{"keys": contents(t, key+".pub")}, "AuthorizedKeysFile /etc/ssh/lab/keys")
	config := reachedBy(t, block(host, "IdentityFile "+key))
	says(t, notReached(t, "-F", config, host).Error, "the server takes "+key, "encrypted")

	end := watch(t, passphrase, canary)
	p := onScreen(t, 150, 40, "-F", config, host)
	var shown strings.Builder
	p.asked(30*time.Second, "deploy@"+host+" wants the passphrase of ")
	shown.WriteString(p.text())
	p.answers("wrong-7", regexp.MustCompile(`passphrase +•{7,8}_`))
	p.asked(30*time.Second, "passphrase before was wrong")
	shown.WriteString(p.text())
	p.answers(passphrase, regexp.MustCompile(`passphrase +•{18,19}_`))
	p.sees(30*time.Second, "● "+row(host+"/puma", "0/5"))
	shown.WriteString(p.text())
	p.quit()
	if strings.Contains(shown.String(), passphrase) {
		t.Errorf("the passphrase is on the screen:\n%s", shown.String())
	}
	output(t, "sh", "-c", "sleep 1; : "+canary)
	if seen := end(); !slices.Equal(seen, []string{canary}) {
		t.Errorf("in command lines were %q, want %q alone", seen, canary)
	}
}

// TestReachAsksHostKey shows the fingerprint of a host that nobody knows yet, and remembers it after a yes.
func TestReachAsksHostKey(t *testing.T) {
	t.Parallel()
	const host = "web4"
	take(t, host)
	file := write(t, "known_hosts", "")
	config := reachedBy(t, block(host, "UserKnownHostsFile "+file, "GlobalKnownHostsFile none", "StrictHostKeyChecking ask"))
	fingerprint := strings.Fields(output(t, "ssh-keygen", "-lf", write(t, "key", "x "+hostKey(t, host, "ed25519"))))[1]
	p := onScreen(t, 150, 40, "-F", config, host)
	p.asked(30*time.Second, "Unknown host key")
	p.sees(10*time.Second, regexp.QuoteMeta(fingerprint))
	p.answers("yes", regexp.MustCompile(`fingerprint +yes`))
	p.sees(20*time.Second, "● "+row(host+"/puma", "0/5"))
	p.quit()
	reached(t, config, host)
	if known := contents(t, file); !strings.Contains(known, hostKey(t, host, "ed25519")) {
		t.Errorf("not remembered: %q", known)
	}
}
