package tui

import (
	"pumatop/collector"
	"pumatop/collector/query"
)

// rawLabel is the room for the label of a fact on the screen of raw stats.
const rawLabel = 16

// rawFacts are what is known of a target and stands nowhere else.
func (m *Model) rawFacts(s *collector.Snapshot, w int) []line {
	var lines []line
	for i, part := range query.FactsOf(s, m.now) {
		if i > 0 {
			lines = append(lines, nil)
		}
		lines = append(lines, line{{tTitle, part.Title}})
		for _, f := range part.Known {
			label := f.Label
			for _, text := range wrap(f.Text, max(w-rawLabel, 8)) {
				lines = append(lines, line{{tDim, pad(label, rawLabel)}, {tText, text}})
				label = ""
			}
		}
	}
	return lines
}
