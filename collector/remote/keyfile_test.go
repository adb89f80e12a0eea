package remote

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A project's file may name any file as a key. One that has no end, or that waits for a writer, is none.
func TestKeyFilesThatAreNone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	pipe, large := filepath.Join(dir, "pipe"), filepath.Join(dir, "large")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(large, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(large, 1<<40); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		pipe: "no regular file", "/dev/zero": "no regular file", dir: "no regular file", large: "longer than",
	} {
		found := readIdentities([]string{path}, nil)
		if len(found) != 1 || !strings.Contains(found[0].note, want) || found[0].signer != nil {
			t.Errorf("%s: %+v", path, found)
		}
		if err := os.Symlink(path, filepath.Join(dir, "x.pub")); err != nil {
			t.Fatal(err)
		}
		if readPublic(filepath.Join(dir, "x.pub")) != nil || isHardwareKey(path) {
			t.Errorf("%s is a key", path)
		}
		if err := os.Remove(filepath.Join(dir, "x.pub")); err != nil {
			t.Fatal(err)
		}
	}
}
