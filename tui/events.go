package tui

import (
	"strings"

	"pumatop/collector"
)

// drawEvents draws the newest events in height lines, the first of which is a hairline; only those of one target
// where it is not empty.
func (m *Model) drawEvents(p *pen, height int, only collector.TargetID) {
	p.hairline(nil, nil)
	events := m.events(height-1, only)
	names := 0
	for _, e := range events {
		names = max(names, textWidth(string(e.Target)))
	}
	names = min(names, 28)
	for i := range height - 1 {
		if i < len(events) {
			m.drawEvent(p, &events[i], names, only == "")
		}
		p.end()
	}
}

// events are the newest n, oldest first.
func (m *Model) events(n int, only collector.TargetID) []collector.Event {
	all := m.fleet.shown.Events
	if only == "" {
		return all[max(len(all)-n, 0):]
	}
	host, _, _ := strings.Cut(string(only), "/")
	var some []collector.Event
	for i := len(all) - 1; i >= 0 && len(some) < n; i-- {
		if all[i].Target == only || string(all[i].Target) == host {
			some = append(some, all[i])
		}
	}
	for i, j := 0, len(some)-1; i < j; i, j = i+1, j-1 {
		some[i], some[j] = some[j], some[i]
	}
	return some
}

func (m *Model) drawEvent(p *pen, e *collector.Event, names int, named bool) {
	p.space(margin)
	p.put(tDim, clock(e.At))
	p.space(2)
	if named {
		p.cell(tText, string(e.Target), names, left)
		p.space(2)
	}
	p.width -= margin
	p.cell(dockToken(e), e.Text, min(textWidth(e.Text), p.room()), left)
	p.width += margin
}

// dockToken is how an event's text looks where it is one of a few: calm, unless it is what a person waits for.
func dockToken(e *collector.Event) token {
	switch t := eventToken(e); {
	case e.Problem(), e.Kind == collector.ActionEvent, e.Kind == collector.HostBack:
		return t
	}
	return tDim
}
