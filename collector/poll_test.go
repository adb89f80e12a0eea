package collector

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pumatop/collector/probe"
	"pumatop/collector/puma"
)

// TestPauseBetweenPolls is short while there is something to see, and long where each try costs a line in sshd's log.
func TestPauseBetweenPolls(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name            string
		failed, watched int
		state           State
		interval, want  time.Duration
	}{
		{"idle", 0, 0, Serving, 2 * time.Second, 2 * time.Second},
		{"restarting", 0, 0, Restarting, 2 * time.Second, fastInterval},
		{"watched", 0, 1, Serving, 2 * time.Second, fastInterval},
		{"already faster", 0, 1, Serving, 100 * time.Millisecond, 100 * time.Millisecond},
		{"restarting and closed", 1, 0, Restarting, 2 * time.Second, 2 * time.Second},
		{"closed for long", slowAfter + 1, 0, Unreachable, 2 * time.Second, slowInterval},
		{"closed for long, watched", slowAfter + 1, 1, Unreachable, 2 * time.Second, fastInterval},
		{"polls rarer than that", slowAfter + 1, 0, Unreachable, time.Minute, time.Minute},
	} {
		k := &tracked{failed: tc.failed, watched: tc.watched}
		if got := k.pause(tc.state, tc.interval); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
	}
}

// TestNothingFound says what there is instead.
func TestNothingFound(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		a              *actor
		reason, remedy string
	}{
		{&actor{source: Source{Apps: []string{"shop"}}, found: []string{"blog", "cms"}}, "no Puma named shop here: it has blog, cms", "name one that is there behind the slash"},
		{&actor{source: Source{StatePaths: []string{"/nope/puma.state"}}, found: []string{"shop"}}, "no running Puma wrote /nope/puma.state: it has shop",
			"name the path of state_path in its puma.rb, or the host alone"},
		{&actor{notes: []probe.Note{{Text: "no ps", Remedy: "install it"}}}, "no ps", "install it"},
		{&actor{}, "no Puma found: no process, no unit of that name", "start it, or name its state file: HOST:/path/puma.state"},
	} {
		if j := tc.a.nothingFound(); j.reason != tc.reason || j.remedy != tc.remedy {
			t.Errorf("%q, %q; want %q, %q", j.reason, j.remedy, tc.reason, tc.remedy)
		}
	}
}

// TestLinesOfALog: the rest of a line that is too long is no line of its own, and text is made safe to draw.
func TestLinesOfALog(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", longestLine) + "! Unable to start worker"
	text := "one\n" + long + "\ntwo\x1b[31m\nthree"
	var got []string
	for line := range readLines(t.Context(), io.NopCloser(strings.NewReader(text))) {
		got = append(got, line)
	}
	if len(got) != 4 || got[0] != "one" || !strings.HasPrefix(got[1], "xxx") || strings.Contains(got[2], "\x1b") || got[3] != "three" {
		t.Errorf("%d lines, %q", len(got), got[max(0, len(got)-2):])
	}
	if slices.ContainsFunc(got, func(l string) bool { return strings.HasPrefix(l, "!") }) {
		t.Error("the end of a long line passes for a line of Puma's")
	}
}

// TestLogEndsWithItsReader: a reader that has left holds nothing open.
func TestLogEndsWithItsReader(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, w := io.Pipe()
		ctx, cancel := context.WithCancel(t.Context())
		lines := readLines(ctx, r)
		go func() { _, _ = io.WriteString(w, "one\ntwo\nthree\n") }()
		if got := <-lines; got != "one" {
			t.Errorf("%q", got)
		}
		cancel()
		synctest.Wait()
		if _, err := w.Write([]byte("x")); err == nil {
			t.Error("the stream is still open")
		}
	})
}

// scripted is a host that fails as it is told to.
type scripted struct {
	connect func(attempt int) error
	attempt int
	done    chan struct{}
	atEnd   func()
	retries []int
	stream  func(ctx context.Context) (io.ReadWriteCloser, error)
}

