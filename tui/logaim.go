package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"
)

const (
	// aimPast and aimBefore are how much of a log is read to find a moment in it.
	aimPast   = 20_000
	aimBefore = 2 * time.Minute
	// aimFor is how long lines may take to come, before the newest one is taken for the nearest.
	aimFor = 3 * time.Second
	// aimNear is how far a line may be from the moment without a word about it.
	aimNear = 10 * time.Second
)

// aim is a moment that the log's screen was opened for.
type aim struct {
	at     time.Time // zero for none
	moment string    // it as people write it
	// says is where the cursor was put, or why it could not be; it goes with the next key.
	says line
}

// aimEndMsg says that the lines of the past have had their time to come.
type aimEndMsg struct{ number int }

// deliver takes the newest line there is for the nearest.
func (msg aimEndMsg) deliver(m *Model) tea.Cmd {
	if msg.number == m.logs.number {
		m.logs.takeAim(true)
	}
	return nil
}

// awaitAim waits for the lines of the past, where a moment is looked for in them.
func (l *logs) awaitAim() tea.Cmd {
	if l.aim.at.IsZero() {
		return nil
	}
	number := l.number
	return tea.Tick(aimFor, func(time.Time) tea.Msg { return aimEndMsg{number: number} })
}

// takeAim puts the cursor on the line nearest to the moment that is looked for, once a line from after it has come or, at the
// end, none will. A log without times, or one that begins later, says so.
func (l *logs) takeAim(end bool) {
	a := l.aim
	if a.at.IsZero() || len(a.says) > 0 {
		return
	}
	before, after := l.around(a.at)
	switch {
	case after < 0 && !end:
	case after >= 0 || before >= 0:
		nearest := before
		if before < 0 || after >= 0 && l.lines[after].At.Sub(a.at) < a.at.Sub(l.lines[before].At) {
			nearest = after
		}
		l.stand(l.place(l.first + nearest))
		l.held, l.aim = true, a
		l.aim.says = a.reached(l.lines[nearest].At, before >= 0)
	case len(l.lines) == 0:
		l.aim = aim{}
	default:
		l.aim.says = line{{tWarn, "this log has no times"}, {tDim, ": " + a.moment + " cannot be found in it, / looks for a text"}}
	}
}

// around are the places of the last line from before a moment and of the first one from then on; -1 for none.
func (l *logs) around(at time.Time) (before, after int) {
	before, after = -1, -1
	for i := range l.lines {
		switch each := l.lines[i].At; {
		case each.IsZero() || l.lines[i].Ours:
		case each.Before(at):
			before = i
		case after < 0:
			after = i
		}
	}
	return before, after
}

// reached says how near the line at a time is; older is whether there are lines from before the moment.
func (a *aim) reached(at time.Time, older bool) line {
	switch off := at.Sub(a.at); {
	case !older && off > aimNear:
		return line{{tWarn, "no line from before " + a.moment}, {tDim, ": this one is " + duration(off) + " later"}}
	case off.Abs() > aimNear:
		return line{{tAccent, "nearest to " + a.moment}, {tDim, ", by " + duration(off.Abs()) + "; G follows"}}
	}
	return line{{tAccent, "at " + a.moment}, {tDim, "; G follows"}}
}
