package doctor

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"pumatop/collector/probe"
	"pumatop/collector/puma"
)

// call has the script run lines of its own, as somebody whom modes bind: root may read anything. bin is a directory of
// commands that stand before the machine's; empty for none.
func call(t *testing.T, bin string, lines ...string) *Host {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sh", "-s")
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=" + bin + ":" + os.Getenv("PATH")}
	cmd.Stdin = strings.NewReader(functions() + "doctor() {\nbegin\n" + strings.Join(lines, "\n") + "\necho end\n}\ndoctor </dev/null 2>/dev/null\n")
	if os.Getuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	h, err := ParseHost(out)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return h
}

// opened is a directory with files that others may enter, but for those named in closed.
func opened(t *testing.T, files map[string]string, closed ...string) string {
	t.Helper()
	root := t.TempDir()
	write(t, root, files)
	for _, dir := range []string{filepath.Dir(root), root} {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, dir := range closed {
		if err := os.Chmod(filepath.Join(root, dir), 0); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.Chmod(filepath.Join(root, dir), 0o755) })
	}
	return root
}

// TestScriptTellsClosedProxies: a configuration that may not be read is none that is not there.
func TestScriptTellsClosedProxies(t *testing.T) {
	t.Parallel()
	files := map[string]string{
		"apache2/apache2.conf": "ProxyPass / unix:/x|http://x/\n", "conf.d/shop.cfg": "backend x\n",
		"one.conf": "include ROOT/closed/sites/*.conf;\n", "closed/sites/a.conf": "x;\n",
		"two.conf": "include ROOT/apps/*/x.conf;\n", "apps/a/x.conf": "x;\n", "apps/b/x.conf": "x;\n",
	}
	root := opened(t, files, "apache2", "conf.d", "closed", "apps/a")
	for _, tc := range []struct{ id, line, file string }{
		{"apache.upstream", "apache ROOT/none ROOT/apache2/apache2.conf", "apache2/apache2.conf"},
		{"apache.retry", "apache ROOT/none ROOT/apache2/apache2.conf", "apache2/apache2.conf"},
		{"haproxy.upstream", "beside haproxy 'ROOT/conf.d/*.cfg'", "conf.d/*.cfg"},
		{"nginx.upstream", "configured nginx ROOT/one.conf", "closed/sites/*.conf"},
		{"nginx.upstream", "configured nginx ROOT/two.conf", "apps/*/x.conf"},
	} {
		h := call(t, "", strings.ReplaceAll(tc.line, "ROOT", root))
		if f := h.Files[filepath.Join(root, tc.file)]; f.Err != "permission denied" {
			t.Errorf("%s: %+v", tc.line, f)
		}
		if a := proxiedBy(h, tc.id); a.Result != Unknown {
			t.Errorf("%s: %s is %+v", tc.line, tc.id, a)
		}
	}
	h := call(t, "", "apache "+root+"/none "+root+"/nor/this")
	if a := proxiedBy(h, "apache.upstream"); a.Result != OK || len(h.Proxies) != 0 {
		t.Errorf("%+v of a host without Apache", a)
	}
}

// TestScriptTellsWhatItLeavesOut: where there is more than is followed, the file that names it counts as cut.
func TestScriptTellsWhatItLeavesOut(t *testing.T) {
	t.Parallel()
	files := map[string]string{"many.conf": "include wide/*;\n", "few.conf": strings.Repeat("include none/*;\n", 100)}
	var sockets, includes strings.Builder
	for i := range 101 {
		fmt.Fprintf(&includes, "include none%d/*;\n", i)
		fmt.Fprintf(&sockets, "server unix:/run/%d.sock;\n", i)
	}
	files["includes.conf"], files["sockets.conf"] = includes.String(), sockets.String()
	for i := range 501 {
		files["wide/"+itoa(i)] = ""
	}
	root := opened(t, files)
	for name, file := range map[string]string{"includes.conf": "includes.conf", "sockets.conf": "sockets.conf", "many.conf": "wide/*"} {
		h := call(t, "", "configured nginx "+root+"/"+name)
		if f := h.Files[filepath.Join(root, file)]; !f.Cut && !strings.Contains(f.Err, "more than a reading takes") {
			t.Errorf("%s: %t, %q", name, f.Cut, f.Err)
		}
		if a := proxiedBy(h, "nginx.upstream"); a.Result != Unknown {
			t.Errorf("%s: %+v", name, a)
		}
	}
	if h := call(t, "", "configured nginx "+root+"/few.conf"); h.Files[root+"/few.conf"].Cut {
		t.Error("a hundred includes are not followed")
	}
}

