package tui

// page is how one of the screens is drawn and gone through. What it shows is in the model.
type page struct {
	id screenID
	// name is what the palette and the title call it.
	name string
	draw func(*Model, *pen)
	// move goes n lines down, or up where n is negative; farDown and -farDown are the ends.
	move func(*Model, int)
	// typed takes the text of its line "/", as it is typed; says is what stands behind that. Both are nil where "/" filters
	// the fleet.
	typed func(*Model, string)
	says  func(*Model) line
	// copies is what y copies, and what that is called; nil, and an empty text, are nothing.
	copies func(*Model) (what, text string)
	// undo takes back what narrows the screen, before esc leaves it; it is false where nothing does. Nil is nothing.
	undo func(*Model) bool
}

// pages is every screen that there is. It is never changed.
func pages() []page {
	return []page{
		{id: fleetScreen, name: "fleet", draw: (*Model).drawFleet, move: (*Model).moveFleet, copies: (*Model).copyNames},
		{id: targetScreen, name: "target", draw: (*Model).drawTarget, move: (*Model).moveWorker, copies: (*Model).copyFacts},
		{id: rolloutScreen, name: "rollout", draw: (*Model).drawRollout, move: (*Model).moveScroll, copies: (*Model).copyRollout},
		{id: auditScreen, name: "audit", draw: (*Model).drawAudit, move: func(m *Model, n int) { m.audit.move(n) }, copies: (*Model).copyEntry},
		{id: logsScreen, name: "logs", draw: (*Model).drawLogs, move: func(m *Model, n int) { m.logs.move(n) },
			typed: (*Model).searchLogs, says: (*Model).searchSays, copies: (*Model).copyLog},
		{id: eventsScreen, name: "events", draw: (*Model).drawTimeline, move: (*Model).moveTimeline, typed: (*Model).filterTimeline,
			says: (*Model).timelineSays, copies: (*Model).copyEvent, undo: (*Model).widenTimeline},
		{id: rawScreen, name: "raw stats", draw: (*Model).drawRaw, move: (*Model).moveScroll, typed: (*Model).searchRaw, says: (*Model).rawSays,
			copies: (*Model).copyRaw, undo: (*Model).stopRawSearch},
		{id: doctorScreen, name: "doctor", draw: (*Model).drawDoctor, move: (*Model).moveDoctor, copies: (*Model).copyRemedy},
		{id: threadsScreen, name: "threads", draw: (*Model).drawThreads, move: (*Model).moveThreads, copies: (*Model).copyThreads},
		{id: compareScreen, name: "compare", draw: (*Model).drawCompare, move: (*Model).moveCompare, copies: (*Model).copyCompare},
	}
}

// onScreen is the screen that fills the terminal.
func (m *Model) onScreen() *page {
	for i := range m.pages {
		if m.pages[i].id == m.screen {
			return &m.pages[i]
		}
	}
	return &m.pages[0]
}

// farDown is beyond the end of everything that scrolls; drawing brings it back.
const farDown = 1 << 20

// move moves the cursor, or what is in sight, by n lines.
func (m *Model) move(n int) { m.onScreen().move(m, n) }

// moveScroll is the movement of screens without a cursor.
func (m *Model) moveScroll(n int) { m.scroll = max(m.scroll+n, 0) }

// moveFleet moves the cursor by n lines. From nothing it goes to the line where the cursor was.
func (m *Model) moveFleet(n int) {
	at := m.projected.where(m.cursor)
	if at < 0 {
		m.moveTo(m.cursor.index)
		return
	}
	m.moveTo(at + n)
}

// turnTo goes to another screen, from its top.
func (m *Model) turnTo(id screenID) { m.screen, m.scroll = id, 0 }
