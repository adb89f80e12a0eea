package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"

	"pumatop/collector"
	"pumatop/collector/clean"
	"pumatop/collector/config"
	"pumatop/tui"
)

// rereadEvery is how often the configuration is looked at for changes.
const rereadEvery = 2 * time.Second

// rereading keeps a session to its configuration while that changes. A broken one changes nothing.
type rereading struct {
	flags *flags
	args  []string

	mu      sync.Mutex
	session *session
	watcher *config.Watcher
}

// begin says whose session it is.
func (r *rereading) begin(s *session) {
	r.session, r.watcher = s, config.Watch(r.flags.configOptions(), r.flags.loaded)
}

// start looks for changes until it is told to stop, which waits for the end of that. Nothing is nothing to do.
func (r *rereading) start(ctx context.Context, send func(tea.Msg), onPanic func(value any, stack []byte)) (stop func()) {
	if r == nil {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	over := make(chan struct{})
	go func() {
		defer close(over)
		defer func() {
			if v := recover(); v != nil {
				onPanic(v, debug.Stack())
			}
		}()
		r.run(ctx, send)
	}()
	return func() {
		cancel()
		<-over
	}
}

// tell is begin and start where there is no screen: what becomes of a change is written. Nothing is nothing to do.
func (r *rereading) tell(ctx context.Context, s *session, w io.Writer) (stop func()) {
	if r == nil {
		return func() {}
	}
	r.begin(s)
	return r.start(ctx, func(m tea.Msg) {
		if c, ok := m.(tui.Configured); ok {
			fmt.Fprintf(w, "pumatop: %s\n", c.Said)
		}
	}, func(value any, _ []byte) { panic(value) })
}

// run looks for changes until ctx ends, and hands on what the screen has to know of them.
func (r *rereading) run(ctx context.Context, send func(tea.Msg)) {
	tick := time.NewTicker(rereadEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if said, changed := r.look(); changed {
				send(said)
			}
		}
	}
}

// look takes up what has changed, also what a rollout has held up.
func (r *rereading) look() (tui.Configured, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	loaded, changed, err := r.watcher.Changed()
	if err == nil && !changed {
		var caughtUp bool
		if caughtUp, err = r.session.catchUp(); err == nil {
			return r.settings("what a rollout had held up counts now"), caughtUp
		}
	}
	return r.take(loaded, err), true
}

// now reads the configuration whether it has changed or not.
func (r *rereading) now() tea.Msg {
	r.mu.Lock()
	defer r.mu.Unlock()
	loaded, err := config.Load(r.flags.configOptions())
	if err == nil {
		r.watcher = config.Watch(r.flags.configOptions(), loaded)
	}
	return r.take(loaded, err)
}

// take makes a configuration count, and returns what the screen has to know of it. The event in the time line says the
// same.
func (r *rereading) take(loaded config.Loaded, err error) tui.Configured {
	said := ""
	if err == nil {
		said, err = r.apply(loaded)
	}
	if err != nil {
		text := firstOf(err)
		r.note("the configuration is broken, nothing changes: "+text, true)
		return tui.Configured{Broken: text, Said: "the configuration is broken: " + text}
	}
	r.note(said, false)
	return r.settings(said)
}

// settings are what the screen goes by from now on.
func (r *rereading) settings(said string) tui.Configured {
	c := r.flags.screenSettings(r.session.targets)
	c.Said, c.Moved = said, r.session.moved
	return c
}

// apply settles flags and hosts anew. Where that fails the flags stay what they were.
func (r *rereading) apply(loaded config.Loaded) (said string, err error) {
	f, before := r.flags, r.flags.interval
	was := *f
	was.given = maps.Clone(f.given)
	defer func() {
		if err != nil {
			*f = was
		}
	}()
	config := f.sshConfig
	f.loaded, f.imports = loaded, nil
	if err := f.settle(f.parsed, os.Getenv); err != nil {
		return "", err
	}
	targets, err := f.again(r.args)
	if err == nil {
		err = f.confirmable()
	}
	if err != nil {
		return "", err
	}
	old := r.session.targets
	if err := r.session.adopt(targets); err != nil {
		return "", err
	}
	if f.interval != before {
		r.session.collector.SetInterval(f.interval)
	}
	said = "configuration read again: " + difference(old, targets)
	if r.session.waits {
		said += "; hosts with a rollout stay as they are until its end"
	}
	if f.sshConfig != config {
		said += "; ssh_config counts from the next start on"
	}
	return said, nil
}

// difference says how many hosts have come and gone.
func difference(before, now []wanted) string {
	count := func(of, without []wanted) int {
		n := 0
		for _, w := range of {
			if !slices.ContainsFunc(without, func(o wanted) bool { return o.name == w.name }) {
				n++
			}
		}
		return n
	}
	var parts []string
	for _, p := range []struct {
		n    int
		word string
	}{{count(now, before), "added"}, {count(before, now), "removed"}} {
		switch p.n {
		case 0:
		case 1:
			parts = append(parts, "1 host "+p.word)
		default:
			parts = append(parts, fmt.Sprintf("%d hosts %s", p.n, p.word))
		}
	}
	if len(parts) == 0 {
		return "the same hosts"
	}
	return strings.Join(parts, ", ")
}

func (r *rereading) note(text string, failed bool) {
	r.session.collector.Note(collector.Event{At: time.Now(), Target: "configuration", Kind: collector.ConfigRead, Text: clean.Line(text), Failed: failed})
}

// firstOf is the first of what is wrong, in one line.
func firstOf(err error) string {
	var all config.Errors
	if errors.As(err, &all) && len(all) > 1 {
		return clean.Short(fmt.Sprintf("%v, and %d more", all[0], len(all)-1), 300)
	}
	return clean.Short(clean.Line(err.Error()), 300)
}

// screenSettings are what the screen goes by.
func (f *flags) screenSettings(targets []wanted) tui.Configured {
	c := tui.Configured{Environment: f.environment, Color: f.fleet.Environment.Color, Policy: f.actions(), Manners: f.manners(targets), ReadOnly: f.readOnly,
		Theme: tui.ThemeName(f.theme), Colors: f.loaded.Config.Colors}
	c.Pace, c.Via = f.asked(f.pace)
	return c
}
