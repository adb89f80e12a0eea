package remote_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/ssh"

	"pumatop/collector/prompt"
	"pumatop/collector/remote"
	"pumatop/collector/remote/sshconfig"
	"pumatop/collector/remote/sshtest"
)

const (
	pressF5    = "press F5 to be asked again, or run pumatop again"
	inTerminal = "run it in a terminal, or set SSH_ASKPASS"
	loginFirst = "check that `ssh web1` logs in; to be asked again press F5, or run pumatop again"
)

// opens lets in with the secret.
func opens(_, password string) bool { return password == passphrase }

func TestPasswordsAndQuestions(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	key := writeKey(t, dir, "id", false)
	nobody := func(string, ssh.PublicKey) bool { return false }
	code := knows("Code: ", passphrase)
	const begin, password, question = "deploy@web1, begin, try 1", "deploy@web1, password, try 1", "deploy@web1, challenge, Code:, try 1"
	for _, c := range []struct {
		name         string
		server       sshtest.Options
		config       map[string]string
		answers      []string
		mute         bool // there is nobody to ask
		asked        []string
		tries        string // of publickey, keyboard-interactive, password
		text, remedy string
	}{
		{name: "password after a key", server: sshtest.Options{Authorize: nobody, Password: opens}, answers: []string{passphrase},
			asked: []string{password}, tries: "1 0 1"},
		{name: "questions after a key", server: sshtest.Options{Authorize: nobody, Interact: code}, answers: []string{"", passphrase},
			asked: []string{begin, question}, tries: "1 1 0"},
		{name: "questions before a password", server: sshtest.Options{Authorize: nobody, Interact: code, Password: opens},
			answers: []string{"", passphrase}, asked: []string{begin, question}, tries: "1 1 0"},
		{name: "a password that is preferred", server: sshtest.Options{Authorize: takes(key), Interact: code, Password: opens},
			config:  map[string]string{"preferredauthentications": "gssapi-with-mic,password,publickey,keyboard-interactive"},
			answers: []string{passphrase}, asked: []string{password}, tries: "0 0 1"},
		{name: "a key is preferred to a person", server: sshtest.Options{Authorize: takes(key), Interact: code, Password: opens}, tries: "1 0 0"},
		{name: "password right at the third", server: sshtest.Options{Password: opens}, answers: []string{"a", "b", passphrase},
			asked: []string{password, "deploy@web1, password, try 2", "deploy@web1, password, try 3"}, tries: "0 0 3"},
		{name: "password never right", server: sshtest.Options{Password: opens}, answers: []string{"a", "b", "c", passphrase},
			asked: []string{password, "deploy@web1, password, try 2", "deploy@web1, password, try 3"}, tries: "0 0 3",
			text: "web1: no login as deploy: password: refused by the server", remedy: loginFirst},
		{name: "NumberOfPasswordPrompts", server: sshtest.Options{Password: opens}, answers: []string{"a", passphrase},
			config: map[string]string{"numberofpasswordprompts": "1"}, asked: []string{password}, tries: "0 0 1",
			text: "web1: no login as deploy: password: refused by the server", remedy: loginFirst},
		{name: "questions answered wrong, then the password", server: sshtest.Options{Interact: code, Password: opens},
			config:  map[string]string{"numberofpasswordprompts": "2"},
			answers: []string{"", "a", "b", passphrase},
			asked:   []string{begin, question, "deploy@web1, challenge, Code:, try 2", password}, tries: "0 2 1"},
		{name: "MaxAuthTries", server: sshtest.Options{Password: opens, Config: func(c *ssh.ServerConfig) { c.MaxAuthTries = 2 }},
			answers: []string{"a", "b", "c"}, asked: []string{password, "deploy@web1, password, try 2"}, tries: "0 0 2",
			text:   "web1: no login as deploy: password: refused by the server; the server ended it: too many authentication failures",
			remedy: loginFirst},
		{name: "password declined", server: sshtest.Options{Authorize: nobody, Password: opens}, asked: []string{password}, tries: "1 0 0",
			text: "web1: no login as deploy: password: not answered", remedy: pressF5},
		{name: "second password declined", server: sshtest.Options{Password: opens}, answers: []string{"a"}, tries: "0 0 1",
			asked: []string{password, "deploy@web1, password, try 2"},
			text:  "web1: no login as deploy: password: not answered", remedy: pressF5},
		{name: "begin declined", server: sshtest.Options{Interact: code}, asked: []string{begin}, tries: "0 0 0",
			text: "web1: no login as deploy: the server's questions: not answered", remedy: pressF5},
		{name: "question declined", server: sshtest.Options{Interact: code}, answers: []string{""}, asked: []string{begin, question}, tries: "0 1 0",
			text: "web1: no login as deploy: the server's questions: not answered", remedy: pressF5},
		{name: "a key and a code", server: sshtest.Options{Authorize: takes(key), Interact: code, Besides: true},
			answers: []string{"", passphrase}, asked: []string{begin, question}, tries: "2 1 0"},
		{name: "a key and a password", server: sshtest.Options{Authorize: takes(key), Password: opens, Besides: true},
			answers: []string{passphrase}, asked: []string{password}, tries: "2 0 1"},
		{name: "a key and a code, and nobody there", server: sshtest.Options{Authorize: takes(key), Interact: code, Besides: true}, mute: true, tries: "1 0 0",
			text:   "web1: no login as deploy: the server takes publickey and wants keyboard-interactive besides; the server's questions: there is nobody to ask",
			remedy: inTerminal},
		{name: "no key accepted, and nobody there", server: sshtest.Options{Authorize: nobody, Password: opens}, mute: true, tries: "1 0 0",
			text:   "web1: no login as deploy: no key accepted, offered @/id; password: there is nobody to ask",
			remedy: "check that `ssh web1` logs in without a question, and that the key is in the host's authorized_keys"},
		{name: "BatchMode", server: sshtest.Options{Password: opens}, config: map[string]string{"batchmode": "yes"}, tries: "0 0 0",
			text:   "web1: no login as deploy: the server takes no keys, only password; password: there is nobody to ask: BatchMode",
			remedy: "take BatchMode out of the ssh configuration for this host"},
		{name: "PasswordAuthentication no", server: sshtest.Options{Password: opens}, config: map[string]string{"passwordauthentication": "no"}, tries: "0 0 0",
			text:   "web1: no login as deploy: the server takes no keys, only password",
			remedy: "allow one of them in the ssh configuration, or keys on the host (PubkeyAuthentication)"},
		{name: "KbdInteractiveAuthentication no", server: sshtest.Options{Interact: code, Password: opens},
			config: map[string]string{"kbdinteractiveauthentication": "no"}, answers: []string{passphrase}, asked: []string{password}, tries: "0 0 1"},
		{name: "the same of an old ssh", server: sshtest.Options{Interact: code, Password: opens},
			config: map[string]string{"challengeresponseauthentication": "no"}, answers: []string{passphrase}, asked: []string{password}, tries: "0 0 1"},
		{name: "PubkeyAuthentication no", server: sshtest.Options{Authorize: takes(key), Password: opens},
			config: map[string]string{"pubkeyauthentication": "no"}, answers: []string{passphrase}, asked: []string{password}, tries: "0 0 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := newFleet(t, c.server)
				who := says(c.answers...)
				answer := who.answer
				who.answer = func(ctx context.Context, q prompt.Question) (string, error) {
					if q.Try == 1 && q.Kind != prompt.Challenge && f.Tries("keyboard-interactive") == 0 {
						time.Sleep(time.Hour)
						if n := f.Connections(); n != 0 {
							t.Errorf("%d connections stand while somebody thinks", n)
						}
					}
					return answer(ctx, q)
				}
				if !c.mute {
					f.asks(t, who)
				}
				f.config["identityfile"], f.config["identityagent"] = []string{key.path}, []string{"none"}
				for k, v := range c.config {
					f.config[k] = []string{v}
				}
				h := f.host(t, "web1")
				err := h.Connect(t.Context())
				check(t, h, err, c.text, c.remedy, dir)
				synctest.Wait() // the server learns of its end, too
				if got := who.questions(); !slices.Equal(got, c.asked) {
					t.Errorf("asked %q, want %q", got, c.asked)
				}
				if got := fmt.Sprint(f.Tries("publickey"), f.Tries("keyboard-interactive"), f.Tries("password")); got != c.tries {
					t.Errorf("the server saw %s tries, want %s", got, c.tries)
				}
				if n := f.dials.Load(); n > 2 || (len(c.asked) == 0 || !c.mute && len(c.answers) == 0) && n != 1 {
					t.Errorf("%d connections", n)
				}
			})
		})
	}
}

