package main

import (
	"strings"
	"testing"
)

// TestDemoAsks answers the hosts of the demo that ask, on a terminal, until they serve. When each of them asks, and so which
// question is seen first and whether the overlay has closed meanwhile, is not in the test's hand.
func TestDemoAsks(t *testing.T) {
	t.Parallel()
	x := onTerminal(t, 120, 40, nil, "pumatop", "demo", "--ask", "--hosts", "1", "--interval", "250ms")
	answers := map[string]string{"passphrase  _": "demo", "answer  _": "123456", "fingerprint  _": "yes"}
	in := func(text string) bool {
		return strings.Contains(text, "vault1.shop/vault") && strings.Contains(text, "bank1.shop/bank") && strings.Contains(text, "fresh1.shop/shop")
	}
	var screen string
	find := func() (keys []string) {
		if strings.Contains(screen, "for an answer ") {
			return []string{"P"}
		}
		for label, answer := range answers {
			if strings.Contains(screen, label) {
				return append(strings.Split(answer, ""), "enter")
			}
		}
		return nil
	}
	for !in(screen) {
		until(t, x, "a question, or all hosts", func(text string) bool {
			screen = text
			return in(text) || find() != nil
		})
		keys := find()
		if in(screen) || keys == nil {
			continue
		}
		seen := screen
		press(t, x, keys...)
		until(t, x, "what comes of it", func(text string) bool { return text != seen })
	}
	if strings.Contains(screen, "for an answer ") || strings.Contains(screen, "declines") {
		t.Errorf("still asking:\n%s", screen)
	}
}
