package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/vt"

	"pumatop/actions"
	"pumatop/cmd/internal/shot"
	"pumatop/cmd/internal/terminal"
)

// filmed is when the pictures are taken.
var filmed = time.Date(2026, 11, 28, 19, 31, 0, 0, time.UTC)

// seal keeps what this machine has, its configuration and its terminal, out of the program.
func seal(t *testing.T) {
	t.Helper()
	home := t.TempDir()
	for name, value := range map[string]string{"HOME": home, "XDG_CONFIG_HOME": home, "XDG_STATE_HOME": home, "NO_COLOR": "", "LC_ALL": "C.UTF-8",
		"SSH_ASKPASS": "", "TMUX": "", "STY": "", "USER": "deploy", "LOGNAME": "deploy"} {
		t.Setenv(name, value)
	}
	t.Chdir(home)
}

// virtual is a terminal whose program runs in the same bubble. It is a stage for the program and a screen for the script.
type virtual struct {
	dir     string
	size    [2]int
	program chan *tea.Program
	shown   *tea.Program
	in      *io.PipeWriter
	keys    *io.PipeReader

	mu  sync.Mutex
	emu *vt.Emulator
	env []string
}

func newVirtual(t *testing.T, s shot.Script) *virtual {
	dir := filepath.Join(os.TempDir(), "pumatop-demo") // the same each time, because it is seen
	if err := errors.Join(os.RemoveAll(dir), os.Mkdir(dir, 0o700)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	x := &virtual{dir: dir, size: [2]int{s.Columns, s.Rows}, program: make(chan *tea.Program, 1), emu: vt.NewEmulator(s.Columns, s.Rows), env: s.Env}
	foreground, background := s.Colors()
	x.emu.SetDefaultForegroundColor(foreground)
	x.emu.SetDefaultBackgroundColor(background)
	x.keys, x.in = io.Pipe()
	go func() { _, _ = io.Copy(x.in, x.emu) }() // the terminal's answers
	return x
}

// Show runs the program's screen.
func (x *virtual) Show(m tea.Model, options ...tea.ProgramOption) error {
	options = append([]tea.ProgramOption{tea.WithColorProfile(colorprofile.TrueColor)}, options...)
	options = append(options, tea.WithInput(x.keys), tea.WithWindowSize(x.size[0], x.size[1]),
		tea.WithEnvironment(append([]string{"TERM=xterm-256color"}, x.env...)))
	p := tea.NewProgram(m, options...)
	x.program <- p
	_, err := p.Run()
	return err
}

func (x *virtual) Dir() string { return x.dir }

// Signature is nobody of this machine.
func (x *virtual) Signature() actions.Record {
	return actions.Record{User: "deploy", From: "ops1", PID: 4711, Pumatop: version}
}

// Write takes what the program writes. No kernel adds the carriage returns.
func (x *virtual) Write(p []byte) (int, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	_, err := x.emu.Write(bytes.ReplaceAll(p, []byte("\n"), []byte("\r\n")))
	return len(p), err
}

// beat is how often a wait looks, and rest how long the screen has to be left alone.
const (
	beat = 50*time.Millisecond + 700*time.Microsecond
	rest = 100 * time.Millisecond
)

func (x *virtual) Wait(ctx context.Context, want func(string) bool) error {
	for !want(x.Text()) {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		time.Sleep(beat)
	}
	return nil
}

func (x *virtual) Settle(context.Context) error {
	time.Sleep(rest)
	synctest.Wait()
	return nil
}

func (x *virtual) Press(ctx context.Context, keys ...string) error {
	for _, key := range keys {
		b, ok := terminal.KeyBytes(key)
		if !ok {
			return fmt.Errorf("no key is named %s", key)
		}
		if _, err := x.in.Write([]byte(b)); err != nil {
			return fmt.Errorf("press %s: %w", key, err)
		}
		time.Sleep(4 * rest) // as fast as a person types
		if err := x.Settle(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (x *virtual) Resize(columns, rows int) error {
	x.mu.Lock()
	x.emu.Resize(columns, rows)
	x.mu.Unlock()
	x.running().Send(tea.WindowSizeMsg{Width: columns, Height: rows})
	return nil
}

func (x *virtual) running() *tea.Program {
	if x.shown == nil {
		x.shown = <-x.program
	}
	return x.shown
}

func (x *virtual) Text() string {
	synctest.Wait()
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.emu.String()
}

func (x *virtual) Cells() [][]uv.Cell {
	x.mu.Lock()
	defer x.mu.Unlock()
	rows := make([][]uv.Cell, x.emu.Height())
	for r := range rows {
		rows[r] = make([]uv.Cell, x.emu.Width())
		for c := range rows[r] {
			if cell := x.emu.CellAt(c, r); cell != nil {
				rows[r][c] = *cell
			}
		}
	}
	return rows
}

func (x *virtual) quit() { x.running().Quit() }

func (x *virtual) close() {
	_ = x.in.Close()
	_ = x.keys.Close()
	_ = x.emu.InputPipe().(io.Closer).Close()
}

// onStage runs the program of a script on a virtual terminal, in the bubble of the test, while f has it.
func onStage(t *testing.T, s shot.Script, f func(context.Context, *virtual)) {
	t.Helper()
	time.Sleep(time.Until(filmed))
	x := newVirtual(t, s)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		root := newRoot(streams{strings.NewReader(""), x, io.Discard}, nil)
		root.SetArgs(s.Argv[1:])
		root.SetOut(x)
		ended <- root.ExecuteContext(ctx)
	}()
	f(ctx, x)
	x.quit()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	stop()
	x.close()
	time.Sleep(time.Minute) // for the commands that wait for a moment, which nobody ends
}
