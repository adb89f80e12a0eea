package tui

func compareKeys() []binding { return nil }

func (m *Model) drawCompare(p *pen) { m.drawGone(p) }