// What a server asks is quoted, never obeyed, and not without end.
func TestServersWords(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, sshtest.Options{Interact: func(_ string, ask sshtest.Ask) bool {
			got, err := ask("\x1b[31mDuo", "for\tdeploy\r\n"+strings.Repeat("a\n", 50), []string{"\x1b]0;x\a1. Push\n2. Phone\n" + strings.Repeat("z", 999), "Really? "}, []bool{true, false})
			if err != nil || len(got) != 2 || got[0] != "1" || got[1] != "2" {
				return false
			}
			got, err = ask("", "Welcome", nil, nil) // a round without a question
			return err == nil && len(got) == 0
		}})
		var seen []prompt.Question
		f.asks(t, &person{answer: func(_ context.Context, q prompt.Question) (string, error) {
			seen = append(seen, q)
			return fmt.Sprint(len(seen) - 1), nil
		}})
		if err := f.host(t, "web1").Connect(t.Context()); err != nil {
			t.Fatal(err)
		}
		q := seen[1]
		if want := "1. Push\n2. Phone\n" + strings.Repeat("z", 199) + "…"; q.Text != want || !q.Echo {
			t.Errorf("asked %q", q.Text)
		}
		if lines := strings.Split(q.Instruction, "\n"); len(lines) != 20 || lines[0] != "Duo" || lines[1] != "for     deploy" || lines[19] != "…" {
			t.Errorf("instruction %q", q.Instruction)
		}
		if seen[2].Text != "Really?" || seen[2].Echo {
			t.Errorf("then asked %q", seen[2].Text)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, sshtest.Options{Interact: func(_ string, ask sshtest.Ask) bool {
			_, err := ask("", "", make([]string, 17), make([]bool, 17))
			return err == nil
		}})
		f.asks(t, says("", "", "", ""))
		h := f.host(t, "web1")
		check(t, h, h.Connect(t.Context()), "web1: no login as deploy: the server's questions: more than 16 at once", pressF5, "")
	})
}

