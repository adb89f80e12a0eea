package tui

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"pumatop/collector"
	"pumatop/collector/prompt"
)

// stage is a program with a real queue in virtual time: what its commands wait for comes by itself, and every frame that
// it drew is kept.
type stage struct {
	*screen
	t      *testing.T
	queue  *prompt.Queue
	msgs   chan tea.Msg
	frames []string
	mu     sync.Mutex // guards heard
	heard  []string   // what came of the questions, "web1: s3cret"
	back   map[string]context.CancelCauseFunc
}

// onStage plays within a bubble of virtual time.
func onStage(t *testing.T, w, h int, f collector.Fleet, play func(*stage)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		x := &stage{t: t, queue: prompt.NewQueue(), msgs: make(chan tea.Msg, 1000), back: map[string]context.CancelCauseFunc{}}
		x.screen = newScreen(t, w, h, f, func(o *Options) { o.Prompts = x.queue })
		defer func() {
			for host, end := range x.back {
				end(errors.New("the end of " + host))
			}
			time.Sleep(time.Minute) // the last ticks run out
		}()
		x.carryOut(x.Init())
		x.settle()
		play(x)
	})
}

// carryOut runs a command as Bubble Tea does.
func (x *stage) carryOut(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	go func() { x.msgs <- cmd() }()
}

// settle takes messages until there are no more.
func (x *stage) settle() {
	for {
		synctest.Wait()
		select {
		case msg := <-x.msgs:
			if batch, ok := msg.(tea.BatchMsg); ok {
				for _, c := range batch {
					x.carryOut(c)
				}
				continue
			}
			x.take(msg)
		default:
			return
		}
	}
}

func (x *stage) take(msg tea.Msg) {
	if msg != nil {
		x.carryOut(x.send(msg))
		x.frames = append(x.frames, x.View().Content)
	}
}

// rest lets time go by.
func (x *stage) rest(d time.Duration) {
	for ; d > 0; d -= 10 * time.Millisecond {
		time.Sleep(10 * time.Millisecond)
		x.settle()
	}
}

// listens is long enough for an overlay to hear.
const listens = 300 * time.Millisecond

// keys presses keys right behind one another.
func (x *stage) keys(names ...string) {
	for _, name := range names {
		x.take(keyNamed(name))
		x.settle()
	}
}

// types types a text, a key each.
func (x *stage) types(text string) {
	for _, r := range text {
		x.take(tea.KeyPressMsg{Code: r, Text: string(r)})
	}
	x.settle()
}

func (x *stage) paste(text string) {
	x.take(tea.PasteMsg{Content: text})
	x.settle()
}

// ask puts a question; what comes of it is heard.
func (x *stage) ask(q prompt.Question) {
	ctx, cancel := context.WithCancelCause(x.t.Context())
	x.back[q.Host] = cancel
	name := q.Host
	if q.Kind == prompt.Begin {
		name += " begins"
	}
	go func() {
		secret, err := x.queue.Ask(ctx, q)
		x.mu.Lock()
		defer x.mu.Unlock()
		if err != nil {
			x.heard = append(x.heard, name+": "+err.Error())
			return
		}
		x.heard = append(x.heard, name+": "+string(secret.Text()))
	}()
	x.rest(100 * time.Millisecond)
}

// takeBack ends the login that asks.
func (x *stage) takeBack(host string) {
	x.back[host](errors.New("taken back"))
	x.rest(100 * time.Millisecond)
}

// connects brings a fleet in which a host is connected.
func (x *stage) connects(host string) {
	f := x.fleet.latest
	f.Hosts = append(slices.Clone(f.Hosts), collector.HostStatus{Name: host, Connected: true})
	x.take(fleetMsg{fleet: f})
	x.settle()
}

// says fails unless the screen shows each of these texts; a text behind "-" must not be there.
func (x *stage) says(texts ...string) {
	x.t.Helper()
	frame := ansi.Strip(x.View().Content)
	for _, text := range texts {
		absent, not := strings.CutPrefix(text, "-")
		if strings.Contains(frame, absent) == not {
			x.t.Fatalf("the screen and %q:\n%s", text, frame)
		}
	}
}

// came fails unless this, and no more, came of the questions so far.
func (x *stage) came(want ...string) {
	x.t.Helper()
	x.rest(100 * time.Millisecond)
	if !slices.Equal(x.heard, want) {
		x.t.Fatalf("of the questions came %q, want %q", x.heard, want)
	}
}
