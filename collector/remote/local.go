package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"pumatop/collector/clean"
)

// local is this machine: no SSH, the same scripts.
type local struct {
	done chan struct{}
	once sync.Once
	// ctx ends with done and ends what runs.
	ctx    context.Context
	cancel context.CancelFunc
}

func newLocal() *local {
	l := &local{done: make(chan struct{})}
	l.ctx, l.cancel = context.WithCancel(context.Background())
	return l
}

func (l *local) close() {
	l.once.Do(func() {
		l.cancel()
		close(l.done)
	})
}

func (l *local) dialUnix(ctx context.Context, path string) (net.Conn, error) {
	return l.dial(ctx, "unix", path)
}

func (l *local) dialTCP(ctx context.Context, addr string) (net.Conn, error) {
	return l.dial(ctx, "tcp", addr)
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
	return nil, &OpenError{Host: Local, Path: clean.Line(addr), Err: &quiet{clean.Line(text), err}}
}

// shell prepares /bin/sh in a process group of its own: the terminal's ctrl-c is for pumatop alone, and what the
// script starts can be ended with it.
func (l *local) shell(ctx context.Context) (*exec.Cmd, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(l.ctx, cancel)
	cmd := exec.CommandContext(ctx, "/bin/sh", "-s")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	return cmd, func() {
		stop()
		cancel()
	}
}

func (l *local) run(ctx context.Context, script string) ([]byte, error) {
	cmd, cancel := l.shell(ctx)
	defer cancel()
	text, marker := frame(script, "</dev/null")
	out := &output{limit: outputLimit, overflow: cancel} // a script that writes without end is ended
	complaints := &tail{limit: stderrLimit}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(text), out, complaints
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case l.ctx.Err() != nil:
		return nil, errClosed
	case out.full:
		return nil, fmt.Errorf("%s: %w", Local, ErrOutput)
	case err != nil && !errors.As(err, &exit) && !errors.Is(err, exec.ErrWaitDelay): // a job of the script's lives on
		return nil, fmt.Errorf("%s: run /bin/sh: %w", Local, err)
	}
	return verdict(Local, marker, out.buf.Bytes(), exitOf(cmd, complaints))
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
	if err := errors.Join(inErr, outErr); err != nil {
		cancel()
		return nil, fmt.Errorf("%s: run /bin/sh: %w", Local, err)
	}
	if err := cmd.Start(); err != nil {
		cancel()
		return nil, fmt.Errorf("%s: run /bin/sh: %w", Local, err)
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
	stdout, err := begin(starting, script, streams{
		host: Local, in: in, out: reader, stderr: complaints, shut: shut, run: func(f func()) { go f() },
	})
	if err != nil {
		return nil, err
	}
	return &Stream{
		Stdin: in, Stdout: stdout, shut: shut, ended: ended,
		err: func() error {
			if e := exitOf(cmd, complaints); e.status != 0 {
				return &ExitError{Host: Local, Status: e.status, Signal: e.signal, Stderr: e.stderr}
			}
			return nil
		},
	}, nil
}

// localGrace is how long a script has to end after its stdin did, before it is killed.
const localGrace = 2 * time.Second
