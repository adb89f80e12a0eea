package probe

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// execute runs a command line as a host would and returns what is made of its output.
func execute(t *testing.T, sh []string, p Puma, dir, command string) (out, complaints []string, status int) {
	t.Helper()
	e := NewExec(p, dir, command)
	cmd := shell(t, sh, e.Script())
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	o := e.Output(stdout)
	for {
		line, err := o.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if line.Complaint {
			complaints = append(complaints, line.Text)
		} else {
			out = append(out, line.Text)
		}
	}
	_ = cmd.Wait()
	status, err = o.Status()
	if err != nil {
		t.Fatal(err)
	}
	return out, complaints, status
}

func TestExec(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, command   string
		out, complaints string
		status          int
	}{
		{"a line", "echo it works", "it works", "", 0},
		{"both streams", "echo out; echo err >&2; echo more", "out|more", "err", 0},
		{"no end of line", "printf 'half'; printf 'also half' >&2", "half", "also half", 0},
		{"a status", "exit 3", "", "", 3},
		{"a signal", "kill -KILL $$", "", "", 137},
		{"not found", "nosuchcommand 2>/dev/null", "", "", 127},
		{"quotes", `echo "it's" '$HOME' \"`, `it's $HOME "`, "", 0},
		{"several lines", "for i in 1 2\ndo echo $i\ndone", "1|2", "", 0},
		{"stdin is empty", "cat; echo end", "end", "", 0},
		{"blanks are kept", `printf '  a  b\n'; printf '  c\\t  \n' >&2`, "  a  b", `  c\t  `, 0},
		{"an empty line", "echo; echo x", "|x", "", 0},
	}
	for name, sh := range shells(t) {
		for _, test := range tests {
			t.Run(name+"/"+test.name, func(t *testing.T) {
				t.Parallel()
				out, complaints, status := execute(t, sh, Puma{}, t.TempDir(), test.command)
				equal(t, "stdout", strings.Join(out, "|"), test.out)
				equal(t, "stderr", strings.Join(complaints, "|"), test.complaints)
				if status != test.status {
					t.Errorf("status %d, want %d", status, test.status)
				}
			})
		}
	}
}

func TestExecDirectory(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "it's here")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, sh := range shells(t) {
		out, _, _ := execute(t, sh, Puma{}, dir, "pwd -P")
		equal(t, name, strings.Join(out, "|"), dir)
		_, complaints, status := execute(t, sh, Puma{}, dir+"/gone", "echo never")
		if status != 126 || len(complaints) != 1 || !strings.Contains(complaints[0], "gone") {
			t.Errorf("%s: a directory that is not there: status %d, %q", name, status, complaints)
		}
	}
}

// A command ends, with what it has started, when nobody listens any more.
func TestExecEnds(t *testing.T) {
	t.Parallel()
	e := NewExec(Puma{}, "/", "sleep 1000 & echo begun; sleep 1000")
	cmd := shell(t, []string{"/bin/sh"}, e.Script())
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
	o := e.Output(stdout)
	if line, err := o.Next(); err != nil || line.Text != "begun" {
		t.Fatalf("%q, %v", line.Text, err)
	}
	_ = in.Close()
	for {
		if _, err := o.Next(); err != nil { // stdout ends with the last process that has it
			break
		}
	}
	_ = cmd.Wait()
	if status, err := o.Status(); err != nil || status != 128+15 {
		t.Errorf("status %d, %v", status, err)
	}
}

// A status that no shell has is none: what exits with it here would be taken for success.
func TestExecStatusOfNoShell(t *testing.T) {
	t.Parallel()
	for told, want := range map[string]bool{"0": true, "255": true, "256": false, "-1": false, "+0": false, "x": false} {
		o := Exec{mark: "MARK"}.Output(strings.NewReader("MARK exit " + told + "\n"))
		if _, err := o.Next(); !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
		if _, err := o.Status(); (err == nil) != want {
			t.Errorf("status %s: %v", told, err)
		}
	}
}

// In a container the engine runs it.
func TestExecInContainer(t *testing.T) {
	t.Parallel()
	bin := t.TempDir()
	write(t, bin+"/docker", "#!/bin/sh\nprintf '%s\\n' \"$@\"\n")
	if err := os.Chmod(bin+"/docker", 0o700); err != nil {
		t.Fatal(err)
	}
	box := Puma{Container: Container{Engine: bin + "/docker", ID: "4f2a"}}
	out, _, _ := execute(t, []string{"/bin/sh"}, box, "/rails", "bin/rails runner 'p 1'")
	equal(t, "what docker is asked", strings.Join(out, "|"), "exec|-i|-w|/rails|4f2a|sh|-c|bin/rails runner 'p 1'")
}

func FuzzExecOutput(f *testing.F) {
	f.Add("out\nMARK err oops\nhalfMARK exit 3\n")
	f.Fuzz(func(t *testing.T, text string) {
		e := Exec{mark: "MARK"}
		o := e.Output(strings.NewReader(text))
		size := 0
		for {
			line, err := o.Next()
			if err != nil {
				break
			}
			if size += len(line.Text); size > len(text) {
				t.Fatalf("%q grew", text)
			}
		}
		_, _ = o.Status()
	})
}
