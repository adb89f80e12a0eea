package sshtest_test

import (
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/ssh"

	"pumatop/collector/remote/sshtest"
)

func TestPipe(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a, b := sshtest.Pipe()
		// Both ends may write before either reads.
		for _, c := range []net.Conn{a, b} {
			if _, err := io.WriteString(c, "hello"); err != nil {
				t.Fatal(err)
			}
		}
		if err := a.SetReadDeadline(time.Now().Add(time.Second)); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		got, err := io.ReadAll(a)
		if string(got) != "hello" || !isTimeout(err) || time.Since(began) != time.Second {
			t.Errorf("read %q, %v after %v", got, err, time.Since(began))
		}
		_ = a.Close()
		if got, err := io.ReadAll(b); string(got) != "hello" || err != nil {
			t.Errorf("the other side read %q, %v", got, err)
		}
		if _, err := b.Write([]byte("x")); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("write to a closed reader: %v", err)
		}
		if _, err := a.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
			t.Errorf("read after close: %v", err)
		}
	})
}

func isTimeout(err error) bool {
	var n net.Error
	return errors.As(err, &n) && n.Timeout()
}

func dial(t *testing.T, s *sshtest.Server) *ssh.Client {
	t.Helper()
	conn, err := s.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c, channels, requests, err := ssh.NewClientConn(conn, "web1:22", &ssh.ClientConfig{
		User: "deploy", HostKeyCallback: ssh.FixedHostKey(s.HostKey()),
	})
	if err != nil {
		t.Fatal(err)
	}
	return ssh.NewClient(c, channels, requests)
}

func TestExecAndForward(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := sshtest.New(sshtest.Options{
			Exec: func(s *sshtest.Session) int {
				in, _ := io.ReadAll(s.Stdin)
				_, _ = io.WriteString(s.Stdout, s.User+" "+s.Command+" "+string(in))
				return 3
			},
			DialUnix: func(path string) (net.Conn, error) {
				if path != "/run/echo.sock" {
					return nil, errors.New("no such socket")
				}
				client, host := sshtest.Pipe()
				go func() {
					_, _ = io.Copy(host, host)
					_ = host.Close()
				}()
				return client, nil
			},
		})
		c := dial(t, s)
		defer func() { _ = c.Close() }()

		session, err := c.NewSession()
		if err != nil {
			t.Fatal(err)
		}
		session.Stdin = strings.NewReader("input")
		out, err := session.Output("cat")
		var exit *ssh.ExitError
		if string(out) != "deploy cat input" || !errors.As(err, &exit) || exit.ExitStatus() != 3 {
			t.Errorf("got %q, %v", out, err)
		}

		echo, err := c.Dial("unix", "/run/echo.sock")
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(echo, "ping")
		_ = echo.(interface{ CloseWrite() error }).CloseWrite()
		if got, err := io.ReadAll(echo); string(got) != "ping" || err != nil {
			t.Errorf("echo: %q, %v", got, err)
		}
		_ = echo.Close()

		_, err = c.Dial("unix", "/run/other.sock")
		if want := `ssh: rejected: connect failed ("open failed")`; err == nil || err.Error() != want {
			t.Errorf("refusal is %v, OpenSSH's is %s", err, want)
		}
		if s.Opens() != 2 || s.Logins() != 1 {
			t.Errorf("%d opens, %d logins", s.Opens(), s.Logins())
		}
	})
}

func TestKillEndsEverything(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ended := make(chan struct{})
		s := sshtest.New(sshtest.Options{Exec: func(s *sshtest.Session) int {
			<-s.Context.Done()
			close(ended)
			return 0
		}})
		c := dial(t, s)
		session, err := c.NewSession()
		if err != nil {
			t.Fatal(err)
		}
		if err := session.Start("wait"); err != nil {
			t.Fatal(err)
		}
		s.Kill()
		_ = c.Wait()
		<-ended
		synctest.Wait()
		if n := s.Connections(); n != 0 {
			t.Errorf("%d connections are left", n)
		}
	})
}

// x/crypto v0.52.0 span at full speed on a request to a closed connection (golang/go#79717). With such a version this
// test never ends.
func TestRequestAfterClose(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := dial(t, sshtest.New(sshtest.Options{}))
		_ = c.Close()
		if _, _, err := c.SendRequest("keepalive@openssh.com", true, nil); err == nil {
			t.Error("a closed connection answers")
		}
	})
}
