package probe

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pumatop/collector/puma"
)

// shells are those of the machine that a host may have as /bin/sh.
func shells(t *testing.T) map[string][]string {
	t.Helper()
	found := map[string][]string{"sh": {"/bin/sh"}}
	for name, args := range map[string][]string{"dash": nil, "bash": nil, "busybox": {"ash"}} {
		if path, err := exec.LookPath(name); err == nil {
			found[name] = append([]string{path}, args...)
		}
	}
	return found
}

// shell starts a script the way a host does, except that stdin is left to the script's commands.
func shell(t *testing.T, command []string, script string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // nothing here takes a second; a hang has to end
	t.Cleanup(cancel)
	return exec.CommandContext(ctx, command[0], append(slices.Clone(command[1:]), "-c", script)...)
}

// site is a deployed application with a process that looks like its Puma.
type site struct {
	root   string
	master int
	worker int
}

// pretend starts a process with a title in place of its command line. It may inherit a socket.
func pretend(t *testing.T, dir, title string, files ...*os.File) int {
	t.Helper()
	path, err := exec.LookPath("sleep")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Cmd{Path: path, Args: []string{title, "600"}, Dir: dir, ExtraFiles: files}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return cmd.Process.Pid
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// deploy lays an application down as Capistrano does: it runs release 1 and current is at release 2. With withState
// its Puma writes a state file.
func deploy(t *testing.T, withState bool) site {
	t.Helper()
	root, err := os.MkdirTemp("", "p") // short: a socket's path has 108 bytes at most
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(root) })
	root, err = filepath.EvalSymlinks(root)
	if err != nil {
		t.Fatal(err)
	}
	config := fmt.Sprintf("app_dir = %q\n# state_path \"/nowhere\"\n  directory \"#{app_dir}/current\"\n"+
		"state_path (\"#{app_dir}/shared/odd place/shop.state\")\nactivate_control_app 'unix://%s/shared/ctl.sock', { auth_token: 'literal' }\n", root, root)
	for _, release := range []string{"1", "2"} {
		write(t, root+"/releases/"+release+"/REVISION", "revision "+release+"\n")
		write(t, root+"/releases/"+release+"/config/puma.rb", config)
	}
	write(t, root+"/shared/odd place/old.state", "pid: 1\n")
	if err := os.Symlink("releases/2", root+"/current"); err != nil {
		t.Fatal(err)
	}
	socket, err := net.ListenUnix("unix", &net.UnixAddr{Net: "unix", Name: root + "/shared/ctl.sock"})
	if err != nil {
		t.Fatal(err)
	}
	file, err := socket.File()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = socket.Close(); _ = file.Close() })
	s := site{root: root}
	s.master = pretend(t, root+"/releases/1", "puma 6.6.0 (tcp://127.0.0.1:3000) [shop]", file)
	s.worker = pretend(t, root+"/releases/1", fmt.Sprintf("puma: cluster worker 3: %d [shop]", s.master))
	if withState {
		write(t, root+"/shared/odd place/shop.state", fmt.Sprintf(
			"---\npid: %d\ncontrol_url: unix://%s/shared/ctl.sock\ncontrol_auth_token: random\nrunning_from: \"%s/releases/1\"\n", s.master, root, root))
	}
	return s
}

// probed runs the probe and returns what it found of the site.
func (s site) probed(t *testing.T, command []string, w Want) Puma {
	t.Helper()
	out, err := shell(t, command, Script(w)).Output()
	if err != nil {
		t.Fatal(err)
	}
	h, err := Parse(out)
	if err != nil {
		t.Fatalf("%v in:\n%s", err, out)
	}
	i := slices.IndexFunc(h.Pumas, func(p Puma) bool { return p.PID == s.master })
	if i < 0 {
		t.Fatalf("pid %d was not found in:\n%s", s.master, out)
	}
	return h.Pumas[i]
}

