package doctor

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pumatop/collector/probe"
	"pumatop/collector/puma"
)

// write makes the files of a directory; a text that begins with "-> " is a link.
func write(t *testing.T, root string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		err := error(nil)
		if to, link := strings.CutPrefix(text, "-> "); link {
			err = os.Symlink(to, path)
		} else {
			err = os.WriteFile(path, []byte(strings.ReplaceAll(text, "ROOT", root)), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// run has every shell of this machine run a script; what the last of them printed is returned as well.
func run(t *testing.T, script string) (*Host, string) {
	t.Helper()
	var host *Host
	for _, shell := range [][]string{{"sh"}, {"bash"}, {"busybox", "ash"}} {
		if _, err := exec.LookPath(shell[0]); err == nil {
			host = runIn(t, shell, script)
		}
	}
	cmd := exec.CommandContext(t.Context(), "sh", "-s")
	cmd.Stdin = strings.NewReader(script)
	text, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return host, string(text)
}

func runIn(t *testing.T, shell []string, script string) *Host {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), shell[0], append(shell[1:], "-s")...)
	cmd.Stdin = strings.NewReader(script)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(shell, err)
	}
	host, err := ParseHost(out)
	if err != nil {
		t.Fatalf("%s: %v\n%s", shell, err, out)
	}
	return host
}

// pretend starts a process with a title and an environment.
func pretend(t *testing.T, dir, title string, environment ...string) int {
	t.Helper()
	path, err := exec.LookPath("sleep")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Cmd{Path: path, Args: []string{title, "600"}, Dir: dir, Env: environment}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return cmd.Process.Pid
}

func TestScriptReadsAPuma(t *testing.T) {
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	write(t, root, map[string]string{
		"releases/1/Gemfile.lock": "GEM\n  specs:\n    activerecord (7.1.3)\n      activemodel (= 7.1.3)\n    pg (1.5.4)\n    pg (1.5.4-x86_64-linux)\n\nDEPENDENCIES\n  pg\n",
		"releases/1/config/puma.rb": "workers 2\ninstance_eval File.read(File.join(__dir__, \"common.rb\"))\n" +
			"eval File.read('ROOT/shared/it''s.rb')\nactivate_control_app 'unix://ROOT/s.sock', { auth_token: 'abracadabra' }\n" +
			"password = 'abracadabra'\nx = ENV.fetch('API_TOKEN', \"abracadabra\")\nTOKEN = \"abracadabra\"\ny = ENV['API_TOKEN'] || 'abracadabra'\n" +
			"set_token %q(abracadabra)\napi_key =\n  \"abracadabra\"\nz = { 'secret' => 'abracadabra', x: 1 }\n# password \"abra\"'cadabra abracadabra\n",
		"releases/1/config/common.rb":          "preload_app!\n",
		"releases/1/config/puma/production.rb": "threads 5\n",
		"shared/puma.state":                    "---\npid: 1\n",
		"current":                              "-> releases/1",
	})
	for name, at := range map[string]time.Time{"shared/puma.state": time.Unix(2e9, 0), "releases/1/config/puma.rb": time.Unix(1e9, 0), "releases/1/config/common.rb": time.Unix(3e9, 0)} {
		if err := os.Chtimes(filepath.Join(root, name), at, at); err != nil {
			t.Fatal(err)
		}
	}
	master := pretend(t, root+"/releases/1", "puma 6.6.0 (tcp://x) [shop]", "PUMA_X=1", "WEB_CONCURRENCY=3", "SECRET_KEY_BASE=abracadabra", "PUMA_CONTROL_TOKEN=abracadabra")
	if err := os.Chmod(root+"/shared", 0o700); err != nil {
		t.Fatal(err)
	}
	socket := root + "/shared/c.sock"
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := os.Chmod(socket, 0o666); err != nil {
		t.Fatal(err)
	}
	h, text := run(t, Reading{Pumas: []probe.Puma{{
		PID: master, ConfigPath: root + "/releases/1/config/puma.rb", StatePath: root + "/shared/puma.state", LogPath: root + "/log/puma.log",
		Control: puma.Address{Network: puma.Unix, Name: socket}, Listeners: []string{"unix://" + root + "/gone.sock", "tcp://0.0.0.0:1"},
	}}}.Script())
	if strings.Contains(text, "abracadabra") {
		t.Errorf("a secret left the host:\n%s", text)
	}
	m := h.Masters[master]
	m.Cores, m.Memory = puma.Count{}, puma.Count{}
	if want := (Master{
		Cwd: root + "/releases/1", Env: map[string]string{"PUMA_X": "1", "WEB_CONCURRENCY": "3"}, EnvKnown: true,
		Lock: root + "/releases/1/Gemfile.lock", Gems: map[string]string{"activerecord": "7.1.3", "pg": "1.5.4"},
		Booted: time.Unix(2e9, 0).UTC(), Newer: []string{root + "/releases/1/config/common.rb"},
	}); !reflect.DeepEqual(m, want) {
		t.Errorf("got  %+v\nwant %+v", m, want)
	}
	for name, want := range map[string]string{"config/puma.rb": "workers 2\n", "config/common.rb": "preload_app!\n", "config/puma/production.rb": "threads 5\n"} {
		if got := h.Files[root+"/releases/1/"+name]; !strings.HasPrefix(got.Text, want) || got.Err != "" || got.Cut {
			t.Errorf("%s: %+v", name, got)
		}
	}
	known(t, h, socket, root)
}

