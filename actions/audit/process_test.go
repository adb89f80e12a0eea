package audit

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"pumatop/actions"
)

// The tests' own program is another pumatop where these are set: it writes to the file, up to a limit of the audit's or
// of the operating system's.
const (
	writerPath  = "PUMATOP_TEST_AUDIT"
	writerName  = "PUMATOP_TEST_NAME"
	writerLimit = "PUMATOP_TEST_LIMIT"
	writerFull  = "PUMATOP_TEST_FULL"
)

const writers, perWriter = 4, 20

func TestMain(m *testing.M) {
	if path := os.Getenv(writerPath); path != "" {
		if err := beWriter(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func beWriter(path string) error {
	l, err := Open(path)
	if err != nil {
		return err
	}
	l.patience = time.Hour // a machine that is busy with other tests
	if l.limit, err = strconv.ParseInt(os.Getenv(writerLimit), 10, 64); err != nil {
		return err
	}
	if text := os.Getenv(writerFull); text != "" {
		full, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			return err
		}
		signal.Ignore(syscall.SIGXFSZ)
		limit := syscall.Rlimit{Cur: full, Max: full}
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
			return err
		}
	}
	return writeAll(l, os.Getenv(writerName))
}

// writeAll writes the two records of each of many actions, from several goroutines.
func writeAll(l *Log, name string) error {
	var wait sync.WaitGroup
	failures := make([]error, writers)
	for w := range writers {
		wait.Go(func() {
			for i := range perWriter {
				id := fmt.Sprintf("%s-%d-%d", name, w, i)
				failures[w] = errors.Join(failures[w], l.Write(askedOf(id)), l.Write(endedOf(id)))
			}
		})
	}
	wait.Wait()
	return errors.Join(failures...)
}

// another starts another pumatop.
func another(t *testing.T, path, name string, limit int64, more ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), append(more, writerPath+"="+path, writerName+"="+name, writerLimit+"="+strconv.FormatInt(limit, 10))...)
	return cmd
}

// TestManyWriters: nothing is lost, mixed or repeated, also where one of them turns the file over under the others.
func TestManyWriters(t *testing.T) {
	t.Parallel()
	const programs = 3
	pair := int64(len(mustEncode(t, askedOf("a-0-00"))) + len(mustEncode(t, endedOf("a-0-00"))))
	for _, tc := range []struct {
		name  string
		limit int64
		turns bool
	}{
		{"one file", maxSize, false},
		{"turned over once", pair * programs * writers * perWriter * 2 / 3, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			path := place(t)
			l := openLog(t, path)
			l.limit, l.patience = tc.limit, time.Hour
			var others []*exec.Cmd
			for _, name := range []string{"b", "c"} {
				other := another(t, path, name, tc.limit)
				other.Stderr = os.Stderr
				if err := other.Start(); err != nil {
					t.Fatal(err)
				}
				others = append(others, other)
			}
			err := writeAll(l, "a")
			for _, other := range others {
				err = errors.Join(err, other.Wait())
			}
			if err != nil {
				t.Fatal(err)
			}
			complete(t, path, programs*writers*perWriter)
			if _, err := os.Stat(older(path)); (err == nil) != tc.turns {
				t.Errorf("the older file: %v", err)
			}
		})
	}
}

// complete expects so many entries, whole and each once.
func complete(t *testing.T, path string, want int) {
	t.Helper()
	trail, err := Read(path, Filter{})
	if err != nil || len(trail.Entries) != want || trail.Broken != 0 {
		t.Fatalf("%d entries, want %d; %d broken lines, %v", len(trail.Entries), want, trail.Broken, err)
	}
	seen := map[string]bool{}
	for _, e := range trail.Entries {
		if id := e.About().ID; seen[id] || e.Asked == nil || e.Word() != actions.Verified {
			t.Errorf("%s is there twice or in part: %+v", id, e)
		}
		seen[e.About().ID] = true
	}
}

func mustEncode(t *testing.T, r actions.Record) []byte {
	t.Helper()
	line, err := encode(r)
	if err != nil {
		t.Fatal(err)
	}
	return line
}

// TestNoRoom: the kernel takes half a line and refuses the rest.
func TestNoRoom(t *testing.T) {
	t.Parallel()
	path := place(t)
	out, err := another(t, path, "a", maxSize, writerFull+"=2000").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "write the audit "+path+": file too large") {
		t.Fatalf("the other program ended with %v and said %s", err, out)
	}
	if text := content(t, path); len(text) > 2000 || !strings.HasSuffix(text, "}\n") {
		t.Errorf("the file ends with %q", text[max(len(text)-60, 0):])
	}
	before, err := Read(path, Filter{})
	if err != nil || before.Total == 0 || before.Broken != 0 {
		t.Fatalf("it reads as %+v, %v", before, err)
	}
	write(t, openLog(t, path), askedOf("later"))
	if after, err := Read(path, Filter{}); err != nil || after.Total != before.Total+1 || after.Broken != 0 {
		t.Errorf("after that it reads as %+v, %v", after, err)
	}
}