func (h *scripted) Name() string    { return "web1" }
func (h *scripted) Notes() []string { return []string{"Compression is ignored"} }
func (h *scripted) Connect(context.Context) error {
	h.attempt++
	if err := h.connect(h.attempt); err != nil {
		return err
	}
	h.done = make(chan struct{})
	return nil
}
func (h *scripted) Done() <-chan struct{} { return h.done }
func (h *scripted) AtEnd(f func())        { h.atEnd = f }

// hangUp ends the connection.
func (h *scripted) hangUp() {
	close(h.done)
	go h.atEnd()
}

func (h *scripted) Err() error      { return errors.New("hung up") }
func (h *scripted) Suspect()        {}
func (h *scripted) Waiting() string { return "" }

func (h *scripted) RetryAfter(_ error, attempt int) (time.Duration, bool) {
	h.retries = append(h.retries, attempt)
	return time.Second << min(attempt, 6), true
}
func (h *scripted) Run(context.Context, string) ([]byte, error) { return nil, errors.New("no shell") }
func (h *scripted) Stream(ctx context.Context, _ string) (io.ReadWriteCloser, error) {
	return h.stream(ctx)
}
func (h *scripted) DialUnix(context.Context, string) (net.Conn, error)     { return nil, ErrNoListener }
func (h *scripted) DialTCP(context.Context, string) (net.Conn, error)      { return nil, ErrNoListener }
func (h *scripted) DialAbstract(context.Context, string) (net.Conn, error) { return nil, ErrNoListener }
func (h *scripted) Explain(_ context.Context, _ string, err error) error   { return err }

// TestAttemptsAreCounted from 0, and a connection that ends at once counts as one more: a server that takes logins and
// drops them is not asked every second.
func TestAttemptsAreCounted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := &scripted{connect: func(attempt int) error {
			if attempt <= 2 {
				return errors.New("nobody there")
			}
			return nil
		}}
		c := New([]Source{{Host: h}}, Options{})
		ctx, cancel := context.WithCancel(t.Context())
		over := make(chan struct{})
		go func() { defer close(over); _ = c.Run(ctx) }()
		time.Sleep(4 * time.Second) // two failures, then it is up
		synctest.Wait()
		for _, up := range []time.Duration{time.Second, 2 * time.Minute, time.Second} {
			time.Sleep(up)
			h.hangUp()
			time.Sleep(40 * time.Second)
			synctest.Wait()
		}
		cancel()
		<-over
		if want := []int{0, 1, 2, 0, 1}; !slices.Equal(h.retries, want) {
			t.Errorf("attempts %v, want %v", h.retries, want)
		}
	})
}

// TestSamplerThatDoesNotStart is given up in time.
func TestSamplerThatDoesNotStart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := &scripted{stream: func(ctx context.Context) (io.ReadWriteCloser, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}}
		began := time.Now()
		if _, err := openSampler(t.Context(), h); err == nil || time.Since(began) != sampleTimeout {
			t.Errorf("%v after %s", err, time.Since(began))
		}
	})
}

// TestSamplerThatIsSilent is closed: its next answer would be for the question before.
func TestSamplerThatIsSilent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		h := &scripted{stream: func(context.Context) (io.ReadWriteCloser, error) { return ours, nil }}
		go func() { _, _ = io.Copy(io.Discard, theirs) }()
		s, err := openSampler(t.Context(), h)
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if _, err := s.ask([]byte("1\n")); err == nil || time.Since(began) != sampleTimeout {
			t.Errorf("%v after %s", err, time.Since(began))
		}
		if _, err := ours.Write([]byte("x")); err == nil {
			t.Error("it is still open")
		}
	})
}

// TestPanicsAreHandedOver to whoever owns the terminal.
func TestPanicsAreHandedOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := &scripted{connect: func(int) error { panic("oh") }}
		var said any
		ctx, cancel := context.WithCancel(t.Context())
		c := New([]Source{{Host: h}}, Options{OnPanic: func(v any, stack []byte) {
			if said = v; len(stack) == 0 {
				t.Error("no stack")
			}
			cancel()
		}})
		if err := c.Run(ctx); !errors.Is(err, context.Canceled) || said != "oh" {
			t.Errorf("%v, %v", err, said)
		}
	})
}

