package tui

func rawKeys() []binding { return nil }

func (m *Model) drawRaw(p *pen) { m.drawGone(p) }
