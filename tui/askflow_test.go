package tui

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"pumatop/actions"
	"pumatop/collector"
	"pumatop/collector/prompt"
)

// askingIn puts questions into a queue; what comes of them is got.
func askingIn(ctx context.Context, queue *prompt.Queue) (ask func(prompt.Question), got chan string) {
	got = make(chan string, 3)
	return func(q prompt.Question) {
		go func() {
			s, err := queue.Ask(ctx, q)
			if err != nil {
				got <- err.Error()
				return
			}
			got <- string(s.Text())
		}()
		time.Sleep(time.Second)
	}, got
}

// TestFlowOfPrompts answers what hosts ask on an emulated terminal, whose keys and pastes are bytes.
func TestFlowOfPrompts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		feed := &tape{fleets: make(chan collector.Fleet), plans: make(chan actions.Plan, 1)}
		queue := prompt.NewQueue()
		ask, got := askingIn(ctx, queue)
		x := start(t, New(ctx, Options{Feed: feed, Operator: feed, Prompts: queue, Theme: Dark}), 120, 40)
		time.Sleep(time.Second)
		ask(passphraseOf("web7"))
		x.sees("a question before anything else", "deploy@web7 wants the passphrase of ~/.ssh/id_ed25519", "passphrase  _")
		x.types("s3cret\r")
		if answer := <-got; answer != "s3cret" {
			t.Errorf("the answer is %q", answer)
		}
		x.sees("an answer", "deploy@web7 has the answer")
		fleet := starting()
		web7 := &fleet.Hosts[len(fleet.Hosts)-3]
		web7.Connected, web7.Waiting = true, ""
		feed.fleets <- shifted(fleet, time.Since(noon))
		x.sees("a host that lets us in", "web1/puma", "? help")

		ask(keyOf("web8"))
		x.sees("a question over a dashboard", "1 host waits for an answer · P", "web8  ", "waits for you: host key · P answers")
		x.types("Pyes\r") // typed ahead
		time.Sleep(time.Second)
		x.sees("the question", "Unknown host key", keyOf("").Fingerprint, "what was typed before this could be read was not taken")
		x.types("\x1b[200~" + keyOf("").Fingerprint + "\r\n\x1b[201~")
		x.sees("a paste", "fingerprint  "+keyOf("").Fingerprint+"_")
		select {
		case answer := <-got:
			t.Errorf("the paste has answered %q", answer)
		default:
		}
		x.types("\r")
		if answer := <-got; answer != keyOf("").Fingerprint {
			t.Errorf("the answer is %q", answer)
		}
		time.Sleep(lullFor + time.Second)

		ask(passwordOf("web9"))
		x.types("P")
		time.Sleep(time.Second)
		x.types("half")
		x.sees("a password", "password  ••••_")
		x.types("\x1b")
		if answer := <-got; answer != prompt.ErrDeclined.Error() {
			t.Errorf("the answer is %q", answer)
		}
		x.sees("a no", "deploy@web9 is given up · F5 asks again")
		x.types("q")
		if err := x.end(); err != nil {
			t.Errorf("the program ended with %v", err)
		}
		cancel()
		time.Sleep(time.Minute) // the last ticks run out
	})
}
