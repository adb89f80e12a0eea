package terminal

import (
	"context"
	"errors"
	"fmt"
	"image/color"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"
)

// ErrEnded is returned by a wait for something that the program did not show before it ended.
var ErrEnded = errors.New("program has ended")

// Options describe the terminal.
type Options struct {
	Columns, Rows int
	// Env is the program's whole environment.
	Env []string
	// Foreground and Background answer a program that asks for them; nil leaves it without an answer.
	Foreground, Background color.Color
}

// Terminal is a program on a pseudo-terminal with an emulator behind it.
type Terminal struct {
	file  *os.File
	cmd   *exec.Cmd
	ended chan struct{} // closed once the program's output has ended

	colors [2]color.Color // foreground and background

	mu      sync.Mutex
	emu     *vt.Emulator
	changed chan struct{} // closed and replaced whenever the program has written
	modes   map[string]bool
}

// Start runs a program; the end of ctx ends it, with SIGTERM first so that it can tidy up. The caller closes the
// terminal.
func Start(ctx context.Context, o Options, argv ...string) (*Terminal, error) {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Env = o.Env
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 2 * time.Second
	t := &Terminal{
		cmd: cmd, ended: make(chan struct{}), colors: [2]color.Color{o.Foreground, o.Background}, changed: make(chan struct{}),
		modes: map[string]bool{},
	}
	t.emu = t.emulator(o.Columns, o.Rows)
	file, err := pty.StartWithSize(cmd, size(o.Columns, o.Rows))
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", argv[0], err)
	}
	t.file = file
	go answers(file, t.emu)
	go t.read()
	return t, nil
}

// answers writes what an emulator answers; it ends with the file or the emulator.
func answers(file io.Writer, emu *vt.Emulator) { _, _ = io.Copy(file, emu) }

// emulator is an empty screen.
func (t *Terminal) emulator(columns, rows int) *vt.Emulator {
	emu := vt.NewEmulator(columns, rows)
	if t.colors[0] != nil {
		emu.SetDefaultForegroundColor(t.colors[0])
	}
	if t.colors[1] != nil {
		emu.SetDefaultBackgroundColor(t.colors[1])
	}
	emu.SetCallbacks(vt.Callbacks{
		EnableMode:  func(m ansi.Mode) { t.modes[modeName(m)] = true },
		DisableMode: func(m ansi.Mode) { t.modes[modeName(m)] = false },
	})
	return emu
}

// feed takes what the program has written. The emulator panics over scrolling below its last line, as a program does that has
// not learned yet that the terminal has become smaller; terminals bear that. The screen is empty then, and the program, which
// is about to learn, draws it anew.
func (t *Terminal) feed(b []byte) {
	defer func() {
		if recover() == nil {
			return
		}
		was := t.emu
		t.emu = t.emulator(was.Width(), was.Height())
		if pipe, ok := was.InputPipe().(io.Closer); ok {
			_ = pipe.Close()
		}
		go answers(t.file, t.emu)
	}()
	_, _ = t.emu.Write(b)
}

func size(columns, rows int) *pty.Winsize {
	return &pty.Winsize{Rows: uint16(rows), Cols: uint16(columns)}
}

func (t *Terminal) read() {
	defer close(t.ended)
	buf := make([]byte, 64<<10)
	for {
		n, err := t.file.Read(buf)
		t.mu.Lock()
		t.feed(buf[:n])
		close(t.changed)
		t.changed = make(chan struct{})
		t.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// Text is what the screen shows, a line a row.
func (t *Terminal) Text() string {
	text, _ := t.look()
	return text
}

func (t *Terminal) look() (text string, changed <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.emu.String(), t.changed
}

// Wait returns once want holds for the screen's text; with ErrEnded where the program ends before, or with the cause
// of ctx's end.
func (t *Terminal) Wait(ctx context.Context, want func(text string) bool) error {
	for {
		text, changed := t.look()
		if want(text) {
			return nil
		}
		select {
		case <-changed:
		case <-t.ended:
			if want(t.Text()) {
				return nil
			}
			return ErrEnded
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// Settle returns once the program has written nothing for a moment: what is on the screen is then a whole frame.
func (t *Terminal) Settle(ctx context.Context) error {
	const rest = 60 * time.Millisecond
	for {
		_, changed := t.look()
		select {
		case <-changed:
		case <-t.ended:
			return nil
		case <-time.After(rest):
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// Press sends keys one by one, each as KeyBytes has it, and lets the program draw after each, as it would for a person.
func (t *Terminal) Press(ctx context.Context, keys ...string) error {
	for _, k := range keys {
		b, ok := KeyBytes(k)
		if !ok {
			return fmt.Errorf("no key is named %s", k)
		}
		if _, err := t.file.WriteString(b); err != nil {
			return fmt.Errorf("press %s: %w", k, err)
		}
		if err := t.Settle(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Resize changes the size, which the program learns by SIGWINCH.
func (t *Terminal) Resize(columns, rows int) error {
	t.mu.Lock()
	t.emu.Resize(columns, rows)
	t.mu.Unlock()
	if err := pty.Setsize(t.file, size(columns, rows)); err != nil {
		return fmt.Errorf("resize: %w", err)
	}
	return nil
}

// Cells copies the screen, row by row.
func (t *Terminal) Cells() [][]uv.Cell {
	t.mu.Lock()
	defer t.mu.Unlock()
	rows := make([][]uv.Cell, t.emu.Height())
	for r := range rows {
		rows[r] = make([]uv.Cell, t.emu.Width())
		for c := range rows[r] {
			if cell := t.emu.CellAt(c, r); cell != nil {
				rows[r][c] = *cell
			}
		}
	}
	return rows
}

// Process is the program, for signals.
func (t *Terminal) Process() *os.Process { return t.cmd.Process }

// File is our end of the pseudo-terminal; its settings are those of the program's end.
func (t *Terminal) File() *os.File { return t.file }

// Close waits for the program, which has to have ended or its context to have, and gives the terminal back. The error
// is that of exec.Cmd's Wait: how the program ended.
func (t *Terminal) Close() error {
	err := t.cmd.Wait()
	// on Linux the reader ends with the program, by EIO; elsewhere it takes the file's end
	select {
	case <-t.ended:
	case <-time.After(time.Second):
	}
	_ = t.file.Close()
	<-t.ended
	return err
}