// While a question is open the clock of the login stands still, for as long as a stock sshd waits; and the place among
// the handshakes is for others.
func TestQuestionsTakeTheirTime(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		thinks time.Duration
		text   string
	}{
		{"a minute and more", 88 * time.Second, ""},
		{"too long", 91 * time.Second, "user0@web: no login as user0: the server's questions: not answered within 1m30s"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := newFleet(t, sshtest.Options{Interact: knows("Code: ", passphrase)})
				f.asks(t, &person{answer: func(ctx context.Context, q prompt.Question) (string, error) {
					if q.Kind == prompt.Challenge && q.User != "quick" {
						select {
						case <-time.After(c.thinks):
						case <-ctx.Done():
							return "", ctx.Err()
						}
					}
					return passphrase, nil
				}})
				f.config["hostname"] = []string{"10.0.0.1"} // one sshd, at which each is another user
				var all sync.WaitGroup
				for i := range 6 {
					all.Go(func() {
						h := f.host(t, fmt.Sprintf("user%d@web", i))
						err := h.Connect(t.Context())
						if i == 0 {
							check(t, h, err, c.text, pressF5, "")
						}
					})
				}
				synctest.Wait()
				began := time.Now()
				if err := f.host(t, "quick@web").Connect(t.Context()); err != nil || time.Since(began) > time.Second {
					t.Errorf("another login: %v after %s", err, time.Since(began))
				}
				all.Wait()
			})
		})
	}
}

