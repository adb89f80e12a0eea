package cause_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"pumatop/collector/cause"
)

// staged is a failure that knows its stage and its words, advised one that knows what to do.
type staged struct{ err error }

func (staged) Error() string         { return "web1: open x: open x: refused" }
func (s staged) Unwrap() error       { return s.err }
func (staged) FailedAt() cause.Stage { return cause.Forward }
func (staged) Cause() string         { return "refused\x1b[2J" }

type advised struct{}

func (advised) Error() string  { return "refused" }
func (advised) Remedy() string { return "do\x1b[31m that" }

// TestOf: each part is of the first error in the chain that has it, and fit to be drawn.
func TestOf(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		err  error
		want cause.Cause
	}{
		{nil, cause.Cause{}},
		{errors.New("plain\n"), cause.Cause{Text: "plain "}},
		{fmt.Errorf("wait: %w", context.DeadlineExceeded), cause.Cause{Text: "no answer in time"}},
		{fmt.Errorf("poll: %w", staged{advised{}}), cause.Cause{Stage: cause.Forward, Text: "refused", Remedy: "do that"}},
	} {
		if got := cause.Of(tc.err); got != tc.want {
			t.Errorf("%v: %+v, want %+v", tc.err, got, tc.want)
		}
	}
	seen := map[cause.Stage]bool{}
	if n := len(cause.Stages()); n != 14 {
		t.Errorf("%d stages", n)
	}
	for _, s := range cause.Stages() {
		if s == "" || seen[s] {
			t.Errorf("stage %q twice, or without a word", s)
		}
		seen[s] = true
	}
}
