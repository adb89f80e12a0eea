package main

import (
	"context"
	"io"
	"strings"
	"testing"

	"pumatop/actions"
)

// TestConfirmed: nothing but the very word is a yes, and a ctrl-c does not wait for an answer.
func TestConfirmed(t *testing.T) {
	t.Parallel()
	plan := actions.Plan{Steps: make([]actions.Step, 3)}
	word := plan.Confirmation()
	for answer, want := range map[string]bool{word + "\n": true, " " + word + " \r\n": true, word: true, "": false, "\n": false, "yes\n": false, word + word + "\n": false} {
		if got := confirmed(t.Context(), streams{in: strings.NewReader(answer), err: io.Discard}, plan); got != want {
			t.Errorf("%q is taken for %t", answer, got)
		}
	}
	silent, end := io.Pipe()
	t.Cleanup(func() { _ = end.Close() })
	ctx, interrupt := context.WithCancel(t.Context())
	interrupt()
	if confirmed(ctx, streams{in: silent, err: io.Discard}, plan) {
		t.Error("an interrupt is taken for a yes")
	}
}
