package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// pipedInto runs the program with its stdout in a pipe, of which read sees the end before it is closed; nil closes it
// before anything is written.
func pipedInto(t *testing.T, read func(io.Reader), args ...string) (code int, stderr string) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	path, err := exec.LookPath("pumatop")
	if err != nil {
		t.Fatal(err)
	}
	var errOut bytes.Buffer
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Stdout, cmd.Stderr = w, &errOut
	cmd.Env = append(os.Environ(), "XDG_STATE_HOME="+t.TempDir())
	if read == nil {
		_ = r.Close()
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = w.Close()
	if read != nil {
		read(r)
		_ = r.Close()
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), errOut.String()
}

// TestClosedPipeEndsQuietly: as `| head -1` has it, with what a shell calls the end by SIGPIPE, and in order. A deed that was
// begun goes on to its verdict, and a plugin has not answered.
func TestClosedPipeEndsQuietly(t *testing.T) {
	t.Parallel()
	firstLine := func(r io.Reader) { _, _ = bufio.NewReader(r).ReadString('\n') }
	nowhere := []string{"--command", "box=./nowhere", "box"}
	for _, tc := range []struct {
		args  string
		read  func(io.Reader)
		code  int
		quiet bool
	}{
		{"status", nil, 141, true},
		{"status -o json", nil, 141, true},
		{"status -o jsonl", nil, 141, true},
		{"status -o prometheus", nil, 141, true},
		{"status --watch -i 250ms", firstLine, 141, true},
		{"status --watch -i 250ms -o json", firstLine, 141, true},
		{"status --watch -i 250ms -o jsonl", firstLine, 141, true},
		{"reload --yes --no-audit", nil, 5, false},
		{"reload --yes --no-audit -o jsonl", firstLine, 5, true},
		{"reload --yes --no-audit -o jsonl", nil, 141, true}, // before anything was begun
		{"check", nil, 3, true},
	} {
		t.Run(tc.args, func(t *testing.T) {
			t.Parallel()
			code, stderr := pipedInto(t, tc.read, append(strings.Fields(tc.args), nowhere...)...)
			if code != tc.code || tc.quiet && stderr != "" || strings.Contains(stderr, "pipe") {
				t.Errorf("exit %d, want %d, stderr %q", code, tc.code, stderr)
			}
		})
	}
}
