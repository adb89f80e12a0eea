package main

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"pumatop/collector/remote"
)

// TestReport: an error in a line or, with a stack, in several; what to do about it below; an exit code says nothing.
func TestReport(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		err  error
		want string
	}{
		{errors.New("show the screen: \x1b[2Jno\x07"), "pumatop: show the screen: no\ufffd\n"},
		{errors.New("a bug in pumatop: panic: x\n\ngoroutine 1:\n\tmain.go:1"), "pumatop: a bug in pumatop: panic: x\n\ngoroutine 1:\n        main.go:1\n"},
		{usagef("name one", "no target named"), "pumatop: no target named\n  name one\n"},
		{fmt.Errorf("wait: %w", &remote.ConfigError{Host: "web1", Text: "no such file", Fix: "write it"}), "pumatop: wait: web1: no such file\n  write it\n"},
		{&exitError{6}, ""},
	} {
		var out strings.Builder
		report(&out, tc.err)
		if out.String() != tc.want {
			t.Errorf("got %q, want %q", out.String(), tc.want)
		}
	}
}
