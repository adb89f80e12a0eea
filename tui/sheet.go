package tui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"pumatop/actions"
	"pumatop/collector"
	"pumatop/collector/doctor"
)

// sheet shows a plan before anything is done. Its targets are frozen when it opens. What `current` points to may be half a
// minute old then, which right after a deploy is the release before: so the hosts are looked at again, and the plan is made
// anew for the same targets, once, when all have answered. Other fleets change nothing but the age of its figures.
type sheet struct {
	plan    actions.Plan
	consent consent
	// of are the targets that the plan is about, refused ones too.
	of     []collector.Snapshot
	opened time.Time
	looked bool
	// notice says why it was opened again by itself.
	notice string
	// found are findings of the doctor that bear on it, as far as there are any; more are not named.
	found   []doctor.Finding
	more    int
	foundAt time.Time
}

// asking is a key that opens the sheet for an action on the subjects.
func asking(k actions.Kind) func(*Model) tea.Cmd {
	return func(m *Model) tea.Cmd { return m.openSheet(m.intent(k), m.subjects()) }
}

// intent is what a key wants, as far as it does not depend on targets. A target that cannot be reloaded phased is planned
// as what the request would become; the sheet says so, and asks for more than a y.
func (m *Model) intent(k actions.Kind) actions.Intent {
	return actions.Intent{
		Kind: k, OrRestart: k == actions.Reload || k == actions.Restart,
		Via: m.opts.Via, Pace: m.opts.Pace, Policy: m.opts.Policy, Manners: m.opts.Manners,
	}
}

// openSheet plans and asks.
func (m *Model) openSheet(in actions.Intent, targets []collector.Snapshot) tea.Cmd {
	return tea.Batch(m.showPlan(m.newPlan(in, targets, m.now), targets, ""), probe(m.opts.Controls, idsOf(targets)))
}

func idsOf(targets []collector.Snapshot) []collector.TargetID {
	ids := make([]collector.TargetID, len(targets))
	for i := range targets {
		ids[i] = targets[i].ID
	}
	return ids
}

func (m *Model) showPlan(plan actions.Plan, of []collector.Snapshot, notice string) tea.Cmd {
	m.sheet = sheet{plan: plan, of: of, notice: notice, opened: m.now}
	m.sheet.found, m.sheet.more, m.sheet.foundAt = m.bearing(plan.Intent.Kind, of)
	m.sheet.ask()
	return m.openOverlay(sheetOverlay)
}

// ask wants what the plan wants typed. What was typed for another consent is void.
func (s *sheet) ask() {
	want := ""
	if len(s.plan.Steps) > 0 {
		want = s.plan.Confirmation()
	}
	if want != s.consent.want {
		s.consent.want, s.consent.typed = want, ""
	}
}

// lookAgain plans anew once every target has been looked at since the sheet opened. Where that comes to something else, what
// was typed for the plan of before is void, and for a moment nothing is heard.
func (m *Model) lookAgain() tea.Cmd {
	if m.overlay != sheetOverlay || m.sheet.looked {
		return nil
	}
	targets := m.newest(idsOf(m.sheet.of)...)
	if len(targets) == 0 || slices.ContainsFunc(targets, func(s collector.Snapshot) bool { return !s.Probed.After(m.sheet.opened) }) {
		return nil
	}
	before := m.sheet.plan
	m.sheet.looked, m.sheet.of = true, targets
	m.sheet.plan = m.newPlan(before.Intent, targets, m.now)
	if says(before) == says(m.sheet.plan) {
		return nil
	}
	m.sheet.consent = consent{}
	m.sheet.ask()
	return m.deafen()
}

// says is all that a plan will do, in words.
func says(p actions.Plan) string {
	var b strings.Builder
	for _, s := range p.Steps {
		fmt.Fprintln(&b, s.Target, s.Kind, s.Via, s.Request, s.Says, s.Warnings, s.Before.Releases(), s.Before.Facts().Current)
	}
	for _, r := range p.Refused {
		fmt.Fprintln(&b, r.Target, r.Reason)
	}
	return b.String()
}

// onSheetKey closes the sheet, starts its plan or has it made otherwise. Every other key is ignored, another r too. None
// of the keys that change the plan can be a part of what has to be typed, which may be any name.
func (m *Model) onSheetKey(msg tea.KeyPressMsg) tea.Cmd {
	switch key := msg.String(); {
	case key == "tab" && m.sheet.hasWays():
		return m.replan(func(in *actions.Intent) { in.Via = nextWay(in.Via) })
	case key == "right" && m.sheet.hasPace():
		return m.replan(func(in *actions.Intent) { in.Pace = paced(in.Pace, len(m.sheet.plan.Steps), 1) })
	case key == "left" && m.sheet.hasPace():
		return m.replan(func(in *actions.Intent) { in.Pace = paced(in.Pace, len(m.sheet.plan.Steps), -1) })
	}
	result, cmd := m.heard(&m.sheet.consent, msg)
	switch result {
	case declined:
		m.overlay = noOverlay
	case given:
		m.overlay = noOverlay
		clear(m.marks)
		return m.begin(m.sheet.plan)
	case undecided:
	}
	return cmd
}

// replan plans the same targets otherwise. What was typed is void, and for a moment nothing is heard, as of a sheet that
// has just opened.
func (m *Model) replan(change func(*actions.Intent)) tea.Cmd {
	s := &m.sheet
	for i := range s.of {
		if newer := find(&m.fleet.latest, s.of[i].ID); newer != nil {
			s.of[i] = *newer
		}
	}
	in := s.plan.Intent
	change(&in)
	s.plan, s.consent, s.notice = m.newPlan(in, s.of, m.now), consent{}, ""
	s.ask()
	return m.openOverlay(sheetOverlay)
}

// hasWays reports whether a request of this kind can take more than one way.
func (s *sheet) hasWays() bool {
	switch s.plan.Intent.Kind {
	case actions.Start, actions.Recycle, actions.Collect:
		return false
	}
	return true
}

// hasPace reports whether several targets could follow the first at a time.
func (s *sheet) hasPace() bool { return len(s.plan.Steps) > 2 }

// ways are what tab steps through.
func ways() []actions.Via {
	return []actions.Via{actions.AnyWay, actions.ViaControl, actions.ViaSystemd, actions.ViaSignal}
}

func nextWay(via actions.Via) actions.Via {
	all := ways()
	return all[(slices.Index(all, via)+1)%len(all)]
}

// paced is a pace of the next larger or smaller batch for n targets. Whoever takes several at a time still begins with one.
func paced(p actions.Pace, n, by int) actions.Pace {
	size := max(p.Batch.Of(n), 1)
	sizes := []int{1, 2, 3, 5, 10, 20, 50, 100, 200, 500}
	if by > 0 {
		larger := slices.IndexFunc(sizes, func(s int) bool { return s > size })
		if larger < 0 {
			return p
		}
		size = min(sizes[larger], n-1)
	} else {
		for i := len(sizes) - 1; i >= 0; i-- {
			if sizes[i] < size {
				size = sizes[i]
				break
			}
		}
	}
	p.Batch = actions.Size{N: size}
	if size > 1 && p.Canary == 0 {
		p.Canary = 1
	}
	return p
}
