package audit

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"pumatop/actions"
)

var began = time.Date(2026, 11, 21, 19, 31, 22, 125_999_999, time.FixedZone("CET", 3600))

// askedOf and endedOf are the two records of one action.
func askedOf(id string) actions.Record {
	return actions.Record{ID: id, Event: actions.RecordAsked, At: began, Target: "web1/shop", Action: "reload", Via: "control", Request: "GET /phased-restart"}
}

func endedOf(id string) actions.Record {
	r := askedOf(id)
	r.Event, r.At, r.Verdict, r.Summary = actions.RecordEnded, began.Add(3*time.Second), "verified", "2 of 2 workers replaced in 3.1s"
	return r
}

// place is a path in directories that are not there yet.
func place(t *testing.T) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "state", "pumatop", "audit.jsonl")
}

func openLog(t *testing.T, path string) *Log {
	t.Helper()
	l, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func write(t *testing.T, l *Log, records ...actions.Record) {
	t.Helper()
	for _, r := range records {
		if err := l.Write(r); err != nil {
			t.Fatal(err)
		}
	}
}

func content(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// shows reads the file and compares its entries, as "id verdict", and how many lines were broken.
func shows(t *testing.T, path string, broken int, want ...string) actions.Trail {
	t.Helper()
	trail, err := Read(path, Filter{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range trail.Entries {
		got = append(got, e.About().ID+" "+string(e.Word()))
	}
	if strings.Join(got, ", ") != strings.Join(want, ", ") || trail.Broken != broken {
		t.Errorf("it shows %q with %d broken lines, want %q with %d", got, trail.Broken, want, broken)
	}
	return trail
}

func TestWrite(t *testing.T) {
	t.Parallel()
	path := place(t)
	l := openLog(t, path)
	write(t, l, askedOf("1"), endedOf("1"))
	want := `{"v":1,"id":"1","event":"asked","at":"2026-11-21T18:31:22.125Z","user":"","from":"","pid":0,"pumatop":"","rollout":"",` +
		`"target":"web1/shop","action":"reload","via":"control","request":"GET /phased-restart","evidence":[]}`
	if first, _, _ := strings.Cut(content(t, path), "\n"); first != want {
		t.Errorf("the line is %s\nwant %s", first, want)
	}
	for name, want := range map[string]os.FileMode{path: 0o600, filepath.Dir(path): 0o700 | os.ModeDir, filepath.Dir(filepath.Dir(path)): 0o700 | os.ModeDir} {
		if is, err := os.Stat(name); err != nil || is.Mode() != want {
			t.Errorf("%s has mode %s, want %s", name, is.Mode(), want)
		}
	}
	if e := shows(t, path, 0, "1 verified").Entries[0]; e.Asked == nil || e.Ended == nil {
		t.Errorf("one of its records is missing: %+v", e)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	write(t, l, askedOf("2")) // somebody has tidied up
	shows(t, path, 0, "2 unknown")
}

// TestRefusesPlaces: a file that proves nothing, or is not what it seems, is not written to.
func TestRefusesPlaces(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name    string
		prepare func(dir, path string) error
		says    string
		remedy  string
	}{
		{"a directory that others may write", func(dir, _ string) error { return os.Chmod(dir, 0o770) }, "pumatop: others may write there", "chmod go-w "},
		{"a file that others may write", func(_, path string) error {
			return errors.Join(os.WriteFile(path, nil, 0o600), os.Chmod(path, 0o602))
		}, "audit.jsonl: others may write there", "chmod go-w "},
		{"a link", func(dir, path string) error { return os.Symlink(filepath.Join(dir, "elsewhere"), path) }, "it is a symbolic link", "move it away"},
		{"a pipe", func(_, path string) error { return syscall.Mkfifo(path, 0o600) }, "it is not a regular file", "move it away"},
		{"a directory in its place", func(_, path string) error { return os.Mkdir(path, 0o700) }, "is a directory", "make it writable"},
		{"a file in the place of its directory", func(dir, _ string) error {
			return errors.Join(os.Remove(dir), os.WriteFile(dir, nil, 0o600))
		}, "not a directory", "make it writable"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			path := place(t)
			dir := filepath.Dir(path)
			if err := errors.Join(os.MkdirAll(dir, 0o700), tc.prepare(dir, path)); err != nil {
				t.Fatal(err)
			}
			_, err := Open(path)
			refuses(t, err, tc.says, tc.remedy)
			if _, err := os.Lstat(filepath.Join(dir, "elsewhere")); err == nil {
				t.Error("the link was followed")
			}
		})
	}
}

// refuses expects an error that says what is wrong, where, and what to do.
func refuses(t *testing.T, err error, says, remedy string) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("the error is %v", err)
	}
	if !strings.HasPrefix(e.Error(), "write the audit /") || !strings.Contains(e.Error(), says) || strings.Count(e.Error(), "audit.jsonl") > 1 {
		t.Errorf("it says %q, want %q", e, says)
	}
	if !strings.HasPrefix(e.Remedy(), remedy) || !strings.HasSuffix(e.Remedy(), ", or act with --no-audit") {
		t.Errorf("its remedy is %q, want %q", e.Remedy(), remedy)
	}
}

// TestFullDisk: the write fails as one on a full disk does, before anything and in the middle.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("there is no /dev/full")
	}
	t.Cleanup(func() { _ = full.Close() })
	for name, half := range map[string]bool{"before": false, "in the middle": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := place(t)
			l := openLog(t, path)
			write(t, l, askedOf("1"))
			before := content(t, path)
			l.put = func(f *os.File, line []byte) (int, error) {
				n := 0
				if half {
					n, _ = f.Write(line[:len(line)/2])
				}
				_, err := full.Write(line[n:])
				return n, err
			}
			refuses(t, l.Write(askedOf("2")), ": no space left on device", "free space there, set XDG_STATE_HOME")
			if got := content(t, path); got != before {
				t.Errorf("it left %q", strings.TrimPrefix(got, before))
			}
			l.put = (*os.File).Write
			write(t, l, endedOf("1"))
			shows(t, path, 0, "1 verified")
		})
	}
}

