package remote

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"strings"
	"sync"

	"pumatop/collector/clean"
)

const (
	// shell is the one command that hosts are asked to run. It is constant because the login's own shell parses it, be
	// it fish, csh or restricted; everything that varies goes to its stdin, where ps shows nothing of it.
	shell = "exec /bin/sh -s"

	outputLimit = 4 << 20 // bytes of stdout that Run returns
	stderrLimit = 4 << 10 // bytes of stderr that are kept, the last ones
)

// ErrOutput means that a script wrote more than Run returns.
var ErrOutput = errors.New("the output is longer than 4 MiB")

// frame wraps a script so that sh reads all of it before it runs the first line (a command of the script could
// read the rest of it from stdin otherwise), and so that its output begins at the marker, behind whatever the login's
// start-up files print. input is what the script's commands read: "</dev/null", or nothing for what follows.
func frame(script, input string) (framed []string, marker string) {
	marker = "pumatop-" + rand.Text()
	return []string{"{ echo " + marker + "\n", strings.TrimRight(script, "\n"), "\nexit; } " + input + " # " + marker + "\n"}, marker
}

// ending is how a script ended.
type ending struct {
	status int // -1 where nobody told
	signal string
	stderr string
}

// verdict cuts the output at its marker and judges the ending.
func verdict(host, marker string, out []byte, e ending) ([]byte, error) {
	_, body, ok := bytes.Cut(out, []byte(marker+"\n"))
	if !ok {
		answer := e.stderr
		if text := clean.Short(strings.TrimSpace(string(out)), 200); text != "" {
			answer = text
		}
		return nil, &NoShellError{Host: host, Answer: answer}
	}
	if e.status != 0 {
		return body, &ExitError{Host: host, Status: e.status, Signal: e.signal, Stderr: e.stderr}
	}
	return body, nil
}

// output collects what a script prints, up to a limit.
type output struct {
	buf      bytes.Buffer
	limit    int
	full     bool   // more came than the limit
	overflow func() // called once when it did
}

// Write takes everything, so that the writer goes on to its end, and keeps nothing beyond the limit.
func (o *output) Write(p []byte) (int, error) {
	if o.full || o.buf.Len()+len(p) > o.limit {
		if !o.full {
			o.full = true
			o.overflow()
		}
		return len(p), nil
	}
	return o.buf.Write(p)
}

// tail keeps the last bytes of what is written to it.
type tail struct {
	limit int
	mu    sync.Mutex
	kept  []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, p...)
	if n := len(t.kept) - t.limit; n > 0 {
		t.kept = append(t.kept[:0], t.kept[n:]...)
	}
	return len(p), nil
}

// text is what was kept, as it came.
func (t *tail) text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.kept)
}

// ReadFrom spares io.Copy its 32 KiB: complaints are few, and every stream of a fleet waits for some.
func (t *tail) ReadFrom(r io.Reader) (int64, error) { return copySmall(t, r) }

// ReadFrom does the same for what a script prints.
func (o *output) ReadFrom(r io.Reader) (int64, error) { return copySmall(o, r) }

func copySmall(to io.Writer, from io.Reader) (n int64, err error) {
	room := streamBuffers.Get().(*[]byte)
	defer streamBuffers.Put(room)
	buf := *room
	for {
		read, err := from.Read(buf)
		n += int64(read)
		if _, errWrite := to.Write(buf[:read]); errWrite != nil {
			return n, errWrite
		}
		switch {
		case err == io.EOF:
			return n, nil
		case err != nil:
			return n, err
		}
	}
}

// writeText writes a script in pieces: a connection keeps a buffer as long as its longest packet. The parts are not put
// together before, since a fleet is sent the same long text again and again.
func writeText(w io.Writer, parts []string) {
	room := streamBuffers.Get().(*[]byte)
	defer streamBuffers.Put(room)
	piece := (*room)[:0]
	for _, text := range parts {
		for len(text) > 0 {
			n := min(len(text), cap(piece)-len(piece))
			piece, text = append(piece, text[:n]...), text[n:]
			if len(piece) < cap(piece) {
				continue
			}
			if _, err := w.Write(piece); err != nil {
				return // fails only with the session, which says more
			}
			piece = piece[:0]
		}
	}
	_, _ = w.Write(piece)
}

// String is what was kept as one clean line.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return clean.Line(strings.TrimSpace(string(t.kept)))
}
