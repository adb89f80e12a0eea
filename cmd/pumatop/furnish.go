package main

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"pumatop/actions"
	"pumatop/collector"
	"pumatop/collector/config"
	"pumatop/collector/puma"
	"pumatop/collector/remote"
)

// furnish gives hosts what the configuration says of them. What flags have given them counts before it.
func (f *flags) furnish(hosts []wanted, getenv func(string) string) error {
	for i := range hosts {
		w := &hosts[i]
		r := w.from.Reach
		w.untrusted = r.NeedsTrust()
		w.options.Set = append(w.options.Set, sshSettings(r.SSH)...)
		if w.options.Become == "" {
			w.options.Become = r.Become
		}
		if w.options.Transport == "" && !f.asks("transport") {
			w.options.Transport = remote.Transport(r.Transport)
		}
		if len(w.options.Command) == 0 {
			for _, arg := range r.Command {
				w.options.Command = append(w.options.Command, strings.ReplaceAll(arg, "{host}", w.host))
			}
		}
		if r.Unit != "" {
			w.units = []string{r.Unit}
		}
		if err := f.furnishControl(w, r, getenv); err != nil {
			return err
		}
	}
	return nil
}

// furnishControl adds the control app that the configuration names, or the source of its token alone.
func (f *flags) furnishControl(w *wanted, r config.Reach, getenv func(string) string) error {
	from := f.tokens.source(r.Token, getenv)
	if r.Socket == "" {
		if from != nil {
			w.controls = append(w.controls, collector.Control{App: r.App, From: from})
		}
		return nil
	}
	address, err := puma.ParseAddress(r.Socket, "")
	if err == nil && address.IsZero() {
		err = errors.New("it names no address")
	}
	if err != nil {
		return usagef("use unix:///path, tcp://127.0.0.1:PORT or ssl://127.0.0.1:PORT", "cannot use socket %s of %s: %v", strconv.Quote(r.Socket), w.name, err)
	}
	c := collector.Control{App: r.App, Address: address, From: from, Fallback: r.App == ""}
	if c.App == "" {
		c.App = defaultApp
		if len(w.apps) == 1 {
			c.App = w.apps[0]
		}
	}
	if from == nil {
		if c.Token, err = f.controls.token(getenv); err != nil {
			return err
		}
	}
	w.controls = append(w.controls, c)
	return nil
}

// sshSettings are what ssh is told as with -o.
func sshSettings(s config.SSH) []string {
	var out []string
	if s.User != "" {
		out = append(out, "User="+s.User)
	}
	if s.Port != 0 {
		out = append(out, "Port="+strconv.Itoa(s.Port))
	}
	for _, path := range s.Identity {
		out = append(out, "IdentityFile="+sshWord(path))
	}
	if s.ProxyJump != "" {
		out = append(out, "ProxyJump="+s.ProxyJump)
	}
	for _, name := range slices.Sorted(maps.Keys(s.Options)) {
		out = append(out, name+"="+s.Options[name])
	}
	return out
}

// sshWord is text as one word of a line of ssh's configuration.
func sshWord(s string) string {
	if !strings.ContainsAny(s, " \t\"'\\#") {
		return s
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// asks reports whether somebody gave a flag, or the variable in its place, rather than the configuration.
func (f *flags) asks(flag string) bool {
	by := f.given[flag]
	return by == byFlag || strings.HasPrefix(string(by), "PUMATOP_")
}

// asked are the pace and the way that were asked for. What the configuration says goes by the hosts that take part.
func (f *flags) asked(p actions.Pace) (actions.Pace, actions.Via) {
	var out actions.Pace
	if f.asks("batch") {
		out.Batch = p.Batch
	}
	if f.asks("canary") {
		out.Canary, out.NoCanary = p.Canary, p.Canary == 0
	} else if f.given["canary"] == "" { // what follows from the batch
		out.Canary = p.Canary
	}
	if f.asks("max-unavailable") {
		out.MaxUnavailable = p.MaxUnavailable
	}
	if f.asks("pause") {
		out.Pause = p.Pause
	}
	if f.asks("via") {
		return out, f.via
	}
	return out, actions.AnyWay
}

// manners are how the configuration wants the targets of hosts acted on, with where it says so.
func (f *flags) manners(hosts []wanted) actions.Manners {
	out := actions.Manners{}
	for _, w := range hosts {
		m := actions.Manner{Via: actions.Via(w.from.Reach.Via)}
		p := w.from.Pace
		_, _ = setSize(&m.Pace.Batch, p.Batch), setSize(&m.Pace.MaxUnavailable, p.MaxUnavailable) // checked with the file
		if m.Pace.Pause = p.Pause; p.Canary != nil {
			m.Pace.Canary, m.Pace.NoCanary = *p.Canary, *p.Canary == 0
		}
		for _, said := range []struct {
			from *string
			key  string
			set  bool
		}{
			{&m.From.Via, "via", m.Via != actions.AnyWay}, {&m.From.Batch, "batch", !m.Pace.Batch.IsZero()},
			{&m.From.Canary, "canary", p.Canary != nil}, {&m.From.MaxUnavailable, "max_unavailable", !m.Pace.MaxUnavailable.IsZero()},
			{&m.From.Pause, "pause", m.Pace.Pause > 0},
		} {
			if said.set {
				*said.from = f.origin(w, said.key)
			}
		}
		if m != (actions.Manner{}) {
			out[w.name] = m
		}
	}
	return out
}

func setSize(s *actions.Size, text string) error {
	if text == "" {
		return nil
	}
	return s.Set(text)
}

// origin is where a setting of a host is written: in its group, its environment or at the top, and in its own entry where
// none of those has that value.
func (f *flags) origin(w wanted, key string) string {
	value := ""
	if key == "via" { // which an entry may have by itself
		value = w.from.Reach.Via
	}
	var levels [][]string
	for _, group := range w.from.Groups {
		levels = append(levels, []string{"environments", f.fleet.Name, "groups", group, key})
	}
	for _, keys := range append(levels, []string{"environments", f.fleet.Name, key}, []string{key}) {
		if text, at, ok := f.loaded.Text(keys...); ok && (value == "" || text == value) {
			return at.String()
		}
	}
	return cmp.Or(w.from.At.String(), "configuration")
}
