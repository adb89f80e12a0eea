package remote

import (
	"context"
	"errors"
	"fmt"
	"regexp"
)

// userName is what a user to become may be called: what useradd takes, and nothing that a shell would read otherwise.
var userName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]{0,31}\$?$`)

// becomeWords are sudo's arguments before the shell: never with a password, which nobody could type there.
func becomeWords(user string) []string { return []string{"-n", "-u", user, "--", "/bin/sh", "-s"} }

// shellAs is the command that hosts are asked to run: the shell, as another user where one is given. The name is
// checked, and quoted nevertheless; it is all that varies.
func shellAs(user string) string {
	if user == "" {
		return shell
	}
	return "exec sudo -n -u " + quote(user) + " -- /bin/sh -s"
}

// BecomeError means that sudo did not let the login run a shell as another user.
type BecomeError struct {
	Host, User string
	Login      string // who asked, empty where it is not known
	Said       string // sudo's words, one line, cleaned
}

func (e *BecomeError) Error() string {
	text := fmt.Sprintf("%s: sudo -n -u %s", e.Host, e.User)
	if e.Said == "" {
		return text + " ran no shell"
	}
	return text + ": " + e.Said
}

// Remedy is the line that sudo wants.
func (e *BecomeError) Remedy() string {
	login := e.Login
	if login == "" {
		login = "LOGIN"
	}
	return fmt.Sprintf("add to a file in /etc/sudoers.d (visudo): %s ALL=(%s) NOPASSWD: /bin/sh -s", login, e.User)
}

// becoming turns the shell that did not come into what it is where sudo was to run it.
func becoming(user, login string, err error) error {
	var shell *NoShellError
	if user == "" || !errors.As(err, &shell) {
		return err
	}
	return &BecomeError{Host: shell.Host, User: user, Login: login, Said: shell.Answer}
}

// as is the way to a host over a connection, which hosts with another user to become share.
func (h *Host) as(l *link) transport {
	if h.options.Become == "" {
		return l
	}
	return asUser{l, h.options.Become}
}

// mayBecome finds out at once whether sudo lets the login be who it shall be. A refusal is one that is mailed to root:
// it must not come with every script.
func (h *Host) mayBecome(ctx context.Context, e *entry) error {
	if h.options.Become == "" {
		return nil
	}
	limited, cancel := withStartLimit(ctx)
	defer cancel()
	if _, err := h.as(e.link).run(limited, ":"); err != nil {
		h.pool.release(h, e)
		return err
	}
	return nil
}

// linkOf is the connection of a transport, nil where it has none.
func linkOf(t transport) *link {
	switch t := t.(type) {
	case *link:
		return t
	case asUser:
		return t.link
	}
	return nil
}
