package remote

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

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
