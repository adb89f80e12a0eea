package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"golang.org/x/crypto/ssh"
)

const (
	masterLook  = 20 * time.Millisecond // between two looks whether an ssh has logged in
	masterGrace = 2 * time.Second       // for an ssh to end by itself
	masterSlack = 2 * time.Second       // beyond ssh's own limits, whose words are better than ours
	// socketPathMost is what a unix socket's path may have on every system (104 on darwin), less the 17 characters that ssh
	// adds while it makes one.
	socketPathMost = 103 - 17
)

// masterScript starts ssh and waits for the end of stdin, which is pumatop's, however it came: then it ends
// ssh with its helpers and takes their directory away. It lets go of stderr, so that its end is ssh's; stdout ssh closes
// itself as soon as it has logged in.
const masterScript = `dir=$1; shift
"$@" </dev/null >/dev/null &
exec 2>/dev/null
read -r _
trap '' TERM
kill -TERM 0
wait
rm -rf -- "$dir"`

// master is an ssh that pumatop has started, and the connection to its control socket: what is written there goes on
// as channels of that ssh's own connection. It ends with its ssh and ssh with it. The user's own masters are never
// used: one dies of a disconnect after a refused channel.
type master struct {
	net.Conn // nil until ssh has logged in

	dir    string
	cmd    *exec.Cmd
	leash  *os.File // the stdin of masterScript
	said   *os.File // ssh's stderr
	stderr *tail
	gone   chan struct{} // closed when ssh and all its belongings are

	closing sync.Once
}

// connectMaster reaches an endpoint through an ssh of OpenSSH's, whose own business are the way, the trust and the login.
func (p *Pool) connectMaster(ctx context.Context, ep *endpoint) (*link, error) {
	place, err := p.admit(ctx, ep.place())
	if err != nil {
		return nil, err
	}
	defer place.leave()
	place.greeted(ctx) // it is a process, whatever the host has to say
	m, err := p.startMaster(ctx, ep, place.leave)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = m.Close() })
	w := newWire(m)
	w.greeted.Store(true)
	conn, channels, requests, err := ssh.NewControlClientConn(w)
	if !stop() && err == nil {
		_ = conn.Close()
		err = context.Cause(ctx)
	}
	if err != nil {
		_ = m.Close()
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, &DialError{Host: ep.name, Addr: ep.addr(), Stage: "handshake",
			Err: &quiet{"talk to ssh through its control socket: " + cleanCause(err), err}}
	}
	return newLink(p.crew, ep, w, conn, channels, requests), nil
}

// startMaster starts an ssh and waits until it has logged in. While it waits for an answer of a person's its time
// stands still, and it leaves its place to others.
func (p *Pool) startMaster(ctx context.Context, ep *endpoint, leave func()) (*master, error) {
	client, missing := p.ask()
	if missing != nil {
		return nil, &UnsupportedError{Host: ep.name, Keyword: "Transport", Value: string(OpenSSH), NoSSH: true}
	}
	dir, err := masterDir()
	if err != nil {
		return nil, fmt.Errorf("make a place for a control socket: %w", err)
	}
	var q *inquiries
	if p.options.Ask != nil && !ep.batch && ep.mute == "" {
		if q, err = listen(ctx, dir, ep, p, leave); err != nil {
			_ = os.RemoveAll(dir)
			return nil, fmt.Errorf("listen for ssh's questions: %w", err)
		}
		defer q.close()
	}
	m := &master{dir: dir, stderr: &tail{limit: 2 << 10}, gone: make(chan struct{})}
	if err := m.start(p, client.Path(), ep, q); err != nil {
		_ = os.RemoveAll(dir)
		return nil, fmt.Errorf("start ssh: %w", err)
	}
	if err := m.await(ctx, ep, q); err != nil {
		_ = m.Close()
		return nil, err
	}
	return m, nil
}

// masterDir makes the private directory of one ssh: in the user's own run directory, else where temporary files go,
// as long as a socket's path may be.
func masterDir() (dir string, err error) {
	for _, base := range []string{os.Getenv("XDG_RUNTIME_DIR"), os.TempDir(), "/tmp"} {
		if base == "" {
			continue
		}
		dir, err = os.MkdirTemp(base, "pumatop-") // 0700
		switch {
		case err != nil:
		case len(filepath.Join(dir, controlName)) > socketPathMost:
			err = fmt.Errorf("%s is too long a path for a socket", dir)
			_ = os.Remove(dir)
		default:
			return dir, nil
		}
	}
	return "", err
}

// The sockets in an ssh's directory: its own, and where its questions go.
const controlName, askpassName = "c", "q"