// known holds what is said of sockets, and of this machine itself.
func known(t *testing.T, h *Host, socket, root string) {
	t.Helper()
	if in := h.Sockets[socket]; in.Mode != "srw-rw-rw-" || in.Dir != "drwx------" || in.Reach != puma.No {
		t.Errorf("%+v", in)
	}
	if in := h.Sockets[root+"/gone.sock"]; in.Err != "no such file" {
		t.Errorf("%+v", in)
	}
	for what, ok := range map[string]bool{
		"room": h.Free[root+"/log"].Known, "cores": h.Cores.Known, "memory": h.Memory.Known, "somaxconn": h.Somaxconn.N >= 16,
		"clock": !h.Clock.IsZero(), "login": h.Login != "", "commands": h.May["commands"].Allowed == puma.Yes,
	} {
		if !ok {
			t.Errorf("%s: not known", what)
		}
	}
}

// A title that is longer than the command line is written over the environment: nothing is known of it then.
func TestScriptKnowsAnEnvironmentThatIsOverwritten(t *testing.T) {
	ruby, err := exec.LookPath("ruby")
	if err != nil {
		t.Fatal("the tests need ruby: ", err)
	}
	for title, want := range map[string]bool{"'puma 6'": true, "'puma 6' * 60": false} {
		cmd := exec.CommandContext(t.Context(), ruby, "-e", "$stdout.sync = true; Process.setproctitle("+title+"); puts 1; sleep")
		cmd.Env = []string{"WEB_CONCURRENCY=3", "PATH=/usr/bin:/bin"}
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		_, _ = out.Read(make([]byte, 2))
		h, _ := run(t, Reading{Pumas: []probe.Puma{{PID: cmd.Process.Pid}}}.Script())
		m := h.Masters[cmd.Process.Pid]
		if m.EnvKnown != want || (m.Env["WEB_CONCURRENCY"] == "3") != want {
			t.Errorf("%s: %+v", title, m)
		}
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
}

func TestScriptFollowsIncludes(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	write(t, root, map[string]string{
		"nginx.conf":                "http {\n # include no.conf;\n include mime.types; include \"sites/*\";\n include ROOT/loop.conf;\n include missing/*.conf;\n include gone.conf;\n}\n",
		"mime.types":                "types { }\n",
		"sites/a":                   "-> ../available/a",
		"available/a":               "server { proxy_set_header Authorization \"Basic abracadabra\"; include\tsnippets/x.conf; }\n",
		"snippets/x.conf":           "gzip on;\nproxy_set_header X-Api-Key abracadabra;\nproxy_set_header X-Secret \"abracadabra\";\n",
		"loop.conf":                 "include loop.conf;\n",
		"httpd/conf/httpd.conf":     "Include conf.d\nIncludeOptional sites/*.conf\n",
		"httpd/conf.d/proxy.conf":   "ProxyPass / unix:/x\n",
		"httpd/sites/shop.conf":     "ServerName x\n",
		"caddy/Caddyfile":           "import sites/*.caddy\nimport snippet\n",
		"caddy/sites/shop.caddy":    "import ../more/m.caddy\n",
		"caddy/more/m.caddy":        "reverse_proxy unix//x\n",
		"haproxy/haproxy.cfg":       "userlist u\n user a insecure-password abracadabra\n stats auth a:abracadabra\n",
		"haproxy/empty/placeholder": "",
	})
	h, text := run(t, functions()+"doctor() {\nbegin\n"+strings.ReplaceAll(`
follow nginx ROOT ROOT/nginx.conf
follow apache ROOT/httpd ROOT/httpd/conf/httpd.conf
follow caddy ROOT/caddy ROOT/caddy/Caddyfile
follow haproxy ROOT/haproxy ROOT/haproxy/haproxy.cfg
echo end
}
doctor </dev/null 2>/dev/null
`, "ROOT", root))
	if strings.Contains(text, "abracadabra") {
		t.Error("a secret left the host")
	}
	want := []string{"nginx.conf", "mime.types", "sites/a", "snippets/x.conf", "loop.conf", "httpd/conf/httpd.conf", "httpd/conf.d/proxy.conf",
		"httpd/sites/shop.conf", "caddy/Caddyfile", "caddy/sites/shop.caddy", "caddy/more/m.caddy", "haproxy/haproxy.cfg"}
	for _, name := range want {
		if f, ok := h.Files[root+"/"+name]; !ok || f.Err != "" {
			t.Errorf("%s: %+v, %v", name, f, ok)
		}
	}
	if f := h.Files[root+"/gone.conf"]; f.Err != "no such file" || len(h.Files) != len(want)+1 {
		t.Errorf("%+v; %d files", f, len(h.Files))
	}
	if !slices.Equal(h.Proxies["nginx"], []string{root + "/nginx.conf"}) || len(h.Proxies) != 4 {
		t.Errorf("%v", h.Proxies)
	}
}

// What may be read of a host is bounded, whatever is there.
func TestScriptIsBounded(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	files := map[string]string{"nginx.conf": "include many/*;\n", "long.conf": strings.Repeat("# x\n", 40_000), "fifo.conf": ""}
	for i := range 160 {
		files["many/"+itoa(i)] = "x;\n"
	}
	write(t, root, files)
	h := runIn(t, []string{"sh"}, functions()+"doctor() {\nbegin\nread_file "+root+"/long.conf\nread_file /dev/zero\nfollow nginx "+root+" "+root+"/nginx.conf\necho end\n}\ndoctor </dev/null 2>/dev/null\n")
	if f := h.Files[root+"/long.conf"]; !f.Cut || len(f.Text) > maxFile {
		t.Errorf("%v, %d bytes", f.Cut, len(f.Text))
	}
	if f := h.Files["/dev/zero"]; f.Err != "not a file" {
		t.Errorf("%+v", f)
	}
	refused := 0
	for _, f := range h.Files {
		if strings.Contains(f.Err, "more than a reading takes") {
			refused++
		}
	}
	if refused != 160+3-150 {
		t.Errorf("%d were too many", refused)
	}
}

// Environment= lines keep their names and lose their values, but for Puma's own; a continued line is one of them.
func TestScriptHidesEnvironments(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	write(t, root, map[string]string{"shop.service": "[Service]\nEnvironment=RAILS_ENV=production \"SECRET=abracadabra and more\" DATABASE_URL=abracadabra\n" +
		"Environment=PUMA_WORKERS=3 \\\n  API_KEY=abracadabra\nExecStart=/bin/puma --control-token abracadabra -C x\nType=notify\n" +
		"ExecStartPre=/usr/bin/env API_TOKEN='abracadabra' SECRET_KEY_BASE=abracadabra true\nExecReload=/bin/pumactl -T abracadabra phased-restart\n"})
	h, text := run(t, functions()+"doctor() {\nbegin\nread_file "+root+"/shop.service\necho end\n}\ndoctor </dev/null 2>/dev/null\n")
	want := "[Service]\nEnvironment=RAILS_ENV=production SECRET=[hidden] DATABASE_URL=[hidden]\nEnvironment=PUMA_WORKERS=3 \\\nAPI_KEY=[hidden]\n" +
		"ExecStart=/bin/puma --control-token [hidden] -C x\nType=notify\n" +
		"ExecStartPre=/usr/bin/env API_TOKEN=[hidden] SECRET_KEY_BASE=[hidden] true\nExecReload=/bin/pumactl -T [hidden] phased-restart\n"
	if got := h.Files[root+"/shop.service"].Text; got != want || strings.Contains(text, "abracadabra") {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// Half a script does nothing.
func TestHalfAScript(t *testing.T) {
	t.Parallel()
	whole := Reading{Pumas: []probe.Puma{{PID: 1}}}.Script()
	for _, n := range []int{1000, len(whole) / 2, len(whole) - 30} {
		cmd := exec.CommandContext(t.Context(), "sh", "-s")
		cmd.Stdin = strings.NewReader(whole[:n])
		if out, _ := cmd.Output(); len(out) > 0 {
			t.Errorf("%d bytes: %s", n, out)
		}
	}
}
