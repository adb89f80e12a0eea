package paint

import (
	"bytes"
	"fmt"
	"io"
	"runtime/debug"
	"sync"
	"time"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
)

// Frame is what the terminal is to show.
type Frame struct {
	// Content is the lines, in styles that end with the line that they are on. What of them is too wide or too low is
	// not shown.
	Content       string
	Width, Height int
	Cursor        *Position // nil for none
	Profile       colorprofile.Profile
	// Synchronized is whether the terminal draws what comes in mode 2026 at once.
	Synchronized bool
}

// Position is a cell, counted from the upper left from 0.
type Position struct{ X, Y int }

// breath is the least time between two frames. Nobody sees more than this, and whoever turns a mouse wheel sends that many.
const breath = 4 * time.Millisecond

// again is how long after a write that failed the frame is drawn once more.
const again = time.Second

// Painter is between a program and its terminal.
type Painter struct {
	wake   chan struct{}
	broken chan string   // a panic while drawing
	left   chan struct{} // closed by Close
	once   sync.Once

	next struct {
		sync.Mutex
		frame Frame
	}

	mu     sync.Mutex // guards the rest, and that one writes at a time
	w      io.Writer
	on     bool // the alternate screen is there
	ended  bool // nobody draws any more
	screen Screen
	buf    []byte
	retry  *time.Timer // nil until a write has failed
}

// New returns a painter that writes to w. Somebody has to Run it.
func New(w io.Writer) *Painter {
	return &Painter{w: w, wake: make(chan struct{}, 1), broken: make(chan string, 1), left: make(chan struct{})}
}

// Show has the frame drawn soon. It does not wait for a terminal that is slow: what has not been drawn when a newer frame comes
// never is.
func (p *Painter) Show(f Frame) {
	p.next.Lock()
	changed := !p.next.frame.equal(&f)
	p.next.frame = f
	p.next.Unlock()
	if changed {
		p.poke()
	}
}

// poke has the newest frame drawn.
func (p *Painter) poke() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// newest is the frame to be drawn.
func (p *Painter) newest() Frame {
	p.next.Lock()
	defer p.next.Unlock()
	return p.next.frame
}

// Run draws what is shown until Close. It panics with what happened where drawing did, also for Write: that is called by
// goroutines of Bubble Tea's of which a panic would end the process with its terminal raw. Afterwards nobody draws, and what is
// written still goes to the terminal.
func (p *Painter) Run() {
	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.ended = true
	}()
	for {
		select {
		case <-p.wake:
			p.paint()
		case what := <-p.broken:
			panic(what)
		case <-p.left:
			return
		}
		select {
		case <-time.After(breath):
		case <-p.left:
			return
		}
	}
}

// Close ends Run.
func (p *Painter) Close() { p.once.Do(func() { close(p.left) }) }

// paint draws the newest frame.
func (p *Painter) paint() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.on || p.ended {
		return
	}
	f := p.newest()
	p.buf = p.buf[:0]
	if p.draw(&f) && len(p.buf) > 0 {
		_, _ = p.send()
	}
}

// Write writes what is Bubble Tea's to the terminal, and all of the frame behind it.
func (p *Painter) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	was := p.on
	on, off := bytes.LastIndex(b, []byte(ansi.SetModeAltScreenSaveCursor)), bytes.LastIndex(b, []byte(ansi.ResetModeAltScreenSaveCursor))
	if on != off {
		p.on = on > off
	}
	p.screen.Forget()
	p.buf = append(p.buf[:0], b...)
	switch f := p.newest(); {
	case was && !p.on:
		p.buf = append(p.buf, ansi.ShowCursor...) // Bubble Tea does where it knows of one that it is hidden
	case p.on && !p.ended:
		if f.Synchronized { // what it has erased is not seen without what comes there
			p.buf = bytes.TrimSuffix(p.buf, []byte(ansi.ResetModeSynchronizedOutput))
		}
		if !p.draw(&f) {
			p.buf = append(p.buf[:0], b...)
		}
	}
	n, err := p.send()
	return min(n, len(b)), err
}

// draw appends what draws f. It reports whether it did; Run panics where it did not.
func (p *Painter) draw(f *Frame) (done bool) {
	defer func() {
		if v := recover(); v != nil {
			p.ended = true
			p.broken <- fmt.Sprintf("%v\n%s", v, debug.Stack())
		}
	}()
	p.buf = p.screen.Draw(p.buf, f)
	return true
}

// send writes what has been drawn.
func (p *Painter) send() (int, error) {
	n, err := p.w.Write(p.buf)
	if err != nil {
		p.screen.Forget() // how much of it came through is not known
		p.tryAgain()
	}
	return n, err //nolint:wrapcheck // an io.Writer's own
}

// tryAgain has the frame drawn after a while. One timer for all: each of many would begin a row of tries of its own on a terminal
// that is gone.
func (p *Painter) tryAgain() {
	if p.retry == nil {
		p.retry = time.AfterFunc(again, p.poke)
		return
	}
	p.retry.Reset(again)
}

// equal reports whether two frames look the same.
func (f *Frame) equal(g *Frame) bool {
	if (f.Cursor == nil) != (g.Cursor == nil) || f.Cursor != nil && *f.Cursor != *g.Cursor {
		return false
	}
	return f.Width == g.Width && f.Height == g.Height && f.Profile == g.Profile && f.Synchronized == g.Synchronized && f.Content == g.Content
}
