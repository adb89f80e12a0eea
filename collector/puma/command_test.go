package puma

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// outcome is one of the four things that come of a command.
type outcome string

const (
	accepted  outcome = "accepted"
	answered  outcome = "answered otherwise"
	notSent   outcome = "not sent"
	maybeSent outcome = "maybe sent"
)

// outcomeOf tells them apart as a caller does.
func outcomeOf(err error) outcome {
	switch {
	case err == nil:
		return accepted
	case asType[*MaybeSentError](err):
		return maybeSent
	case asType[*NotSentError](err):
		return notSent
	case asType[*StatusError](err):
		return answered
	}
	return "something else"
}

func TestCommandIf(t *testing.T) {
	t.Parallel()
	no := errors.New("another image than the sheet showed")
	stats := response(200, singleStats)
	for _, tc := range []struct {
		name    string
		answers []string
		cmd     Command
		ok      error
		sent    int
		want    outcome
		because error
	}{
		{"accepted", []string{stats, response(200, `{ "status": "ok" }`)}, PhasedRestart, nil, 2, accepted, nil},
		{"the check says no", []string{stats}, PhasedRestart, no, 1, notSent, no},
		{"no stats", []string{response(403, "Invalid auth token")}, PhasedRestart, nil, 1, notSent, ErrForbidden},
		{"stats of something else", []string{response(200, "{}")}, PhasedRestart, nil, 1, notSent, nil},
		{"closed under the stats", []string{""}, PhasedRestart, nil, 1, notSent, io.EOF},
		{"closed under the command", []string{stats, ""}, PhasedRestart, nil, 2, maybeSent, io.EOF},
		{"answer cut off", []string{stats, "HTTP/1.0 200 OK\r\nContent-Le"}, Restart, nil, 2, maybeSent, nil},
		{"single mode from 5.0", []string{stats, response(404, `{ "error": "phased_restart not available" }`)}, PhasedRestart, nil, 2, answered, ErrRestartsInFull},
		{"the same in 5.0.2", []string{stats, response(404, `{ "error": "phased restart not available" }`)}, PhasedRestart, nil, 2, answered, ErrRestartsInFull},
		{"data_only", []string{stats, response(404, `Command "phased-restart" unavailable`)}, PhasedRestart, nil, 2, answered, ErrUnavailable},
		{"refork without fork_worker", []string{stats, response(404, `{ "error": "refork not available" }`)}, Refork, nil, 2, answered, ErrRefused},
		{"refork in 5.4", []string{stats, response(404, `Unsupported action`)}, Refork, nil, 2, answered, ErrUnsupported},
		{"no command", nil, Command("stats?token=x HTTP/1.0\r\n"), nil, 0, notSent, nil},
	} {
		synctest.Test(t, func(t *testing.T) {
			p := &fakePuma{answers: tc.answers}
			a, err := NewClient(p.dial, NewToken(secret)).CommandIf(t.Context(), tc.cmd, func(s Stats) error {
				if s.Mode != Single {
					t.Errorf("%s: checked %+v", tc.name, s)
				}
				return tc.ok
			})
			synctest.Wait()
			requests := p.asked()
			if got := outcomeOf(err); got != tc.want || tc.because != nil && !errors.Is(err, tc.because) || len(requests) != tc.sent {
				t.Errorf("%s: %s: %v; sent %q", tc.name, got, err, requests)
			}
			if want := (Accepted{200, `{ "status": "ok" }`}); err == nil && a != want {
				t.Errorf("%s: %+v", tc.name, a)
			}
			if tc.sent == 2 && !strings.HasPrefix(requests[1], "GET /"+string(tc.cmd)+"?token="+secret+" HTTP/1.0\r\n") {
				t.Errorf("%s: sent %q", tc.name, requests[1])
			}
			if strings.Contains(fmt.Sprintf("%v %#v", err, err), secret) {
				t.Errorf("%s: the error shows the token: %v", tc.name, err)
			}
		})
	}
}

// failing takes half of a write.
type failing struct{ net.Conn }

func (f *failing) Write(b []byte) (int, error) { return 0, errors.New("broken pipe") }
func (f *failing) Close() error                { return nil }

func TestCommandThatMayHaveLeft(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var second func(context.Context) (net.Conn, error)
		var dials atomic.Int32
		c := NewClient(func(ctx context.Context) (net.Conn, error) {
			if dials.Add(1)%2 == 1 {
				return (&fakePuma{answers: []string{response(200, singleStats)}}).dial(ctx)
			}
			return second(ctx)
		}, Token{})
		send := func() error {
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			_, err := c.CommandIf(ctx, Restart, func(Stats) error { return nil })
			return err
		}
		second = func(context.Context) (net.Conn, error) { return &failing{}, nil }
		if err := send(); !asType[*MaybeSentError](err) {
			t.Errorf("a write that failed: %v", err)
		}
		second = func(context.Context) (net.Conn, error) { return nil, errors.New("refused") }
		if err := send(); !asType[*NotSentError](err) || !asType[*DialError](err) {
			t.Errorf("no connection: %v", err)
		}
		link := &deaf{gone: make(chan struct{})}
		second = func(context.Context) (net.Conn, error) { return link, nil }
		if err := send(); !asType[*MaybeSentError](err) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("no answer: %v", err)
		}
	})
}
