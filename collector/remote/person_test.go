package remote_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/crypto/ssh"

	"pumatop/collector/prompt"
	"pumatop/collector/remote"
	"pumatop/collector/remote/sshtest"
)

// person is somebody who is asked, and answers by what the question is.
type person struct {
	mu    sync.Mutex
	heard []string
	// answer is called outside of the lock; an error is what Ask returns.
	answer func(ctx context.Context, q prompt.Question) (string, error)
}

// says answers questions in their order, and declines those beyond.
func says(answers ...string) *person {
	p := &person{}
	p.answer = func(context.Context, prompt.Question) (string, error) {
		if n := len(p.questions()); n <= len(answers) {
			return answers[n-1], nil
		}
		return "", prompt.ErrDeclined
	}
	return p
}

var kinds = map[prompt.Kind]string{
	prompt.Passphrase: "passphrase", prompt.Password: "password", prompt.Begin: "begin", prompt.Challenge: "challenge",
	prompt.HostKey: "host key", prompt.KeepKey: "keep",
}

func (p *person) Ask(ctx context.Context, q prompt.Question) (prompt.Secret, error) {
	words := []string{q.User + "@" + q.Host, kinds[q.Kind], filepath.Base(q.Key), q.Instruction, q.Text, q.KeyType, fmt.Sprint("try ", q.Try)}
	if q.Echo {
		words = append(words, "echo")
	}
	p.mu.Lock()
	p.heard = append(p.heard, strings.Join(slices.DeleteFunc(words, func(w string) bool { return w == "" || w == "." }), ", "))
	p.mu.Unlock()
	text, err := p.answer(ctx, q)
	if err != nil {
		return prompt.Secret{}, err
	}
	return prompt.NewSecret([]byte(text)), nil
}

func (p *person) questions() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.heard)
}

// asks makes the fleet's pool anew, with somebody to ask.
func (f *fleet) asks(t *testing.T, who prompt.Asker) {
	t.Helper()
	f.person = who
	f.open(t, "*")
}

// sealed is a key in an encrypted file of the old kind, which is quick to open, with its public half beside it if asked.
func sealed(t *testing.T, dir, name string, public bool) userKey {
	t.Helper()
	raw, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(raw)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalECPrivateKey(raw)
	if err != nil {
		t.Fatal(err)
	}
	//lint:ignore SA1019 ssh-keygen has written files of this kind, and people still have them
	block, err := x509.EncryptPEMBlock(rand.Reader, "EC PRIVATE KEY", der, []byte(passphrase), x509.PEMCipherAES128)
	if err != nil {
		t.Fatal(err)
	}
	k := userKey{path: filepath.Join(dir, name), raw: raw, signer: signer}
	write(t, k.path, pem.EncodeToMemory(block))
	if public {
		write(t, k.path+".pub", ssh.MarshalAuthorizedKey(signer.PublicKey()))
	}
	return k
}

// takes lets in who has one of the keys.
func takes(keys ...userKey) func(string, ssh.PublicKey) bool {
	return func(_ string, k ssh.PublicKey) bool {
		return slices.ContainsFunc(keys, func(u userKey) bool { return u.public() == string(k.Marshal()) })
	}
}

// knows lets in who answers a question of the server's.
func knows(question, answer string) func(string, sshtest.Ask) bool {
	return func(_ string, ask sshtest.Ask) bool {
		got, err := ask("", "", []string{question}, []bool{false})
		return err == nil && slices.Equal(got, []string{answer})
	}
}

// secretFree fails where an error, or what is advised, tells a secret.
func secretFree(t *testing.T, h *remote.Host, err error) {
	t.Helper()
	text := fmt.Sprintf("%v %+v %#v %s %v %s", err, err, err, remote.Remedy(err), h.Notes(), h.Waiting())
	for e := []error{err}; len(e) > 0; e = e[1:] {
		switch u := e[0].(type) {
		case interface{ Unwrap() []error }:
			e = append(e, u.Unwrap()...)
		case interface{ Unwrap() error }:
			e = append(e, u.Unwrap())
		}
		text += fmt.Sprintf(" %+v", e[0])
	}
	if strings.Contains(text, passphrase) {
		t.Errorf("a secret is told: %s", text)
	}
}
