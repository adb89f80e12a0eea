package remote

import (
	"context"
	"crypto/sha256"
	"errors"
	"os"
	"strings"
	"sync"

	"golang.org/x/crypto/ssh"

	"pumatop/collector/clean"
	"pumatop/collector/prompt"
)

// errWrong is that nobody knew the passphrase.
var errWrong = errors.New("wrong passphrase")

// keyring holds the keys that were unlocked in this run. A file is known by what it holds, so that a changed one is
// another.
type keyring struct {
	mu      sync.Mutex
	signers map[fileID]ssh.Signer
	opening map[fileID]*opening
}

type fileID [sha256.Size]byte

// opening is the question for one file's passphrase, which every login that needs the key waits for.
type opening struct {
	id      fileID
	path    string
	text    []byte
	done    chan struct{}
	err     error // once done is closed
	waiters int
	cancel  context.CancelFunc
}

// opened is the key of an encrypted file, nil where that is still locked.
func (k *keyring) opened(text []byte) ssh.Signer {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.signers[sha256.Sum256(text)]
}

// unlock makes opened know the file's key. However many hosts want it, it is asked for once, in the name of the first;
// what was declined or never right stays that for all of them, until one that was told so is tried again.
func (k *keyring) unlock(ctx context.Context, d *dialogue, path string) error {
	if err := d.mayAsk(); err != nil {
		return err
	}
	text, err := readKeyFile(path)
	if err != nil {
		return errors.New(clean.Line(err.Error()))
	}
	o, err := k.join(d, path, text)
	if o == nil {
		return err
	}
	defer k.leave(o)
	defer d.shows("waits for an answer: passphrase of " + fromHome(path))()
	select {
	case <-o.done:
		return o.err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// join is the opening of a file, nil where that is open already or the answer is known.
func (k *keyring) join(d *dialogue, path string, text []byte) (*opening, error) {
	id := fileID(sha256.Sum256(text))
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.signers[id] != nil {
		return nil, nil
	}
	o := k.opening[id]
	if o == nil {
		if err := d.pool.declines.of(string(id[:])); err != nil {
			return nil, err
		}
		ctx, cancel := context.WithCancel(d.pool.ctx)
		o = &opening{id: id, path: path, text: text, done: make(chan struct{}), cancel: cancel}
		if k.opening == nil {
			k.opening, k.signers = map[fileID]*opening{}, map[fileID]ssh.Signer{}
		}
		k.opening[id] = o
		d.pool.running.Go(func() { k.open(ctx, d, o) })
	}
	o.waiters++
	return o, nil
}

// leave takes the question back when nobody waits for it any more.
func (k *keyring) leave(o *opening) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if o.waiters--; o.waiters == 0 {
		o.cancel()
		k.forget(o)
	}
}

func (k *keyring) forget(o *opening) {
	if k.opening[o.id] == o {
		delete(k.opening, o.id)
	}
}

// open asks for the passphrase and tells those who wait.
func (k *keyring) open(ctx context.Context, d *dialogue, o *opening) {
	raw, signer, err := o.ask(ctx, d)
	if errors.Is(err, prompt.ErrDeclined) || errors.Is(err, errWrong) {
		err = d.pool.declines.add(string(o.id[:]), err)
	}
	k.mu.Lock()
	if err == nil {
		k.signers[o.id] = signer
	}
	o.err = err
	k.forget(o)
	k.mu.Unlock()
	if err == nil {
		d.pool.refusals.clear()
	}
	close(o.done)
	if err == nil {
		d.keep(raw, o.path)
	}
}

func (o *opening) ask(ctx context.Context, d *dialogue) (raw any, signer ssh.Signer, err error) {
	q := prompt.Question{Kind: prompt.Passphrase, Host: d.endpoint.name, User: d.endpoint.user, Key: clean.Line(o.path)}
	for q.Try = 1; q.Try <= promptsMost; q.Try++ {
		s, err := d.pool.options.Ask.Ask(ctx, q)
		if err != nil {
			return nil, nil, err
		}
		if len(s.Text()) == 0 { // what ssh takes as a no
			return nil, nil, prompt.ErrDeclined
		}
		raw, err = ssh.ParseRawPrivateKeyWithPassphrase(o.text, s.Text())
		s.Forget()
		if err != nil {
			continue // old formats cannot tell a wrong passphrase from a damaged key, and the parser's words may quote it
		}
		if signer, err = ssh.NewSignerFromKey(raw); err != nil {
			return nil, nil, errors.New("its type of key is not supported")
		}
		return raw, signer, nil
	}
	return nil, nil, errWrong
}

// fromHome is a path as people write it.
func fromHome(path string) string {
	if home, err := os.UserHomeDir(); err == nil && home != "/" {
		if rest, ok := strings.CutPrefix(path, home+"/"); ok {
			path = "~/" + rest
		}
	}
	return clean.Line(path)
}

// declines remember what nobody would answer.
type declines struct {
	mu sync.Mutex
	by map[string]*declined
}

// declined is an answer that will be given again until somebody who has seen it tries again.
type declined struct {
	about string
	err   error
}

func (d *declined) Error() string { return d.err.Error() }
func (d *declined) Unwrap() error { return d.err }

// of is the answer that stands, nil where there is none.
func (d *declines) of(about string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if a := d.by[about]; a != nil {
		return a
	}
	return nil
}

// stands reports whether an answer still does.
func (d *declines) stands(a *declined) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.by[a.about] == a
}

func (d *declines) add(about string, err error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.by == nil {
		d.by = map[string]*declined{}
	}
	a := &declined{about, err}
	d.by[about] = a
	return a
}

// forgive lets ask again what err, an earlier attempt's, ended with. A newer answer stands: of three hundred hosts that
// are tried again together the first one asks, and its answer is that of all.
func (d *declines) forgive(err error) {
	var a *declined
	if !errors.As(err, &a) {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.by[a.about] == a {
		delete(d.by, a.about)
	}
}
