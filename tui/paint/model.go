package paint

import (
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// Model is m for a Bubble Tea program whose output is the painter: the painter draws what m shows on the alternate screen, and
// Bubble Tea sees to everything else that m's views ask for.
func (p *Painter) Model(m tea.Model) tea.Model { return &model{inner: m, painter: p} }

type model struct {
	inner   tea.Model
	painter *Painter
	frame   Frame
}

func (m *model) Init() tea.Cmd { return m.inner.Init() }

func (m *model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	var told tea.Cmd
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.frame.Width, m.frame.Height = max(msg.Width, 0), max(msg.Height, 0)
	case tea.ColorProfileMsg:
		m.frame.Profile = msg.Profile
	case tea.ModeReportMsg:
		told = m.learn(msg)
	}
	var cmd tea.Cmd
	m.inner, cmd = m.inner.Update(msg)
	return m, tea.Batch(told, cmd)
}

// learn goes by the same answers of the terminal as Bubble Tea.
func (m *model) learn(report tea.ModeReportMsg) tea.Cmd {
	switch report.Mode {
	case ansi.ModeSynchronizedOutput:
		m.frame.Synchronized = report.Value == ansi.ModeReset
	case ansi.ModeUnicodeCore:
		switch report.Value {
		case ansi.ModeReset, ansi.ModeSet, ansi.ModePermanentlySet:
			return tea.ClearScreen // it is switched on when something is drawn, which a view that never changes is not
		}
	}
	return nil
}

// nothing is a view that has been drawn once. An empty one would not do: Bubble Tea takes its size for wrong each time.
const nothing = " "

// View shows the painter the frame, and Bubble Tea what is left of it.
func (m *model) View() tea.View {
	v := m.inner.View()
	if !v.AltScreen {
		return v
	}
	m.frame.Content, m.frame.Cursor = v.Content, nil
	v.Content = nothing
	if v.Cursor != nil {
		m.frame.Cursor = &Position{v.Cursor.X, v.Cursor.Y}
		still := *v.Cursor
		still.Position = tea.Position{} // where it is is the painter's business
		v.Cursor = &still
	}
	m.painter.Show(m.frame)
	return v
}
