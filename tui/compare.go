package tui

type compare struct{}

func compareKeys() []binding { return nil }

func (m *Model) drawCompare(p *pen)            { m.drawGone(p) }
func (m *Model) moveCompare(int)               {}
func (m *Model) copyCompare() (string, string) { return "", "" }
