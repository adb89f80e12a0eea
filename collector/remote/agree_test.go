package remote_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/ssh"

	"pumatop/collector/prompt"
	"pumatop/collector/remote"
	"pumatop/collector/remote/sshtest"
)

func TestUnknownHostKeys(t *testing.T) {
	t.Parallel()
	const first = "deploy@web1, host key, ssh-ed25519, try 1, echo"
	again := func(n string) string { return strings.Replace(first, "1, echo", n+", echo", 1) }
	for _, c := range []struct {
		name          string
		strict, batch string
		answers       []string // @SUM is the fingerprint
		mute          bool
		asked         []string
		written       bool
		text, remedy  string
	}{
		{name: "yes", strict: "ask", answers: []string{" Yes\n"}, asked: []string{first}, written: true},
		{name: "the fingerprint", strict: "ask", answers: []string{"@SUM"}, asked: []string{first}, written: true},
		{name: "ask is what stands without a configuration", answers: []string{"yes"}, asked: []string{first}, written: true},
		{name: "no", strict: "ask", answers: []string{"no", "yes"}, asked: []string{first},
			text: "web1: host key not known: ssh-ed25519 @SUM: not answered", remedy: pressF5},
		{name: "declined", strict: "ask", asked: []string{first},
			text: "web1: host key not known: ssh-ed25519 @SUM: not answered", remedy: pressF5},
		{name: "another fingerprint is no agreement", strict: "ask", answers: []string{"SHA256:other", "y", "@SUM."},
			asked: []string{first, again("2"), again("3")},
			text:  "web1: host key not known: ssh-ed25519 @SUM: not answered", remedy: pressF5},
		{name: "strict", strict: "yes", answers: []string{"yes"},
			text: "web1: host key not known: ssh-ed25519 @SUM", remedy: "run `ssh web1` once, compare the fingerprint and answer yes"},
		{name: "BatchMode", strict: "ask", batch: "yes", answers: []string{"yes"},
			text: "web1: host key not known: ssh-ed25519 @SUM", remedy: "run `ssh web1` once, compare the fingerprint and answer yes"},
		{name: "nobody there", strict: "ask", mute: true,
			text: "web1: host key not known: ssh-ed25519 @SUM", remedy: "run `ssh web1` once, compare the fingerprint and answer yes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "known_hosts")
			synctest.Test(t, func(t *testing.T) {
				f := newFleet(t, sshtest.Options{})
				fill := strings.NewReplacer("@SUM", ssh.FingerprintSHA256(f.HostKey())).Replace
				var answers []string
				for _, a := range c.answers {
					answers = append(answers, fill(a))
				}
				who := says(answers...)
				if !c.mute {
					f.person = who
				}
				f.open(t, "nobody")
				f.config["userknownhostsfile"] = []string{file}
				f.config["stricthostkeychecking"], f.config["batchmode"] = []string{c.strict}, []string{c.batch}
				h := f.host(t, "web1")
				err := h.Connect(t.Context())
				check(t, h, err, fill(c.text), c.remedy, "")
				if got := who.questions(); !slices.Equal(got, c.asked) {
					t.Errorf("asked %q, want %q", got, c.asked)
				}
				text, _ := os.ReadFile(file)
				want := ""
				if c.written {
					want = "web1 " + string(ssh.MarshalAuthorizedKey(f.HostKey()))
				}
				if string(text) != want {
					t.Errorf("the file has %q, want %q", text, want)
				}
			})
		})
	}
}

// TestAgreedKeyIsTheOneKey: who has agreed to a key gets that one or none, also where no file keeps it.
func TestAgreedKeyIsTheOneKey(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, sshtest.Options{})
		agreed := ssh.FingerprintSHA256(f.HostKey())
		queue := prompt.NewQueue()
		f.person = queue
		f.open(t, "nobody")
		f.config["stricthostkeychecking"] = []string{"ask"}
		connect := func(h *remote.Host) (prompt.Pending, chan error) {
			failed := make(chan error, 1)
			go func() { failed <- h.Connect(t.Context()) }()
			synctest.Wait()
			if got := h.Waiting(); got != "waits for an answer: host key" {
				t.Errorf("it %q", got)
			}
			waiting, _ := queue.Waiting()
			return waiting[0], failed
		}
		time.Sleep(time.Second)
		h := f.host(t, "web1")
		question, failed := connect(h)
		if n := f.Connections(); n != 0 {
			t.Errorf("%d connections stand while somebody compares", n)
		}
		queue.Answer(question.Number, prompt.NewSecret([]byte("yes")))
		if err := <-failed; err != nil {
			t.Error(err)
		}
		other := f.host(t, "web2")
		question, failed = connect(other)
		f.Server = sshtest.New(sshtest.Options{})
		queue.Answer(question.Number, prompt.NewSecret([]byte(agreed)))
		check(t, other, <-failed, "web2: HOST KEY HAS CHANGED: it is ssh-ed25519 "+ssh.FingerprintSHA256(f.HostKey())+
			", known is ssh-ed25519 "+agreed+" (agreed to just now)",
			"find out why before anything else: two servers may answer at that address, or somebody stands in between", "")
		if f.Logins() != 0 {
			t.Error("logged in at the other one")
		}
	})
}

// A host on the way is asked about under its own name, before the one behind it; two names of one new key ask each.
func TestUnknownHostKeyOnTheWay(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "known_hosts")
	synctest.Test(t, func(t *testing.T) {
		who := says("yes", "yes")
		n := newNetworkWith(t, func(string, *sshtest.Options) {}, who, "bastion")
		for _, name := range []string{"bastion", "web1"} {
			n.config[name] = map[string][]string{"hostkeyalias": {name + ".new"}, "stricthostkeychecking": {"ask"}, "userknownhostsfile": {file}}
		}
		n.config["web1"]["proxyjump"] = []string{"bastion"}
		if err := n.host(t, "web1").Connect(t.Context()); err != nil {
			t.Fatal(err)
		}
		want := []string{"me@bastion, host key, ssh-ed25519, try 1, echo", "deploy@web1, host key, ssh-ed25519, try 1, echo"}
		if got := who.questions(); !slices.Equal(got, want) {
			t.Errorf("asked %q, want %q", got, want)
		}
		text, err := os.ReadFile(file)
		if err != nil || !strings.HasPrefix(string(text), "bastion.new ssh-ed25519 ") || !strings.Contains(string(text), "\nweb1.new ssh-ed25519 ") {
			t.Errorf("wrote %q, %v", text, err)
		}
		if n.servers["bastion"].Logins() != 1 {
			t.Errorf("%d logins on the way", n.servers["bastion"].Logins())
		}
	})
}
