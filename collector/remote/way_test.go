package remote_test

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"pumatop/collector/remote"
	"pumatop/collector/remote/sshconfig"
	"pumatop/collector/remote/sshtest"
)

// What is set for a host is asked of ssh for that host, and neither for those on the way nor for its neighbours.
func TestSetIsForTheHostAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := sshtest.New(sshtest.Options{DialTCP: func(string) (net.Conn, error) {
			return sshtest.New(sshtest.Options{}).Dial(context.Background())
		}})
		var mu sync.Mutex
		asked := map[string][]string{}
		pool := remote.NewPool(remote.Options{
			User: "deploy",
			Resolve: func(_ context.Context, q sshconfig.Query) (sshconfig.Config, error) {
				mu.Lock()
				defer mu.Unlock()
				asked[q.Host] = append([]string{q.User}, q.Set...)
				c := sshconfig.Config{"hostname": {q.Host}, "user": {"deploy"}, "port": {"22"}, "stricthostkeychecking": {"accept-new"},
					"userknownhostsfile": {filepath.Join(t.TempDir(), "known")}}
				if q.Host == "web1" {
					c["proxyjump"] = []string{"bastion"}
				}
				return c, nil
			},
			Dial: func(ctx context.Context, _, _ string) (net.Conn, error) { return server.Dial(ctx) },
		})
		defer pool.Close()
		for name, set := range map[string][]string{"web1": {"User=root", "ServerAliveInterval=5"}, "web2": nil} {
			h, err := pool.HostBy(name, remote.HostOptions{Set: set})
			if err != nil {
				t.Fatal(err)
			}
			if err := h.Connect(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		for name, want := range map[string][]string{"web1": {"", "User=root", "ServerAliveInterval=5"}, "bastion": {""}, "web2": {"deploy"}} {
			if !slices.Equal(asked[name], want) {
				t.Errorf("%s was asked for with %q, not with %q", name, asked[name], want)
			}
		}
	})
}

// One address with other settings is another connection: what is set may decide on the login.
func TestSetSeparates(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, sshtest.Options{})
		defer f.pool.Close()
		for _, set := range [][]string{nil, {"Compression=yes"}, {"Compression=no"}, {"Compression=no"}} {
			h, err := f.pool.HostBy("web1", remote.HostOptions{Set: set})
			if err != nil {
				t.Fatal(err)
			}
			if err := h.Connect(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if n := f.dials.Load(); n != 3 {
			t.Errorf("%d connections for three ways", n)
		}
	})
}

func TestSetIsChecked(t *testing.T) {
	t.Parallel()
	pool := remote.NewPool(remote.Options{})
	defer pool.Close()
	for line, want := range map[string]string{
		"Port":                     `web1: not an ssh option: "Port"`,
		"Port= ":                   `web1: not an ssh option: "Port= "`,
		"Prot=22":                  `web1: ssh has no option "Prot"`,
		"=22":                      `web1: ssh has no option ""`,
		"Host=x":                   "web1: Host stands in ssh's own files alone",
		"match=all":                "web1: Match stands in ssh's own files alone",
		"Include=/dev/null":        "web1: Include stands in ssh's own files alone",
		"User=x\nProxyCommand=id":  "web1: the ssh option User has more than one line",
		"User=$(id)":               `web1: not a value for User: it contains '$'`,
		"user=a;b":                 `web1: not a value for User: it contains ';'`,
		"User=-oProxyCommand=id":   "web1: not a value for User: it begins with -",
		"ProxyJump=a,`id`@b":       "web1: not a value for ProxyJump: it contains '`'",
		"HostName=a|b":             "web1: not a value for Hostname: it contains '|'",
		`User=CORP\deploy`:         "",
		"ProxyJump=a@b:22,[::1]:2": "",
		"HostName=%h.example.com":  "",
		"ServerAliveInterval = 5s": "",
		"proxyjump=none":           "",
	} {
		_, err := pool.HostBy("web1", remote.HostOptions{Set: []string{line}})
		var config *remote.ConfigError
		switch {
		case want == "" && err == nil:
		case !errors.As(err, &config) || err.Error() != want || remote.Remedy(err) == "":
			t.Errorf("%q: %v (%s)", line, err, remote.Remedy(err))
		}
	}
}

// A value that ssh does not take is refused in its words, whether it is there to be asked or not, and not tried again.
func TestSetIsRefusedBySSH(t *testing.T) {
	for name, ssh := range map[string]string{"asked": "", "read": "/nonexistent/ssh"} {
		pool := remote.NewPool(remote.Options{ConfigFile: "none", SSH: ssh})
		defer pool.Close()
		h, err := pool.HostBy("web1", remote.HostOptions{Set: []string{"Port=none"}})
		if err != nil {
			t.Fatal(err)
		}
		err = h.Connect(t.Context())
		_, again := h.RetryAfter(err, 0)
		if !strings.Contains(err.Error(), "command-line") || remote.Remedy(err) != "mend the ssh options that the host is given" || again {
			t.Errorf("%s: %v (%s), again: %v", name, err, remote.Remedy(err), again)
		}
	}
}
