package main

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"
)

const columns, rows = 200, 60

// screen is a program on a pseudo-terminal. One goroutine does nothing but read, so that what the program writes is timed
// when it comes and not when it has been drawn.
type screen struct {
	cmd   *exec.Cmd
	file  *os.File
	ended chan struct{}

	mu     sync.Mutex
	emu    *vt.Emulator
	at     time.Time // when the newest drawn piece came
	pieces int       // how many have been drawn: a frame is written in one
	// want is looked for after each piece, and seen is told when the one came after which it first held: whoever looked for
	// itself might find the next piece drawn already.
	want func(*vt.Emulator) bool
	seen chan time.Time
}

// piece is what one read brought.
type piece struct {
	bytes []byte
	at    time.Time
}

func startScreen(env []string, argv ...string) (*screen, error) {
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Env = env
	s := &screen{cmd: cmd, ended: make(chan struct{}), emu: vt.NewEmulator(columns, rows), seen: make(chan time.Time, 1)}
	file, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: rows, Cols: columns})
	if err != nil {
		return nil, err
	}
	s.file = file
	pieces := make(chan piece, 1<<16)
	go func() { _, _ = io.Copy(file, s.emu) }() // the terminal's answers
	go func() {
		defer close(pieces)
		for {
			buf := make([]byte, 64<<10)
			n, err := file.Read(buf)
			if n > 0 {
				pieces <- piece{buf[:n], time.Now()}
			}
			if err != nil {
				return
			}
		}
	}()
	go s.draw(pieces)
	return s, nil
}

func (s *screen) draw(pieces <-chan piece) {
	defer close(s.ended)
	for p := range pieces {
		s.mu.Lock()
		_, _ = s.emu.Write(p.bytes)
		s.at = p.at
		s.pieces++
		s.look()
		s.mu.Unlock()
	}
}

// look tells whether what is wanted is there. It is called with mu held.
func (s *screen) look() {
	if s.want != nil && s.want(s.emu) {
		s.want = nil
		s.seen <- s.at
	}
}

// errEnded means that the program has ended before it showed what was waited for.
var errEnded = errors.New("the program has ended")

// wait returns when the piece came after which want first held; want looks at the emulator. One waits at a time.
func (s *screen) wait(limit time.Duration, want func(*vt.Emulator) bool) (time.Time, error) {
	timeout := time.NewTimer(limit)
	defer timeout.Stop()
	s.mu.Lock()
	s.want = want
	s.look()
	s.mu.Unlock()
	select {
	case at := <-s.seen:
		return at, nil
	case <-s.ended:
		return time.Time{}, errEnded
	case <-timeout.C:
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.want == nil { // just now
		return <-s.seen, nil
	}
	s.want = nil
	return time.Time{}, os.ErrDeadlineExceeded
}

// drawn is how many pieces have been drawn.
func (s *screen) drawn() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pieces
}

// text is what the screen shows.
func (s *screen) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.emu.String()
}

// close ends the program as a person would close the window.
func (s *screen) close() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	killed := time.AfterFunc(20*time.Second, func() { _ = s.cmd.Process.Kill() })
	defer killed.Stop()
	_ = s.cmd.Wait()
	_ = s.file.Close()
}

// cursorRow is the line with pumatop's cursor, -1 for none.
func cursorRow(e *vt.Emulator) int {
	for y := range rows {
		if c := e.CellAt(0, y); c != nil && strings.TrimSpace(c.Content) == "▌" {
			return y
		}
	}
	return -1
}
