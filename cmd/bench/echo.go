package main

import (
	"fmt"
	"os"
	"os/exec"
	"time"

	"github.com/creack/pty"
)

// echo is a pseudo-terminal beside the program's, on which cat gives back each key at once: as soon as any program can that
// shares the machine with the simulated hosts.
type echo struct {
	cmd  *exec.Cmd
	file *os.File
}

func startEcho() (*echo, error) {
	cmd := exec.Command("sh", "-c", "stty raw -echo && echo && exec cat")
	file, err := pty.Start(cmd)
	if err != nil {
		return nil, fmt.Errorf("start cat: %w", err)
	}
	e := &echo{cmd, file}
	if _, err := e.read(); err != nil { // cat is there, or about to be
		e.close()
		return nil, err
	}
	return e, nil
}

// press returns how long it takes until a key is there again.
func (e *echo) press() (time.Duration, error) {
	pressed := time.Now()
	if _, err := e.file.WriteString("x"); err != nil {
		return 0, fmt.Errorf("press a key for cat: %w", err)
	}
	at, err := e.read()
	return at.Sub(pressed), err
}

func (e *echo) read() (time.Time, error) {
	var b [1 << 6]byte
	_, err := e.file.Read(b[:])
	at := time.Now()
	if err != nil {
		return at, fmt.Errorf("read from cat: %w", err)
	}
	return at, nil
}

func (e *echo) close() {
	_ = e.cmd.Process.Kill()
	_ = e.cmd.Wait()
	_ = e.file.Close()
}
