package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"pumatop/collector/clean"
)

// local is a host without SSH: this machine, or what a command leads to. The scripts are the same.
type local struct {
	name    string
	command []string // what leads to the host, nil for this machine
	become  string   // who scripts and sockets are to be of, empty for whoever comes
	argv    []string // what is run; its stdin and stdout are a shell
	relay   *relay
	detour  detour

	done chan struct{}
	once sync.Once
	why  error // stands once done is closed
	// ctx ends with done and ends what runs.
	ctx    context.Context
	cancel context.CancelFunc
}

func newLocal(pool context.Context, name string, o HostOptions) *local {
	l := &local{name: name, command: o.Command, become: o.Become, done: make(chan struct{})}
	switch {
	case len(o.Command) > 0:
		l.argv = o.Command
	case o.Become != "":
		l.argv = append([]string{"sudo"}, becomeWords(o.Become)...)
	default:
		l.argv = []string{"/bin/sh", "-s"}
	}
	l.ctx, l.cancel = context.WithCancel(pool)
	context.AfterFunc(l.ctx, func() { l.close(errPoolClosed) })
	return l
}

// plain reports whether this is the machine itself as its own user.
func (l *local) plain() bool { return len(l.command) == 0 && l.become == "" }

// nested reports whether a command leads to a shell that has to become another user's.
func (l *local) nested() bool { return len(l.command) > 0 && l.become != "" }

func (l *local) close(why error) {
	l.once.Do(func() {
		l.why = why
		l.cancel()
		close(l.done)
	})
}

func (l *local) err() error {
	select {
	case <-l.done:
		return l.why
	default:
		return nil
	}
}

// gone is why it ended, for whom its context has.
func (l *local) gone() error {
	<-l.done
	return l.why
}

func (l *local) spawn(f func()) { go f() }

func (l *local) dialUnix(ctx context.Context, path string) (net.Conn, error) {
	if !l.plain() {
		return l.relayed(ctx, "unix", path)
	}
	return l.dial(ctx, "unix", path)
}

func (l *local) dialTCP(ctx context.Context, addr string) (net.Conn, error) {
	if len(l.command) > 0 {
		return l.relayed(ctx, "tcp", addr)
	}
	return l.dial(ctx, "tcp", addr)
}

func (l *local) dialAbstract(ctx context.Context, name string) (net.Conn, error) {
	switch {
	case !l.plain():
		return l.relayed(ctx, "abstract", name)
	case runtime.GOOS != "linux":
		return nil, &OpenError{Host: l.name, Path: "@" + clean.Line(name), Err: errors.New("only Linux has abstract sockets")}
	}
	return l.dial(ctx, "unix", "@"+name)
}

// relayed goes through the relay, and says so once in the notes.
func (l *local) relayed(ctx context.Context, network, name string) (net.Conn, error) {
	c, err := l.relay.dial(ctx, network, name)
	if program := l.relay.program(); program != "" {
		l.detour.note("polls go through a relay (" + program + ") in one process")
	}
	return c, err
}

func (l *local) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, network, addr)
	switch {
	case err == nil:
		return c, nil
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	}
	var errno syscall.Errno
	text := err.Error()
	if errors.As(err, &errno) {
		text = errno.Error()
	}
	return nil, &OpenError{Host: l.name, Path: clean.Line(addr), Err: &quiet{clean.Line(text), err}}
}

// shell prepares the shell in a process group of its own: the terminal's ctrl-c is for pumatop alone, and what the
// script starts can be ended with it.
func (l *local) shell(ctx context.Context) (*exec.Cmd, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(l.ctx, cancel)
	cmd := exec.CommandContext(ctx, l.argv[0], l.argv[1:]...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	return cmd, func() {
		stop()
		cancel()
	}
}

func (l *local) run(ctx context.Context, script string) ([]byte, error) {
	if l.nested() {
		return l.runThrough(ctx, script)
	}
	cmd, cancel := l.shell(ctx)
	defer cancel()
	text, marker := frame(script, "</dev/null")
	out := &output{limit: outputLimit, overflow: cancel} // a script that writes without end is ended
	complaints := &tail{limit: stderrLimit}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(strings.Join(text, "")), out, complaints
	err := cmd.Run()
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case l.ctx.Err() != nil:
		return nil, l.gone()
	case out.full:
		return nil, fmt.Errorf("%s: %w", l.name, ErrOutput)
	case cmd.ProcessState == nil:
		return nil, l.startError(err)
	}
	// Whatever else went wrong shows in the output: a job of the script's that lives on (exec.ErrWaitDelay), a command that
	// did not read the script.
	body, err := verdict(l.name, marker, out.buf.Bytes(), exitOf(cmd, complaints))
	return body, l.failed(err)
}

// exitOf is how a process that has been waited for ended.
func exitOf(cmd *exec.Cmd, complaints *tail) ending {
	e := ending{status: cmd.ProcessState.ExitCode(), stderr: complaints.String()}
	if ws, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		e.signal = ws.Signal().String()
	}
	return e
}

func (l *local) stream(ctx context.Context, script string) (*Stream, error) {
	cmd, cancel := l.shell(ctx)
	complaints := &tail{limit: stderrLimit}
	cmd.Stderr = complaints
	in, inErr := cmd.StdinPipe()
	out, outErr := cmd.StdoutPipe()
	err := errors.Join(inErr, outErr)
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		cancel()
		return nil, l.startError(err)
	}
	reader, writer := io.Pipe()
	ended := make(chan struct{})
	go func() {
		// Wait closes the pipe, so it comes after the last byte.
		_, _ = io.Copy(writer, out)
		_ = cmd.Wait()
		cancel()
		close(ended)
		_ = writer.Close()
	}()
	shut := func() {
		_ = in.Close() // the script's own way to end
		_ = reader.Close()
		time.AfterFunc(localGrace, cancel)
	}
	starting, stopStart := withStartLimit(ctx)
	defer stopStart()
	stdout, err := l.begin(starting, script, streams{
		host: l.name, in: in, out: reader, stderr: complaints.String, shut: shut, run: l.spawn,
	})
	if err != nil {
		return nil, l.failed(err)
	}
	return &Stream{
		Stdin: in, Stdout: stdout, shut: shut, wait: func() { <-ended },
		err: func() error {
			if e := exitOf(cmd, complaints); e.status != 0 {
				return &ExitError{Host: l.name, Status: e.status, Signal: e.signal, Stderr: e.stderr}
			}
			return nil
		},
	}, nil
}

// begin starts the script in the shell, or in the other user's that it becomes first.
func (l *local) begin(ctx context.Context, script string, s streams) (io.Reader, error) {
	if l.nested() {
		out, err := begin(ctx, shellAs(l.become), s)
		if err != nil {
			return nil, err
		}
		s.out = out
		out, err = begin(ctx, script, s)
		return out, becoming(l.become, "", err)
	}
	return begin(ctx, script, s)
}

// localGrace is how long a script has to end after its stdin did, before it is killed.
const localGrace = 2 * time.Second