// TestScriptTellsWhereSocketsAre: a path without links in it is told as well, so that one that is not told was not read.
func TestScriptTellsWhereSocketsAre(t *testing.T) {
	t.Parallel()
	root := opened(t, map[string]string{"x.conf": "a unix:ROOT/real/p.sock;\nb unix:ROOT/link/p.sock;\nc unix:ROOT/closed/in/p.sock;\n", "real/y": "", "closed/in/y": "", "link": "-> real"}, "closed")
	h := call(t, "", "links "+root+"/x.conf")
	if len(h.Links) != 2 || h.Links[root+"/real/p.sock"] != root+"/real/p.sock" || h.Links[root+"/link/p.sock"] != root+"/real/p.sock" {
		t.Errorf("%v", h.Links)
	}
}

// TestScriptKnowsNoRoomBehindClosedDoors: what holds a directory that cannot be entered is not known by what holds its parent.
func TestScriptKnowsNoRoomBehindClosedDoors(t *testing.T) {
	t.Parallel()
	root := opened(t, map[string]string{"app/log/x": "", "log/x": ""}, "app")
	h := call(t, "", "space "+root+"/app/log", "space "+root+"/log", "space "+root+"/log/gone")
	if h.Free[root+"/app/log"].Known || !h.Free[root+"/log"].Known || !h.Free[root+"/log/gone"].Known {
		t.Errorf("%v", h.Free)
	}
}

// manyLines are numbered lines of one form.
func manyLines(form string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, form, i)
	}
	return b.String()
}

// TestScriptTellsAShortenedLock: of a Gemfile.lock that is longer than is read, gems are known that were read, and no others.
func TestScriptTellsAShortenedLock(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		text string
		cut  bool
	}{
		"all":   {manyLines("    gem%d (1.0)\n", 1000), false},
		"gems":  {manyLines("    gem%d (1.0)\n", 1001), true},
		"bytes": {"    gem0 (1.0)\n" + strings.Repeat("  # x\n", 50_000) + "    sequel (5.0)\n", true},
	} {
		root := opened(t, map[string]string{"Gemfile.lock": tc.text})
		master := pretend(t, root, "puma 6.6.0 (tcp://x) [shop]")
		m := runIn(t, []string{"sh"}, Reading{Pumas: []probe.Puma{{PID: master}}}.Script()).Masters[master]
		if m.LockCut != tc.cut || m.Gems["gem0"] != "1.0" || len(m.Gems) > 1000 || m.Gems["sequel"] != "" {
			t.Errorf("%s: %t, %d gems", name, m.LockCut, len(m.Gems))
		}
	}
}

// TestScriptTellsAShortenedEnvironment: what is not among the first variables is not known to be unset.
func TestScriptTellsAShortenedEnvironment(t *testing.T) {
	t.Parallel()
	for n, known := range map[int]bool{39: true, 41: false} {
		environment := strings.Split(strings.TrimSpace(manyLines("PUMA_%d=1\n", n)), "\n")
		master := pretend(t, "/", "puma 6.6.0 (tcp://x) [shop]", append(environment, "WEB_CONCURRENCY=3")...)
		m := runIn(t, []string{"sh"}, Reading{Pumas: []probe.Puma{{PID: master}}}.Script()).Masters[master]
		if m.EnvKnown != known || len(m.Env) > maxVariables || (m.Env["WEB_CONCURRENCY"] == "3") != known {
			t.Errorf("%d variables: %t, %d", n, m.EnvKnown, len(m.Env))
		}
	}
}

