package collector

import (
	"context"
	"slices"
	"strings"
	"time"

	"pumatop/collector/probe"
)

// SetSources changes what is collected from, before Run or while it runs. Sources are told apart by the name of their
// host, which has to be unique. One whose Host is the same value as before keeps its connection and its history; with
// another Host of that name everything begins anew. Targets of what is gone leave the fleet, with an event.
func (c *Collector) SetSources(sources []Source) {
	c.mu.Lock()
	defer c.mu.Unlock()
	before := map[string]*actor{}
	for _, a := range c.actors {
		before[a.host.Name()] = a
	}
	var now []*actor
	for _, s := range sources {
		name := s.Host.Name()
		a := before[name]
		if a != nil && a.host == s.Host {
			delete(before, name)
			now = append(now, a)
			if a.leave == nil {
				a.source = s
				continue
			}
			a.news.Store(&s)
			a.post(a.heed)
			continue
		}
		now = append(now, c.engage(s, a != nil))
	}
	c.actors = now
	for _, a := range before {
		c.dismiss(a)
	}
}

// engage makes the actor of a source, which begins when another one of that name has ended. It is called under mu.
func (c *Collector) engage(s Source, replaced bool) *actor {
	a := newActor(c, s, c.interval)
	a.after, a.late, a.replaces = c.newest[s.Host.Name()], c.begin != nil, replaced
	c.newest[s.Host.Name()] = a.gone
	if c.begin != nil {
		c.begin(a)
	}
	return a
}

// dismiss ends an actor, or what would have become one. It is called under mu.
func (c *Collector) dismiss(a *actor) {
	a.dismissed.Store(true)
	if a.leave != nil {
		a.leave()
		return
	}
	a.let()
	close(a.gone)
}

// start begins an actor, in running. It is called under mu.
func (c *Collector) start(ctx context.Context, a *actor) {
	ctx, a.leave = context.WithCancel(ctx)
	c.running.Add(1)
	go func() {
		defer c.guard()
		if a.after != nil {
			<-a.after // it has been told to end, or everything ends
		}
		context.AfterFunc(ctx, func() {
			defer c.running.Done()
			defer c.guard()
			defer a.end() // whatever becomes of finish, or whoever comes after would wait for ever
			a.finish()
		})
		if ctx.Err() != nil {
			return
		}
		if a.late && !a.replaces {
			c.Note(hostEvent(a.host.Name(), HostAdded, time.Now(), "watched from now on"))
		}
		a.begin(ctx)
	}()
}

// end takes everything of a source that is gone out of the fleet.
func (a *actor) end() {
	a.leave()
	if a.dismissed.Load() {
		a.c.mu.Lock()
		again := a.c.newest[a.host.Name()] != a.gone
		if !again {
			delete(a.c.newest, a.host.Name())
		}
		a.c.mu.Unlock()
		ids := make([]string, 0, len(a.tracks))
		for _, t := range a.tracks {
			a.drop(t)
			ids = append(ids, t.app)
		}
		slices.Sort(ids)
		text := "no longer watched"
		if again {
			text = "its settings have changed: it is connected anew"
		} else if len(ids) > 0 {
			text += ": " + strings.Join(ids, ", ")
		}
		a.c.store.forget(a.host.Name(), hostEvent(a.host.Name(), HostRemoved, time.Now(), text))
		a.let()
	}
	close(a.gone)
}

// let tells whoever gave the source that its host is free.
func (a *actor) let() {
	if a.source.Release != nil {
		a.source.Release()
	}
}

// heed takes what is new about the source: targets that it no longer asks for go, the next look brings others.
func (a *actor) heed() {
	news := a.news.Swap(nil)
	if news == nil {
		return
	}
	a.source, a.secrets = *news, nil
	now := time.Now()
	for _, t := range a.tracks {
		t.groups = a.source.Groups
		if !a.keeps(t) {
			a.drop(t)
			a.c.Note(Event{At: now, Target: t.id, Kind: HostRemoved, Text: "no longer watched"})
		}
	}
	a.publish(a.snapshots(now)...)
	a.probeNow()
}

// keeps reports whether a target is still asked for.
func (a *actor) keeps(t *tracked) bool {
	s := a.source
	if t.unseen {
		return slices.ContainsFunc(s.Controls, func(c Control) bool { return c.App == t.app })
	}
	return s.wants(probe.Puma{App: t.app, StatePath: t.facts.StatePath})
}

// wants reports whether the source asks for a Puma.
func (s *Source) wants(p probe.Puma) bool {
	return s.All || len(s.Apps) == 0 && len(s.StatePaths) == 0 ||
		slices.Contains(s.Apps, p.App) || p.StatePath != "" && slices.Contains(s.StatePaths, p.StatePath)
}