func TestScript(t *testing.T) {
	t.Parallel()
	for name, command := range shells(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := deploy(t, true)
			p := s.probed(t, command, Want{})
			equal(t, "mine", p.Mine, true)
			equal(t, "owner", p.UID, os.Getuid())
			equal(t, "release", p.Release, s.root+"/releases/1")
			equal(t, "config", p.ConfigPath, s.root+"/releases/1/config/puma.rb")
			equal(t, "link", p.CurrentLink, s.root+"/current")
			equal(t, "current", p.Current, s.root+"/releases/2")
			equal(t, "revision", p.Revision, "revision 2")
			equal(t, "running revision", p.RunningRevision, "revision 1")
			equal(t, "may signal", p.MaySignal, true)
			equal(t, "state file", p.StatePath, s.root+"/shared/odd place/shop.state")
			equal(t, "control", p.Control, puma.Address{Network: puma.Unix, Name: s.root + "/shared/ctl.sock"})
			equal(t, "token", p.Token.IsSet(), true)
			if len(p.Workers) == 1 {
				startedLately(t, p.Started, p.Workers[0].Started)
				p.Workers[0].Started = time.Time{}
			}
			if p.StateStamp == "" || len(p.Workers) != 1 || p.Workers[0] != (Process{PID: s.worker, Index: 3, Release: s.root + "/releases/1", Revision: "revision 1"}) {
				t.Errorf("stamp %q, workers %v", p.StateStamp, p.Workers)
			}
			if len(p.Notes) != 0 {
				t.Errorf("notes are %q", p.Notes)
			}
		})
	}
}

// startedLately fails on times that are not those of this test's processes.
func startedLately(t *testing.T, times ...time.Time) {
	t.Helper()
	for _, at := range times {
		if at.After(time.Now().Add(time.Second)) || time.Since(at) > time.Minute {
			t.Errorf("started at %v, which is %v ago", at, time.Since(at))
		}
	}
}

// Without a state file the control socket is the one that the title does not name, its token the literal one.
func TestScriptWithoutStateFile(t *testing.T) {
	t.Parallel()
	for name, command := range shells(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := deploy(t, false)
			p := s.probed(t, command, Want{})
			equal(t, "state file", p.StatePath, "")
			equal(t, "control", p.Control, puma.Address{Network: puma.Unix, Name: s.root + "/shared/ctl.sock"})
			equal(t, "token", p.Token.IsSet(), true)
			noted(t, p.Notes, "state file "+s.root+"/shared/odd place/shop.state: no such file, though the configuration names it")
		})
	}
}

// Puma never deletes a state file: one with another pid is passed over, wherever it is, and the right one is looked for.
func TestScriptPassesOverStaleStateFiles(t *testing.T) {
	t.Parallel()
	for name, command := range shells(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := deploy(t, true)
			named, usual := s.root+"/shared/odd place/shop.state", s.root+"/shared/tmp/pids/shop.state"
			write(t, usual, "")
			if err := os.Rename(named, usual); err != nil {
				t.Fatal(err)
			}
			write(t, named, "---\npid: 1\ncontrol_url: unix:///nowhere\nrunning_from: \"/\"\n")
			write(t, s.root+"/releases/1/tmp/pids/puma.state", "---\npid: 2\ncontrol_url: unix:///nowhere\nrunning_from: \"/\"\n")
			p := s.probed(t, command, Want{})
			equal(t, "state file", p.StatePath, usual)
			equal(t, "control", p.Control.Name, s.root+"/shared/ctl.sock")
			if len(p.Notes) != 1 {
				t.Errorf("notes are %q", p.Notes)
			}
			noted(t, p.Notes, "state file "+named+" is of process 1, not of this Puma")
		})
	}
}

// A state file that the caller names is found where nothing on the host names it, whatever its path.
func TestScriptWantsStateFile(t *testing.T) {
	t.Parallel()
	for name, command := range shells(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := deploy(t, true)
			odd := s.root + "/it's $(here) `now`;\\ -n.state"
			if err := os.Rename(s.root+"/shared/odd place/shop.state", odd); err != nil {
				t.Fatal(err)
			}
			p := s.probed(t, command, Want{StatePaths: []string{"/nowhere/puma.state", odd}})
			equal(t, "state file", p.StatePath, odd)
			equal(t, "token", p.Token.IsSet(), true)
		})
	}
}

