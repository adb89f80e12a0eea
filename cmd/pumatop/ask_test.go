package main

import (
	"strings"
	"testing"
)

// TestDemoAsks answers the hosts of the demo that ask, on a terminal, until they serve.
func TestDemoAsks(t *testing.T) {
	t.Parallel()
	x := onTerminal(t, 120, 40, nil, "pumatop", "demo", "--ask", "--hosts", "1", "--interval", "250ms")
	until(t, x, "the questions", func(text string) bool {
		return strings.Contains(text, "wait for an answer") || strings.Contains(text, "declines")
	})
	if !strings.Contains(x.Text(), "declines") { // it opens by itself where it can
		press(t, x, "P")
	}
	answers := map[string]string{"passphrase  _": "demo", "answer  _": "123456", "fingerprint  _": "yes"}
	for range len(answers) {
		var asked string
		until(t, x, "a question that hears", func(text string) bool {
			for label := range answers {
				if strings.Contains(text, label) {
					asked = label
				}
			}
			return asked != ""
		})
		press(t, x, strings.Split(answers[asked], "")...)
		press(t, x, "enter")
		delete(answers, asked)
		until(t, x, "the next", func(text string) bool { return !strings.Contains(text, "declines") || !strings.Contains(text, "•") })
	}
	for _, target := range []string{"vault1.shop/vault", "bank1.shop/bank", "fresh1.shop/shop"} {
		sees(t, x, target)
	}
	if text := x.Text(); strings.Contains(text, "hosts wait for an answer") {
		t.Errorf("still waiting:\n%s", text)
	}
}
