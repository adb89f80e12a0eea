package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"

	"github.com/muesli/cancelreader"
	"golang.org/x/term"
)

// keyboard is the terminal as keys are read from it. Bubble Tea reads in a goroutine that hands each key to another and
// waits in the kernel again, and takes the processor along on which that other one is next in turn: on a busy machine the
// key lay there until Go's monitor came by, up to 10 ms later. This one steps aside first.
//
// It has no name, as an *os.File has: with one, Bubble Tea would wait for the file itself, and not call Read. So it cannot
// end a Read either, and interrupt has to.
type keyboard struct {
	file *os.File

	raw *rawKeys // where nobody else sets the terminal's mode

	mu     sync.Mutex
	reader cancelreader.CancelReader
}

// keysFrom is what Bubble Tea is to read: the keyboard where in is a terminal, and otherwise in itself and no keyboard.
func keysFrom(in io.Reader) (io.Reader, *keyboard, error) {
	file, ok := in.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return in, nil, nil
	}
	k, err := newKeyboard(file)
	return k, k, err
}

func newKeyboard(file *os.File) (*keyboard, error) {
	k := &keyboard{file: file}
	if err := k.resume(); err != nil {
		return nil, err
	}
	return k, nil
}

// Read waits for keys.
func (k *keyboard) Read(p []byte) (int, error) {
	runtime.Gosched()
	k.mu.Lock()
	reader := k.reader
	k.mu.Unlock()
	return reader.Read(p) //nolint:wrapcheck // Bubble Tea knows what has been cancelled by the error itself
}

// Fd is the terminal whose modes are set.
func (k *keyboard) Fd() uintptr { return k.file.Fd() }

// Write writes to the terminal.
func (k *keyboard) Write(p []byte) (int, error) { return k.file.Write(p) }

// Close leaves the terminal open, which is not ours.
func (k *keyboard) Close() error { return nil }

// interrupt ends the Read that waits, before the terminal is given away: it would take the keys that are meant for others.
func (k *keyboard) interrupt() {
	if k == nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.reader.Cancel()
}

// resume lets keys be read again.
func (k *keyboard) resume() error {
	if k == nil {
		return nil
	}
	reader, err := cancelreader.NewReader(k.file)
	if err != nil {
		return fmt.Errorf("read keys from the terminal: %w", err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.reader != nil {
		_ = k.reader.Close()
	}
	k.reader = reader
	return nil
}