// masterArgs is the command line of an ssh. What the configuration says beside the way, the trust and the login is
// turned off: it must neither forward nor run anything, and must stay with us.
func (e *endpoint) masterArgs(dir string, batch bool) []string {
	every, count := 5*time.Second, 2
	if e.keepaliveEvery != keepaliveEvery || e.keepaliveLimit != keepaliveLimit {
		every, count = e.keepaliveEvery, max(1, int(e.keepaliveLimit/e.keepaliveEvery))
	}
	args := []string{"-M", "-N", "-T", "-x", "-S", filepath.Join(dir, controlName)}
	options := []string{
		"ControlPersist=no", "ServerAliveInterval=" + strconv.Itoa(int(every/time.Second)), "ServerAliveCountMax=" + strconv.Itoa(count),
		"ConnectTimeout=" + strconv.Itoa(int(e.connectLimit/time.Second)), "ForwardAgent=no", "ClearAllForwardings=yes",
		"PermitLocalCommand=no", "RemoteCommand=none", "Tunnel=no", "UpdateHostKeys=no",
		"LogLevel=INFO", // below that it ends without a word, and above it talks of itself
	}
	if e.detaches { // only where this ssh knows the word
		options = append(options, "ForkAfterAuthentication=no")
	}
	if e.acceptNew() { // its "no" would go on with a key that has changed
		options = append(options, "StrictHostKeyChecking=accept-new")
	}
	if batch {
		options = append(options, "BatchMode=yes")
		if e.strict == "ask" { // says the same, but names the key
			options = append(options, "StrictHostKeyChecking=yes")
		}
	}
	if len(e.jumps) > 0 { // those of the list that named this host; its own are in the configuration
		args = append(args, "-J", joinJumps(e.jumps))
	}
	for _, o := range options {
		args = append(args, "-o", o)
	}
	return append(append(args, e.query.Options()...), "--", e.query.Host)
}

func (m *master) start(p *Pool, path string, ep *endpoint, q *inquiries) error {
	stdin, leash, err := os.Pipe()
	if err != nil {
		return err
	}
	said, stderr, err := os.Pipe()
	if err != nil {
		_, _ = stdin.Close(), leash.Close()
		return err
	}
	args := append([]string{"-c", masterScript, "pumatop-master", m.dir, path}, ep.masterArgs(m.dir, q == nil)...)
	m.cmd = exec.Command("/bin/sh", args...) //nolint:gosec,noctx // constant; ended by Close
	m.cmd.Stdin, m.cmd.Stderr = stdin, stderr
	m.cmd.Env = q.environment(os.Environ())
	// A session of its own has no terminal that ssh or a helper could ask at.
	m.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	err = m.cmd.Start()
	_, _ = stdin.Close(), stderr.Close()
	if err != nil {
		_, _ = leash.Close(), said.Close()
		return err
	}
	m.leash, m.said = leash, said
	p.running.Go(func() {
		_, _ = io.Copy(m.stderr, said) // ends with ssh
		m.release()
		_ = m.cmd.Wait()
		_, _ = os.RemoveAll(m.dir), said.Close()
		close(m.gone)
	})
	return nil
}

// release ends ssh: through the script at once, and with SIGKILL what stays.
func (m *master) release() {
	m.closing.Do(func() {
		_ = m.leash.Close()
		time.AfterFunc(masterGrace, func() {
			select {
			case <-m.gone: // the number may belong to another by now
			default:
				_ = syscall.Kill(-m.cmd.Process.Pid, syscall.SIGKILL)
				_ = m.said.Close() // a helper that has left the group may keep its other end
			}
		})
	})
}

// await waits until ssh has logged in, which its control socket shows.
func (m *master) await(ctx context.Context, ep *endpoint, q *inquiries) error {
	limit := ep.connectLimit*time.Duration(1+ep.hops) + masterSlack
	look := time.NewTicker(masterLook)
	defer look.Stop()
	for spent := time.Duration(0); spent < limit; {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case err := <-q.refused():
			return err
		case <-m.gone:
			return q.explain(masterFailure(ep, m.stderr.text()))
		case <-look.C:
		}
		var err error
		if m.Conn, err = net.Dial("unix", filepath.Join(m.dir, controlName)); err == nil {
			return nil
		}
		if !q.busy() {
			spent += masterLook
		}
	}
	return &DialError{Host: ep.name, Addr: ep.addr(), Stage: "dial",
		Err: fmt.Errorf("ssh to %s: no login within %s: %w", ep.addr(), limit, os.ErrDeadlineExceeded)}
}

// masterError is an ssh that ended, with what it said.
type masterError struct{ said string }

func (e *masterError) Error() string {
	if e.said == "" {
		return "ssh ended"
	}
	return "ssh ended: " + e.said
}

func (m *master) Read(p []byte) (int, error) {
	n, err := m.Conn.Read(p)
	if err == nil || errors.Is(err, net.ErrClosed) {
		return n, err
	}
	// The connection to a master never ends alone: see the type.
	m.release()
	select {
	case <-m.gone:
	case <-time.After(masterGrace):
	}
	return n, &masterError{lastWords(m.stderr.text())}
}

// Close ends the connection and its ssh.
func (m *master) Close() error {
	if m.Conn != nil {
		_ = m.Conn.Close()
	}
	m.release()
	return nil
}
