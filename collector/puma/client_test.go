package puma

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

const (
	singleStats = `{"started_at":"2026-11-21T20:49:48Z","backlog":0,"running":1,"pool_capacity":3,"max_threads":3}`
	secret      = "5f1d7c0e+b/c=="
)

// response is an answer as Puma 8 writes it.
func response(status int, body string) string {
	return fmt.Sprintf("HTTP/1.0 %d Whatever\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s", status, len(body), body)
}

// fakePuma answers each connection with the next of its answers; "" closes without a word.
type fakePuma struct {
	mu       sync.Mutex
	answers  []string
	requests []string
	open     int
	most     int
	// hold keeps connections open after the answer, as a freshly forked worker does.
	hold bool
}

func (p *fakePuma) dial(context.Context) (net.Conn, error) {
	ours, theirs := net.Pipe()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open++
	p.most = max(p.most, p.open)
	go p.serve(theirs)
	return &counted{Conn: ours, puma: p}, nil
}

// counted notes when the client closes its end.
type counted struct {
	net.Conn
	puma *fakePuma
	once sync.Once
}

func (c *counted) Close() error {
	c.once.Do(func() {
		c.puma.mu.Lock()
		defer c.puma.mu.Unlock()
		c.puma.open--
	})
	return c.Conn.Close()
}

func (p *fakePuma) serve(conn net.Conn) {
	defer conn.Close()
	buffer := make([]byte, 4096)
	n, _ := conn.Read(buffer) // a pipe hands over what one Write wrote
	p.mu.Lock()
	p.requests = append(p.requests, string(buffer[:n]))
	answer := ""
	if len(p.answers) > 0 {
		answer, p.answers = p.answers[0], p.answers[1:]
	}
	hold := p.hold
	p.mu.Unlock()
	if n > 0 && answer != "" {
		_, _ = io.WriteString(conn, answer)
	}
	if hold {
		_, _ = conn.Read(buffer) // until the client closes
	}
}

func (p *fakePuma) asked() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.requests...)
}

func TestStatsIsOneWriteAndStopsAtTheBody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &fakePuma{answers: []string{response(200, singleStats), response(200, singleStats)}, hold: true}
		s, err := NewClient(p.dial, NewToken(secret)).Stats(t.Context())
		if err != nil || s.Mode != Single {
			t.Fatalf("%+v, %v", s, err)
		}
		if _, err := NewClient(p.dial, NewToken("none")).Stats(t.Context()); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		want := []string{
			"GET /stats?token=" + secret + " HTTP/1.0\r\nHost: localhost\r\n\r\n",
			"GET /stats HTTP/1.0\r\nHost: localhost\r\n\r\n",
		}
		if got := p.asked(); len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
			t.Errorf("asked %q", got)
		}
		if p.open != 0 {
			t.Error("a connection was left open")
		}
	})
}

func TestStatsErrorsHaveTypesAndNoToken(t *testing.T) {
	t.Parallel()
	dialError := errors.New("connect failed")
	for _, tc := range []struct {
		name   string
		answer string
		check  func(error) bool
	}{
		{"wrong token", response(403, "Invalid auth token"), func(err error) bool { return errors.Is(err, ErrForbidden) }},
		{"no JSON", response(200, "<html>"), func(err error) bool { return asType[*DecodeError](err) }},
		{"a 500 with a trace", response(500, "Puma caught this error: GET /stats?token="+secret+"\n/srv/x.rb:1"), func(err error) bool {
			var status *StatusError
			return errors.As(err, &status) && status.Status == 500 && errors.Unwrap(status) == nil && status.Text == "Puma caught this error: GET /stats?token=[token]"
		}},
		{"a body with the bare token", response(500, "what is "+secret+"?"), func(err error) bool { return asType[*StatusError](err) }},
		{"an echo", "GET /stats?token=" + secret + " HTTP/1.0\r\nHost: localhost\r\n\r\n", func(err error) bool { return err != nil }},
		{"closed", "", func(err error) bool { return errors.Is(err, io.EOF) }},
		{"bare 400", "HTTP/1.1 400 Bad Request\r\n\r\n", func(err error) bool {
			var status *StatusError
			return errors.As(err, &status) && status.Status == 400 && status.Text == ""
		}},
	} {
		p := &fakePuma{answers: []string{tc.answer}}
		_, err := NewClient(p.dial, NewToken(secret)).Stats(t.Context())
		if !tc.check(err) {
			t.Errorf("%s: %v", tc.name, err)
		}
		if strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), secret) {
			t.Errorf("%s: the error shows the token: %#v", tc.name, err)
		}
	}
	dial := func(context.Context) (net.Conn, error) { return nil, dialError }
	_, err := NewClient(dial, NewToken(secret)).Stats(t.Context())
	if !asType[*DialError](err) || !errors.Is(err, dialError) {
		t.Errorf("no connection: %v", err)
	}
}