// TestScriptTellsUnitsApart: two users may have units of one name, and may not both be asked of them.
func TestScriptTellsUnitsApart(t *testing.T) {
	t.Parallel()
	root := opened(t, map[string]string{
		"bin/systemctl":  "#!/bin/sh\necho Id=puma.service\necho Environment=\necho \"WorkingDirectory=$XDG_RUNTIME_DIR\"\n",
		"bin/setpriv":    "#!/bin/sh\ncase $1 in *=1502) exit 1 ;; esac\nwhile [ \"$1\" != env ]; do shift; done\nexec \"$@\"\n",
		"bin/journalctl": "#!/bin/sh\n",
	})
	for _, name := range []string{"systemctl", "setpriv", "journalctl"} {
		if err := os.Chmod(root+"/bin/"+name, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	var lines []string
	unit := func(uid int) probe.Unit {
		return probe.Unit{Name: "puma.service", Scope: probe.UserScope, Manager: uid}
	}
	for _, uid := range []int{1501, 1502, 1503} {
		lines = append(lines, Reading{Idle: []probe.Unit{unit(uid)}}.calls()...)
	}
	h := call(t, root+"/bin", lines...)
	for uid, want := range map[int]Result{1501: OK, 1502: Found, 1503: OK} {
		target := &Target{Host: h, Puma: probe.Puma{Unit: unit(uid)}}
		if a := one("host.systemctl", target); a.Result != want {
			t.Errorf("%d: %+v", uid, a)
		}
		dir := h.Units[UnitKey{"puma.service", true, uid}]["WorkingDirectory"]
		if got := strings.HasSuffix(dir, "/"+itoa(uid)); got != (want == OK) {
			t.Errorf("the unit of %d is in %q", uid, dir)
		}
	}
}

// TestScriptReadsNoHalfUnit: of a unit of which systemctl says more than is read nothing is known, rather than a part.
func TestScriptReadsNoHalfUnit(t *testing.T) {
	t.Parallel()
	root := opened(t, map[string]string{"bin/systemctl": "#!/bin/sh\necho Id=puma.service\necho \"X=$(head -c 70000 /dev/zero | tr '\\000' x)\"\necho Restart=no\n"})
	if err := os.Chmod(root+"/bin/systemctl", 0o755); err != nil {
		t.Fatal(err)
	}
	h := call(t, root+"/bin", "unit system '' puma.service")
	key := UnitKey{Name: "puma.service"}
	if p := h.UnitMay[key]["systemctl"]; p.Allowed != puma.Unknown || h.Units[key] != nil {
		t.Errorf("%+v, %d properties", p, len(h.Units[key]))
	}
}

// TestScriptClosesEnvironments: values that a file may set anew which was not read, or not all of it, are not known.
func TestScriptClosesEnvironments(t *testing.T) {
	t.Parallel()
	files := map[string]string{
		"few": "PORT=1\n", "many": manyLines("PUMA_%d=1\n", 41), "long": strings.Repeat("# x\n", 20_000), "closed/x": "PORT=1\n", "glob1": "PORT=1\n",
		"bin/systemctl": "#!/bin/sh\n[ \"$1\" = show-environment ] && exit\ncat ROOT/shown\n", "bin/journalctl": "#!/bin/sh\n",
	}
	for name, known := range map[string]bool{"few": true, "none": true, "many": false, "long": false, "closed/x": false, "glob*": false} {
		files["shown"] = "Id=puma.service\nExecStart={ path=/bin/puma ; argv[]=/bin/puma -C x ; ignore_errors=no }\nEnvironment=WEB_CONCURRENCY=3\n" +
			"EnvironmentFiles=ROOT/" + name + " (ignore_errors=yes)\n"
		root := opened(t, files, "closed")
		for _, command := range []string{"systemctl", "journalctl"} {
			if err := os.Chmod(root+"/bin/"+command, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		h := call(t, root+"/bin", "unit system '' puma.service", "say master 7 system puma.service", "say environ 7 overwritten")
		if m := h.Masters[7]; m.EnvKnown != known || (m.Env["WEB_CONCURRENCY"] == "3") != known {
			t.Errorf("%s: %+v", name, m)
		}
	}
}
