package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"pumatop/collector/clean"
	"pumatop/collector/prompt"
)

// consoleMost is how long an answer may be, in bytes: more than a terminal takes in one line.
const consoleMost = 4096

// console asks on the terminal of a headless run, whatever its stdin and stdout are.
type console struct {
	tty *os.File
	// wake and waker are a pipe that ends a read of a question that was taken back: what was typed for one host must not
	// be the answer to another.
	wake, waker *os.File
}

// line is what was typed, and whether it was ended by something else than the end of input.
type line struct {
	text  []byte
	whole bool
}

func openConsole() (*console, error) {
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return nil, fmt.Errorf("open the terminal: %w", err)
	}
	return newConsole(tty)
}

func newConsole(tty *os.File) (*console, error) {
	wake, waker, err := os.Pipe()
	if err != nil {
		_ = tty.Close()
		return nil, fmt.Errorf("watch the terminal: %w", err)
	}
	c := &console{tty: tty, wake: wake, waker: waker}
	if max(tty.Fd(), wake.Fd()) >= unix.FD_SETSIZE {
		c.close()
		return nil, errors.New("watch the terminal: too many open files")
	}
	return c, nil
}

func (c *console) close() {
	for _, f := range []*os.File{c.tty, c.wake, c.waker} {
		_ = f.Close()
	}
}

// put asks. ctrl-d and an empty passphrase are a no.
func (c *console) put(ctx context.Context, q prompt.Question) (prompt.Secret, error) {
	fd := int(c.tty.Fd())
	before, err := unix.IoctlGetTermios(fd, getTermios)
	if err != nil {
		return prompt.Secret{}, fmt.Errorf("%w: the terminal cannot be set: %s", prompt.ErrNobody, clean.Line(err.Error()))
	}
	quiet := *before
	quiet.Lflag |= unix.ICANON | unix.ISIG
	if quiet.Lflag |= unix.ECHO; !q.Echo && q.Kind != prompt.Begin {
		quiet.Lflag &^= unix.ECHO
	}
	// What was typed before the question was not meant for it: the flush throws it away.
	if err := unix.IoctlSetTermios(fd, setTermios, &quiet); err != nil {
		return prompt.Secret{}, fmt.Errorf("%w: the terminal cannot be set: %s", prompt.ErrNobody, clean.Line(err.Error()))
	}
	defer func() { _ = unix.IoctlSetTermios(fd, setTermios, before) }()
	_, _ = fmt.Fprint(c.tty, consoleWords(q))
	lines := make(chan line, 1)
	go func() { lines <- c.read() }()
	select {
	case l := <-lines:
		if !l.whole || quiet.Lflag&unix.ECHO == 0 {
			_, _ = fmt.Fprintln(c.tty)
		}
		if !l.whole {
			return prompt.Secret{}, prompt.ErrDeclined
		}
		return prompt.NewSecret(l.text), nil
	case <-ctx.Done():
		_, _ = c.waker.Write([]byte{0})
		clear((<-lines).text)
		_, _ = c.wake.Read(make([]byte, 1))
		_, _ = fmt.Fprintln(c.tty)
		return prompt.Secret{}, context.Cause(ctx)
	}
}

// read takes one line, which the terminal hands over in one piece, or none where it is woken.
func (c *console) read() line {
	tty, wake := int(c.tty.Fd()), int(c.wake.Fd())
	for {
		var ready unix.FdSet // select, because macOS cannot poll a terminal
		ready.Set(tty)
		ready.Set(wake)
		_, err := unix.Select(max(tty, wake)+1, &ready, nil, nil, nil)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil, ready.IsSet(wake):
			return line{}
		}
		text := make([]byte, consoleMost)
		n, err := c.tty.Read(text)
		i := bytes.IndexByte(text[:max(n, 0)], '\n')
		if err != nil || i < 0 {
			clear(text)
			return line{}
		}
		return line{text[:i], true}
	}
}

func consoleWords(q prompt.Question) string {
	host, login := clean.Line(q.Host), clean.Line(q.User+"@"+q.Host)
	again, wrong := "", ""
	if q.Try > 1 {
		again, wrong = "that was not right; ", " that was not right"
	}
	switch q.Kind {
	case prompt.Passphrase:
		return fmt.Sprintf("%s: %spassphrase of %s: ", host, again, q.Key)
	case prompt.PIN:
		return fmt.Sprintf("%s: %sPIN of %s: ", host, again, q.Key)
	case prompt.Password:
		return fmt.Sprintf("%s: %spassword: ", login, again)
	case prompt.Begin:
		return login + ": the server asks questions of its own; enter logs in: "
	case prompt.HostKey:
		writes := ""
		if q.File != "" {
			writes = "  yes writes it to " + clean.Line(q.File) + "\n"
		}
		return fmt.Sprintf("%s: host key not known: %s %s\n%s  is it the right one (yes, no, or the fingerprint)? ",
			host, q.KeyType, q.Fingerprint, writes)
	case prompt.KeepKey:
		return fmt.Sprintf("%s: give the unlocked key %s to the agent (yes, no)? ", host, q.Key)
	}
	text := strings.Trim(q.Instruction+"\n"+q.Text, "\n")
	return fmt.Sprintf("%s asks:%s\n  | %s ", login, wrong, strings.ReplaceAll(text, "\n", "\n  | "))
}
