package tui

func doctorKeys() []binding { return nil }

func (m *Model) drawDoctor(p *pen) { m.drawGone(p) }
func (m *Model) moveDoctor(int)    {}
