package main

import (
	"testing"

	"github.com/creack/pty"
	"golang.org/x/term"
)

// TestRawKeys: the terminal is raw while keys are read, as it was while it is given away, and as it was in the end.
func TestRawKeys(t *testing.T) {
	t.Parallel()
	ours, theirs, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = ours.Close(), theirs.Close() })
	fd := int(theirs.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		t.Fatal(err)
	}
	k, err := newKeyboard(theirs)
	if err != nil {
		t.Fatal(err)
	}
	k.raw = &rawKeys{fd: fd}
	for range 2 {
		k.takeMode()
		if raw, err := term.GetState(fd); err != nil || *raw == *before {
			t.Errorf("the terminal is not raw: %v", err)
		}
		k.giveMode()
		if after, err := term.GetState(fd); err != nil || *after != *before {
			t.Errorf("the terminal is not as it was: %v", err)
		}
	}
}
