package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"
)

// Update takes one message. It does no I/O and reads no clock: what has to be done is returned as a command, and
// the time comes with ticks and fleets.
func (m *Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	m.unchanged = false
	m.docked.of = nil
	cmd := m.take(msg)
	m.takeNote()
	m.dirty = m.dirty || !m.unchanged
	return m, cmd
}

// take gives a message to whom it concerns.
func (m *Model) take(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		return m.onKey(msg)
	case fleetMsg:
		return m.onFleet(msg)
	case tickMsg:
		return m.onTick(msg)
	case startedMsg:
		return m.onStarted(msg)
	case progressMsg:
		return m.onProgress(msg)
	case runEndedMsg:
		m.onRunEnded(msg)
	case armedMsg:
		return m.onArmed(msg)
	case tea.WindowSizeMsg:
		return m.onSize(msg.Width, msg.Height)
	case tea.PasteMsg:
		return m.onPaste(msg.Content)
	case promptsMsg:
		return m.onPrompts(msg)
	case lullEndMsg:
		return m.onLullEnd(msg)
	default:
		return m.onRare(msg)
	}
	return nil
}

// onRare takes what comes seldom.
func (m *Model) onRare(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case noticeEndMsg:
		m.onNoticeEnd(msg)
	case Configured:
		return m.onConfigured(msg)
	case feedEndedMsg:
		m.fleet.ended = msg.err
	case auditMsg:
		m.audit.take(msg)
	case logsOpenedMsg:
		return m.onLogsOpened(msg)
	case logLinesMsg:
		return m.onLogLines(msg)
	case delivered:
		return msg.deliver(m)
	default:
		return m.onTerminal(msg)
	}
	return nil
}

// delivered is a message that knows what it changes: what one screen alone waits for.
type delivered interface {
	deliver(*Model) tea.Cmd
}

// onTerminal takes what the terminal says beside keys.
func (m *Model) onTerminal(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.MouseWheelMsg:
		m.onWheel(msg.Mouse())
	case tea.MouseClickMsg:
		return m.onClick(msg.Mouse())
	case tea.ColorProfileMsg:
		m.profile = msg.Profile
		m.restyle()
	case tea.FocusMsg:
		m.onFocus(true)
	case tea.BlurMsg:
		m.onFocus(false)
	case tea.BackgroundColorMsg:
		m.onBackground(msg.IsDark())
	default:
		m.unchanged = true
	}
	return nil
}

// onNoticeEnd takes a notice away, unless a newer one stands there.
func (m *Model) onNoticeEnd(msg noticeEndMsg) {
	if msg.notice == m.notice.number {
		m.notice.text = ""
	}
}

// onFleet swaps the fleet in; paused, it is kept for planning and not shown.
func (m *Model) onFleet(msg fleetMsg) tea.Cmd {
	f, old, was := msg.fleet, m.fleet.latest, m.projected
	m.fleet.latest, m.fleet.any = f, true
	m.advance(f.At)
	if m.asked == f.Interval {
		m.asked = 0
	}
	if m.pausedAt.IsZero() {
		m.fleet.shown = f
		if msg.projected != nil && msg.lens == m.lenses {
			m.swap(*msg.projected)
		} else {
			m.reproject()
		}
	}
	again := tea.Batch(m.lookAgain(), m.comeBackWith())
	m.countWaiting()
	m.unchanged = m.maySkip(old, &was)
	return tea.Batch(m.nextFleet(m.lens()), m.loggedIn(), again, m.onAlarms(&f, msg.alarms))
}

// advance moves the screens' clock; it never goes back.
func (m *Model) advance(at time.Time) {
	if !at.After(m.now) {
		return
	}
	m.now = at
	if m.sighted != nil {
		m.sift()
	}
}

// onTick moves the clock and asks for the next tick, sooner while a sheet shows the age of its figures.
func (m *Model) onTick(msg tickMsg) tea.Cmd {
	if msg.generation != m.ticker.generation {
		m.unchanged = true
		return nil
	}
	m.advance(msg.at)
	if early := m.early(); early > 0 {
		m.unchanged = true
		m.ticker.generation++
		return tick(early, m.ticker.generation)
	}
	return m.retick()
}

// pulse is the time between two ticks.
func (m *Model) pulse() time.Duration {
	switch {
	case m.opts.Still:
		return stillTick
	case m.ticker.fast:
		return fastTick
	}
	return slowTick
}

// retick begins a new generation of ticks, at the pace that the screen needs.
func (m *Model) retick() tea.Cmd {
	m.ticker.generation++
	m.ticker.fast = (m.overlay == sheetOverlay || m.running()) && !m.opts.Still
	return tick(m.pulse(), m.ticker.generation)
}

func (m *Model) onSize(width, height int) tea.Cmd {
	m.width, m.height = max(width, 0), max(height, 0)
	m.clampTop()
	switch {
	case m.overlay == askOverlay:
		return m.attend()
	case m.mayOpenByItself():
		return m.openPrompts()
	}
	return nil
}

// onPaste takes a paste into the line that is being typed, or the answer; anywhere else a paste does nothing, whatever keys it is made of.
// A line break in it is a blank, and runs nothing.
func (m *Model) onPaste(s string) tea.Cmd {
	m.prompts.touched = true
	switch m.overlay {
	case filterOverlay:
		m.typing.insert(s)
		m.applyFilter()
	case paletteOverlay:
		m.palette.typing.insert(s)
		m.palette.match()
	case askOverlay:
		return m.onAskPaste(s)
	case noOverlay, sheetOverlay, questionOverlay, helpOverlay, sortOverlay, themeOverlay, columnsOverlay:
	}
	return nil
}

// onArmed lets the overlay that is open take consent, once it has been deaf for long enough.
func (m *Model) onArmed(msg armedMsg) tea.Cmd {
	if msg.overlay != m.overlays {
		return nil
	}
	if msg.beats > 0 {
		return arm(msg.overlay, msg.beats)
	}
	m.sheet.consent.armed = m.overlay == sheetOverlay
	m.question.consent.armed = m.overlay == questionOverlay
	m.palette.armed = m.overlay == paletteOverlay
	m.prompts.armed = m.overlay == askOverlay
	return nil
}
