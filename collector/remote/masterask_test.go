package remote

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"pumatop/collector/prompt"
)

const hostKeyPrompt = "The authenticity of host 'web1.shop (10.0.0.1)' can't be established.\nED25519 key fingerprint is SHA256:dmm2gYJajOujYbTmP2YCU5LEz/jcQ4LP7XRMCV7Dcho.\n" +
	"This key is not known by any other names.\nAre you sure you want to continue connecting (yes/no/[fingerprint])? "

func TestMasterQuestions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		in   inquiry
		want prompt.Question
	}{
		{"passphrase", inquiry{Text: "Enter passphrase for key '/home/me/.ssh/id_ed25519': "},
			prompt.Question{Kind: prompt.Passphrase, Host: "web1", User: "deploy", Key: "/home/me/.ssh/id_ed25519", Try: 1}},
		{"password", inquiry{Text: "deploy@web1.shop's password: "}, prompt.Question{Kind: prompt.Password, Host: "web1", User: "deploy", Try: 1}},
		{"password of a jump host", inquiry{Text: "root@bastion's password: "},
			prompt.Question{Kind: prompt.Password, Host: "bastion", User: "root", Try: 1}},
		{"challenge", inquiry{Text: "(deploy@web1.shop) Verification code: "},
			prompt.Question{Kind: prompt.Challenge, Host: "web1", User: "deploy", Text: "Verification code:", Try: 1}},
		{"a challenge that poses as ssh", inquiry{Text: "(deploy@web1.shop) Enter passphrase for key '/home/me/.ssh/id_ed25519': "},
			prompt.Question{Kind: prompt.Challenge, Host: "web1", User: "deploy", Text: "Enter passphrase for key '/home/me/.ssh/id_ed25519':", Try: 1}},
		{"host key", inquiry{Text: hostKeyPrompt}, prompt.Question{Kind: prompt.HostKey, Host: "web1", User: "deploy", Echo: true, Try: 1,
			KeyType: "ssh-ed25519", Fingerprint: "SHA256:dmm2gYJajOujYbTmP2YCU5LEz/jcQ4LP7XRMCV7Dcho", File: "/k"}},
		{"touch", inquiry{Text: "Confirm user presence for key ED25519-SK SHA256:x", Mode: "none"},
			prompt.Question{Kind: prompt.Challenge, Host: "web1", User: "deploy", Text: "Confirm user presence for key ED25519-SK SHA256:x", Echo: true, Try: 1}},
		{"host key of a jump host", inquiry{Text: strings.Replace(hostKeyPrompt, "web1.shop (10.0.0.1)", "[bastion]:2222 ([203.0.113.9]:2222)", 1)},
			prompt.Question{Kind: prompt.HostKey, Host: "bastion", Echo: true, Try: 1,
				KeyType: "ssh-ed25519", Fingerprint: "SHA256:dmm2gYJajOujYbTmP2YCU5LEz/jcQ4LP7XRMCV7Dcho"}},
		{"host key of a jump host that is configured", inquiry{Text: strings.Replace(hostKeyPrompt, "web1.shop", "middle.shop", 1)},
			prompt.Question{Kind: prompt.HostKey, Host: "middle.shop", Echo: true, Try: 1, File: "/m",
				KeyType: "ssh-ed25519", Fingerprint: "SHA256:dmm2gYJajOujYbTmP2YCU5LEz/jcQ4LP7XRMCV7Dcho"}},
		{"passphrase of a jump host's key", inquiry{Text: "Enter passphrase for key '/m1': "},
			prompt.Question{Kind: prompt.Passphrase, Host: "web1", User: "deploy", Key: "/m1", Try: 1}},
		{"a passphrase of no key of ours", inquiry{Text: "Enter passphrase for key '/home/me/.ssh/other': "},
			prompt.Question{Kind: prompt.Challenge, Host: "web1", User: "deploy", Text: "Enter passphrase for key '/home/me/.ssh/other':", Try: 1}},
		{"PIN of a key", inquiry{Text: "Enter PIN for ED25519-SK key /home/me/.ssh/id_sk: "},
			prompt.Question{Kind: prompt.PIN, Host: "web1", User: "deploy", Key: "/home/me/.ssh/id_sk", Try: 1}},
		{"a challenge that poses as a PIN's", inquiry{Text: "(deploy@web1.shop) Enter PIN for ED25519-SK key /home/me/.ssh/id_sk: "},
			prompt.Question{Kind: prompt.Challenge, Host: "web1", User: "deploy", Text: "Enter PIN for ED25519-SK key /home/me/.ssh/id_sk:", Try: 1}},
		{"PIN", inquiry{Text: "Enter PIN for 'token': "},
			prompt.Question{Kind: prompt.Challenge, Host: "web1", User: "deploy", Text: "Enter PIN for 'token':", Try: 1}},
		{"escape sequences", inquiry{Text: "(deploy@web1.shop) \x1b[2Jcode\x07: "},
			prompt.Question{Kind: prompt.Challenge, Host: "web1", User: "deploy", Text: "code\ufffd:", Try: 1}},
	} {
		q := &inquiries{endpoint: masterOf(), tries: map[string]int{}}
		if got := q.question(c.in); got != c.want {
			t.Errorf("%s: got %+v, want %+v", c.name, got, c.want)
		}
	}
	q := &inquiries{endpoint: masterOf(), tries: map[string]int{}}
	q.question(inquiry{Text: hostKeyPrompt})
	if got := q.question(inquiry{Text: "Please type 'yes', 'no' or the fingerprint: "}); got.Kind != prompt.HostKey || got.Try != 2 || got.Fingerprint == "" {
		t.Errorf("asked again: %+v", got)
	}
	q.question(inquiry{Text: "Enter passphrase for key '/k': "})
	if got := q.question(inquiry{Text: "Enter passphrase for key '/k': "}); got.Try != 2 {
		t.Errorf("the second try is %+v", got)
	}
}

