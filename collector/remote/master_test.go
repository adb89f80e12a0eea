package remote_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pumatop/collector/prompt"
	"pumatop/collector/remote"
)

// pretended is a host that is reached through an ssh which is a script: answer is what it prints for -G, and connect
// what it does otherwise. Nothing may be left of it in dir.
func pretended(t *testing.T, o remote.Options, answer, connect string) (h *remote.Host, dir string) {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "m")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_RUNTIME_DIR", dir)
	config := filepath.Join(t.TempDir(), "config")
	write(t, config, nil)
	o.ConfigFile = config
	o.SSH = fakeSSH(t, "[ \"$1\" != -V ] || exec echo OpenSSH_${RELEASE:-8.5}p1\nif [ \"$1\" = -G ]; then\ncase $* in *' none '*) exit;; esac\nprintf '"+answer+"'; exit; fi\n"+connect)
	p := remote.NewPool(o)
	t.Cleanup(func() {
		p.Close()
		if err := os.Remove(dir); err != nil {
			t.Errorf("something stays behind: %v", err)
		}
	})
	h, err = p.HostBy("deploy@web1:2222", remote.HostOptions{Set: []string{"Compression=yes"}})
	if err != nil {
		t.Fatal(err)
	}
	return h, dir
}

const plainAnswer = `hostname 10.0.0.1\nport 2222\nuser deploy\nstricthostkeychecking ask\n`

const denies = "echo 'deploy@10.0.0.1: Permission denied (publickey).' >&2; exit 255"

func TestMasterCommandLine(t *testing.T) {
	told := filepath.Join(t.TempDir(), "told")
	h, dir := pretended(t, remote.Options{Transport: remote.OpenSSH}, plainAnswer+`serveraliveinterval 7\nserveralivecountmax 3\nforkafterauthentication yes\n`,
		"echo \"$*\" >"+told+"\n"+denies)
	var auth *remote.AuthError
	if err := h.Connect(t.Context()); !errors.As(err, &auth) {
		t.Fatalf("got %v", err)
	}
	text, err := os.ReadFile(told)
	if err != nil {
		t.Fatal(err)
	}
	words := strings.Fields(string(text))
	for _, want := range []string{
		"-M -N -T -x -S " + dir + "/pumatop-", "-o ControlPersist=no", "-o ServerAliveInterval=7", "-o ServerAliveCountMax=3",
		"-o ConnectTimeout=10", "-o ForwardAgent=no", "-o ClearAllForwardings=yes", "-o PermitLocalCommand=no", "-o RemoteCommand=none",
		"-o Tunnel=no", "-o ForkAfterAuthentication=no", "-o BatchMode=yes", "-o StrictHostKeyChecking=yes",
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%q is not in %q", want, text)
		}
	}
	n := len(words)
	if n < 10 || words[n-10] != "-F" || !slices.Equal(words[n-8:], []string{"-l", "deploy", "-p", "2222", "-o", "Compression=yes", "--", "web1"}) {
		t.Errorf("ends with %q", words)
	}
}

// auto goes through OpenSSH where the configuration wants what pumatop cannot do, and says so.
func TestTransportIsChosen(t *testing.T) {
	const through = "through OpenSSH: "
	for _, c := range []struct {
		name, answer string
		transport    remote.Transport
		note, fails  string
	}{
		{"a token", `pkcs11provider /lib/opensc.so\n`, remote.Auto, through + "the configuration has PKCS11Provider /lib/opensc.so", ""},
		{"Kerberos", `gssapiauthentication yes\n`, "", through + "the configuration has GSSAPIAuthentication yes", ""},
		{"a revocation list", `revokedhostkeys /etc/ssh/revoked\n`, "", through + "the configuration has RevokedHostKeys /etc/ssh/revoked", ""},
		{"a strange algorithm", `kexalgorithms sntrup761x25519-sha512\n`, "", through + "only it can do KexAlgorithms sntrup761x25519-sha512", ""},
		{"asked for", ``, remote.OpenSSH, through + "as asked for", ""},
		{"native", `pkcs11provider /lib/opensc.so\n`, remote.Native, "",
			"deploy@web1:2222: PKCS11Provider /lib/opensc.so is not supported by pumatop's own SSH"},
		{"refused by the configuration", `refuseconnection not here\n`, "", "", "deploy@web1:2222: RefuseConnection: not here"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h, _ := pretended(t, remote.Options{Transport: c.transport}, plainAnswer+c.answer, denies)
			err := h.Connect(t.Context())
			if want := "deploy@web1:2222: no login as deploy: deploy@10.0.0.1: Permission denied (publickey)."; err.Error() != want && c.fails == "" || c.fails != "" && err.Error() != c.fails {
				t.Errorf("says %v", err)
			}
			if c.note != "" && !slices.Equal(h.Notes(), []string{c.note}) {
				t.Errorf("notes are %q", h.Notes())
			}
		})
	}
}