// A question of a server that has hung up is taken back.
func TestServerDoesNotWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, sshtest.Options{Interact: knows("Code: ", passphrase)})
		queue := prompt.NewQueue()
		f.asks(t, queue)
		h := f.host(t, "web1")
		failed := make(chan error, 1)
		go func() { failed <- h.Connect(t.Context()) }()
		for _, want := range []string{"waits for an answer: the server's questions", "waits for an answer: the server's questions"} {
			synctest.Wait()
			if got := h.Waiting(); got != want {
				t.Errorf("it %q", got)
			}
			if waiting, _ := queue.Waiting(); waiting[0].Question.Kind == prompt.Begin {
				queue.Answer(waiting[0].Number, prompt.Secret{})
			}
		}
		f.Kill()
		check(t, h, <-failed, "web1: no login as deploy: the server's questions: the server did not wait for it", pressF5, "")
		if waiting, _ := queue.Waiting(); len(waiting) != 0 || h.Waiting() != "" {
			t.Errorf("still asked: %v, %q", waiting, h.Waiting())
		}
	})
}

// The password of a jump host is asked for once, under its own name, for all that lies behind it; the login there stands
// while a question about a host behind it is open.
func TestQuestionsOnTheWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		queue := prompt.NewQueue()
		n := newNetworkWith(t, func(name string, o *sshtest.Options) {
			if name == "bastion" || name == "web1" {
				o.Password = opens
			}
		}, queue, "bastion")
		var hosts []*remote.Host
		failed := make(chan error, 2)
		for _, name := range []string{"web1", "web2"} {
			n.config[name] = sshconfig.Config{"proxyjump": {"bastion"}}
			hosts = append(hosts, n.host(t, name))
		}
		for _, h := range hosts {
			go func() { failed <- h.Connect(t.Context()) }()
		}
		synctest.Wait()
		for _, h := range hosts {
			if got := h.Waiting(); got != "waits for an answer: password (of bastion, on the way)" {
				t.Errorf("%s %q", h, got)
			}
		}
		for _, want := range []string{"me@bastion", "deploy@web1"} {
			waiting, _ := queue.Waiting()
			if len(waiting) != 1 || waiting[0].Question.User+"@"+waiting[0].Question.Host != want {
				t.Fatalf("asked %+v, want %s", waiting, want)
			}
			time.Sleep(time.Hour)
			queue.Answer(waiting[0].Number, prompt.NewSecret([]byte(passphrase)))
			synctest.Wait()
		}
		for range hosts {
			if err := <-failed; err != nil {
				t.Error(err)
			}
		}
		if n.servers["bastion"].Logins() != 1 || hosts[0].Waiting() != "" {
			t.Errorf("%d logins on the way, %q", n.servers["bastion"].Logins(), hosts[0].Waiting())
		}
		declineOnTheWay(t, n, queue, hosts)
	})
}

// declineOnTheWay loses the connections, and is asked once for both hosts; each says the cause in its words.
func declineOnTheWay(t *testing.T, n *network, queue *prompt.Queue, hosts []*remote.Host) {
	t.Helper()
	failed := make(chan error, 3)
	n.servers["bastion"].Kill()
	for _, h := range hosts {
		<-h.Done()
		go func() { failed <- h.Connect(t.Context()) }()
	}
	synctest.Wait()
	waiting, _ := queue.Waiting()
	queue.Decline(waiting[0].Number)
	<-failed
	<-failed
	check(t, hosts[1], hosts[1].Err(), "web2: on the way: bastion: no login as me: password: not answered", pressF5, "")
	go func() { failed <- hosts[1].Connect(t.Context()) }()
	synctest.Wait()
	if waiting, _ := queue.Waiting(); len(waiting) != 1 {
		t.Errorf("tried again by hand it asks %+v", waiting)
	}
}
