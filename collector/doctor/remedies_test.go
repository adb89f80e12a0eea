package doctor_test

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pumatop/collector/doctor"
	"pumatop/collector/doctor/unitfile"
	"pumatop/collector/probe"
	"pumatop/collector/puma"
)

// findings are what checks find of an area in an archive.
func (a archive) findings(t *testing.T, area string) []doctor.Finding {
	t.Helper()
	checks, err := doctor.Choose(doctor.Checks(), []string{area}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return doctor.Examine(checks, []*doctor.Target{a.target(t)}).Findings
}

// gone fails where a finding is still there; another one of the same check may have been behind it.
func gone(t *testing.T, f doctor.Finding, after []doctor.Finding) {
	t.Helper()
	for _, g := range after {
		if g.ID == f.ID && g.Says == f.Says {
			t.Errorf("%s is still there after\n%s", f.ID, f.Remedy)
		}
	}
}

var lineRemedy = regexp.MustCompile(`^# (behind )?(/\S+):(\d+)\n`)

// TestLinesOfRemedies writes the lines that remedies print to where they say, and looks again.
func TestLinesOfRemedies(t *testing.T) {
	t.Parallel()
	written := map[string]bool{}
	for _, area := range areas[1:] {
		paths, err := filepath.Glob(filepath.Join("testdata", area, "*.txt"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			for _, f := range readArchive(t, path).findings(t, area) {
				m := lineRemedy.FindStringSubmatch(f.Remedy)
				if m == nil {
					continue
				}
				a := readArchive(t, path)
				a.write(t, m[2], m[3], m[1] != "", f.Remedy[len(m[0]):])
				written[f.ID] = true
				gone(t, f, a.findings(t, area))
			}
		}
	}
	if len(written) < 9 {
		t.Errorf("lines were written for %v", slices.Sorted(maps.Keys(written)))
	}
}

// write puts the lines of a remedy, without its commands, in the place of a line or behind it.
func (a archive) write(t *testing.T, file, number string, behind bool, remedy string) {
	t.Helper()
	var text []string
	for _, line := range strings.Split(remedy, "\n") {
		if !strings.HasPrefix(line, "sudo ") && !strings.HasPrefix(line, "nginx -t") {
			text = append(text, line)
		}
	}
	name := file
	if _, ok := a.files[name]; !ok {
		name = "puma.rb " + file
	}
	lines := strings.Split(a.files[name], "\n")
	var n int
	if _, err := fmt.Sscan(number, &n); err != nil || n > len(lines) {
		t.Fatalf("%s has no line %s", file, number)
	}
	from := n - 1
	if behind {
		from = n
	}
	a.files[name] = strings.Join(slices.Concat(lines[:from], text, lines[n:]), "\n")
}

// TestDropInsOfRemedies runs the commands that remedies print in a shell, with a systemctl that does nothing, and looks again
// with what the drop-in says.
func TestDropInsOfRemedies(t *testing.T) {
	t.Parallel()
	run := map[string]bool{}
	paths, err := filepath.Glob("testdata/systemd/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		for _, f := range readArchive(t, path).findings(t, "systemd") {
			if !strings.Contains(f.Remedy, "/zz-") || f.ID == "systemd.private-tmp" { // that wants puma.rb changed as well
				continue
			}
			a := readArchive(t, path)
			a.files["show"] = inForce(t, a.files["show"], shell(t, f.Remedy))
			run[f.ID] = true
			gone(t, f, a.findings(t, "systemd"))
		}
	}
	if len(run) < 8 {
		t.Errorf("drop-ins were laid down for %v", slices.Sorted(maps.Keys(run)))
	}
}

// shell runs a remedy and returns the drop-in that it made.
func shell(t *testing.T, remedy string) unitfile.Unit {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"sudo": `exec "$@"`, "systemctl": "exit 0"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+text+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("/bin/sh", "-eu", "-c", strings.ReplaceAll(remedy, "/etc/systemd/system/", "~/system/"))
	cmd.Env = []string{"HOME=" + dir, "PATH=" + dir + ":" + os.Getenv("PATH")}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s\n%s", err, out, remedy)
	}
	made, err := filepath.Glob(filepath.Join(dir, "system", "*.d", "zz-*.conf"))
	if err != nil || len(made) != 1 {
		t.Fatalf("%v, %v", made, err)
	}
	text, err := os.ReadFile(made[0])
	if err != nil {
		t.Fatal(err)
	}
	return unitfile.Read([]unitfile.File{{Path: made[0], Text: string(text)}})
}

