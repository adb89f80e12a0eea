package probe

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"pumatop/collector/puma"
)

// The recording is of a Docker 20.10 daemon with five containers of Puma 6.6: two of one service and role, as in the
// middle of a deploy of Kamal's, one of another destination that listens on its loopback, one that keeps its socket in a
// directory of the host, and one in the host's network. The login and a path were replaced.
func TestContainers(t *testing.T) {
	t.Parallel()
	h := recorded(t, "containers")
	type row struct {
		name, container, release, control string
		older, execOnly                   bool
	}
	tests := []row{
		{"hostnet", "hostnet", "shop:1", "tcp://127.0.0.1:9399", false, false},
		{"plain", "plain", "shop:1", "unix:///srv/plain/sockets/pumactl.sock", false, false},
		{"shop-web", "shop-web-0a1b2c3d_uncommitted_9f8e7d6c5b4a3928", "0a1b2c3d_uncommitted", "tcp://172.17.0.3:9293", false, false},
		{"shop-web-old", "shop-web-d00d0000", "d00d0000", "tcp://172.17.0.2:9293", true, false},
		{"shop-web-staging", "shop-web-staging-77777777", "77777777", "tcp://127.0.0.1:9293", false, true},
	}
	equal(t, "Pumas", len(h.Pumas), len(tests))
	for _, want := range tests {
		t.Run(want.name, func(t *testing.T) {
			t.Parallel()
			p := find(t, h, want.name)
			c := p.Container
			equal(t, "the row", row{p.App, c.Short(), p.Release, p.Control.String(), c.Older, c.ExecOnly}, want)
			equal(t, "pid", p.PID, 1)
			equal(t, "user", p.User, "rails")
			equal(t, "token", p.Token.IsSet(), true)
			equal(t, "may signal, from inside", p.MaySignal, true)
			equal(t, "notes", len(p.Notes), 0)
			equal(t, "unit", p.Unit.Name, "")
			equal(t, "current", p.Current, "")
			equal(t, "phased", p.Phased.Answer, puma.Yes)
			equal(t, "evidence", p.Phased.Evidence, `"Restarts: (✔) hot (✔) phased" in the start-up log (docker logs)`)
			equal(t, "workers", len(p.Workers), 2)
			for _, w := range p.Workers {
				equal(t, "worker's release", w.Release, want.release)
				if on := p.OnHost(w.PID); on == 0 || on == w.PID {
					t.Errorf("worker %d is process %d of the host", w.PID, on)
				}
			}
			equal(t, "an unknown pid on the host", p.OnHost(4242), 0)
		})
	}
}

func find(t *testing.T, h Host, app string) Puma {
	t.Helper()
	for _, p := range h.Pumas {
		if p.App == app {
			return p
		}
	}
	t.Fatalf("there is no %s in %s", app, apps(h))
	return Puma{}
}

// What cannot be looked into is still there, as the host shows it, and says what to do about it.
func TestContainersUnseen(t *testing.T) {
	t.Parallel()
	whole := string(read(t, "containers"))
	const id = "e64bb18076b3609da753e935311b6246b792a933db347b3ff573394086e068c3"
	cut := func(record string) string {
		before, after, ok := strings.Cut(whole, "\n"+record+"\t"+id)
		if !ok {
			t.Fatalf("no %s of %s", record, id)
		}
		_, rest, _ := strings.Cut(after, "\n")
		for strings.HasPrefix(rest, "|") {
			_, rest, _ = strings.Cut(rest, "\n")
		}
		return before + "\n" + rest
	}
	outside := strings.ReplaceAll(whole[:strings.Index(whole, "\ncontainer\t")]+"\nend\n", "\nend\n", "\n%send\n")
	tests := []struct{ what, out, app, text, remedy string }{
		{
			"no shell in the image", strings.Replace(cut("inside"), "\nstarted\t"+id, "\ninside\t"+id+
				"\n|OCI runtime exec failed: exec failed: unable to start container process: exec: \"sh\": executable file not found in $PATH: unknown\nstarted\t"+id, 1),
			"shop-web-staging", "it runs in container shop-web-staging-77777777, which could not be looked into: OCI runtime exec failed: exec failed: " +
				"unable to start container process: exec: \"sh\": executable file not found in $PATH: unknown",
			"see whether docker exec -i shop-web-staging-77777777e5f60718293a4b5c6d7e8f9001122334 sh works on the host",
		},
		{
			"no right to ask", fmt.Sprintf(outside, "complaint\tengine\tdocker: permission denied while trying to connect to the Docker daemon socket at "+
				"unix:///var/run/docker.sock: dial unix /var/run/docker.sock: connect: permission denied\n"),
			"rails", "it runs in a container, and deploy may not ask docker for it", "usermod -aG docker deploy lets it (which makes it as good as root)",
		},
		{
			"no command", fmt.Sprintf(outside, "complaint\tengine\tdocker: command not found\n"),
			"rails", "it runs in a container that could not be asked for: docker: command not found", "log in as the user who runs it",
		},
		{
			"not asked, where timeout(1) is missing", fmt.Sprintf(outside, ""),
			"rails", "it runs in a container, whose files and sockets are its own", "probe inside the container",
		},
	}
	for _, test := range tests {
		t.Run(test.what, func(t *testing.T) {
			t.Parallel()
			h, err := Parse([]byte(test.out))
			if err != nil {
				t.Fatal(err)
			}
			equal(t, "Pumas", len(h.Pumas), 5)
			equal(t, "notes of the host", len(h.Notes), 0)
			p := find(t, h, test.app)
			equal(t, "notes", fmt.Sprint(p.Notes), fmt.Sprint([]Note{{test.text, test.remedy}}))
			equal(t, "may signal", p.MaySignal, false)
			equal(t, "control", p.Control, puma.Address{})
			equal(t, "workers", len(p.Workers), 2)
			equal(t, "its worker on the host", p.OnHost(p.Workers[0].PID), p.Workers[0].PID)
		})
	}
}