// A keyword of a later ssh that is set is named, since it may decide who is trusted.
func TestUnknownKeywordIsNamed(t *testing.T) {
	h, _ := pretended(t, remote.Options{Transport: remote.OpenSSH}, plainAnswer+`trustthemoon yes\ntrustthesun no\n`, denies)
	_ = h.Connect(t.Context())
	if notes := strings.Join(h.Notes(), "|"); !strings.HasSuffix(notes, "|the configuration has trustthemoon, which pumatop does not know") {
		t.Errorf("notes are %q", notes)
	}
}

// An ssh that hangs ends with the attempt, and so do its helpers and its directory.
func TestMasterIsEnded(t *testing.T) {
	pidFile := filepath.Join(t.TempDir(), "pid")
	h, dir := pretended(t, remote.Options{Transport: remote.OpenSSH}, plainAnswer, "echo $$ >"+pidFile+"; sleep 600; :")
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error)
	go func() { failed <- h.Connect(ctx) }()
	pid := waitForPID(t, pidFile)
	cancel()
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	waitForDeath(t, pid)
	eventually(t, "the end of its directory", func() bool {
		left, err := os.ReadDir(dir)
		return err == nil && len(left) == 0
	})
}

// parrot answers every question with the same.
type parrot struct {
	answer string
	asked  prompt.Question
}

func (p *parrot) Ask(_ context.Context, q prompt.Question) (prompt.Secret, error) {
	p.asked = q
	return prompt.NewSecret([]byte(p.answer)), nil
}

// The passphrase goes from the person to ssh through this program as its askpass, and through nothing else.
func TestMasterAsks(t *testing.T) {
	heard := filepath.Join(t.TempDir(), "heard")
	me := &parrot{answer: "correct horse"}
	h, _ := pretended(t, remote.Options{Transport: remote.OpenSSH, Ask: me}, plainAnswer+`identityfile /k\n`,
		"\"$SSH_ASKPASS\" \"Enter passphrase for key '/k': \" >"+heard+"\n"+denies)
	if err := h.Connect(t.Context()); err == nil {
		t.Fatal("connected")
	}
	text, err := os.ReadFile(heard)
	if err != nil || string(text) != "correct horse\n" {
		t.Errorf("ssh heard %q, %v", text, err)
	}
	if me.asked.Kind != prompt.Passphrase || me.asked.Key != "/k" || me.asked.Host != "deploy@web1:2222" {
		t.Errorf("asked %+v", me.asked)
	}
}

// Before 8.5, what a server asks comes through ssh in the server's words alone: nothing is asked then, and the row says so.
func TestOldMasterAsksNothing(t *testing.T) {
	t.Setenv("RELEASE", "8.4")
	me := &parrot{answer: "correct horse"}
	h, _ := pretended(t, remote.Options{Transport: remote.OpenSSH, Ask: me}, plainAnswer+`identityfile /k\n`,
		"\"$SSH_ASKPASS\" \"Enter passphrase for key '/k': \"\n"+denies)
	err := h.Connect(t.Context())
	const mute = "nothing is asked through OpenSSH 8.4: what a server asks cannot be told from its own questions (it can from 8.5 on)"
	if err == nil || err.Error() != "deploy@web1:2222: no login as deploy: deploy@10.0.0.1: Permission denied (publickey).; "+mute {
		t.Errorf("says %v", err)
	}
	if got := remote.Remedy(err); got != "load the key into the agent (`ssh-add`), update the OpenSSH client to 8.5, or use --transport native" {
		t.Errorf("advises %q", got)
	}
	if me.asked != (prompt.Question{}) {
		t.Errorf("asked %+v", me.asked)
	}
}

func TestParseTransport(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]remote.Transport{"": remote.Auto, "auto": remote.Auto, "native": remote.Native, "openssh": remote.OpenSSH} {
		if got, err := remote.ParseTransport(name); got != want || err != nil {
			t.Errorf("%q: %q, %v", name, got, err)
		}
	}
	if _, err := remote.ParseTransport("telnet"); err == nil || err.Error() != `there is no transport "telnet"` {
		t.Errorf("got %v", err)
	}
}
