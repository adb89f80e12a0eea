package tui

import "pumatop/collector"

// timeline is the screen of events.
type timeline struct {
	only collector.TargetID // of one target; empty for all
}

func timelineKeys() []binding { return nil }

func (m *Model) drawTimeline(p *pen)        { m.drawGone(p) }
func (m *Model) moveTimeline(int)           {}
func (m *Model) filterTimeline(text string) {}
func (m *Model) timelineSays() line         { return nil }
