package tui

import (
	"context"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"pumatop/actions"
	"pumatop/collector"
	"pumatop/collector/doctor"
)

// Doctor examines targets of the newest fleet. It blocks, for as long as their hosts take or ctx lasts, and says when it was done.
type Doctor func(ctx context.Context, of []collector.TargetID) (doctor.Report, time.Time)

// examinations are what the doctor said, and what is looked at of it.
type examinations struct {
	report doctor.Report
	// at is when each target was examined last.
	at map[collector.TargetID]time.Time
	// number counts examinations; under way while busy is not zero, which is when it was asked.
	number int
	busy   time.Time
	// on is the row that the cursor is on, by its key; empty for the first. opened is whether it fills the screen.
	on     string
	opened bool
	detail int // lines of the opened one that are above the screen

	rows struct { // of a report for a target, until either is another one
		number int
		of     collector.TargetID
		list   []doctorRow
	}
}

// examinedMsg is an examination that is over.
type examinedMsg struct {
	number int
	of     []collector.TargetID
	report doctor.Report
	at     time.Time
}

func hasDoctor(o Options) bool { return o.Doctor != nil }

func doctorKeys() []binding {
	return []binding{
		{keys: []string{"d"}, word: "doctor", help: "why reloads may fail, and which line to change", needs: hasDoctor,
			group: looking, on: fleetScreen | targetScreen, opens: doctorScreen, when: func(m *Model) bool { return m.fleet.any }, run: (*Model).openDoctor},
		{keys: []string{"enter"}, word: "open", help: "the finding with evidence and remedy, and back", needs: hasDoctor,
			group: looking, on: doctorScreen, footer: 4, when: (*Model).hasFindings, run: quietly((*Model).toggleFinding)},
		{keys: []string{"d"}, help: "back from the doctor", needs: hasDoctor, group: looking, on: doctorScreen, run: quietly((*Model).leaveDoctor)},
		{keys: []string{"f5", "ctrl+l"}, shows: "F5 ctrl-l", word: "examine again", help: "examine again, and redraw", needs: hasDoctor,
			group: looking, on: doctorScreen, footer: 5, run: (*Model).examineAgain},
		{keys: []string{"esc"}, word: "back", help: "close the finding, then back", needs: hasDoctor,
			group: leaving, on: doctorScreen, footer: 12, run: quietly((*Model).closeFinding)},
	}
}

