package remote_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/ssh"

	"pumatop/collector/prompt"
	"pumatop/collector/remote"
	"pumatop/collector/remote/sshconfig"
	"pumatop/collector/remote/sshtest"
)

// network is several simulated servers, of which only those in reach can be dialled directly; the others are dialled
// from any server.
type network struct {
	servers map[string]*sshtest.Server
	reach   map[string]bool
	config  map[string]sshconfig.Config
	pool    *remote.Pool

	mu    sync.Mutex
	users map[string]string // who has logged in where
}

func newNetwork(t *testing.T, reach ...string) *network {
	t.Helper()
	return newNetworkWith(t, func(string, *sshtest.Options) {}, nil, reach...)
}

// newNetworkWith is a network of servers that shape has been at, and with somebody to ask.
func newNetworkWith(t *testing.T, shape func(name string, o *sshtest.Options), who prompt.Asker, reach ...string) *network {
	t.Helper()
	n := &network{
		servers: map[string]*sshtest.Server{}, reach: map[string]bool{}, config: map[string]sshconfig.Config{},
		users: map[string]string{},
	}
	for _, r := range reach {
		n.reach[r] = true
	}
	dial := func(addr string) (net.Conn, error) {
		host, _, _ := net.SplitHostPort(addr)
		s := n.servers[host]
		if s == nil {
			return nil, errors.New("connection refused")
		}
		return s.Dial(context.Background())
	}
	var known strings.Builder
	for _, name := range append([]string{"bastion", "inner", "web1", "web2"}, reach...) {
		if n.servers[name] != nil {
			continue
		}
		o := sshtest.Options{DialTCP: dial, DialUnix: puma, Exec: func(s *sshtest.Session) int {
			n.mu.Lock()
			n.users[name] = s.User
			n.mu.Unlock()
			return 0
		}}
		shape(name, &o)
		n.servers[name] = sshtest.New(o)
		known.WriteString(n.servers[name].KnownHosts(name))
	}
	n.pool = remote.NewPool(remote.Options{
		User: "deploy", KnownHosts: []byte(known.String()), Ask: who,
		Resolve: func(_ context.Context, q sshconfig.Query) (sshconfig.Config, error) {
			c := sshconfig.Config{"hostname": {q.Host}, "user": {q.User}, "port": {"22"}, "stricthostkeychecking": {"yes"}}
			if q.User == "" {
				c["user"] = []string{"me"}
			}
			for k, v := range n.config[q.Host] {
				c[k] = v
			}
			return c, nil
		},
		Dial: func(_ context.Context, _, addr string) (net.Conn, error) {
			host, _, _ := net.SplitHostPort(addr)
			if !n.reach[host] {
				return nil, fmt.Errorf("%s is out of reach", host)
			}
			return dial(addr)
		},
	})
	t.Cleanup(n.pool.Close)
	return n
}

