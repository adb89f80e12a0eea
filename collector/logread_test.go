package collector

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// A log that is read again from the time of its newest line on shows none of its lines twice, and leaves none out that has
// the same time.
func TestLogGoesOnWithinATime(t *testing.T) {
	t.Parallel()
	const at, next = "1795262400.000001 web1 puma[1]: ", "1795262400.000002 web1 puma[1]: "
	var got []string
	r := logReader{timed: true, hand: func(l LogLine) bool { got = append(got, l.Text); return true }}
	for range 2 {
		for _, line := range []string{at + "one", at + "two", "  rest of two"} {
			r.take(line, 0)
		}
		r.say("broke off")
		r.goBack()
	}
	for _, line := range []string{at + "one", at + "two", "  rest of two", at + "three", next + "four"} {
		r.take(line, 0)
	}
	if want := []string{"one", "two", "  rest of two", "broke off", "the log goes on", "three", "four"}; !slices.Equal(got, want) {
		t.Errorf("shown: %q, want %q", got, want)
	}
}

// Lines that nobody takes are held back at their host: one more than there is room for waits, until one is taken or the
// reading ends.
func TestLogQueueIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		s := &logSource{room: make(chan struct{}, 1)}
		l := &Logs{begun: time.Now(), news: make(chan struct{}, 1), sources: []*logSource{s}}
		for range maxLogQueue {
			l.add(ctx, s, LogLine{Text: "a line"})
		}
		added := make(chan bool, 1)
		waits := func() {
			t.Helper()
			go func() { added <- l.add(ctx, s, LogLine{Text: "one more"}) }()
			synctest.Wait()
			if len(added) > 0 {
				t.Errorf("%d lines are kept, and nothing is held back", len(s.lines))
			}
		}
		waits()
		s.mu.Lock()
		s.pop()
		s.mu.Unlock()
		if !<-added {
			t.Error("there was room, and the line was not taken")
		}
		waits()
		cancel()
		if <-added {
			t.Error("a line was taken after the reading had ended")
		}
	})
}