// TestAddressesThatCannotBeDialled say what would work.
func TestAddressesThatCannotBeDialled(t *testing.T) {
	t.Parallel()
	a := &actor{host: &scripted{}}
	_, err := a.dialer(puma.Address{Network: "udp", Name: "127.0.0.1:9293"})(t.Context())
	if j := failure(NoControl, err); j.reason != "a control app on udp cannot be reached" || !strings.Contains(j.remedy, "unix://") {
		t.Errorf("%+v", j)
	}
	_, err = a.dialer(puma.Address{Network: "ssl", Name: "127.0.0.1:9293", ClientCert: true})(t.Context())
	if j := failure(NoControl, err); j.reason != "TLS with ssl://127.0.0.1:9293: it wants a client certificate (verify_mode=force_peer), and pumatop has none" ||
		!strings.Contains(j.remedy, "verify_mode=none") {
		t.Errorf("%+v", j)
	}
	for _, network := range []puma.Network{"unix", "abstract"} {
		var control *controlError
		if _, err := a.dialer(puma.Address{Network: network, Name: "/c"})(t.Context()); !errors.As(err, &control) || !errors.Is(err, ErrNoListener) {
			t.Errorf("%s: %v", network, err)
		}
	}
	if _, err := a.dialer(puma.Address{Network: "tcp", Name: "127.0.0.1:9293"})(t.Context()); !errors.Is(err, ErrNoListener) {
		t.Errorf("tcp: %v", err)
	}
}

// TestProbeAskedForWhileOneRuns comes after it: what the running one has read may be from before the question.
func TestProbeAskedForWhileOneRuns(t *testing.T) {
	t.Parallel()
	for _, again := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			a := newActor(New(nil, Options{}), Source{Host: &scripted{}}, DefaultInterval)
			a.up, a.probing = true, true
			if again {
				a.probeNow()
			}
			a.probeDone(probe.Host{}, nil, time.Now(), time.Now())
			want := probeInterval
			if again {
				want = probeSoonest
			}
			if got := time.Until(a.probeAt); got != want {
				t.Errorf("asked again %v: the next in %s, want %s", again, got, want)
			}
		})
	}
}

// TestNotesOfTheConnection stand with the host, beside what the probe could not read.
func TestNotesOfTheConnection(t *testing.T) {
	t.Parallel()
	c := New([]Source{{Host: &scripted{}}}, Options{})
	status := c.actors[0].status()
	if len(status.Notes) != 1 || status.Notes[0].Text != "Compression is ignored" {
		t.Errorf("notes %+v", status.Notes)
	}
}

// The path is dialled as it is and drawn in verdicts.
func TestControlErrorIsClean(t *testing.T) {
	t.Parallel()
	err := &controlError{path: "/run/\u202ea\x1b[2Jb", err: errors.New("refused")}
	if got := err.Error(); got != "open /run/ab: refused" {
		t.Errorf("got %q", got)
	}
}

// TestWants: a state file that nobody wrote must not select whatever else the host has.
func TestWants(t *testing.T) {
	t.Parallel()
	shop := probe.Puma{App: "shop", StatePath: "/srv/shop/puma.state"}
	for _, tc := range []struct {
		name   string
		source Source
		want   bool
	}{
		{"a host alone", Source{}, true},
		{"its name", Source{Apps: []string{"shop"}}, true},
		{"another name", Source{Apps: []string{"blog"}}, false},
		{"its state file", Source{StatePaths: []string{"/srv/shop/puma.state"}}, true},
		{"another state file", Source{StatePaths: []string{"/nope/puma.state"}}, false},
		{"another state file and the host", Source{All: true, StatePaths: []string{"/nope/puma.state"}}, true},
	} {
		a := &actor{source: tc.source, tracks: map[string]*tracked{}}
		if got := a.wants(shop); got != tc.want {
			t.Errorf("%s: %v, want %v", tc.name, got, tc.want)
		}
	}
	taken := &actor{source: Source{StatePaths: []string{"/srv/shop/puma.state"}}, tracks: map[string]*tracked{"shop": {}}}
	if !taken.wants(probe.Puma{App: "shop"}) {
		t.Error("a target is lost while its Puma is down")
	}
}