// TestTornLine: what a crash has left does not spoil the next line.
func TestTornLine(t *testing.T) {
	t.Parallel()
	path := place(t)
	l := openLog(t, path)
	write(t, l, askedOf("1"))
	if err := os.WriteFile(path, []byte(content(t, path)+`{"v":1,"id":"2","ev`), 0o600); err != nil {
		t.Fatal(err)
	}
	write(t, l, endedOf("1"), askedOf("3"))
	shows(t, path, 1, "1 verified", "3 unknown")
}

func TestRotation(t *testing.T) {
	t.Parallel()
	path := place(t)
	l := openLog(t, path)
	write(t, l, askedOf("1"))
	l.limit = 2 * int64(len(content(t, path)))
	write(t, l, askedOf("2")) // fills it
	write(t, l, endedOf("1"))
	shows(t, path, 0, "1 verified", "2 unknown")
	if is, err := os.Stat(older(path)); err != nil || is.Size() != l.limit || is.Mode() != 0o600 {
		t.Errorf("the older file: %+v, %v", is, err)
	}
	write(t, l, endedOf("2"))
	trail := shows(t, path, 0, "1 verified", "2 verified") // the requests went with the oldest file
	if e := trail.Entries[0]; e.Asked != nil || e.About().Target != "web1/shop" {
		t.Errorf("what is left of the first is %+v", e)
	}
	if err := os.Rename(path, older(path)); err != nil {
		t.Fatal(err)
	}
	shows(t, path, 0, "2 verified")
}

// TestRotationThatFails is no reason to write nothing.
func TestRotationThatFails(t *testing.T) {
	t.Parallel()
	path := place(t)
	l := openLog(t, path)
	l.limit = 1
	if err := os.MkdirAll(filepath.Join(older(path), "full"), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, l, askedOf("1"), endedOf("1"))
	if got := strings.Count(content(t, path), "\n"); got != 2 {
		t.Errorf("%d lines, want 2", got)
	}
}

func TestLocked(t *testing.T) {
	t.Parallel()
	path := place(t)
	l := openLog(t, path)
	l.patience = 0
	other, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Flock(int(other.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	refuses(t, l.Write(askedOf("1")), "another program keeps it locked", "look who has it open")
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	write(t, l, askedOf("1"))
}

// TestLongRecord: a record is never too long to be kept, or to be read.
func TestLongRecord(t *testing.T) {
	t.Parallel()
	path := place(t)
	r := askedOf("1")
	for i := range 400 {
		r.Evidence = append(r.Evidence, fmt.Sprintf("%d ", i)+strings.Repeat("\"→", 900))
	}
	r.Reason = strings.Repeat("é", maxLine)
	write(t, openLog(t, path), r, endedOf("1"))
	e := shows(t, path, 0, "1 verified").Entries[0].Asked
	if last := e.Evidence[len(e.Evidence)-1]; last != "360 more lines were too long to be recorded" || !strings.HasPrefix(e.Evidence[39], "39 ") {
		t.Errorf("the evidence ends with %q", last)
	}
	if len(content(t, path)) > maxLine {
		t.Errorf("the file has %d bytes", len(content(t, path)))
	}
}

func TestRecordWithoutID(t *testing.T) {
	t.Parallel()
	path := place(t)
	refuses(t, openLog(t, path).Write(actions.Record{Event: actions.RecordAsked}), "the record names no action", "this is a bug")
	shows(t, path, 0)
}
