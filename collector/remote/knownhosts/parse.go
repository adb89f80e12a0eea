package knownhosts

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // the format of hashed host names
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"

	"pumatop/collector/remote/wildcard"
)

// Entry is one line of a known_hosts file.
type Entry struct {
	File string
	Line int // from 1
	Key  ssh.PublicKey

	authority, revoked bool
	patterns           []string
	salt, hash         []byte
}

// Files are the entries of several known_hosts files, in order.
type Files struct {
	entries []Entry
	// Skipped are the lines that could not be read, as "file:line: reason". ssh skips them too, silently.
	Skipped []string
}

// With is f and the text of one more file.
func (f *Files) With(name string, text []byte) *Files {
	more := &Files{entries: slices.Clone(f.entries), Skipped: slices.Clone(f.Skipped)}
	more.Add(name, text)
	return more
}

// Load reads files in order. One that does not exist is none, as for ssh; one that may not be read is an error.
func Load(paths ...string) (*Files, error) {
	f := &Files{}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read known hosts: %w", err)
		}
		f.Add(path, text)
	}
	return f, nil
}

// Add appends the entries of a file's text. The name is what errors will call it.
func (f *Files) Add(name string, text []byte) {
	line := 0
	for raw := range bytes.Lines(text) {
		line++
		fields := strings.Fields(string(raw))
		if len(fields) == 0 || fields[0][0] == '#' {
			continue
		}
		e, err := parseEntry(fields)
		if err != nil {
			f.Skipped = append(f.Skipped, fmt.Sprintf("%s:%d: %v", name, line, err))
			continue
		}
		e.File, e.Line = name, line
		f.entries = append(f.entries, e)
	}
}

func parseEntry(fields []string) (Entry, error) {
	var e Entry
	switch fields[0] {
	case "@cert-authority":
		e.authority, fields = true, fields[1:]
	case "@revoked":
		e.revoked, fields = true, fields[1:]
	}
	if len(fields) < 3 || fields[0][0] == '@' {
		return e, errors.New("not a line of names, key type and key")
	}
	blob, err := base64.StdEncoding.DecodeString(fields[2])
	if err != nil {
		return e, errors.New("the key is not base64")
	}
	if e.Key, err = ssh.ParsePublicKey(blob); err != nil {
		return e, errors.New("the key's type is not known or the key is damaged")
	}
	if !strings.HasPrefix(fields[0], "|") {
		e.patterns = strings.Split(strings.ToLower(fields[0]), ",")
		return e, nil
	}
	parts := strings.Split(fields[0], "|")
	if len(parts) != 4 || parts[1] != "1" {
		return e, errors.New("the hashed name is of an unknown form")
	}
	salt, saltErr := base64.StdEncoding.DecodeString(parts[2])
	hash, hashErr := base64.StdEncoding.DecodeString(parts[3])
	if saltErr != nil || hashErr != nil || len(hash) != sha1.Size {
		return e, errors.New("the hashed name is damaged")
	}
	e.salt, e.hash = salt, hash
	return e, nil
}

// matches reports whether the entry is for a host. name is as [Name] has it.
func (e *Entry) matches(name string) bool {
	if e.hash != nil {
		return hmac.Equal(hashName(e.salt, name), e.hash)
	}
	return wildcard.List(e.patterns, name)
}

func hashName(salt []byte, name string) []byte {
	mac := hmac.New(sha1.New, salt)
	mac.Write([]byte(name))
	return mac.Sum(nil)
}

// Name is how a host is written into known_hosts: in lower case, with brackets and port where that is not 22.
func Name(host, port string) string {
	host = strings.ToLower(host)
	if port == "" || port == "22" {
		return host
	}
	return "[" + host + "]:" + port
}