func (n *network) host(t *testing.T, name string) *remote.Host {
	t.Helper()
	h, err := n.pool.Host(name)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// Everything behind a jump host shares its one login, and losing it costs one more, whoever comes back first.
func TestJumpIsShared(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, "bastion")
		var hosts []*remote.Host
		for i := range 20 {
			name := fmt.Sprintf("web1.%d", i)
			n.config[name] = sshconfig.Config{"hostname": {"web1"}, "hostkeyalias": {"web1"}, "proxyjump": {"bastion"},
				"identityfile": {"/nonexistent/" + name}}
			hosts = append(hosts, n.host(t, name))
		}
		everybody := func() {
			var all sync.WaitGroup
			for _, h := range hosts {
				all.Go(func() {
					if err := h.Connect(t.Context()); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
		}
		everybody()
		if answer, err := ask(t.Context(), hosts[7]); err != nil || answer != "/run/puma.sock got GET\n" {
			t.Errorf("got %q, %v", answer, err)
		}
		synctest.Wait() // a server counts a login after its client is through
		if b, w := n.servers["bastion"].Logins(), n.servers["web1"].Logins(); b != 1 || w != 20 {
			t.Errorf("%d logins at the bastion, %d behind it", b, w)
		}
		began := time.Now()
		n.servers["bastion"].Kill()
		for _, h := range hosts {
			<-h.Done()
			if !errors.Is(h.Err(), remote.ErrLost) {
				t.Errorf("%s says %v", h.Name(), h.Err())
			}
		}
		if took := time.Since(began); took > 100*time.Millisecond {
			t.Errorf("the loss took %v to be noticed", took)
		}
		everybody()
		synctest.Wait()
		if b := n.servers["bastion"].Logins(); b != 2 {
			t.Errorf("%d logins at the bastion", b)
		}
		// The last one to go closes the jump.
		for _, h := range hosts {
			_ = h.Close()
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if c := n.servers["bastion"].Connections(); c != 0 {
			t.Errorf("%d connections are left at the bastion", c)
		}
	})
}

// Two hops in one list, and a hop with a jump of its own. The options' user is the host's, not the jumps'.
func TestJumpOverTwo(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		config map[string]sshconfig.Config
		users  string
	}{
		"in a list": {map[string]sshconfig.Config{
			"web1": {"proxyjump": {"bastion,inner"}}, "inner": {"proxyjump": {"nowhere"}}}, "me me deploy"},
		"one by one": {map[string]sshconfig.Config{
			"web1": {"proxyjump": {"inner"}}, "inner": {"proxyjump": {"bastion"}}}, "me me deploy"},
		"with a user": {map[string]sshconfig.Config{
			"web1": {"proxyjump": {"bastion:22,you@inner"}}}, "me you deploy"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := newNetwork(t, "bastion")
				n.config = c.config
				h := n.host(t, "web1")
				if err := h.Connect(t.Context()); err != nil {
					t.Fatal(err)
				}
				if answer, err := ask(t.Context(), h); err != nil || answer != "/run/puma.sock got GET\n" {
					t.Errorf("got %q, %v", answer, err)
				}
				synctest.Wait() // until every server has counted the login, and run the first session's command
				for _, s := range []string{"bastion", "inner", "web1"} {
					if n.servers[s].Logins() != 1 {
						t.Errorf("%d logins at %s", n.servers[s].Logins(), s)
					}
				}
				if got := n.users["bastion"] + " " + n.users["inner"] + " " + n.users["web1"]; got != c.users {
					t.Errorf("logged in as %s, want %s", got, c.users)
				}
			})
		})
	}
}

func TestJumpErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		spoil func(n *network)
		want  string
		retry bool
	}{
		{"bastion out of reach", func(n *network) { n.reach = nil },
			"web1: on the way: bastion: bastion is out of reach", true},
		{"bastion unknown", func(n *network) {
			n.servers["bastion"] = sshtest.New(sshtest.Options{HostKeys: []ssh.Signer{}})
		}, "web1: on the way: bastion: HOST KEY HAS CHANGED", false},
		{"host refuses", func(n *network) { n.config["web1"]["hostname"] = []string{"web9"} },
			"web1: connection refused (web9:22, from bastion)", true},
		{"host unknown", func(n *network) { n.servers["web1"] = sshtest.New(sshtest.Options{}) },
			"web1: HOST KEY HAS CHANGED", false},
		{"bastion forbids", func(n *network) { n.config["web1"]["proxyjump"] = []string{"bastion,web2"}; n.servers["web2"] = nil },
			"web1: on the way: web2: connection refused (port 22, from bastion)", true},
		{"host says nothing", func(n *network) { n.servers["web1"].Hold(true) },
			"web1: no SSH handshake within 10s (port 22)", true},
		{"circle", func(n *network) { n.config["bastion"] = sshconfig.Config{"proxyjump": {"bastion"}} },
			"web1: on the way: bastion: on the way: bastion: ProxyJump leads in a circle", false},
		{"circle of two", func(n *network) {
			n.config["bastion"] = sshconfig.Config{"proxyjump": {"inner"}}
			n.config["inner"] = sshconfig.Config{"proxyjump": {"bastion"}}
		}, "bastion: ProxyJump leads in a circle", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := newNetwork(t, "bastion")
				n.config["web1"] = sshconfig.Config{"proxyjump": {"bastion"}}
				c.spoil(n)
				h := n.host(t, "web1")
				err := h.Connect(t.Context())
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Fatalf("says %v, want %s", err, c.want)
				}
				if _, ok := h.RetryAfter(err, 0); ok != c.retry {
					t.Errorf("retry is %v", ok)
				}
				if remote.Remedy(err) == "" {
					t.Error("has no remedy")
				}
				// Nobody holds the jump any more.
				time.Sleep(time.Second)
				synctest.Wait()
				if s := n.servers["bastion"]; s != nil && s.Connections() != 0 {
					t.Errorf("%d connections are left at the bastion", s.Connections())
				}
			})
		})
	}
}