// A state file in a directory that the host lent is named by its path on the host, and the Puma that it leads to is the
// container's, not a second one.
func TestContainersStateFileOnTheHost(t *testing.T) {
	t.Parallel()
	const state = "/srv/plain/sockets/puma.state"
	out := strings.ReplaceAll(string(read(t, "containers")), "/rails/tmp/pids/puma.state", "/rails/sockets/puma.state")
	out = strings.TrimSuffix(out, "end\n") + "state\t1\twant\tread\t1 2\t" + state + "\n|---\n|pid: 1\n|control_url: unix:///srv/plain/sockets/pumactl.sock\n|control_auth_token: literal\n" +
		"socket\t1\topen\t/srv/plain/sockets/pumactl.sock\nprocess\t1\tother\nend\n"
	h, err := Parse([]byte(out))
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "Pumas", len(h.Pumas), 5)
	equal(t, "state file", find(t, h, "plain").StatePath, state)
}

func properties(values map[string]any) (lines []string) {
	for name, value := range values {
		b, err := json.Marshal(value)
		if err != nil {
			panic(err)
		}
		lines = append(lines, name+"="+string(b))
	}
	return lines
}

// Labels and variables are whatever an image or a command line says.
func TestContainerHostile(t *testing.T) {
	t.Parallel()
	c := RawContainer{ID: "1f6f2f53d527", Engine: "docker", Properties: properties(map[string]any{
		"name": "/x\x1b[31m", "service": "a\"b\nend\n||pid: 1\ttab", "role": "x\x1b[31mred\u009b2J", "env": "KAMAL_VERSION=v\n|x/../y", "image": 7,
		"address": "not one", "created": "0001-01-01T00:00:00Z", "restarts": "many", "mount": "half",
	})}.container()
	safe(t, c.Name, c.Service, c.Role, c.Version, c.app(), c.release(), c.Short())
	if strings.ContainsAny(c.app(), " /:\n\t") || strings.Contains(c.release(), "/") {
		t.Errorf("app %q, release %q", c.app(), c.release())
	}
	equal(t, "image", c.Image, "")
	equal(t, "created", c.Created.IsZero(), true)
	equal(t, "restarts", c.Restarts.Known, false)
}

func TestContainerNames(t *testing.T) {
	t.Parallel()
	const sha = "4f2b1c9d0e8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c"
	tests := []struct {
		what                string
		c                   Container
		app, release, short string
	}{
		{"Kamal's", Container{Name: "shop-web-" + sha, Service: "shop", Role: "web", Version: sha}, "shop-web", "4f2b1c9d", "shop-web-4f2b1c9d"},
		{"with a destination", Container{Name: "shop-web-staging-" + sha, Service: "shop", Role: "web", Destination: "staging", Version: sha},
			"shop-web-staging", "4f2b1c9d", "shop-web-staging-4f2b1c9d"},
		{"being replaced", Container{Name: "shop-web-" + sha + "_replaced_01ab", Service: "shop", Role: "web", Version: sha, Older: true},
			"shop-web-old", "4f2b1c9d", "shop-web-4f2b1c9d_replaced_01ab"},
		{"of a dirty tree", Container{Name: "s-w-x", Service: "s", Role: "w", Version: sha + "_uncommitted_9f8e7d6c5b4a3928"}, "s-w", "4f2b1c9d_uncommitted", "s-w-x"},
		{"a version that is no commit", Container{Service: "s", Role: "w", Version: "v1.2.3"}, "s-w", "v1.2.3", ""},
		{"plain Docker's", Container{Name: "shop", Image: "ghcr.io/acme/shop:1.4"}, "shop", "shop:1.4", "shop"},
		{"by service alone", Container{Name: "compose-web-1", Service: "web", Image: "shop@sha256:0123"}, "compose-web-1", "shop@sha256:0123", "compose-web-1"},
		{"without any", Container{ID: sha}, "4f2b1c9d0e8a", ".", ""},
	}
	for _, test := range tests {
		t.Run(test.what, func(t *testing.T) {
			t.Parallel()
			equal(t, "app", test.c.app(), test.app)
			equal(t, "release", test.c.release(), test.release)
			equal(t, "short", test.c.Short(), test.short)
		})
	}
}

