package remote

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/ssh"

	"pumatop/collector/prompt"
)

// asksOver puts a question to q as an askpass would, over a connection without a socket.
func asksOver(t *testing.T, q *inquiries, text string) (answer net.Conn) {
	t.Helper()
	ours, theirs := net.Pipe()
	go q.serve(theirs)
	if err := json.NewEncoder(ours).Encode(inquiry{Text: text}); err != nil {
		t.Fatal(err)
	}
	return ours
}

func inquiriesOf(ctx context.Context, p *Pool) *inquiries {
	q := &inquiries{endpoint: masterOf(), pool: p, first: func() {}, failed: make(chan error, 1), tries: map[string]int{}}
	q.ctx, q.cancel = context.WithCancel(ctx)
	return q
}

// The server waits while ssh asks: all its questions have personLimit together.
func TestMasterQuestionsHaveALimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := NewPool(Options{Ask: askerFunc(func(ctx context.Context, question prompt.Question) (prompt.Secret, error) {
			if question.Try == 1 {
				time.Sleep(personLimit / 3)
				return prompt.NewSecret([]byte("1")), nil
			}
			<-ctx.Done()
			return prompt.Secret{}, context.Cause(ctx)
		})})
		defer p.Close()
		q := inquiriesOf(t.Context(), p)
		defer q.cancel()
		began := time.Now()
		c := asksOver(t, q, "(deploy@web1.shop) Code: ")
		text := make([]byte, 2)
		if n, err := c.Read(text); err != nil || n == 0 {
			t.Fatal(err)
		}
		_ = c.Close()
		synctest.Wait()
		c = asksOver(t, q, "(deploy@web1.shop) Code: ")
		defer func() { _ = c.Close() }()
		err := <-q.refused()
		if took := time.Since(began); took != personLimit || !errors.Is(err, errUnanswered) {
			t.Errorf("after %s: %v", took, err)
		}
		if want := "web1: no login as deploy: a question was not answered within 1m30s"; err.Error() != want {
			t.Errorf("says %v", err)
		}
	})
}

// encryptedKey is a key file of the test's own, and what it holds.
func encryptedKey(t *testing.T, passphrase string) (path string, text []byte) {
	t.Helper()
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKeyWithPassphrase(private, "", []byte(passphrase))
	if err != nil {
		t.Fatal(err)
	}
	path, text = filepath.Join(t.TempDir(), "key"), pem.EncodeToMemory(block)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path, text
}

// Of three hundred hosts with one key that OpenSSH reaches, the first asks, and what opens the key is the answer of all, of
// those that come later too.
func TestMastersTellEachOtherAPassphrase(t *testing.T) {
	t.Parallel()
	path, text := encryptedKey(t, "right")
	synctest.Test(t, func(t *testing.T) {
		var tries []int
		p := NewPool(Options{Ask: askerFunc(func(_ context.Context, q prompt.Question) (prompt.Secret, error) {
			tries = append(tries, q.Try) // one at a time
			time.Sleep(time.Second)
			return prompt.NewSecret([]byte(map[int]string{1: "wrong", 2: "right"}[q.Try])), nil
		})})
		hears := func() {
			q := inquiriesOf(t.Context(), p)
			defer q.cancel()
			q.endpoint.identities = []string{path}
			c := asksOver(t, q, "Enter passphrase for key '"+path+"': ")
			if answer, err := io.ReadAll(c); string(answer) != "yright" || err != nil {
				t.Errorf("ssh hears %q, %v", answer, err)
			}
		}
		var all sync.WaitGroup
		for range 300 {
			all.Go(hears)
		}
		all.Wait()
		time.Sleep(time.Hour)
		hears()
		if !slices.Equal(tries, []int{1, 2}) {
			t.Errorf("tries are %v", tries)
		}
		p.Close()
		if _, known := p.passphrases.of(sha256.Sum256(text)); known {
			t.Error("it is kept after the end of the pool")
		}
	})
}

// What is wrong three times is a no for all; what only OpenSSH can judge is handed on at once, and not kept.
func TestMastersPassphraseThatIsNone(t *testing.T) {
	t.Parallel()
	path, _ := encryptedKey(t, "right")
	strange := filepath.Join(t.TempDir(), "strange")
	if err := os.WriteFile(strange, []byte("no key that is known here"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path  string
		tries []int // of two logins
		want  error
	}{
		{path, []int{1, 2, 3}, errWrong},
		{strange, []int{1, 1}, nil},
	} {
		var tries []int
		p := NewPool(Options{Ask: askerFunc(func(_ context.Context, q prompt.Question) (prompt.Secret, error) {
			tries = append(tries, q.Try)
			return prompt.NewSecret([]byte("wrong")), nil
		})})
		for range 2 {
			q := inquiriesOf(t.Context(), p)
			if _, err := q.ask(t.Context(), prompt.Question{Kind: prompt.Passphrase, Key: c.path, Try: 1}); !errors.Is(err, c.want) {
				t.Errorf("%s: %v", c.path, err)
			}
			q.cancel()
		}
		if !slices.Equal(tries, c.tries) {
			t.Errorf("%s: tries are %v", c.path, tries)
		}
		p.Close()
	}
}

// Of three hundred hosts with one key that OpenSSH reaches, the first asks, and its no is that of all.
func TestMastersAskForAKeyOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		p := NewPool(Options{Ask: askerFunc(func(context.Context, prompt.Question) (prompt.Secret, error) {
			asked++ // one at a time
			time.Sleep(time.Second)
			return prompt.Secret{}, prompt.ErrDeclined
		})})
		defer p.Close()
		var all sync.WaitGroup
		for range 300 {
			q := inquiriesOf(t.Context(), p)
			defer q.cancel()
			c := asksOver(t, q, "Enter passphrase for key '/k': ")
			defer func() { _ = c.Close() }()
			all.Go(func() {
				if err := <-q.refused(); !errors.Is(err, prompt.ErrDeclined) {
					t.Errorf("got %v", err)
				}
			})
		}
		all.Wait()
		if asked != 1 {
			t.Errorf("asked %d times", asked)
		}
		p.declines.forgive(&AuthError{Err: p.declines.of("/k")})
		if err := p.declines.of("/k"); err != nil {
			t.Errorf("not forgiven: %v", err)
		}
	})
}
