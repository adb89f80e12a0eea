package probe

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// engine is a stand-in for docker on the PATH: it answers inspect with what a test wrote, runs what it is to exec right
// here, and keeps how it was called.
type engine struct{ dir string }

func fakeEngine(t *testing.T) engine {
	t.Helper()
	e := engine{t.TempDir()}
	e.script(t, "docker", `printf '%s\n' "$*" >>"$FAKE/calls"
case $1 in
inspect) cat "$FAKE/inspect" "$FAKE/errors" 2>/dev/null; exit 1 ;;
exec) shift 3; exec "$@" ;;
logs) echo '[1] Puma starting in cluster mode...'; echo '[1] * Restarts: (yes) hot' ;;
esac
`)
	return e
}

func (e engine) script(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(e.dir, name), []byte("#!/bin/sh\n"+text), 0o700); err != nil {
		t.Fatal(err)
	}
}

func (e engine) env() []string {
	return []string{"FAKE=" + e.dir, "PATH=" + e.dir + ":" + os.Getenv("PATH")}
}

func (e engine) calls(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(e.dir, "calls"))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(b))
}

const boxID = "1f6f2f53d527612d03965b7301a22d9776f03ac0e86027131fab7d0149e6b8b5"

// asked runs the part of the probe that asks the engine about one container.
func (e engine) asked(t *testing.T, command []string) string {
	t.Helper()
	cmd := shell(t, command, Script(Want{})+"limited=yes slow= engine=docker\ninspect "+boxID+" </dev/null 2>/dev/null\n")
	cmd.Env = append(e.env(), "HOME=/")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	_, after, ok := strings.Cut(string(out), "\nend\n")
	if !ok {
		t.Fatalf("no report in:\n%s", out)
	}
	return after
}

// The probe runs in the container as it runs on the host: the text is sent there once, through stdin.
func TestScriptLooksInside(t *testing.T) {
	t.Parallel()
	for name, command := range shells(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := fakeEngine(t)
			write(t, filepath.Join(e.dir, "inspect"), "container\t"+boxID+"\n|name=\"/shop-web-1\"\n")
			write(t, filepath.Join(e.dir, "errors"), "Error: No such container: 0123\n")
			r, err := Decode([]byte("\n" + firstLine + "\n" + e.asked(t, command) + lastLine + "\n"))
			if err != nil {
				t.Fatal(err)
			}
			equal(t, "containers", len(r.Containers), 1)
			c := r.Containers[0]
			equal(t, "engine", c.Engine, "docker")
			equal(t, "properties", strings.Join(c.Properties, ";"), `name="/shop-web-1"`)
			equal(t, "start-up lines", strings.Join(c.Log, ";"), "[1] Puma starting in cluster mode...;[1] * Restarts: (yes) hot")
			inside, err := Decode([]byte(strings.Join(c.Inside, "\n") + "\n"))
			if err != nil {
				t.Fatalf("%v in:\n%s", err, strings.Join(c.Inside, "\n"))
			}
			equal(t, "what ran inside has a clock", inside.Clock.IsZero(), false)
			equal(t, "and looks into no container", len(inside.Containers), 0)
			equal(t, "complaints", len(r.Complaints), 1)
			equal(t, "complaint", r.Complaints[0], Complaint{"engine", "docker: Error: No such container: 0123"})
			for _, call := range strings.Split(e.calls(t), "\n") {
				if strings.Contains(call, "pumatop") || strings.Contains(call, "probe") {
					t.Errorf("a process list has %q", call)
				}
			}
		})
	}
}

// An engine that hangs costs one time limit, not one for each container.
func TestScriptGivesEngineUp(t *testing.T) {
	t.Parallel()
	e := fakeEngine(t)
	e.script(t, "timeout", "shift\ncase $2 in exec | logs) exit 124 ;; esac\nexec \"$@\"\n")
	write(t, filepath.Join(e.dir, "inspect"), "container\t"+boxID+"\n|name=\"/shop-web-1\"\n")
	out := e.asked(t, []string{"/bin/sh"})
	equal(t, "start-up lines were asked for", strings.Contains(out, "started\t"), false)
	equal(t, "the container is there", strings.Contains(out, "container\t"+boxID), true)

	e.script(t, "timeout", "exit 124\n")
	equal(t, "an engine that does not answer", e.asked(t, []string{"/bin/sh"}), "complaint\tengine\tdocker: no answer within 2 s\n")
}

// A container is known by its control group, whichever driver made that.
func TestScriptKnowsContainers(t *testing.T) {
	t.Parallel()
	tests := []struct{ what, cgroup, want string }{
		{"docker, systemd", "0::/system.slice/docker-" + boxID + ".scope", "docker " + boxID},
		{"docker, cgroupfs", "0::/docker/" + boxID, "docker " + boxID},
		{"docker, version 1", "12:cpu:/docker/" + boxID + "\n1:name=systemd:/docker/" + boxID, "docker " + boxID},
		{"rootless docker", "0::/user.slice/user-1500.slice/user@1500.service/app.slice/docker-" + boxID + ".scope", "docker " + boxID},
		{"podman", "0::/machine.slice/libpod-" + boxID + ".scope/container", "podman " + boxID},
		{"rootless podman, cgroupfs", "0::/libpod_parent/libpod-" + boxID, "podman " + boxID},
		{"kubernetes", "0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-" + boxID + ".scope", " "},
		{"docker's own service", "0::/system.slice/docker.service", " "},
		{"a directory of that name", "0::/system.slice/docker-compose.service", " "},
		{"no container", "0::/system.slice/puma.service", " "},
	}
	for name, command := range shells(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for _, test := range tests {
				write(t, filepath.Join(dir, "cgroup"), test.cgroup+"\n")
				out, err := shell(t, command, probeText()+"box_of ../"+dir+"\nprintf '%s %s' \"$engine\" \"$box\"\n").Output()
				if err != nil {
					t.Fatal(err)
				}
				equal(t, test.what, string(out), test.want)
			}
		})
	}
}

// A script for the inside goes through stdin, whatever is in it.
func TestContainerIn(t *testing.T) {
	t.Parallel()
	for name, command := range shells(t) {
		fake := fakeEngine(t)
		script := Container{Engine: "docker", ID: "0123"}.In("x='it is'\"'\"'s'\nprintf '%s\\n' \"$x\" '$x' >&2\nexit 3\n")
		cmd := shell(t, command, script)
		cmd.Env = fake.env()
		out, err := cmd.CombinedOutput()
		equal(t, name+" printed", strings.TrimSuffix(string(out), "\n"), "it is's\n$x")
		if cmd.ProcessState.ExitCode() != 3 {
			t.Errorf("%s ended with %v", name, err)
		}
		equal(t, name+" was called with", fake.calls(t), "exec -i 0123 sh -s")
	}
}
