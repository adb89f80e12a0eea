package main

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"unicode"

	"pumatop/collector/clean"
	"pumatop/tui"
)

// memory is where a session leaves how its screen was, for the next one of the same environment, or of the same targets.
type memory struct{ path string }

// The bounds of a remembered state: a hundred times what a screen leaves.
const (
	largestState = 64 << 10
	longestPart  = 1000
)

// memoryFor is the memory of an environment, else of targets by their names. Nothing is remembered where it is nil.
func memoryFor(getenv func(string) string, environment string, targets []wanted) (*memory, error) {
	name := "environment-" + fileName(environment)
	if environment == "" {
		var names []string
		for _, w := range targets {
			names = append(names, w.name+"\x00"+strings.Join(w.apps, "\x00"))
		}
		slices.Sort(names)
		sum := sha256.Sum256([]byte(strings.Join(names, "\n")))
		name = "targets-" + hex.EncodeToString(sum[:8])
	}
	dir := ""
	switch state, home := getenv("XDG_STATE_HOME"), getenv("HOME"); {
	case filepath.IsAbs(state):
		dir = state
	case filepath.IsAbs(home):
		dir = filepath.Join(home, ".local", "state")
	default:
		return nil, errors.New("neither HOME nor XDG_STATE_HOME names a directory")
	}
	return &memory{filepath.Join(dir, "pumatop", "screens", name+".json")}, nil
}

// fileName is a name as a part of a file's, and never another name's.
func fileName(name string) string {
	var b strings.Builder
	for _, r := range name {
		if r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-' || r == '_') {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, "%%%x", r)
		}
	}
	return b.String()
}

// remembered is the file.
type remembered struct {
	// Pumatop is the version of the format.
	Pumatop int       `json:"pumatop"`
	Screen  tui.State `json:"screen"`
}

// formatOfStates is the one that this program writes.
const formatOfStates = 1

// recall reads what was left; nothing, and no error, where there is nothing.
func (m *memory) recall() (tui.State, error) {
	if m == nil {
		return nil, nil
	}
	file, err := os.OpenFile(m.path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("open it: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("look at it: %w", err)
	}
	if owner, ok := info.Sys().(*syscall.Stat_t); !info.Mode().IsRegular() || !ok || int(owner.Uid) != os.Getuid() || info.Mode().Perm()&0o022 != 0 {
		return nil, errors.New("others may have written it")
	}
	text, err := io.ReadAll(io.LimitReader(file, largestState+1))
	if err != nil {
		return nil, fmt.Errorf("read it: %w", err)
	}
	return parseState(text)
}

// parseState reads the file's bytes. What a terminal would act on is left out of its texts.
func parseState(text []byte) (tui.State, error) {
	if len(text) > largestState {
		return nil, errors.New("it is too large")
	}
	var r remembered
	d := json.NewDecoder(bytes.NewReader(text))
	if err := d.Decode(&r); err != nil || d.More() {
		return nil, errors.New("it is not what pumatop writes")
	}
	if r.Pumatop != formatOfStates {
		return nil, errors.New("another version of pumatop has written it")
	}
	out := tui.State{}
	for name, value := range r.Screen {
		if len(value) <= longestPart && clean.Line(value) == value {
			out[name] = value
		}
	}
	return out, nil
}

// keep writes how the screen was left: all of it or nothing, for nobody else to read.
func (m *memory) keep(s tui.State) (err error) {
	if m == nil {
		return nil
	}
	text, err := json.MarshalIndent(remembered{formatOfStates, s}, "", "  ")
	if err != nil {
		return fmt.Errorf("write how the screen was left: %w", err)
	}
	dir := filepath.Dir(m.path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make a directory for how the screen was left: %w", err)
	}
	file, err := os.CreateTemp(dir, ".new-*")
	if err != nil {
		return fmt.Errorf("write how the screen was left: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(file.Name())
		}
	}()
	_, err = file.Write(append(text, '\n'))
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(file.Name(), m.path)
	}
	if err != nil {
		return fmt.Errorf("write how the screen was left: %w", err)
	}
	return nil
}

// recalled is what the screen comes back to, without what somebody asked for otherwise, and what to say of it.
func (f *flags) recalled(m *memory) (s tui.State, notice string) {
	s, err := m.recall()
	if err != nil {
		return nil, "how the screen was left is not known: " + clean.Line(err.Error())
	}
	for flag, part := range map[string]string{
		"sort": tui.StateSort, "columns": tui.StateColumns, "filter": tui.StateFilter, "theme": tui.StateTheme, "interval": tui.StateInterval,
	} {
		if f.asks(flag) {
			delete(s, part)
		}
	}
	return s, notice
}

// memory is where this session's screen is remembered, nil where that is not wanted.
func (f *flags) memory(getenv func(string) string, targets []wanted) (*memory, string) {
	if !f.remember {
		return nil, ""
	}
	m, err := memoryFor(getenv, f.environment, targets)
	if err != nil {
		return nil, "nothing is remembered: " + err.Error()
	}
	return m, ""
}

// leave keeps how the screen was left, or says why it cannot: nothing else depends on it.
func (m *memory) leave(s tui.State, w io.Writer) {
	if err := m.keep(s); err != nil {
		fmt.Fprintf(w, "pumatop: %v\n", clean.Line(err.Error()))
	}
}

// recollect is where this session's screen is remembered, what it comes back to, and what to say of that.
func (f *flags) recollect(getenv func(string) string, targets []wanted) (*memory, tui.State, string) {
	m, notice := f.memory(getenv, targets)
	s, problem := f.recalled(m)
	return m, s, cmp.Or(notice, problem)
}
