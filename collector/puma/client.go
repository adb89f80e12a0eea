package puma

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"pumatop/collector/clean"
)

// DialFunc opens one connection to a control app. It must end when ctx does; the client closes what it returns. The
// connection need not have deadlines, a channel of SSH has none; but closing it must end a Read and a Write that hang, and
// may not hang itself, whatever the line is like: nothing else ends a request whose time is over.
type DialFunc func(ctx context.Context) (net.Conn, error)

// requestLimit ends a request whose context has no end of its own: a silent connection would block the control
// server that long (first_data_timeout), and nobody waits longer for figures that are polled every second.
const requestLimit = 30 * time.Second

// Client asks one control app. It has a new connection for each request and never two at once, since the control
// server of a Puma is one thread; further callers wait. It is safe for concurrent use.
type Client struct {
	dial  DialFunc
	token Token
	// gate holds one value while a request or a check with its command is under way.
	gate chan struct{}
}

// NewClient returns a client that reaches its control app through dial. It opens nothing yet.
func NewClient(dial DialFunc, token Token) *Client {
	return &Client{dial: dial, token: token, gate: make(chan struct{}, 1)}
}

// Accepted is the answer to a command that Puma took. It did not say that anything was done.
type Accepted struct {
	Status int
	// Text is the body, sanitised: `{ "status": "ok" }`.
	Text string
}

// Stats asks for the figures. The errors are a [*DialError], a [*StatusError], a [*DecodeError], or of the connection.
func (c *Client) Stats(ctx context.Context) (Stats, error) {
	a, err := c.read(ctx, statsRequest)
	if err != nil {
		return Stats{}, err
	}
	s, err := Decode(a.body)
	a.release()
	return s, signedBy(a.server, c.token, err)
}

// RawStats asks for the figures and returns the JSON as it came, at most 1 MiB and not sanitised.
func (c *Client) RawStats(ctx context.Context) ([]byte, error) {
	a, err := c.read(ctx, statsRequest)
	return a.body, err
}

// Backtrace is what one thread of the master (in single mode: of the process) is doing.
type Backtrace struct {
	Name   string
	Frames []string
}

// maxFrames bounds one backtrace; a deep Rails stack has some hundreds.
const maxFrames = 1000

// Backtraces asks for the threads of the process that serves the control app (from 5.0). In cluster mode that is the
// master, which serves no requests. The text is sanitised.
func (c *Client) Backtraces(ctx context.Context) ([]Backtrace, error) {
	a, err := c.read(ctx, backtracesRequest)
	if err != nil {
		return nil, err
	}
	var raw []struct {
		Name      string   `json:"name"`
		Backtrace []string `json:"backtrace"`
	}
	if err := json.Unmarshal(a.body, &raw); err != nil {
		return nil, fmt.Errorf("decode backtraces: %s", clean.Short(err.Error(), 200))
	}
	out := make([]Backtrace, 0, len(raw))
	for _, r := range raw {
		frames := r.Backtrace[:min(len(r.Backtrace), maxFrames)]
		for i, f := range frames {
			frames[i] = clean.Line(redact(f))
		}
		out = append(out, Backtrace{Name: clean.Line(r.Name), Frames: frames})
	}
	return out, nil
}

// maxGCStats bounds the figures of a garbage collector; Ruby 3.4 has some forty.
const maxGCStats = 200

