package prompt_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"pumatop/collector/prompt"
)

// asking puts a question in the background and returns where its answer comes.
func asking(ctx context.Context, q *prompt.Queue, question prompt.Question) <-chan string {
	got := make(chan string, 1)
	go func() {
		secret, err := q.Ask(ctx, question)
		if err != nil {
			got <- err.Error()
			return
		}
		got <- string(secret.Text())
	}()
	return got
}

func TestQuestionsComeInTheirOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := prompt.NewQueue()
		first := asking(t.Context(), q, prompt.Question{Kind: prompt.Passphrase, Host: "web1"})
		synctest.Wait()
		second := asking(t.Context(), q, prompt.Question{Kind: prompt.Password, Host: "web2"})
		synctest.Wait()
		code := asking(t.Context(), q, prompt.Question{Kind: prompt.Challenge, Host: "web3"})
		synctest.Wait()
		var order []string
		waiting, _ := q.Waiting()
		for _, p := range waiting {
			order = append(order, p.Question.Host)
		}
		if fmt.Sprint(order) != "[web3 web1 web2]" {
			t.Errorf("the order is %v; a server that waits comes first", order)
		}
		q.Answer(waiting[0].Number, prompt.NewSecret([]byte("123456")))
		q.Decline(waiting[1].Number)
		q.Answer(waiting[1].Number, prompt.NewSecret([]byte("too late")))
		q.Answer(waiting[2].Number, prompt.NewSecret([]byte("s3cret")))
		if a, b, c := <-code, <-first, <-second; a != "123456" || b != prompt.ErrDeclined.Error() || c != "s3cret" {
			t.Errorf("answers %q, %q, %q", a, b, c)
		}
	})
}

func TestQuestionOfALoginThatEndedIsTakenBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := prompt.NewQueue()
		ctx, cancel := context.WithCancelCause(t.Context())
		got := asking(ctx, q, prompt.Question{Host: "web1"})
		synctest.Wait()
		_, changed := q.Waiting()
		cancel(errors.New("the server hung up"))
		<-changed
		if text := <-got; text != "the server hung up" {
			t.Errorf("the asker heard %q", text)
		}
		if left, _ := q.Waiting(); len(left) != 0 {
			t.Errorf("still waiting: %v", left)
		}
	})
}

func TestSecretIsNeverPrinted(t *testing.T) {
	t.Parallel()
	const secret = "SECRET-f00d"
	s := prompt.NewSecret([]byte(secret))
	written, err := json.Marshal(struct{ Answer prompt.Secret }{s})
	if err != nil {
		t.Fatal(err)
	}
	said := []string{string(written)}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		said = append(said, fmt.Sprintf(verb, s), fmt.Sprintf(verb, &s), fmt.Sprintf(verb, []any{s}))
	}
	for _, text := range said {
		for _, form := range []string{secret, fmt.Sprintf("%x", secret), fmt.Sprint([]byte(secret)), strings.Trim(fmt.Sprintf("%#v", []byte(secret)), "[]byte{}")} {
			if strings.Contains(text, form) {
				t.Errorf("it is printed: %s", text)
			}
		}
	}
	s.Forget()
	if kept := s.Text(); len(bytes.Trim(kept, "\x00")) != 0 || len(kept) != len(secret) {
		t.Error("of a forgotten secret something is still there")
	}
}
