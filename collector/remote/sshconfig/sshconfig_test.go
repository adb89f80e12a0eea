package sshconfig_test

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"pumatop/collector/remote/sshconfig"
)

func TestParse(t *testing.T) {
	t.Parallel()
	c := sshconfig.Parse([]byte("host web1\r\nuser deploy\nidentityfile ~/.ssh/a key\nidentityfile ~/.ssh/b\n" +
		"canonicalizePermittedcnames none\nserveraliveinterval 15\nconnecttimeout none\nidentitiesonly yes\n" +
		"stricthostkeychecking true\n\nproxycommand\nproxyjump none\n"))
	for keyword, want := range map[string]string{
		"user": "deploy", "canonicalizepermittedcnames": "none", "proxycommand": "", "missing": "",
	} {
		if got := c.Get(keyword); got != want {
			t.Errorf("%s is %q, want %q", keyword, got, want)
		}
	}
	if got := c.All("identityfile"); len(got) != 2 || got[0] != "~/.ssh/a key" {
		t.Errorf("identityfile is %q", got)
	}
	if c.Seconds("serveraliveinterval") != 15*time.Second || c.Seconds("connecttimeout") != 0 {
		t.Error("times are wrong")
	}
	if !c.Yes("identitiesonly") || !c.Yes("stricthostkeychecking") || c.Yes("user") {
		t.Error("switches are wrong")
	}
	if c.Set("proxyjump") || c.Set("proxycommand") || !c.Set("user") {
		t.Error("none is a value")
	}
	if !c.Changed(sshconfig.Config{"user": {"root"}}, "user") || c.Changed(sshconfig.Config{"user": {"deploy"}}, "user") {
		t.Error("changes are wrong")
	}
}

func TestExpand(t *testing.T) {
	t.Setenv("PUMATOP_TEST_KEY", "blue")
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	c := sshconfig.Config{"hostname": {"10.0.0.1"}, "user": {"deploy"}, "port": {"2222"}, "proxyjump": {"bastion"}}
	for in, want := range map[string]string{
		"/keys/%r@%h:%p":           "/keys/deploy@10.0.0.1:2222",
		"%n %k %j":                 "web1 web1 bastion",
		"100%%":                    "100%",
		"${PUMATOP_TEST_KEY}.pem":  "blue.pem",
		"~/.ssh/id":                filepath.Join(me.HomeDir, ".ssh/id"),
		"~":                        me.HomeDir,
		"%d/x":                     me.HomeDir + "/x",
		"~other/.ssh/id":           "~other/.ssh/id",
		"/a/~/b $PUMATOP_TEST_KEY": "/a/~/b $PUMATOP_TEST_KEY",
	} {
		if got, err := c.Expand(in, "web1"); got != want || err != nil {
			t.Errorf("%s: got %q, %v", in, got, err)
		}
	}
	for _, in := range []string{"%Z", "x%", "${PUMATOP_TEST_KEY", "${PUMATOP_NOT_SET}"} {
		if got, err := c.Expand(in, "web1"); err == nil {
			t.Errorf("%s: got %q", in, got)
		}
	}
	c["hostkeyalias"] = []string{"shop"}
	if got, _ := c.Expand("%k", "web1"); got != "shop" {
		t.Errorf("%%k is %q", got)
	}
}

// TestMain lets the test's own program be ssh, under that name: it writes its arguments down and runs the script beside
// it. A program written by the test could be busy, because a fork of another test may hold it open.
func TestMain(m *testing.M) {
	dir, name := filepath.Split(os.Args[0])
	if name != "ssh" {
		os.Exit(m.Run())
	}
	err := os.WriteFile(dir+"args", []byte(strings.Join(os.Args[1:], " ")), 0o600)
	if err == nil {
		err = syscall.Exec("/bin/sh", []string{"sh", dir + "script"}, os.Environ())
	}
	panic(err)
}

// fakeSSH stands in for ssh: what it does is a script, its arguments are told afterwards.
func fakeSSH(t *testing.T, script string) (client *sshconfig.Client, args func() string) {
	t.Helper()
	dir := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, filepath.Join(dir, "ssh")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "script"), []byte(script+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	client, err = sshconfig.NewClient(filepath.Join(dir, "ssh"))
	if err != nil {
		t.Fatal(err)
	}
	return client, func() string {
		text, err := os.ReadFile(filepath.Join(dir, "args"))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
}

func TestAsk(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		query sshconfig.Query
		args  string
	}{
		{sshconfig.Query{Host: "web1"}, "-G -T -- web1"},
		{sshconfig.Query{Host: "web1", User: "deploy", Port: "2222", File: "/f"}, "-G -T -F /f -l deploy -p 2222 -- web1"},
		{sshconfig.Query{Host: "-oProxyCommand=x"}, "-G -T -- -oProxyCommand=x"},
	} {
		client, args := fakeSSH(t, "echo hostname 10.0.0.1")
		config, err := client.Ask(t.Context(), c.query)
		if err != nil || config.Get("hostname") != "10.0.0.1" || args() != c.args {
			t.Errorf("%+v: %v, %v, asked with %q", c.query, config, err, args())
		}
	}
}

