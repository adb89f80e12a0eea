package tui

func threadKeys() []binding { return nil }

func (m *Model) drawThreads(p *pen) { m.drawGone(p) }
