package remote

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// proxyGrace is how long a ProxyCommand has to end after SIGHUP.
const proxyGrace = 2 * time.Second

// proxyError is a ProxyCommand that ended, with what it said.
type proxyError struct{ stderr string }

func (e *proxyError) Error() string {
	if e.stderr == "" {
		return "the proxy command ended"
	}
	return "the proxy command ended: " + e.stderr
}

// proxyConn is the stdin and stdout of a ProxyCommand.
type proxyConn struct {
	cmd           *exec.Cmd
	in            *os.File
	out           *os.File
	stderr        *tail
	stderrHandled chan struct{} // closed when stderr has been read to its end

	closing sync.Once
}

// startProxy runs a ProxyCommand as ssh does: by the user's shell, which replaces itself. It gets a process group of its
// own, so that a ctrl-c in the terminal is for pumatop alone and helpers can be ended with it, and never the terminal.
func startProxy(command string) (*proxyConn, error) {
	shell := os.Getenv("SHELL")
	if shell == "" {
		shell = "/bin/sh"
	}
	stdin, in, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("start proxy command: %w", err)
	}
	out, stdout, err := os.Pipe()
	if err != nil {
		_, _ = stdin.Close(), in.Close()
		return nil, fmt.Errorf("start proxy command: %w", err)
	}
	c := &proxyConn{in: in, out: out, stderr: &tail{limit: 2 << 10}, stderrHandled: make(chan struct{})}
	c.cmd = exec.Command(shell, "-c", "exec "+command) //nolint:gosec,noctx // the user's own; ended by Close
	c.cmd.Stdin, c.cmd.Stdout, c.cmd.Stderr = stdin, stdout, c.stderr
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.cmd.WaitDelay = proxyGrace
	err = c.cmd.Start()
	_, _ = stdin.Close(), stdout.Close()
	if err != nil {
		_, _ = in.Close(), out.Close()
		return nil, fmt.Errorf("start proxy command: %w", err)
	}
	go func() {
		_ = c.cmd.Wait()
		close(c.stderrHandled)
	}()
	return c, nil
}

func (c *proxyConn) Read(p []byte) (int, error) {
	n, err := c.out.Read(p)
	if err == nil || errors.Is(err, os.ErrClosed) {
		return n, err
	}
	select {
	case <-c.stderrHandled:
	case <-time.After(proxyGrace): // it closed its output and goes on
	}
	return n, &proxyError{c.stderr.String()}
}

func (c *proxyConn) Write(p []byte) (int, error) { return c.in.Write(p) }

// Close ends the command: its pipes at once, its process group with SIGHUP, and with SIGKILL what stays.
func (c *proxyConn) Close() error {
	c.closing.Do(func() {
		_, _ = c.in.Close(), c.out.Close()
		pid := c.cmd.Process.Pid
		select {
		case <-c.stderrHandled: // the number may belong to another by now
			return
		default:
		}
		_ = syscall.Kill(-pid, syscall.SIGHUP)
		go func() {
			select {
			case <-c.stderrHandled:
			case <-time.After(proxyGrace):
				_ = syscall.Kill(-pid, syscall.SIGKILL)
			}
		}()
	})
	return nil
}

func (c *proxyConn) LocalAddr() net.Addr  { return forwardAddr("proxy command") }
func (c *proxyConn) RemoteAddr() net.Addr { return forwardAddr("proxy command") }

// Pipes could have deadlines, but nobody asks: a connection is bounded by closing it.

func (c *proxyConn) SetDeadline(time.Time) error      { return errors.ErrUnsupported }
func (c *proxyConn) SetReadDeadline(time.Time) error  { return errors.ErrUnsupported }
func (c *proxyConn) SetWriteDeadline(time.Time) error { return errors.ErrUnsupported }
