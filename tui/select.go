package tui

import (
	"cmp"
	"maps"
	"slices"

	"pumatop/collector"
	"pumatop/collector/query"
)

// current is the row that the cursor is on; nil where there is none in sight, and on the heading of a group.
func (m *Model) current() *row {
	r, _ := m.atCursor()
	return r
}

// atCursor is the line that the cursor is on, as projection.at; both are nil where it is on none in sight. A heading selects no
// target: it has no row.
func (m *Model) atCursor() (*row, *section) {
	i := m.projected.where(m.cursor)
	if i < 0 {
		return nil, nil
	}
	return m.projected.at(i)
}

// followTarget keeps the cursor on its target through a new fleet, sort or filter. A target that is gone selects
// nothing: the cursor does not pass to whatever took its line. A host's line is replaced by its target's once the
// host has been read; that is the same thing, known better.
func (m *Model) followTarget() {
	if m.open != "" && !m.exists(m.open) {
		m.open = cmp.Or(m.onlyTargetOf(string(m.open)), m.open)
	}
	if i := m.projected.where(m.cursor); i >= 0 && m.cursor.pinned {
		m.cursor.index = i
		return
	}
	if !m.cursor.pinned {
		m.cursor = selected{}
		if m.projected.count() > 0 {
			m.cursor = m.projected.selecting(0)
		}
		return
	}
	if m.cursor.id == "" || m.exists(m.cursor.id) {
		return
	}
	m.cursor.id = m.onlyTargetOf(string(m.cursor.id))
	m.cursor.index = max(m.projected.index(m.cursor.id), min(m.cursor.index, max(m.projected.count()-1, 0)))
}

// exists reports whether the fleet has the target, or the host without one, shown or hidden.
func (m *Model) exists(id collector.TargetID) bool {
	if m.isTarget(id) {
		return true
	}
	return slices.ContainsFunc(m.fleet.shown.Hosts, func(h collector.HostStatus) bool {
		return h.Pumas == 0 && collector.TargetID(h.Name) == id
	})
}

// isTarget reports whether the fleet has the target.
func (m *Model) isTarget(id collector.TargetID) bool {
	return find(&m.fleet.shown, id) != nil
}

// find is Fleet.Target without its copies: a snapshot is large, and this is asked for every frame.
func find(f *collector.Fleet, id collector.TargetID) *collector.Snapshot {
	for i := range f.Targets {
		if f.Targets[i].ID == id {
			return f.Targets[i]
		}
	}
	return nil
}

// onlyTargetOf is the one target of a host; empty where it has none or several.
func (m *Model) onlyTargetOf(host string) collector.TargetID {
	var found collector.TargetID
	for i := range m.fleet.shown.Targets {
		if s := m.fleet.shown.Targets[i]; s.Host == host {
			if found != "" {
				return ""
			}
			found = s.ID
		}
	}
	return found
}

// pin keeps the cursor on what it shows from now on.
func (m *Model) pin() {
	if !m.cursor.pinned && (m.cursor.id != "" || m.cursor.heading) {
		m.cursor.pinned = true
	}
}

// moveTo puts the cursor on a line.
func (m *Model) moveTo(line int) {
	if m.projected.count() == 0 {
		return
	}
	m.cursor = m.projected.selecting(min(max(line, 0), m.projected.count()-1))
	m.cursor.pinned = true
	m.clampTop()
}

// settle puts the cursor on the first line where the operator has just hidden the one it was on.
func (m *Model) settle() {
	if m.projected.where(m.cursor) < 0 {
		m.moveTo(0)
	}
}

// clampTop keeps the lines in sight within the fleet, and the cursor in sight.
func (m *Model) clampTop() {
	height := m.fleetLayout().rows
	if i := m.projected.where(m.cursor); i >= 0 {
		m.top = min(m.top, i)
		m.top = max(m.top, i-height+1)
	}
	m.top = max(min(m.top, m.projected.count()-height), 0)
}

// toggleMark marks or unmarks the current target and goes on to the next line; on a heading, the targets of the group.
func (m *Model) toggleMark() {
	r, s := m.atCursor()
	if r == nil && s != nil {
		m.markSection(s)
		return
	}
	if r == nil || r.target == nil {
		return
	}
	if m.marks[r.id] {
		delete(m.marks, r.id)
	} else {
		m.marks[r.id] = true
	}
	m.move(1)
}

// markShown marks every target that has a line: not those in a group that is folded.
func (m *Model) markShown() {
	for i := range m.projected.count() {
		if r, _ := m.projected.at(i); r != nil && r.target != nil {
			m.marks[r.id] = true
		}
	}
}

// dropMarks forgets the marks of targets that are gone.
func (m *Model) dropMarks() {
	if len(m.marks) == 0 {
		return
	}
	kept := make(map[collector.TargetID]bool, len(m.marks))
	for i := range m.fleet.shown.Targets {
		if id := m.fleet.shown.Targets[i].ID; m.marks[id] {
			kept[id] = true
		}
	}
	m.marks = kept
}

// subjectCount is how many targets an action would be about. It is asked for every frame, so it copies nothing.
func (m *Model) subjectCount() int {
	switch {
	case m.screen == threadsScreen && m.isTarget(m.threads.of):
		return 1
	case m.screen == threadsScreen:
		return 0
	case m.screen == targetScreen:
		if m.isTarget(m.open) {
			return 1
		}
		return 0
	case len(m.marks) > 0:
		return len(m.marks)
	case m.onTarget():
		return 1
	}
	return 0
}

// subjects are the newest snapshots of what an action would be about: the marked targets by name, which is the order
// in which they are acted on, else the one that is looked at.
func (m *Model) subjects() []collector.Snapshot {
	switch {
	case m.screen == threadsScreen:
		return m.newest(m.threads.of)
	case m.screen == targetScreen:
		return m.newest(m.open)
	case len(m.marks) > 0:
		return m.newest(slices.SortedFunc(maps.Keys(m.marks), compareIDs)...)
	case m.onTarget():
		return m.newest(m.current().id)
	}
	return nil
}

func compareIDs(a, b collector.TargetID) int { return query.Natural(string(a), string(b)) }

// newest are the newest snapshots of targets, without those that are gone.
func (m *Model) newest(ids ...collector.TargetID) []collector.Snapshot {
	var found []collector.Snapshot
	for _, id := range ids {
		if s := find(&m.fleet.latest, id); s != nil {
			found = append(found, *s)
		}
	}
	return found
}