// inForce is what systemctl would show once a drop-in is read and the unit was started again.
func inForce(t *testing.T, show string, dropIn unitfile.Unit) string {
	t.Helper()
	names := map[string]string{"WatchdogSec": "WatchdogUSec", "TimeoutStopSec": "TimeoutStopUSec"}
	shown := properties(show)
	for _, name := range []string{"ExecReload", "ExecStart", "WatchdogSec", "TimeoutStopSec", "Type", "Restart", "WorkingDirectory"} {
		s, ok := dropIn.Last("Service", name)
		if !ok {
			continue
		}
		switch name {
		case "ExecReload", "ExecStart":
			words := unitfile.Words(s.Text)
			s.Text = fmt.Sprintf("{ path=%s ; argv[]=%s ; ignore_errors=no ; start_time=[n/a] }", words[0], strings.Join(words, " "))
			if name == "ExecStart" && strings.Contains(s.Text, "exec ") {
				shown["MainPID"] = "100"
			}
		case "WatchdogSec", "TimeoutStopSec":
			s.Text += "s"
			name = names[name]
		}
		shown[name] = s.Text
	}
	if dropIn.Has("Install") {
		shown["UnitFileState"] = "enabled"
	}
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(shown)) {
		fmt.Fprintf(&b, "%s=%s\n", name, shown[name])
	}
	return b.String()
}

// TestRemediesOfUnitsOfOthers runs what is printed for a unit of another user's manager: each command is run as that user, for
// that manager, and the drop-in is in that user's directory.
func TestRemediesOfUnitsOfOthers(t *testing.T) {
	t.Parallel()
	for login, as := range map[string]string{"deploy": "sudo -Hu shop", "root": "runuser -u shop --", "shop": ""} {
		target := &doctor.Target{
			Puma: probe.Puma{PID: 7, User: "shop", UID: 1501, Unit: probe.Unit{Name: "puma.service", Scope: probe.UserScope, Manager: 1501, Active: "active",
				Enabled: "disabled", ExecReload: ""}},
			Host: &doctor.Host{Login: login, Units: map[doctor.UnitKey]map[string]string{{Name: "puma.service", User: true, Manager: 1501}: {"NeedDaemonReload": "yes", "Restart": "no"}}},
		}
		checks, err := doctor.Choose(doctor.Checks(), []string{"systemd.exec-reload", "systemd.restart", "systemd.daemon-reload", "systemd.enabled", "puma.single-mode"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		target.Stats.Mode = puma.Single
		found := doctor.Examine(checks, []*doctor.Target{target}).Findings
		if len(found) != 5 {
			t.Errorf("%d findings", len(found))
		}
		for _, f := range found {
			commands := f.Remedy
			if f.ID == "puma.single-mode" { // what comes before are lines of puma.rb
				commands = commands[strings.Index(commands, "# then restart it"):]
			}
			for _, line := range ranAs(t, commands) {
				if !strings.HasPrefix(line, as+"|") || strings.Contains(line, "systemctl") && as != "" && !strings.HasPrefix(line, as+"|/run/user/1501|systemctl --user ") {
					t.Errorf("%s: %q in\n%s", login, line, f.Remedy)
				}
			}
		}
	}
}

// ranAs runs commands where all of what they call only tells: as whom, with which XDG_RUNTIME_DIR, and what.
func ranAs(t *testing.T, commands string) []string {
	t.Helper()
	dir := t.TempDir()
	tell := "#!/bin/sh\necho \"$AS|$XDG_RUNTIME_DIR|${0##*/} $*\" >>" + dir + "/told\n[ -t 0 ] || cat >/dev/null\n"
	for name, text := range map[string]string{
		"systemctl": tell, "mkdir": tell, "tee": tell,
		"sudo":    "#!/bin/sh\nAS=\"sudo $1 $2\"; export AS; shift 2; exec \"$@\"\n",
		"runuser": "#!/bin/sh\nAS=\"runuser $1 $2 $3\"; export AS; shift 3; exec \"$@\"\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("/bin/sh", "-eu", "-c", strings.ReplaceAll(commands, "~shop/", "/home/shop/"))
	cmd.Env = []string{"HOME=/home/shop", "PATH=" + dir + ":" + os.Getenv("PATH")}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s\n%s", err, out, commands)
	}
	told, err := os.ReadFile(filepath.Join(dir, "told"))
	if err != nil {
		t.Fatalf("nothing is run by\n%s", commands)
	}
	lines := strings.Split(strings.TrimSpace(string(told)), "\n")
	for _, line := range lines {
		if strings.Contains(line, "|mkdir ") && !strings.Contains(line, "/home/shop/.config/systemd/user/puma.service.d") {
			t.Errorf("%s", line)
		}
	}
	return lines
}