// GCStats asks for Ruby's GC.stat of the process that serves the control app: in cluster mode the master's. Of the
// figures only whole numbers are kept.
func (c *Client) GCStats(ctx context.Context) (map[string]int64, error) {
	a, err := c.read(ctx, gcStatsRequest)
	if err != nil {
		return nil, err
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(a.body, &raw); err != nil {
		return nil, fmt.Errorf("decode the garbage collector's figures: %s", clean.Short(err.Error(), 200))
	}
	if raw == nil || len(raw) > maxGCStats {
		return nil, fmt.Errorf("decode the garbage collector's figures: %d of them make no sense", len(raw))
	}
	out := map[string]int64{}
	for name, value := range raw {
		if n, err := strconv.ParseInt(string(value), 10, 64); err == nil {
			out[clean.Short(name, 80)] = n
		}
	}
	return out, nil
}

// read asks for something that changes nothing.
func (c *Client) read(ctx context.Context, what Command) (answer, error) {
	turn, err := c.enter(ctx)
	if err != nil {
		return answer{}, err
	}
	defer turn.end()
	a, _, err := turn.ask(ctx, what)
	return a, err
}

// CommandIf sends a command if ok accepts the figures of this very moment: it asks for stats, calls ok, and sends the
// command with no other request between. One of four things comes of it: nil, and Puma has taken the command;
// a [*NotSentError], which wraps the error of ok too; a [*StatusError], which is Puma's answer to the command (see
// [ErrRestartsInFull] for one that is no refusal); or a [*MaybeSentError]. It never sends anything twice.
func (c *Client) CommandIf(ctx context.Context, cmd Command, ok func(Stats) error) (Accepted, error) {
	if !cmd.isWord() {
		return Accepted{}, &NotSentError{Command: "command", Err: errors.New("not a command of Puma")}
	}
	turn, err := c.enter(ctx)
	if err != nil {
		return Accepted{}, &NotSentError{Command: cmd, Err: err}
	}
	defer turn.end()
	if err := turn.check(ctx, ok); err != nil {
		return Accepted{}, &NotSentError{Command: cmd, Err: err}
	}
	a, left, err := turn.ask(ctx, cmd)
	var refused *StatusError
	switch {
	case err == nil:
		return Accepted{Status: a.status, Text: clean.Short(string(a.body), maxText)}, nil
	case errors.As(err, &refused):
		return Accepted{}, refused
	case left:
		return Accepted{}, &MaybeSentError{Command: cmd, Err: err}
	}
	return Accepted{}, &NotSentError{Command: cmd, Err: err}
}

// turn is the right to ask the control app, held by one caller at a time.
type turn struct{ client *Client }

// enter waits for its turn.
func (c *Client) enter(ctx context.Context) (turn, error) {
	select {
	case c.gate <- struct{}{}:
		return turn{c}, nil
	case <-ctx.Done():
		return turn{}, fmt.Errorf("wait for the request before: %w", context.Cause(ctx))
	}
}

// end gives the turn away.
func (t turn) end() { <-t.client.gate }

// check asks for stats and hands them to ok.
func (t turn) check(ctx context.Context, ok func(Stats) error) error {
	a, _, err := t.ask(ctx, statsRequest)
	if err != nil {
		return fmt.Errorf("ask for stats: %w", err)
	}
	stats, err := Decode(a.body)
	if err != nil {
		return err
	}
	return ok(stats)
}

// ask makes one request on a connection of its own, which is closed when it returns; it gives up when ctx ends. left says
// whether bytes of it may have left; an answer other than 200 is a [*StatusError].
func (t turn) ask(ctx context.Context, what Command) (a answer, left bool, err error) {
	if end, ends := ctx.Deadline(); !ends || time.Until(end) > requestLimit {
		limited, cancel := context.WithTimeout(ctx, requestLimit)
		defer cancel()
		ctx = limited
	}
	text, err := requestText(what, t.client.token)
	if err != nil {
		return answer{}, false, err
	}
	if ctx.Err() != nil {
		return answer{}, false, givenUp(ctx)
	}
	conn, err := t.client.dial(ctx)
	if err != nil {
		return answer{}, false, orOver(ctx, &DialError{Err: err})
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	if ctx.Err() != nil {
		return answer{}, false, givenUp(ctx)
	}
	if a, err = exchange(conn, text); err != nil {
		return answer{}, true, orOver(ctx, err)
	}
	if a.status != 200 {
		return answer{}, true, newStatusError(a, t.client.token)
	}
	return a, true, nil
}

// exchange writes at once: in Puma 5.2 and later a connection that is silent blocks the control server.
func exchange(conn net.Conn, text string) (answer, error) {
	if _, err := conn.Write([]byte(text)); err != nil {
		return answer{}, &HTTPError{Doing: "write request", Err: err}
	}
	a, err := readAnswer(conn)
	if err != nil {
		return answer{}, &HTTPError{Doing: "read answer", Err: err}
	}
	return a, nil
}

// orOver is err, unless the time was over: what a connection says when it is closed under a request is of no use to anybody.
func orOver(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return givenUp(ctx)
	}
	return err
}

func givenUp(ctx context.Context) error {
	return fmt.Errorf("wait for the control app: %w", context.Cause(ctx))
}

// requestText is the whole request. The token goes verbatim, since Puma compares the raw query; it must stand alone
// in it, since Puma before 6.6 knows no second parameter.
func requestText(what Command, token Token) (string, error) {
	if strings.ContainsFunc(token.secret(), func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return "", errors.New("the token has a space or control character, which no request can carry")
	}
	query := ""
	if token.IsSet() {
		query = "?token=" + token.secret()
	}
	return "GET /" + string(what) + query + " HTTP/1.0\r\nHost: localhost\r\n\r\n", nil
}
