package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"pumatop/collector/clean"
)

// trust is what the operator has trusted: the content of files, by their paths.
type trust struct {
	Files map[string]string `json:"files"` // SHA-256 in hexadecimal
}

// trustedName is the file in the state directory.
const trustedName = "trusted.json"

func trustPath(getenv func(string) string) (string, error) {
	dir := userDir(getenv, "XDG_STATE_HOME", ".local/state")
	if dir == "" {
		return "", errNoState
	}
	return filepath.Join(dir, trustedName), nil
}

// readTrust reads it. Without a home nothing is trusted.
func readTrust(getenv func(string) string) (trust, error) {
	path, err := trustPath(getenv)
	if err != nil {
		return trust{}, nil
	}
	text, err := readFile(File{Path: path, Name: path})
	if errors.Is(err, fs.ErrNotExist) {
		return trust{}, nil
	}
	var t trust
	if err == nil {
		err = json.Unmarshal(text, &t)
	}
	var wrong *Error
	switch {
	case errors.As(err, &wrong):
		return trust{}, Errors{wrong}
	case err != nil:
		return trust{}, Errors{{At: Origin{File: path}, Text: "what is trusted cannot be read: " + clean.Line(reason(err)),
			Fix: "remove it, and trust again: pumatop config trust"}}
	}
	return t, nil
}

// real is the path that a file goes by, whatever links lead to its directory. A link that is the file itself is one of its
// own: relative paths in it are from where the link lies.
func real(path string) string {
	if dir, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
		return filepath.Join(dir, filepath.Base(path))
	}
	return path
}

// isTrusted reports whether the commands of a file count: those of a project's once the operator has said so.
func (f File) isTrusted(getenv func(string) string) (bool, error) {
	if f.Layer != Project {
		return true, nil
	}
	t, err := readTrust(getenv)
	return t.Files[real(f.Path)] == f.SHA256, err
}

// Trust lets the commands of a project's file count as long as its content is what was loaded, and Distrust ends that.
func Trust(o Options, f File) error {
	return rewriteTrust(o, func(t trust) { t.Files[real(f.Path)] = f.SHA256 })
}

// Distrust ends what [Trust] began.
func Distrust(o Options, f File) error {
	return rewriteTrust(o, func(t trust) { delete(t.Files, real(f.Path)) })
}

// rewriteTrust changes the file, in one step for whoever reads it meanwhile.
func rewriteTrust(o Options, change func(trust)) error {
	path, err := trustPath(o.getenv)
	if err != nil {
		return fmt.Errorf("keep what is trusted: %w", err)
	}
	t, err := readTrust(o.getenv)
	if err != nil {
		return err
	}
	if t.Files == nil {
		t.Files = map[string]string{}
	}
	change(t)
	text, err := json.MarshalIndent(t, "", "  ")
	if err != nil {
		return fmt.Errorf("keep what is trusted: %w", err)
	}
	if err := replaceFile(path, append(text, '\n')); err != nil {
		return fmt.Errorf("keep what is trusted: %w", err)
	}
	return nil
}

// replaceFile writes a file that only its owner reads, and puts it in the other's place once it is on the disk.
func replaceFile(path string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), trustedName+".*") // 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
