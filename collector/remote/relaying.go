package remote

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"pumatop/collector/clean"
)

// relaying is a relay that runs.
type relaying struct {
	relay            *relay
	stream           *Stream
	program, version string
	serial           bool          // one exchange at a time
	places           chan struct{} // a place for each connection

	mu      sync.Mutex
	conns   map[uint64]*relayConn
	last    uint64
	orders  []byte // to be written
	writing bool

	ended chan struct{}
	why   error // stands once ended is closed
}

// newRelaying reads the relay's first line, and from then on its answers.
func newRelaying(r *relay, stream *Stream) (*relaying, error) {
	out := bufio.NewReaderSize(stream.Stdout, 16<<10)
	first, err := readLine(out, 200)
	if err != nil {
		_ = stream.Close()
		return nil, fmt.Errorf("%s: start a relay: %w", r.host, ended(stream, err))
	}
	f := strings.Fields(clean.Line(string(first)))
	if len(f) < 4 || f[0] != "relay" || f[1] != "1" {
		_ = stream.Close()
		text := "the host has no ruby, python3, perl, curl or socat to relay with"
		if len(f) < 3 || f[2] != "none" {
			text = "what answers is no relay: " + clean.Short(string(first), 80)
		}
		return nil, &RelayError{Host: r.host, Text: text}
	}
	x := &relaying{relay: r, stream: stream, program: f[2], serial: f[3] != "streams", conns: map[uint64]*relayConn{},
		ended: make(chan struct{})}
	x.version = strings.Join(f[4:], " ")
	x.places = make(chan struct{}, relayTogether)
	if x.serial {
		x.places = make(chan struct{}, 1)
	}
	r.run(func() { x.read(out) })
	return x, nil
}

// ended is how a script ended whose output did.
func ended(s *Stream, err error) error {
	if !errors.Is(err, io.EOF) {
		return err
	}
	if why := s.Err(); why != nil {
		return why
	}
	return errors.New("it ended")
}

// readLine reads one line without its end; what is longer is an error.
func readLine(r *bufio.Reader, limit int) ([]byte, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case len(line) > limit:
			return nil, errors.New("a line is too long")
		case err == nil:
			return bytes.TrimSuffix(line, []byte("\n")), nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, err
		}
	}
}

// read hands the answers to their connections until there are no more.
func (x *relaying) read(out *bufio.Reader) {
	for {
		line, err := readLine(out, relayLine)
		if err == nil {
			err = x.take(line)
		}
		if err != nil {
			x.end(err)
			return
		}
	}
}

// take takes one line. An error is one of the protocol.
func (x *relaying) take(line []byte) error {
	a, err := parseRelayed(line)
	if err != nil {
		return err
	}
	x.mu.Lock()
	c := x.conns[a.id]
	if a.verb == "end" || a.verb == "error" {
		delete(x.conns, a.id)
	}
	x.mu.Unlock()
	if c == nil { // it has ended before
		return nil
	}
	switch a.verb {
	case "opened":
		close(c.opened)
	case "data":
		c.took(a.data)
	case "end":
		c.finish(io.EOF)
	case "error":
		c.finish(c.refused(a.word))
	}
	return nil
}

// relayed is one line of a relay's.
type relayed struct {
	verb, word string
	id         uint64
	data       []byte
}

var errRelayed = errors.New("what it says is not of a relay")

// parseRelayed reads one line of a relay's.
func parseRelayed(line []byte) (relayed, error) {
	verb, rest, _ := bytes.Cut(line, []byte(" "))
	number, rest, more := bytes.Cut(rest, []byte(" "))
	id, err := strconv.ParseUint(string(number), 10, 64)
	a := relayed{verb: string(verb), id: id}
	switch {
	case err != nil:
		return relayed{}, errRelayed
	case a.verb == "data" && more:
		if a.data, err = base64.StdEncoding.AppendDecode(nil, rest); err != nil {
			return relayed{}, errRelayed
		}
	case a.verb == "error" && more && isErrno(rest):
		a.word = string(rest)
	case (a.verb == "opened" || a.verb == "end") && !more:
	default:
		return relayed{}, errRelayed
	}
	return a, nil
}

// isErrno reports whether a word could be one of errno's.
func isErrno(word []byte) bool {
	for _, c := range word {
		if (c < 'A' || c > 'Z') && (c < '0' || c > '9') {
			return false
		}
	}
	return len(word) > 0 && len(word) < 20
}

// end ends the relay for a reason, and every connection with it.
func (x *relaying) end(why error) {
	_ = x.stream.Close()
	if errors.Is(why, io.EOF) {
		why = ended(x.stream, why)
	}
	why = x.relay.lost(why)
	if !errors.Is(why, ErrLost) {
		why = &RelayError{Host: x.relay.host, Text: fmt.Sprintf("the relay (%s) ended: %s", x.program, clean.Short(withoutHost(x.relay.host, why), 200))}
	}
	x.mu.Lock()
	conns := x.conns
	x.conns = map[uint64]*relayConn{}
	if x.err() == nil {
		x.why = why
		close(x.ended)
	}
	x.mu.Unlock()
	for _, c := range conns {
		c.finish(why)
	}
}

// err is why the relay ended; nil while it runs.
func (x *relaying) err() error {
	select {
	case <-x.ended:
		return x.why
	default:
		return nil
	}
}

// order sends a line. It does not wait for it to leave: whoever closes a connection must not, and a dead path is found
// by others.
func (x *relaying) order(format string, args ...any) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.orders = fmt.Appendf(x.orders, format+"\n", args...)
	if !x.writing {
		x.writing = true
		x.relay.run(x.write)
	}
}

// write sends what there is to be sent.
func (x *relaying) write() {
	for {
		x.mu.Lock()
		text := x.orders
		x.orders = nil
		if len(text) == 0 {
			x.writing = false
			x.mu.Unlock()
			return
		}
		x.mu.Unlock()
		if _, err := x.stream.Stdin.Write(text); err != nil {
			_ = x.stream.Close() // the reader tells all
			return
		}
	}
}

// dial opens a connection, once there is a place for it.
func (x *relaying) dial(ctx context.Context, network, name string) (net.Conn, error) {
	select {
	case x.places <- struct{}{}:
	case <-x.ended:
		return nil, x.why
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	limit := relayLimit
	if x.serial {
		limit = serialLimit
	}
	if till, ok := ctx.Deadline(); ok {
		limit = max(min(limit, time.Until(till)), time.Millisecond)
	}
	c := &relayConn{relaying: x, network: network, name: name, opened: make(chan struct{}), over: make(chan struct{})}
	c.changed = sync.NewCond(&c.mu)
	x.mu.Lock()
	if x.err() != nil {
		x.mu.Unlock()
		<-x.places
		return nil, x.why
	}
	x.last++
	c.id = x.last
	x.conns[c.id] = c
	x.mu.Unlock()
	c.watchdog = time.AfterFunc(limit+relayMargin, func() { _ = x.stream.Close() })
	x.order("open %d %s %s %d", c.id, network, base64.StdEncoding.EncodeToString([]byte(name)), limit.Milliseconds())
	select {
	case <-c.opened:
		return c, nil
	case <-c.over:
		if err := c.outcome(); !errors.Is(err, io.EOF) {
			return nil, err
		}
		return nil, &OpenError{Host: x.relay.host, Path: clean.Line(name), Err: errors.New("the relay ended it")}
	case <-ctx.Done():
		_ = c.Close()
		return nil, context.Cause(ctx)
	}
}
