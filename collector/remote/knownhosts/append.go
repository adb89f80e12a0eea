package knownhosts

import (
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // the format of hashed host names
	"encoding/base64"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/crypto/ssh"
)

// Append writes a key to a file, below what is there, hashed if the user wants names hidden. Only the name is
// written, never the address. Directory and file are made where they are missing, for their owner alone. The line goes
// out in one write at the file's end, so that an ssh that writes at the same time damages nothing.
func Append(path, name string, key ssh.PublicKey, hashed bool) (err error) {
	if name == "" || strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r == 0x7f || strings.ContainsRune(",*?!|#@", r) }) {
		return fmt.Errorf("remember host key: %q would be no plain name in known_hosts", name)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("remember host key: %w", err)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("remember host key: %w", err)
	}
	defer func() {
		if cerr := f.Close(); err == nil && cerr != nil {
			err = fmt.Errorf("remember host key: %w", cerr)
		}
	}()
	if hashed {
		name = Hash(name)
	}
	line := name + " " + string(ssh.MarshalAuthorizedKey(key))
	if torn, err := endsTorn(f); err != nil {
		return fmt.Errorf("remember host key: %w", err)
	} else if torn {
		line = "\n" + line
	}
	if _, err := f.WriteString(line); err != nil {
		return fmt.Errorf("remember host key: %w", err)
	}
	return nil
}

// endsTorn reports whether the file's last line has no end; a line appended to it would damage both.
func endsTorn(f *os.File) (bool, error) {
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil || size == 0 {
		return false, err
	}
	last := make([]byte, 1)
	if _, err := f.ReadAt(last, size-1); err != nil {
		return false, err
	}
	return last[0] != '\n', nil
}

// Hash hides a name as HashKnownHosts does: salted, and readable only for those who know the name.
func Hash(name string) string {
	salt := make([]byte, sha1.Size)
	_, _ = rand.Read(salt) // never fails: it ends the program instead
	encode := base64.StdEncoding.EncodeToString
	return "|1|" + encode(salt) + "|" + encode(hashName(salt, name))
}
