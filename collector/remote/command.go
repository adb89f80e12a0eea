package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os/exec"
	"os/user"
	"strings"

	"pumatop/collector/clean"
)

// here reports whether the host is reached without SSH: this machine, or what a command of this machine leads to.
func (h *Host) here() bool { return h.address.text == Local || len(h.options.Command) > 0 }

// reachHere is one attempt to reach a host without SSH.
//
// A command has no connection: each script is a process of its own. It is up from when a first, empty script showed that
// there is a shell, until a script finds none: the container has stopped, say. Then Done is closed as for a lost
// connection, and the caller's next Connect tries again.
func (h *Host) reachHere(ctx context.Context) (*local, error) {
	l := newLocal(h.pool.ctx, h.address.text, h.options)
	l.relay = &relay{
		host: l.name, start: l.stream, run: l.spawn, programs: h.pool.options.Relays,
		lost: func(err error) error {
			if l.ctx.Err() != nil {
				return l.gone()
			}
			return err
		},
	}
	if l.plain() {
		return l, nil
	}
	limited, cancel := withStartLimit(ctx)
	defer cancel()
	if _, err := l.run(limited, ":"); err != nil {
		l.close(errClosed)
		return nil, err
	}
	return l, nil
}

// CommandError means that the command that is to be a shell on the host could not be run.
type CommandError struct {
	Host, Command string
	Err           error
}

func (e *CommandError) Error() string { return fmt.Sprintf("%s: run %s: %v", e.Host, e.Command, e.Err) }
func (e *CommandError) Unwrap() error { return e.Err }

// Remedy is where to look.
func (e *CommandError) Remedy() string {
	return "check that " + e.Command + " is installed on this machine and on PATH"
}

// commandText is a command as it is shown.
func commandText(argv []string) string { return clean.Short(strings.Join(argv, " "), 80) }

// startError is a process that did not start.
func (l *local) startError(err error) error {
	var e *exec.Error
	var path *fs.PathError
	switch {
	case errors.As(err, &e):
		err = e.Err
	case errors.As(err, &path):
		err = path.Err
	}
	if len(l.command) == 0 {
		return fmt.Errorf("%s: run %s: %w", l.name, clean.Short(l.argv[0], 80), err)
	}
	return l.failed(&CommandError{Host: l.name, Command: clean.Short(l.argv[0], 80), Err: err})
}

// failed takes the error of a script. For a command the shell that did not come is the end.
func (l *local) failed(err error) error {
	var shell *NoShellError
	var command *CommandError
	switch {
	case errors.As(err, &shell) && l.become != "" && len(l.command) == 0:
		return becoming(l.become, loginHere(), err)
	case errors.As(err, &shell) && len(l.command) > 0:
		shell.Command = commandText(l.command)
		l.close(fmt.Errorf("%w: %w", ErrLost, err))
	case errors.As(err, &command):
		l.close(fmt.Errorf("%w: %w", ErrLost, err))
	}
	return err
}

func loginHere() string {
	u, err := user.Current()
	if err != nil {
		return ""
	}
	return clean.Line(u.Username)
}

// runThrough runs a script through a shell within the command's, which leaves no way to hand over everything at once.
func (l *local) runThrough(ctx context.Context, script string) ([]byte, error) {
	s, err := l.stream(ctx, "{\n"+strings.TrimRight(script, "\n")+"\n} </dev/null")
	if err != nil {
		return nil, err
	}
	defer func() { _ = s.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = s.Close() })
	defer stop()
	out, err := io.ReadAll(io.LimitReader(s.Stdout, outputLimit+1))
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case l.ctx.Err() != nil:
		return nil, l.gone()
	case len(out) > outputLimit:
		return nil, fmt.Errorf("%s: %w", l.name, ErrOutput)
	case err != nil && !errors.Is(err, io.ErrClosedPipe):
		return nil, fmt.Errorf("%s: read output: %w", l.name, err)
	}
	return out, s.Err()
}