// askerFunc is an Asker.
type askerFunc func(ctx context.Context, q prompt.Question) (prompt.Secret, error)

func (f askerFunc) Ask(ctx context.Context, q prompt.Question) (prompt.Secret, error) {
	return f(ctx, q)
}

// askedBy is the end of an ssh's questions that answers them, and the socket where it is asked.
func askedBy(t *testing.T, f askerFunc) (q *inquiries, socket string) {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "q") // t.TempDir is too long for a socket on some systems
	if err != nil {
		t.Fatal(err)
	}
	q, err = listen(t.Context(), dir, masterOf(), NewPool(Options{Ask: f}), func() {})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		q.close()
		_ = os.RemoveAll(dir)
	})
	return q, q.listener.Addr().String()
}

func TestAskpass(t *testing.T) {
	t.Parallel()
	_, socket := askedBy(t, func(_ context.Context, q prompt.Question) (prompt.Secret, error) {
		if q.Kind == prompt.Password {
			return prompt.NewSecret([]byte("hunter2")), nil
		}
		return prompt.NewSecret([]byte("no")), nil
	})
	for _, c := range []struct {
		text, mode, out string
		status          int
	}{
		{"deploy@web1.shop's password: ", "", "hunter2\n", 0},
		{"Allow use of key /k?", "confirm", "", 1},
		{hostKeyPrompt, "", "no\n", 0},
	} {
		var out bytes.Buffer
		if status := Askpass(socket, c.text, c.mode, &out); status != c.status || out.String() != c.out {
			t.Errorf("%s: %d, %q", c.text, status, out.String())
		}
	}
	var out bytes.Buffer
	if status := Askpass(socket+"x", "?", "", &out); status != 1 || out.Len() > 0 {
		t.Errorf("without a pumatop: %d, %q", status, out.String())
	}
}

// What is declined ends the login with an error that is not tried again.
func TestAskpassDeclined(t *testing.T) {
	t.Parallel()
	q, socket := askedBy(t, func(context.Context, prompt.Question) (prompt.Secret, error) {
		return prompt.Secret{}, prompt.ErrDeclined
	})
	for text, want := range map[string]string{
		"deploy@web1.shop's password: ":    "web1: no login as deploy: a question was not answered",
		"Enter passphrase for key '/k1': ": "web1: no login as deploy: the passphrase of /k1: not answered",
		hostKeyPrompt:                      "web1: host key not known: ssh-ed25519 SHA256:dmm2gYJajOujYbTmP2YCU5LEz/jcQ4LP7XRMCV7Dcho",
	} {
		var out bytes.Buffer
		if status := Askpass(socket, text, "", &out); status != 1 || out.Len() > 0 {
			t.Errorf("%s: %d, %q", text, status, out.String())
		}
		err := <-q.refused()
		if _, again := RetryAfter(err, 0, 0.5); err.Error() != want || again {
			t.Errorf("%s: says %v", text, err)
		}
	}
}

// A notice stays until its askpass is ended, and then is withdrawn.
func TestAskpassNotice(t *testing.T) {
	t.Parallel()
	asked, withdrawn := make(chan bool), make(chan error)
	q, socket := askedBy(t, func(ctx context.Context, _ prompt.Question) (prompt.Secret, error) {
		close(asked)
		<-ctx.Done()
		withdrawn <- ctx.Err()
		return prompt.Secret{}, ctx.Err()
	})
	ended := make(chan int)
	go func() { ended <- Askpass(socket, "Confirm user presence", "none", &bytes.Buffer{}) }()
	<-asked
	if !q.busy() {
		t.Error("nobody is waited for")
	}
	q.close()
	if err := <-withdrawn; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if status := <-ended; status != 1 {
		t.Errorf("ended with %d", status)
	}
}

// The environment of an ssh has nothing of another askpass, and a way to ours only where somebody can be asked.
func TestMasterEnvironment(t *testing.T) {
	t.Parallel()
	q, socket := askedBy(t, nil)
	env := []string{"HOME=/h", "SSH_ASKPASS=/usr/bin/other", "SSH_ASKPASS_REQUIRE=prefer", AskpassVariable + "=/x"}
	got := strings.Join(q.environment(env), "\n")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if want := "HOME=/h\nDISPLAY=:\nSSH_ASKPASS=" + self + "\nSSH_ASKPASS_REQUIRE=force\n" + AskpassVariable + "=" + socket; got != want {
		t.Errorf("got %q", got)
	}
	q = nil
	if got := strings.Join(q.environment(env), "\n"); got != "HOME=/h\nSSH_ASKPASS_REQUIRE=never\nSSH_ASKPASS=false" {
		t.Errorf("with nobody to ask: %q", got)
	}
}
