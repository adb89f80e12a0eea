package main

import (
	"errors"
	"io"
	"os"
	"runtime"
	"testing"

	"github.com/muesli/cancelreader"
)

func pipe(tb testing.TB) (r, w *os.File) {
	tb.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _, _ = r.Close(), w.Close() })
	return r, w
}

// TestKeyboardGivesWay: a read that waits ends when the terminal is given away, takes nothing from whoever has it then, and
// goes on afterwards.
func TestKeyboardGivesWay(t *testing.T) {
	r, w := pipe(t)
	k, err := newKeyboard(r)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	go func() {
		_, err := k.Read(make([]byte, 8))
		ended <- err
	}()
	k.interrupt()
	if err := <-ended; !errors.Is(err, cancelreader.ErrCanceled) {
		t.Fatalf("the read ended with %v", err)
	}
	if _, err := io.WriteString(w, "ls"); err != nil {
		t.Fatal(err)
	}
	theirs := make([]byte, 8)
	if n, err := r.Read(theirs); err != nil || string(theirs[:n]) != "ls" {
		t.Errorf("the shell reads %q, %v", theirs[:n], err)
	}
	if err := k.resume(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, "j"); err != nil {
		t.Fatal(err)
	}
	ours := make([]byte, 8)
	if n, err := k.Read(ours); err != nil || string(ours[:n]) != "j" {
		t.Errorf("pumatop reads %q, %v", ours[:n], err)
	}
}

// TestKeyboardIsNoNamedFile: a name would have Bubble Tea wait for the file and not call Read.
func TestKeyboardIsNoNamedFile(t *testing.T) {
	if _, named := any(&keyboard{}).(interface{ Name() string }); named {
		t.Error("the keyboard has a name")
	}
	if _, ok := any(&keyboard{}).(cancelreader.File); ok {
		t.Error("cancelreader takes the keyboard for a file")
	}
}

// BenchmarkKey is the way of a key through the goroutine that reads to the one that it is meant for, while all processors
// are busy: by the terminal itself, as Bubble Tea reads it, and by the keyboard.
func BenchmarkKey(b *testing.B) {
	b.Run("terminal", func(b *testing.B) {
		r, w := pipe(b)
		reader, err := cancelreader.NewReader(r)
		if err != nil {
			b.Fatal(err)
		}
		benchKey(b, reader, w)
		reader.Cancel()
	})
	b.Run("keyboard", func(b *testing.B) {
		r, w := pipe(b)
		k, err := newKeyboard(r)
		if err != nil {
			b.Fatal(err)
		}
		benchKey(b, k, w)
		k.interrupt()
	})
}

func benchKey(b *testing.B, r io.Reader, w io.Writer) {
	read, seen, done := make(chan byte), make(chan bool), make(chan bool)
	go func() {
		for {
			var p [64]byte
			if _, err := r.Read(p[:]); err != nil {
				close(read)
				return
			}
			read <- p[0]
		}
	}()
	go func() {
		for range read {
			seen <- true
		}
	}()
	for range 4 * runtime.GOMAXPROCS(0) {
		go work(done)
	}
	defer close(done)
	for b.Loop() {
		if _, err := w.Write([]byte("j")); err != nil {
			b.Fatal(err)
		}
		<-seen
	}
}

// work keeps a processor busy, a little at a time.
func work(done <-chan bool) {
	n := 0
	for {
		select {
		case <-done:
			return
		default:
		}
		for i := range 50_000 {
			n += i
		}
		if n != 0 {
			runtime.Gosched()
		}
	}
}
