package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"
)

// screen is a program on a pseudo-terminal with an emulator behind it.
type screen struct {
	columns, rows int
	file          *os.File
	cmd           *exec.Cmd
	ended         chan struct{} // closed once the program's output has ended

	mu      sync.Mutex
	emu     *vt.Emulator
	changed chan struct{} // closed and replaced whenever the program has written
}

var errEnded = errors.New("program has ended")

// start runs the script's program; ctx ends it, with SIGTERM first so that it can tidy up.
func start(ctx context.Context, s script, t theme) (*screen, error) {
	cmd := exec.CommandContext(ctx, s.argv[0], s.argv[1:]...)
	cmd.Env = append(environment(os.Environ()), s.env...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 2 * time.Second
	x := &screen{
		columns: s.columns, rows: s.rows, cmd: cmd, ended: make(chan struct{}),
		emu: vt.NewEmulator(s.columns, s.rows), changed: make(chan struct{}),
	}
	// the emulator answers programs that ask for the terminal's colours with these
	x.emu.SetDefaultBackgroundColor(t.background)
	x.emu.SetDefaultForegroundColor(t.foreground)
	file, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: uint16(s.rows), Cols: uint16(s.columns)})
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", s.argv[0], err)
	}
	x.file = file
	go func() { _, _ = io.Copy(file, x.emu) }() // the terminal's answers; ends with the file
	go x.read()
	return x, nil
}

// environment is env as on a terminal of many colours, without what this process's own terminal or CI put there.
func environment(env []string) []string {
	var out []string
	for _, e := range env {
		switch name, _, _ := strings.Cut(e, "="); name {
		case "TERM", "COLORTERM", "NO_COLOR", "TMUX", "SSH_TTY", "CI", "LANG", "LC_ALL", "LC_CTYPE":
		default:
			out = append(out, e)
		}
	}
	return append(out, "TERM=xterm-256color", "COLORTERM=truecolor", "LANG=C.UTF-8")
}

func (x *screen) read() {
	defer close(x.ended)
	buf := make([]byte, 64<<10)
	for {
		n, err := x.file.Read(buf)
		x.mu.Lock()
		_, _ = x.emu.Write(buf[:n])
		close(x.changed)
		x.changed = make(chan struct{})
		x.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// text is what the screen shows, and a channel that closes with the next change.
func (x *screen) text() (string, <-chan struct{}) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.emu.String(), x.changed
}

// wait returns once want holds for the screen's text.
func (x *screen) wait(ctx context.Context, want func(text string) bool) error {
	for {
		text, changed := x.text()
		if want(text) {
			return nil
		}
		select {
		case <-changed:
		case <-x.ended:
			if text, _ := x.text(); want(text) {
				return nil
			}
			return errEnded
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// settle returns once the program has written nothing for a moment: what is on the screen is then a whole frame.
func (x *screen) settle(ctx context.Context) error {
	const rest = 60 * time.Millisecond
	for {
		_, changed := x.text()
		select {
		case <-changed:
		case <-x.ended:
			return nil
		case <-time.After(rest):
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// press sends keys one by one and lets the program draw after each, as it would for a person.
func (x *screen) press(ctx context.Context, keys []string) error {
	for _, k := range keys {
		b, _ := keyBytes(k)
		if _, err := x.file.WriteString(b); err != nil {
			return fmt.Errorf("press %s: %w", k, err)
		}
		if err := x.settle(ctx); err != nil {
			return err
		}
	}
	return nil
}

// cells copies the screen, row by row.
func (x *screen) cells() [][]uv.Cell {
	x.mu.Lock()
	defer x.mu.Unlock()
	rows := make([][]uv.Cell, x.rows)
	for r := range rows {
		rows[r] = make([]uv.Cell, x.columns)
		for c := range rows[r] {
			if cell := x.emu.CellAt(c, r); cell != nil {
				rows[r][c] = *cell
			}
		}
	}
	return rows
}

// close waits for the program, whose context has ended, and gives the terminal back.
func (x *screen) close() {
	_ = x.cmd.Wait() // how it ends when it is told to is its own affair
	_ = x.file.Close()
	<-x.ended
}