func TestContainerReach(t *testing.T) {
	t.Parallel()
	bridge := map[string]any{"network": "kamal", "address": "172.18.0.4"}
	lent := RawContainer{Properties: []string{
		`mount="/srv/all" "/"`, `mount="/srv/sockets" "/rails/sockets"`, `mount="relative" "/rails/sockets/x"`,
	}}
	box := func(m map[string]any) RawContainer { return RawContainer{Properties: properties(m)} }
	tests := []struct {
		what, url string
		c         RawContainer
		want      string // empty for from inside alone
	}{
		{"everywhere", "tcp://0.0.0.0:9293", box(bridge), "tcp://172.18.0.4:9293"},
		{"everywhere, both protocols", "tcp://[::]:9293", box(bridge), "tcp://172.18.0.4:9293"},
		{"its own address", "tcp://172.18.0.4:9293", box(bridge), "tcp://172.18.0.4:9293"},
		{"its loopback", "tcp://127.0.0.1:9293", box(bridge), ""},
		{"a name", "tcp://localhost:9293", box(bridge), ""},
		{"another network's address", "tcp://10.0.0.1:9293", box(bridge), ""},
		{"no address", "tcp://0.0.0.0:9293", box(nil), ""},
		{"with TLS", "ssl://0.0.0.0:9293", box(bridge), "ssl://172.18.0.4:9293"},
		{"the host's network", "tcp://127.0.0.1:9293", box(map[string]any{"network": "host"}), "tcp://127.0.0.1:9293"},
		{"an abstract name", "unix://@pumactl", box(bridge), ""},
		{"an abstract name in the host's network", "unix://@pumactl", box(map[string]any{"network": "host"}), "unix://@pumactl"},
		{"a file of its own", "unix:///rails/sockets/ctl.sock", box(bridge), ""},
		{"a file of its own, in the host's network", "unix:///rails/ctl.sock", box(map[string]any{"network": "host"}), ""},
		{"a file in a lent directory", "unix:///rails/sockets/ctl.sock", lent, "unix:///srv/sockets/ctl.sock"},
		{"beside a lent directory", "unix:///rails/sockets2/ctl.sock", lent, "unix:///srv/all/rails/sockets2/ctl.sock"},
	}
	for _, test := range tests {
		t.Run(test.what, func(t *testing.T) {
			t.Parallel()
			a, err := puma.ParseAddress(test.url, "/")
			if err != nil {
				t.Fatal(err)
			}
			c := test.c.container()
			got := c.reach(a).String()
			if c.ExecOnly {
				equal(t, "address", got, test.url)
				got = ""
			}
			equal(t, "reached at", got, test.want)
		})
	}
}

// A user's own engine keeps its networks to itself.
func TestContainerRootless(t *testing.T) {
	t.Parallel()
	out := strings.ReplaceAll(string(read(t, "containers")), "0::/docker/1f6f2f53d527612d03965b7301a22d9776f03ac0e86027131fab7d0149e6b8b5",
		"0::/user.slice/user-1500.slice/user@1500.service/app.slice/docker-1f6f2f53d527612d03965b7301a22d9776f03ac0e86027131fab7d0149e6b8b5.scope")
	out = strings.ReplaceAll(out, "|mount=", "|was=")
	h, err := Parse([]byte(out))
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "from inside alone", find(t, h, "plain").Container.ExecOnly, true)
	equal(t, "the others", find(t, h, "shop-web").Container.ExecOnly, false)
}

func FuzzContainer(f *testing.F) {
	f.Add("name=\"/shop\"\nservice=\"a\"\nrole=\"b\"\nenv=\"KAMAL_VERSION=1\"\naddress=\"10.0.0.1\"\nmount=\"/a\" \"/b\"", "unix:///b/c")
	f.Add("network=\"host\"\nrestarts=4\ncreated=\"2026-11-28T10:54:29.243814291Z\"", "tcp://0.0.0.0:1")
	f.Fuzz(func(t *testing.T, lines, url string) {
		c := RawContainer{ID: "0123", Engine: "docker", Properties: strings.Split(lines, "\n")}.container()
		a, err := puma.ParseAddress(url, "/")
		if err != nil {
			return
		}
		safe(t, c.Name, c.Image, c.Service, c.Role, c.Destination, c.Version, c.Host, c.User, c.Policy, c.app(), c.release(), c.Short(), c.reach(a).String())
	})
}
