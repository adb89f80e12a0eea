package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"

	"pumatop/collector/clean"
	"pumatop/collector/prompt"
)

const (
	// askpassMost is how much of an answer is taken, in bytes, as OpenSSH does.
	askpassMost = 1024
	// askpassGrace is how long the program has to end after SIGTERM.
	askpassGrace = 2 * time.Second
)

// askpassProgram asks with the program that SSH_ASKPASS names, as OpenSSH does.
type askpassProgram struct{ program string }

func (askpassProgram) close() {}

// put runs the program. Its argument is the question, in OpenSSH's words, which such programs know keys and hosts by; its
// first line is the answer, and any status but 0 a refusal. It gets no terminal, and a session of its own.
func (a askpassProgram) put(ctx context.Context, q prompt.Question) (prompt.Secret, error) {
	if q.Kind == prompt.Begin { // the program itself is how to find out whether somebody is there
		return prompt.Secret{}, nil
	}
	out := &scrap{}
	cmd := exec.CommandContext(ctx, a.program, askpassWords(q)) //nolint:gosec // the user's own
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "SSH_ASKPASS_PROMPT=") })
	confirm := q.Kind == prompt.KeepKey
	if confirm {
		cmd.Env = append(cmd.Env, "SSH_ASKPASS_PROMPT=confirm")
	}
	cmd.Stdout = out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = askpassGrace
	err := cmd.Run()
	var status *exec.ExitError
	switch {
	case ctx.Err() != nil:
		clear(out.text)
		return prompt.Secret{}, context.Cause(ctx)
	case errors.As(err, &status):
		clear(out.text)
		return prompt.Secret{}, prompt.ErrDeclined
	case err != nil:
		return prompt.Secret{}, fmt.Errorf("%w: SSH_ASKPASS: %s", prompt.ErrNobody, clean.Line(err.Error()))
	}
	answer := out.text
	if i := bytes.IndexAny(answer, "\r\n"); i >= 0 {
		clear(answer[i:])
		answer = answer[:i]
	}
	if confirm && len(answer) == 0 {
		answer = []byte("yes")
	}
	return prompt.NewSecret(answer), nil
}

// scrap keeps the beginning of what is written, in one place, so that it can be overwritten.
type scrap struct{ text []byte }

func (s *scrap) Write(p []byte) (int, error) {
	if s.text == nil {
		s.text = make([]byte, 0, askpassMost)
	}
	s.text = append(s.text, p[:min(len(p), askpassMost-len(s.text))]...)
	return len(p), nil
}

func askpassWords(q prompt.Question) string {
	login := clean.Line(q.User + "@" + q.Host)
	switch q.Kind {
	case prompt.Passphrase:
		return "Enter passphrase for key '" + q.Key + "': "
	case prompt.PIN:
		return "Enter PIN for key '" + q.Key + "': "
	case prompt.Password:
		return login + "'s password: "
	case prompt.HostKey:
		return fmt.Sprintf("The authenticity of host '%s' can't be established.\n%s key fingerprint is %s.\n"+
			"Are you sure you want to continue connecting (yes/no/[fingerprint])? ", clean.Line(q.Host), q.KeyType, q.Fingerprint)
	case prompt.KeepKey:
		return "Add key " + q.Key + " to agent?"
	}
	return "(" + login + ") " + strings.TrimLeft(q.Instruction+"\n"+q.Text, "\n")
}
