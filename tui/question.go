package tui

import (
	tea "charm.land/bubbletea/v2"

	"pumatop/actions"
)

// question asks before something that cannot be undone: leaving while an action runs, stopping a rollout.
type question struct {
	title, button, does string
	// past is the title once no action runs any more. Without one there is nothing to say yes to then.
	past    string
	says    func(*Model) []string
	consent consent
	// again is a key that means yes where it is pressed twice.
	again string
	// changes is what read-only mode does not ask.
	changes bool
	yes     func(*Model) tea.Cmd
}

// quit leaves, and asks first while an action runs.
func (m *Model) quit() tea.Cmd {
	if !m.running() {
		return tea.Quit
	}
	m.question = question{
		title: "Quit while an action runs?", past: "Quit?", button: "Stay", does: "quit",
		says: func(m *Model) []string {
			return append(m.recall(), "Nobody will watch what comes of it, and there will be no verdict.")
		},
		consent: consent{want: "y"}, again: "ctrl+c",
		yes: (*Model).stopAndQuit,
	}
	return m.openOverlay(questionOverlay)
}

// askStop asks whether the rollout is to end before its time.
func (m *Model) askStop() tea.Cmd {
	m.question = question{
		title: "Stop the rollout?", button: "Go on", does: "stop",
		says:    (*Model).recall,
		consent: consent{want: "y"}, changes: true,
		yes: func(m *Model) tea.Cmd { return m.rollout.stop() },
	}
	return m.openOverlay(questionOverlay)
}

// interrupt is ctrl-c where the rollout is looked at: it stops that, and ends the program where nothing is to be stopped.
func (m *Model) interrupt() tea.Cmd {
	if !m.canStop() || m.opts.ReadOnly {
		return m.quit()
	}
	ask := m.askStop()
	m.question.again = "ctrl+c"
	return ask
}

// recall says what stopping can and cannot do.
func (m *Model) recall() []string {
	var says []string
	waits := 0
	for i := range m.rollout.progress.Steps {
		switch step := &m.rollout.progress.Steps[i]; step.State {
		case actions.Asking, actions.Watching:
			says = append(says, string(step.Target)+" goes on: what Puma accepted cannot be recalled.")
		case actions.Waiting:
			waits++
		case actions.Judged:
		}
	}
	if waits > 0 {
		says = append(says, plural(waits, "target")+" not begun yet: left out.")
	}
	return says
}

// onQuestionKey takes consent, or closes.
func (m *Model) onQuestionKey(msg tea.KeyPressMsg) tea.Cmd {
	if m.question.again != "" && msg.String() == m.question.again {
		return m.onSecond()
	}
	result, cmd := m.heard(&m.question.consent, msg)
	switch result {
	case declined:
		m.overlay = noOverlay
	case given:
		m.overlay = noOverlay
		return m.question.yes(m)
	case undecided:
	}
	return cmd
}

// onSecond takes the key that asked the question for a yes. It does not make the question deaf for longer: whoever
// hammers on ctrl-c is to get out.
func (m *Model) onSecond() tea.Cmd {
	if !m.question.consent.armed {
		return nil
	}
	m.overlay = noOverlay
	return m.question.yes(m)
}

// stopAndQuit leaves out what has not begun, then ends the program.
func (m *Model) stopAndQuit() tea.Cmd {
	if !m.running() {
		return tea.Quit
	}
	return tea.Sequence(m.rollout.stop(), tea.Quit)
}

// questionBox is the question as things are now: the action that it is about goes on meanwhile.
func (m *Model) questionBox(w int) *box {
	q := &m.question
	b := &box{title: q.title}
	says, ask := []string{"No action is watched any more."}, q.consent
	switch {
	case m.running():
		says = q.says(m)
	case q.past != "":
		b.title = q.past
	default:
		ask.want = ""
	}
	for _, s := range says {
		b.lines = append(b.lines, wrapped(tText, s, 0, w)...)
	}
	b.lines = append(b.lines, nil, ask.line(q.button, q.does))
	return b
}