// What a master has just forked has its title and is no second master.
func TestScriptLeavesOutForks(t *testing.T) {
	t.Parallel()
	quiet, held, err := os.Pipe() // nothing is written to it: the fork waits in the shell's own read
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = quiet.Close(); _ = held.Close() })
	master := exec.Cmd{
		Path: "/bin/sh", ExtraFiles: []*os.File{quiet},
		Args: []string{"puma 6.6.0 (tcp://127.0.0.1:3001) [fork]", "-c", "{ read -r x; } <&3 & echo $!; wait"},
	}
	told, err := master.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := master.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = held.Close()
		_ = master.Wait()
	})
	var fork int
	if _, err := fmt.Fscan(told, &fork); err != nil {
		t.Fatal(err)
	}
	out, err := shell(t, []string{"/bin/sh"}, Script(Want{})).Output()
	if err != nil {
		t.Fatal(err)
	}
	h, err := Parse(out)
	if err != nil {
		t.Fatal(err)
	}
	found := func(pid int) bool { return slices.ContainsFunc(h.Pumas, func(p Puma) bool { return p.PID == pid }) }
	equal(t, "the master is found", found(master.Process.Pid), true)
	equal(t, "its fork is found", found(fork), false)
}

// The script reads a puma.rb only to know where to look, but it has to read what people write.
func TestScriptReadsConfiguration(t *testing.T) {
	t.Parallel()
	tests := []struct{ ruby, want string }{
		{`state_path "/srv/a.state"`, "/srv/a.state"},
		{`  state_path('/srv/a.state') # here`, "/srv/a.state"},
		{`state_path "tmp/pids/puma.state"`, "tmp/pids/puma.state"},
		{"root = '/srv/shop'\nshared = \"#{root}/shared\"\nstate_path \"#{shared}/puma.state\"", "/srv/shop/shared/puma.state"},
		{"app_dir = File.expand_path(\"../..\", __FILE__)\nstate_path \"#{app_dir}/puma.state\"", "/srv/shop/config/../puma.state"},
		{`state_path File.expand_path("../tmp/puma.state", __dir__)`, "/srv/shop/config/../tmp/puma.state"},
		{`state_path "#{__dir__}/puma.state"`, "/srv/shop/config/puma.state"},
		{`state_path ENV.fetch("STATE", "/srv/a.state")`, "/srv/a.state"},
		{`state_path ENV.fetch("STATE") { "/srv/a.state" }`, "/srv/a.state"},
		{`state_path "#{unknown}/puma.state"`, ""},
		{`state_path "#{Dir.pwd}/puma.state"`, ""},
		{`state_path Rails.root.join("tmp", "puma.state")`, ""},
		{`# state_path "/srv/a.state"`, ""},
		{`state_path_of_mine "/srv/a.state"`, ""},
		{`state_path "/srv/$(touch pwned)/` + "`touch pwned`" + `.state"`, "/srv/$(touch pwned)/`touch pwned`.state"},
		{"x = \"$(touch pwned)\"\nstate_path \"#{x};touch pwned\"", "$(touch pwned);touch pwned"},
	}
	for name, command := range shells(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for i, test := range tests {
				file := filepath.Join(dir, strconv.Itoa(i)+".rb")
				write(t, file, test.ruby+"\n")
				cmd := shell(t, command, probeText()+"config="+Quote(file)+"\nread_config\nprintf %s \"$c_state\"\n")
				cmd.Dir = dir
				out, err := cmd.Output()
				if err != nil {
					t.Fatalf("%s: %v", test.ruby, err)
				}
				equal(t, test.ruby, strings.ReplaceAll(string(out), dir, "/srv/shop/config"), test.want)
			}
			if _, err := os.Stat(filepath.Join(dir, "pwned")); err == nil {
				t.Error("text of a configuration was run")
			}
		})
	}
}

func TestSampleScript(t *testing.T) {
	t.Parallel()
	for name, command := range shells(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := shell(t, command, SampleScript())
			in, err := cmd.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			cmd.Stdout = &out
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			self := os.Getpid()
			_, err = in.Write(AppendSampleRequest(AppendSampleRequest(nil, []int{self, 1 << 30}, true, true), []int{self}, false, false))
			if err != nil {
				t.Fatal(err)
			}
			_ = in.Close() // it ends by that, after the last answer
			if err := cmd.Wait(); err != nil {
				t.Fatal(err)
			}
			r := NewSampleReader(&out)
			for i := range 2 {
				s, err := r.Next()
				if err != nil {
					t.Fatal(err)
				}
				u := s.Processes[self]
				if len(s.Processes) != 1 || u.RSS.N < 1<<20 || u.PSS.Known != (i == 0) || u.Started.IsZero() || u.Started.After(s.Clock) {
					t.Errorf("sample %d at %v: %+v", i, s.Clock, s.Processes)
				}
			}
		})
	}
}
