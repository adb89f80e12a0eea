package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"pumatop/collector"
	"pumatop/collector/cause"
	"pumatop/collector/clean"
	"pumatop/collector/config"
	"pumatop/collector/puma"
)

const (
	tokenLimit  = 10 * time.Second // of a command that prints a token
	tokenMost   = 4 << 10          // bytes that it may print
	tokenStands = 10 * time.Second // how long its failure is told to whoever else asks
)

// tokens read tokens for all hosts: a command that many have runs once.
type tokens struct {
	// limit is how long a command may take, tokenLimit where it is 0.
	limit time.Duration

	mu    sync.Mutex
	known map[string]*keptToken // by command
}

// keptToken is what a command has printed. It is held by whoever reads it.
type keptToken struct {
	mu    sync.Mutex
	token puma.Token
	err   error
	at    time.Time
}

// tokenError is a token that cannot be read. It never has one.
type tokenError struct{ text, remedy string }

func (e *tokenError) Error() string       { return e.text }
func (e *tokenError) Remedy() string      { return e.remedy }
func (*tokenError) FailedAt() cause.Stage { return cause.Token }

// source is where the configuration says that a token is; nil where it does not say.
func (t *tokens) source(c config.Token, getenv func(string) string) collector.TokenSource {
	switch {
	case c.Env != "":
		return func(context.Context, puma.Token) (puma.Token, string, error) {
			if text := getenv(c.Env); text != "" {
				return puma.NewToken(text), "", nil
			}
			return puma.Token{}, "", &tokenError{"the variable " + c.Env + " is not set", "set it where pumatop is started"}
		}
	case c.File != "":
		return func(context.Context, puma.Token) (puma.Token, string, error) { return tokenOfFile(c.File) }
	case len(c.Command) > 0:
		return func(ctx context.Context, refused puma.Token) (puma.Token, string, error) {
			token, err := t.ofCommand(ctx, c.Command, refused)
			return token, "", err
		}
	}
	return nil
}

// tokenOfFile is the first line of a file. One that others may read is read all the same, and said.
func tokenOfFile(path string) (token puma.Token, note string, err error) {
	name := clean.Line(path)
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOCTTY, 0) // a pipe's writer may never come
	if err != nil {
		return puma.Token{}, "", &tokenError{clean.Line(err.Error()), "name a file that can be read"}
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return puma.Token{}, "", &tokenError{clean.Line(err.Error()), "name a file that can be read"}
	case !info.Mode().IsRegular():
		return puma.Token{}, "", &tokenError{name + " is no regular file", "name a file whose first line is the token"}
	}
	if sys, ok := info.Sys().(*syscall.Stat_t); ok {
		note = tokenFileNote(name, info.Mode().Perm(), int(sys.Uid))
	}
	line, err := bufio.NewReader(io.LimitReader(f, tokenMost)).ReadString('\n')
	if line = strings.TrimSpace(line); line == "" || err != nil && !errors.Is(err, io.EOF) {
		return puma.Token{}, "", &tokenError{"there is no token in " + name, "its first line is the token"}
	}
	return puma.NewToken(line), note, nil
}

// tokenFileNote says who else knows the token in a file, or can put another one there.
func tokenFileNote(name string, mode os.FileMode, owner int) string {
	switch {
	case owner != os.Getuid() && owner != 0:
		return fmt.Sprintf("the token in %s is user %d's to change", name, owner)
	case mode&0o077 != 0:
		return fmt.Sprintf("the token in %s is open to others (%04o): chmod 600 it", name, mode)
	}
	return ""
}

// ofCommand is what a command has printed, or prints now where that was refused.
func (t *tokens) ofCommand(ctx context.Context, argv []string, refused puma.Token) (puma.Token, error) {
	key := strings.Join(argv, "\x00")
	t.mu.Lock()
	if t.known == nil {
		t.known = map[string]*keptToken{}
	}
	k := t.known[key]
	if k == nil {
		k = &keptToken{}
		t.known[key] = k
	}
	t.mu.Unlock()
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case k.token.IsSet() && k.token != refused:
		return k.token, nil
	case k.err != nil && time.Since(k.at) < tokenStands:
		return puma.Token{}, k.err
	}
	k.token, k.err = runForToken(ctx, argv, cmp.Or(t.limit, tokenLimit))
	k.at = time.Now()
	if ctx.Err() != nil { // it says nothing of the command
		err := k.err
		k.err = nil
		return k.token, err
	}
	return k.token, k.err
}

// runForToken runs a command of this machine, without a shell, and takes the first line that it prints.
func runForToken(ctx context.Context, argv []string, limit time.Duration) (puma.Token, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...) //nolint:gosec // the operator's own
	var stdout, stderr bounded
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // no terminal that it could ask at, and its children go with it
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	err := cmd.Run()
	text, _, _ := strings.Cut(stdout.text.String(), "\n")
	text = strings.TrimSpace(text)
	name := clean.Short(argv[0], 60)
	said := stderr.text.String()
	if text != "" {
		said = strings.ReplaceAll(said, text, "…")
	}
	if said = clean.Short(strings.TrimSpace(said), 200); said != "" {
		said = ": " + said
	}
	switch {
	case ctx.Err() != nil:
		return puma.Token{}, &tokenError{fmt.Sprintf("%s did not end within %s%s", name, limit, said), "run it by hand; it gets no terminal and no input"}
	case err != nil:
		return puma.Token{}, &tokenError{fmt.Sprintf("%s: %v%s", name, clean.Line(err.Error()), said), "run it by hand; it gets no terminal and no input"}
	case text == "" || stdout.over:
		return puma.Token{}, &tokenError{name + " printed no token" + said, "the first line that it prints is the token"}
	}
	return puma.NewToken(text), nil
}

// bounded keeps the beginning of what is written to it.
type bounded struct {
	text bytes.Buffer // not embedded: its ReadFrom knows no bound
	over bool
}

func (b *bounded) Write(p []byte) (int, error) {
	n := len(p)
	if room := tokenMost - b.text.Len(); n > room {
		p, b.over = p[:max(room, 0)], true
	}
	b.text.Write(p)
	return n, nil
}