// Two hosts that are each other's jump host, asked for at the same time, do not wait for each other.
func TestJumpCircleFromBothEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, "bastion", "inner")
		n.config["bastion"] = sshconfig.Config{"proxyjump": {"inner"}}
		n.config["inner"] = sshconfig.Config{"proxyjump": {"bastion"}}
		var both sync.WaitGroup
		for _, name := range []string{"bastion", "inner"} {
			h := n.host(t, name)
			both.Go(func() {
				var config *remote.ConfigError
				if err := h.Connect(t.Context()); !errors.As(err, &config) {
					t.Errorf("%s: got %v", name, err)
				}
			})
		}
		both.Wait()
	})
}

// TestMain lets the test's own program be others: an ssh that runs the script beside it, that ssh's askpass, a
// server to be measured against, and a ProxyCommand that joins its ends to a TCP address.
func TestMain(m *testing.M) {
	if socket := os.Getenv(remote.AskpassVariable); socket != "" && filepath.Base(os.Args[0]) != "ssh" {
		os.Exit(remote.Askpass(socket, os.Args[1], os.Getenv("SSH_ASKPASS_PROMPT"), os.Stdout))
	}
	if dir, name := filepath.Split(os.Args[0]); name == "ssh" {
		panic(syscall.Exec("/bin/sh", append([]string{"sh", dir + "script"}, os.Args[1:]...), os.Environ()))
	}
	if path := os.Getenv(serverVariable); path != "" {
		beServer(path)
		return
	}
	addr := os.Getenv("PUMATOP_TEST_PROXY")
	if addr == "" {
		os.Exit(m.Run())
	}
	c, err := net.Dial("tcp", addr)
	if err != nil {
		fmt.Fprintln(os.Stderr, "proxy:", err)
		os.Exit(1)
	}
	go func() {
		_, _ = io.Copy(c, os.Stdin)
		_ = c.(*net.TCPConn).CloseWrite()
	}()
	_, _ = io.Copy(os.Stdout, c)
}

// proxied is a host that is reached through a ProxyCommand.
func proxied(t *testing.T, s *sshtest.Server, command string) (*remote.Pool, *remote.Host) {
	t.Helper()
	pool := remote.NewPool(remote.Options{
		KnownHosts: []byte(s.KnownHosts("web1")),
		Resolve: func(context.Context, sshconfig.Query) (sshconfig.Config, error) {
			return sshconfig.Config{"hostname": {"web1"}, "user": {"deploy"}, "proxycommand": {command}}, nil
		},
	})
	t.Cleanup(pool.Close)
	h, err := pool.Host("web1")
	if err != nil {
		t.Fatal(err)
	}
	return pool, h
}

func TestProxyCommand(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	s := sshtest.New(sshtest.Options{Exec: script(map[string]string{"uptime": "up"})})
	go func() { _ = s.Serve(l) }()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	pidFile := filepath.Join(t.TempDir(), "pid")
	pool, h := proxied(t, s, "sh -c 'echo $$ >"+pidFile+"; exec env PUMATOP_TEST_PROXY="+l.Addr().String()+" "+self+"'")
	if err := h.Connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	if out, err := h.Run(t.Context(), "uptime"); string(out) != "up" || err != nil {
		t.Errorf("got %q, %v", out, err)
	}
	pid := waitForPID(t, pidFile)
	pool.Close()
	waitForDeath(t, pid)
}

func TestProxyCommandFails(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, command, want string }{
		{"with words", "sh -c 'printf \"\\033[31mno route\\n\" >&2; exit 1'", "web1: the proxy command ended: no route"},
		{"in silence", "true", "web1: the proxy command ended"},
		{"not there", "/nonexistent/nc web1 22", "/nonexistent/nc"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, h := proxied(t, sshtest.New(sshtest.Options{}), c.command)
			err := h.Connect(t.Context())
			var dial *remote.DialError
			if !errors.As(err, &dial) || dial.Stage != "proxy" || dial.Busy || !strings.Contains(err.Error(), c.want) {
				t.Errorf("says %v, want %s", err, c.want)
			}
		})
	}
}

// A ProxyCommand that hangs ends with the attempt, and so does what it started.
func TestProxyCommandHangs(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("sleep"); err != nil {
		t.Fatal(err)
	}
	pidFile := filepath.Join(t.TempDir(), "pid")
	_, h := proxied(t, sshtest.New(sshtest.Options{}), "sh -c 'trap \"\" HUP; echo $$ >"+pidFile+"; sleep 600; :'")
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error)
	go func() { failed <- h.Connect(ctx) }()
	pid := waitForPID(t, pidFile)
	cancel()
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	waitForDeath(t, pid)
}
