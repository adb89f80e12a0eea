package probe

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A log is followed until stdin ends, and then nothing is left of it on the host.
func TestLogScript(t *testing.T) {
	t.Parallel()
	for name, command := range shells(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log := filepath.Join(t.TempDir(), "it's a.log")
			write(t, log, "one\ntwo\nthree\n")
			cmd := shell(t, command, LogScript(Puma{LogPath: log}, Unit{}, LogQuery{Past: 2, Since: time.Now()}))
			in, err := cmd.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			stdout, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			want := "two\nthree\n"
			buf := make([]byte, len(want))
			for n := 0; n < len(buf); {
				m, err := stdout.Read(buf[n:])
				if n += m; err != nil {
					t.Fatal(err)
				}
			}
			equal(t, "the last lines", string(buf), want)
			_ = in.Close()
			for { // stdout ends with the last process that has it
				if _, err := stdout.Read(buf); err != nil {
					break
				}
			}
			_ = cmd.Wait()
		})
	}
}

// What journalctl is asked for, whatever the shell.
func TestLogScriptAsksJournal(t *testing.T) {
	t.Parallel()
	bin := t.TempDir()
	write(t, bin+"/journalctl", "#!/bin/sh\nprintf '%s\\n' \"$*\"\n")
	if err := os.Chmod(bin+"/journalctl", 0o700); err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 21, 12, 0, 0, 1234567, time.UTC)
	tests := []struct {
		unit  Unit
		query LogQuery
		want  string
	}{
		{Unit{Name: "puma.service", Scope: SystemScope}, LogQuery{Past: 7}, "-o cat -n 7 -f --unit=puma.service"},
		{Unit{Name: "puma.service", Scope: SystemScope}, LogQuery{Past: 7, Since: at}, "-o cat -n 7 -f --since=@1795262400.001234 --unit=puma.service"},
		{Unit{Name: "puma.service", Scope: UserScope, Manager: 1500}, LogQuery{Past: 7, Since: at},
			"-o cat -n 7 -f --since=@1795262400.001234 _SYSTEMD_USER_UNIT=puma.service _UID=1500 + USER_UNIT=puma.service _UID=1500"},
		{Unit{Name: "puma.service", Scope: SystemScope}, LogQuery{Past: 3, Times: true, Once: true}, "-o short-unix -n 3 --unit=puma.service"},
	}
	for name, command := range shells(t) {
		for _, test := range tests {
			cmd := shell(t, command, LogScript(Puma{}, test.unit, test.query))
			cmd.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"))
			in, err := cmd.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			out, err := cmd.Output()
			if err != nil {
				t.Fatal(err)
			}
			_ = in.Close()
			equal(t, "what "+name+" asks", string(out), "-q --no-pager "+test.want+"\n")
		}
	}
}

// What a container engine is asked for.
func TestLogScriptAsksEngine(t *testing.T) {
	t.Parallel()
	bin := t.TempDir()
	write(t, bin+"/docker", "#!/bin/sh\nprintf '%s\\n' \"$*\"\n")
	if err := os.Chmod(bin+"/docker", 0o700); err != nil {
		t.Fatal(err)
	}
	box := Puma{Container: Container{Engine: "docker", ID: "4f2a"}}
	tests := []struct {
		query LogQuery
		want  string
	}{
		{LogQuery{Past: 7}, "logs --tail 7 -f 4f2a"},
		{LogQuery{Past: 7, Times: true, Once: true}, "logs --tail 7 -t 4f2a"},
	}
	for name, command := range shells(t) {
		for _, test := range tests {
			cmd := shell(t, command, LogScript(box, Unit{}, test.query))
			cmd.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"))
			in, err := cmd.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			out, err := cmd.Output()
			if err != nil {
				t.Fatal(err)
			}
			_ = in.Close()
			equal(t, "what "+name+" asks", string(out), test.want+"\n")
		}
	}
}

// A log file that is wanted once ends with its newest line, although stdin stays open.
func TestLogScriptOnce(t *testing.T) {
	t.Parallel()
	for name, command := range shells(t) {
		log := filepath.Join(t.TempDir(), "puma.log")
		write(t, log, "one\ntwo\nthree\n")
		cmd := shell(t, command, LogScript(Puma{LogPath: log}, Unit{}, LogQuery{Past: 2, Once: true}))
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		_ = in.Close()
		equal(t, "what "+name+" prints", string(out), "two\nthree\n")
	}
}

// The turns of an image that logs elsewhere now stay in the file for ever: only what is still written to tells of now.
func TestTurnsScript(t *testing.T) {
	t.Parallel()
	const text = "[9] Puma starting in cluster mode...\nGET /\n[9] - Gracefully shutting down workers...\n"
	for name, command := range shells(t) {
		log := filepath.Join(t.TempDir(), "puma log")
		write(t, log, text)
		for age, want := range map[time.Duration]string{0: strings.Replace(text, "GET /\n", "", 1), time.Hour: ""} {
			at := time.Now().Add(-age)
			if err := os.Chtimes(log, at, at); err != nil {
				t.Fatal(err)
			}
			out, err := shell(t, command, TurnsScript(Puma{LogPath: log}, Unit{}, time.Now())).Output()
			var exit *exec.ExitError
			if err != nil && !errors.As(err, &exit) {
				t.Fatal(err)
			}
			equal(t, fmt.Sprintf("what %s prints of a file %s old", name, age), string(out), want)
		}
	}
}

func TestLogScriptWithoutLog(t *testing.T) {
	t.Parallel()
	cmd := shell(t, []string{"/bin/sh"}, LogScript(Puma{}, Unit{}, LogQuery{Past: 2}))
	in, err := cmd.StdinPipe() // stays open: it has to end by itself
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	if err := cmd.Run(); err == nil {
		t.Error("there is nothing to follow, and the script says so with no status")
	}
}
