package audit

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
)

// TestUnwritable: a directory or a file of somebody else's. Root may write everywhere, so its thread becomes nobody for
// the file system.
func TestUnwritable(t *testing.T) {
	t.Parallel()
	path := place(t)
	write(t, openLog(t, path), askedOf("1"))
	dir := filepath.Dir(path)
	for _, tc := range []struct {
		name, path string
		dir, file  os.FileMode
		says       string
	}{
		{"a new file", filepath.Join(dir, "new.jsonl"), 0o500, 0o600, "new.jsonl: permission denied"},
		{"a new directory", filepath.Join(dir, "new", "audit.jsonl"), 0o500, 0o600, "permission denied"},
		{"a file that is there", path, 0o755, 0o444, "audit.jsonl: permission denied"},
	} {
		if err := errors.Join(os.Chmod(dir, tc.dir), os.Chmod(path, tc.file)); err != nil {
			t.Fatal(err)
		}
		var err error
		asNobody(t, dir, func() { _, err = Open(tc.path) })
		t.Log(tc.name)
		refuses(t, err, tc.says, "make it writable for this login, set XDG_STATE_HOME")
	}
	if err := os.Chmod(dir, 0o700); err != nil { // so that it can be removed
		t.Fatal(err)
	}
}

// asNobody runs f as a login that owns nothing. The directories above dir let it through.
func asNobody(t *testing.T, dir string, f func()) {
	t.Helper()
	if os.Geteuid() != 0 {
		f()
		return
	}
	for up := filepath.Dir(dir); up != os.TempDir() && up != "/"; up = filepath.Dir(up) {
		if err := os.Chmod(up, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		if err := syscall.Setfsuid(65534); err != nil {
			t.Error(err)
			return
		}
		f()
	}()
	<-done
}