// asType reports whether err is or wraps an E.
func asType[E error](err error) bool {
	var e E
	return errors.As(err, &e)
}

func TestTokenThatNoRequestCanCarry(t *testing.T) {
	t.Parallel()
	for _, token := range []string{"two words", "a\r\nHost: x", "a\x00", "a\x7f"} {
		dialled := false
		dial := func(context.Context) (net.Conn, error) {
			dialled = true
			return nil, errors.New("no")
		}
		_, err := NewClient(dial, NewToken(token)).Stats(t.Context())
		if err == nil || asType[*DialError](err) || dialled || strings.Contains(err.Error(), token) {
			t.Errorf("%q: dialled %v, %v", token, dialled, err)
		}
	}
}

func TestSilentPumaEndsWithTheContext(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ given, want time.Duration }{{5 * time.Second, 5 * time.Second}, {0, requestLimit}} {
		synctest.Test(t, func(t *testing.T) {
			ctx := t.Context()
			if tc.given > 0 {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, tc.given)
				defer cancel()
			}
			p := &fakePuma{hold: true}
			begin := time.Now()
			_, err := NewClient(p.dial, Token{}).Stats(ctx)
			if took := time.Since(begin); took != tc.want || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("after %v: %v", took, err)
			}
			synctest.Wait()
			if p.open != 0 {
				t.Error("the connection was left open, which blocks the control server")
			}
		})
	}
}

// deaf is a connection of a dead link: nothing comes until it is closed.
type deaf struct {
	net.Conn
	gone chan struct{}
	once sync.Once
}

func (d *deaf) Write(b []byte) (int, error) { return len(b), nil }
func (d *deaf) Read([]byte) (int, error)    { <-d.gone; return 0, io.EOF }

func (d *deaf) Close() error { d.once.Do(func() { close(d.gone) }); return nil }

func TestDeadLinkHoldsTheCallerNoLongerThanItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		link := &deaf{gone: make(chan struct{})}
		p := &fakePuma{answers: []string{response(200, singleStats)}}
		var dials atomic.Int32
		c := NewClient(func(ctx context.Context) (net.Conn, error) {
			if dials.Add(1) == 1 {
				return link, nil
			}
			return p.dial(ctx)
		}, Token{})
		ask := func() error {
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			_, err := c.Stats(ctx)
			return err
		}
		begin := time.Now()
		if err := ask(); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("on the dead link: %v", err)
		}
		if took := time.Since(begin); took != 5*time.Second {
			t.Errorf("a try of 5 s took %v", took)
		}
		if err := ask(); err != nil {
			t.Errorf("on the next: %v", err)
		}
	})
}

func TestNoRequestAfterTheContextEnded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &fakePuma{}
		c := NewClient(func(ctx context.Context) (net.Conn, error) {
			time.Sleep(10 * time.Second) // a dial that does not mind the context
			return p.dial(ctx)
		}, NewToken(secret))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := c.CommandIf(ctx, PhasedRestart, func(Stats) error { return nil })
		if !asType[*NotSentError](err) || asType[*MaybeSentError](err) {
			t.Errorf("got %v", err)
		}
		time.Sleep(20 * time.Second)
		synctest.Wait()
		for _, request := range p.asked() {
			if request != "" {
				t.Errorf("sent %q after the end", request)
			}
		}
		if p.open != 0 {
			t.Error("the late connection was left open")
		}
	})
}

func TestOneRequestAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &fakePuma{}
		for range 60 {
			p.answers = append(p.answers, response(200, singleStats))
		}
		c := NewClient(p.dial, Token{})
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				if _, err := c.Stats(t.Context()); err != nil {
					t.Error(err)
				}
			})
			all.Go(func() {
				if _, err := c.CommandIf(t.Context(), GC, func(Stats) error { return nil }); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		requests := p.asked()
		if p.most != 1 || len(requests) != 60 {
			t.Errorf("%d connections at once, %d requests", p.most, len(requests))
		}
		for i, r := range requests {
			if strings.HasPrefix(r, "GET /gc ") && !strings.HasPrefix(requests[i-1], "GET /stats ") {
				t.Error("something came between the stats and their command")
			}
		}
	})
}

func TestBacktraces(t *testing.T) {
	t.Parallel()
	for _, x := range recordedExchanges(t) {
		if !strings.Contains(x.request, "/thread-backtraces") || strings.Contains(x.server, "data_only") {
			continue
		}
		p := &fakePuma{answers: []string{x.answer}}
		threads, err := NewClient(p.dial, Token{}).Backtraces(t.Context())
		v, _ := ParseVersion(x.version)
		switch {
		case !v.AtLeast(5, 0, 0):
			if !errors.Is(err, ErrUnsupported) {
				t.Errorf("%s: %v", x.version, err)
			}
		case err != nil || len(threads) < 3 || !strings.HasPrefix(threads[0].Name, "Thread: TID-") || len(threads[0].Frames) == 0:
			t.Errorf("%s: %+v, %v", x.version, threads, err)
		}
	}
	p := &fakePuma{answers: []string{response(200, `[{"name":"\u001b[31mx","backtrace":["a\nb"]},{"name":null}]`), response(200, `{}`)}}
	c := NewClient(p.dial, Token{})
	threads, err := c.Backtraces(t.Context())
	if err != nil || len(threads) != 2 || threads[0].Name != "x" || threads[0].Frames[0] != "a b" {
		t.Errorf("%+v, %v", threads, err)
	}
	if _, err := c.Backtraces(t.Context()); err == nil {
		t.Error("an object passes as backtraces")
	}
}

func TestGCStats(t *testing.T) {
	t.Parallel()
	seen := 0
	for _, x := range recordedExchanges(t) {
		if !strings.Contains(x.request, "/gc-stats?token=token ") {
			continue
		}
		seen++
		p := &fakePuma{answers: []string{x.answer}}
		figures, err := NewClient(p.dial, Token{}).GCStats(t.Context())
		if err != nil || figures["count"] < 5 || figures["count"] != figures["minor_gc_count"]+figures["major_gc_count"] ||
			figures["heap_live_slots"] < 20000 {
			t.Errorf("%s: %v, %v", x.version, figures, err)
		}
	}
	if seen < 6 {
		t.Errorf("%d recordings", seen)
	}
	many := `{"x":1`
	for i := range maxGCStats {
		many += fmt.Sprintf(`,"a%d":1`, i)
	}
	many += "}"
	for body, want := range map[string]string{
		`{"count":3,"time":1.5,"name":"x","huge":99999999999999999999,"none":null,"\u001b[31ma":-1}`: "map[a:-1 count:3]",
		`{}`: "map[]", `[]`: "", `null`: "", `{"count":`: "", many: "",
	} {
		p := &fakePuma{answers: []string{response(200, body)}}
		figures, err := NewClient(p.dial, Token{}).GCStats(t.Context())
		if got := fmt.Sprint(figures); (err != nil) != (want == "") || err == nil && got != want {
			t.Errorf("%.40s: %s, %v, want %s", body, got, err, want)
		}
	}
	p := &fakePuma{answers: []string{"HTTP/1.0 403 Forbidden\r\ncontent-length: 18\r\n\r\nInvalid auth token"}}
	if _, err := NewClient(p.dial, Token{}).GCStats(t.Context()); !errors.Is(err, ErrForbidden) {
		t.Error(err)
	}
}

func TestRawStats(t *testing.T) {
	t.Parallel()
	p := &fakePuma{answers: []string{response(200, singleStats)}}
	body, err := NewClient(p.dial, Token{}).RawStats(t.Context())
	if err != nil || !bytes.Equal(body, []byte(singleStats)) {
		t.Errorf("%q, %v", body, err)
	}
}