// openDoctor shows what is known, of the target that is looked at or of all, and has the rest examined.
func (m *Model) openDoctor() tea.Cmd {
	m.turnTo(doctorScreen)
	m.doctor.on, m.doctor.opened = "", false
	var missing []collector.TargetID
	for _, id := range m.patients() {
		if m.doctor.at[id].IsZero() {
			missing = append(missing, id)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return m.examine(missing)
}

// patients are the targets that the screen is about.
func (m *Model) patients() []collector.TargetID {
	if m.open != "" {
		return []collector.TargetID{m.open}
	}
	var all []collector.TargetID
	for _, s := range m.fleet.latest.Targets {
		all = append(all, s.ID)
	}
	return all
}

func (m *Model) examineAgain() tea.Cmd { return tea.Batch(m.examine(m.patients()), tea.ClearScreen) }

// examine asks the doctor, unless he is at it.
func (m *Model) examine(of []collector.TargetID) tea.Cmd {
	if !m.doctor.busy.IsZero() {
		return m.say("the targets are being examined")
	}
	m.doctor.busy = m.now
	m.doctor.number++
	return m.askDoctor(of, m.doctor.number)
}

// askDoctor examines beside the loop that takes keys.
func askDoctor(ctx context.Context, d Doctor, of []collector.TargetID, number int) tea.Cmd {
	return func() tea.Msg {
		report, at := d(ctx, of)
		return examinedMsg{number, of, report, at}
	}
}

func (msg examinedMsg) deliver(m *Model) tea.Cmd {
	d := &m.doctor
	if msg.number != d.number {
		return nil
	}
	d.busy = time.Time{}
	d.report = d.report.With(msg.report)
	if d.at == nil {
		d.at = map[collector.TargetID]time.Time{}
	}
	for _, id := range msg.of {
		d.at[id] = msg.at
	}
	d.number++ // the rows are other ones
	return nil
}

// doctorRow is a line of the screen: what a check found, checks of one unknown reason, or all that found nothing.
type doctorRow struct {
	key      string
	findings []*doctor.Finding // of one check and severity, each with targets of its own
	unknown  *doctor.Unanswered
	fine     []string // ids of the checks that found nothing anywhere
	targets  []string
}

// doctorRows are the lines, the worst first.
func (m *Model) doctorRows() []doctorRow {
	c := &m.doctor.rows
	if c.list != nil && c.number == m.doctor.number && c.of == m.open {
		return c.list
	}
	r := m.doctor.report
	if m.open != "" {
		r = r.About(string(m.open))
	}
	var list []doctorRow
	told := map[string]bool{}
	for i := range r.Findings {
		f := &r.Findings[i]
		told[f.ID] = true
		key := f.ID + " " + string(f.Severity)
		at := slices.IndexFunc(list, func(r doctorRow) bool { return r.key == key })
		if at < 0 {
			at, list = len(list), append(list, doctorRow{key: key})
		}
		list[at].findings = append(list[at].findings, f)
		list[at].targets = append(list[at].targets, f.Targets...)
	}
	for _, u := range r.Unknowns() {
		for _, id := range u.IDs {
			told[id] = true
		}
		list = append(list, doctorRow{key: u.Reason, unknown: &u, targets: u.Targets})
	}
	var fine []string
	for _, c := range r.Checks {
		if !told[c.ID] && !slices.Contains(fine, c.ID) {
			fine = append(fine, c.ID)
		}
	}
	if len(fine) > 0 {
		list = append(list, doctorRow{key: "fine", fine: fine})
	}
	c.number, c.of, c.list = m.doctor.number, m.open, list
	return list
}

// doctorCursor is the line that the cursor is on.
func (m *Model) doctorCursor(rows []doctorRow) int {
	return max(slices.IndexFunc(rows, func(r doctorRow) bool { return r.key == m.doctor.on }), 0)
}

func (m *Model) hasFindings() bool { return len(m.doctorRows()) > 0 }

func (m *Model) moveDoctor(n int) {
	if m.doctor.opened {
		m.doctor.detail = max(m.doctor.detail+n, 0)
		return
	}
	rows := m.doctorRows()
	if len(rows) > 0 {
		m.doctor.on = rows[min(max(m.doctorCursor(rows)+n, 0), len(rows)-1)].key
	}
}

func (m *Model) toggleFinding() {
	m.doctor.opened, m.doctor.detail = !m.doctor.opened, 0
	if rows := m.doctorRows(); m.doctor.on == "" && len(rows) > 0 {
		m.doctor.on = rows[0].key
	}
}

func (m *Model) closeFinding() {
	if m.doctor.opened {
		m.doctor.opened = false
		return
	}
	m.leaveDoctor()
}

func (m *Model) leaveDoctor() {
	m.doctor.opened = false
	m.back()
}

// copyRemedy is what is to be written, as it stands.
func (m *Model) copyRemedy() (what, text string) {
	rows := m.doctorRows()
	if len(rows) == 0 {
		return "", ""
	}
	var b strings.Builder
	list := rows[m.doctorCursor(rows)].findings
	for i, f := range list {
		if len(list) > 1 {
			if i > 0 {
				b.WriteByte('\n')
			}
			b.WriteString("# on " + strings.Join(f.Targets, ", ") + "\n")
		}
		b.WriteString(strings.TrimRight(f.Remedy, "\n") + "\n")
		what = "the remedy of " + f.ID
	}
	return what, b.String()
}

// mostBearing is how many findings a sheet names.
const mostBearing = 2

// bearing are the findings that an action on targets should be thought over for, as far as they have been examined, and
// when that was at the earliest.
func (m *Model) bearing(kind actions.Kind, of []collector.Snapshot) (list []doctor.Finding, more int, at time.Time) {
	if kind != actions.Reload && kind != actions.Restart && kind != actions.Refork {
		return nil, 0, at
	}
	for _, f := range m.doctor.report.From(doctor.Risks).Findings {
		var on []string
		for i := range of {
			if slices.Contains(f.Targets, string(of[i].ID)) {
				on = append(on, string(of[i].ID))
				if seen := m.doctor.at[of[i].ID]; at.IsZero() || seen.Before(at) {
					at = seen
				}
			}
		}
		switch {
		case len(on) == 0:
		case len(list) == mostBearing:
			more++
		default:
			f.Targets = on
			list = append(list, f)
		}
	}
	return list, more, at
}