func TestAskFails(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ script, want string }{
		"bad option": {
			"printf '/home/me/.ssh/config: line 26: Bad configuration option: tag\\r\\n/home/me/.ssh/config: terminating, 1 bad configuration options\\r\\n' >&2; exit 255",
			"read ssh configuration for web1: /home/me/.ssh/config: line 26: Bad configuration option: tag"},
		"escape sequences": {"printf '\\033[2Jhostname contains invalid characters\\n' >&2; exit 255",
			"read ssh configuration for web1: hostname contains invalid characters"},
		"silence": {"exit 3", "read ssh configuration for web1: ssh -G ended with exit status 3"},
	} {
		client, _ := fakeSSH(t, c.script)
		_, err := client.Ask(t.Context(), sshconfig.Query{Host: "web1"})
		var refused *sshconfig.Error
		if !errors.As(err, &refused) || err.Error() != c.want {
			t.Errorf("%s: says %v, want %s", name, err, c.want)
		}
	}
}

// A Match exec that hangs is ended with what it has started when the caller gives up.
func TestAskGivesUp(t *testing.T) {
	t.Parallel()
	client, _ := fakeSSH(t, "sleep 600")
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error)
	go func() {
		_, err := client.Ask(ctx, sshconfig.Query{Host: "web1"})
		failed <- err
	}()
	cancel()
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestDefaultsAreAskedOnce(t *testing.T) {
	t.Parallel()
	client, args := fakeSSH(t, "echo user \"$(cat $0.count 2>/dev/null)x\" | tee -a $0.count")
	first, second := client.Defaults(t.Context()), client.Defaults(t.Context())
	if first.Get("user") != "x" || second.Get("user") != "x" || args() != "-G -T -F none -- localhost" {
		t.Errorf("got %v and %v, asked with %q", first, second, args())
	}
}

// At the start of a large fleet a thousand hosts ask for themselves. What a host needs besides its own answer comes
// before theirs, or no login began until every host had been asked for.
func TestFurtherQuestionsStandInNoLine(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	free, began := filepath.Join(dir, "free"), filepath.Join(dir, "began")
	if err := syscall.Mkfifo(began, 0o600); err != nil {
		t.Fatal(err)
	}
	begun, err := os.OpenFile(began, os.O_RDWR, 0) // for writing too: it has no end then
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = begun.Close() }()
	client, _ := fakeSSH(t, "[ -e "+free+" ] && { echo hostname 10.0.0.1; echo certificatefile /k/%C; exit; }; printf x >"+began+"; sleep 600")
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, runtime.NumCPU())
	for range cap(ended) {
		go func() {
			_, err := client.Ask(ctx, sshconfig.Query{Host: "web1"})
			ended <- err
		}()
	}
	if _, err := io.ReadFull(begun, make([]byte, cap(ended))); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(free, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	jump, err := client.Ask(t.Context(), sshconfig.Query{Host: "jump", Further: true}) // two questions, for the %C
	for name, c := range map[string]sshconfig.Config{"jump": jump, "defaults": client.Defaults(t.Context()), "system": client.System(t.Context())} {
		if err != nil || c.Get("hostname") != "10.0.0.1" {
			t.Errorf("%s: %v, %v", name, c, err)
		}
	}
	select {
	case err := <-ended:
		t.Fatalf("the further questions waited for the first ones: %v", err)
	default:
	}
	cancel()
	for range cap(ended) {
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("a first question ends with %v", err)
		}
	}
}

func TestNoSSH(t *testing.T) {
	t.Parallel()
	_, err := sshconfig.NewClient("/nonexistent/ssh")
	if err == nil || !errors.Is(err, os.ErrNotExist) && !errors.Is(err, exec.ErrNotFound) {
		t.Errorf("got %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("user deploy\nport 22\nidentityfile %d/%%/${HOME}/~\n"))
	f.Add([]byte("\x00 \n \n  x\nproxycommand ssh %h -W %p\n"))
	f.Fuzz(func(t *testing.T, out []byte) {
		c := sshconfig.Parse(out)
		for keyword, values := range c {
			if keyword != strings.ToLower(keyword) || len(values) == 0 {
				t.Errorf("keyword %q has %q", keyword, values)
			}
			_ = c.Seconds(keyword)
			for _, v := range values {
				_, _ = c.Expand(v, "web1")
			}
		}
	})
}
