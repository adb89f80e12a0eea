package tui

import (
	"pumatop/collector"
	"pumatop/collector/query"
)

// What the screen shows is a few facts that do not depend on one another: which screen, which overlay on it, what
// is selected, marked, filtered and sorted. They are separate fields of the model rather than one mode.

// screenID is what fills the terminal.
type screenID uint16

const (
	fleetScreen screenID = 1 << iota
	targetScreen
	rolloutScreen
	auditScreen
	logsScreen
	eventsScreen
	rawScreen
	threadsScreen
	compareScreen
	doctorScreen
	afterScreens
)

const anyScreen = afterScreens - 1

// overlayID is what stands on the screen and takes the keys.
type overlayID uint8

const (
	noOverlay overlayID = iota
	sheetOverlay
	questionOverlay
	helpOverlay
	sortOverlay
	paletteOverlay
	askOverlay
	themeOverlay
	columnsOverlay
	filterOverlay // the filter's line: the screen below stays in sight
)

// selected is what the cursor of the fleet is on: a target by its id, or a host that has none by its name, or the heading of a
// group. It is never a line number, which means another target after the next poll.
type selected struct {
	id collector.TargetID
	// section is the group that it was selected in, where there are groups, and heading means that group itself: then id is empty.
	section string
	heading bool
	// index is the line it was last seen on: where the cursor resumes once the target is gone. It selects nothing.
	index int
	// pinned is set by the first key: until then the cursor rests on the first line, whatever that shows.
	pinned bool
}

// ordering is how the fleet is sorted.
type ordering struct {
	by      query.ID
	reverse bool
	// more are the columns that order what is equal in that one.
	more query.Order
}

// orderOf is the ordering that an order asks for; by state where it asks for none.
func orderOf(order query.Order) ordering {
	if len(order) == 0 {
		return ordering{by: query.State}
	}
	return ordering{by: order[0].Column.ID, reverse: order[0].Reverse, more: order[1:]}
}

func (o ordering) order() query.Order { return append(query.By(o.by, o.reverse), o.more...) }
