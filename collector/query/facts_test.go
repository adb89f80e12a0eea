package query

import (
	"strings"
	"testing"
	"time"

	"pumatop/collector"
	"pumatop/collector/puma"
)

// TestFactsOf: only what is known, safe to draw, and what a puma.rb says with how far it can be relied on.
func TestFactsOf(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 19, 31, 40, 0, time.UTC)
	if parts := FactsOf(&collector.Snapshot{}, now); len(parts) != 0 {
		t.Errorf("of nothing: %v", parts)
	}
	s := &collector.Snapshot{Offset: 90 * time.Second, Restarts: 2, Dead: []int{61, 88}, Probed: now.Add(-12 * time.Second)}
	f := s.OwnFacts()
	f.User, f.Exe, f.Unit.Name, f.Unit.Status = "deploy", "/usr/bin/\x1b[31mruby", "puma.service", "Puma 6.6.1"
	f.Settings = puma.Settings{Lines: 9, Preload: puma.Setting{Line: 2}, Workers: puma.Setting{Text: "2", Line: 3}, Tag: puma.Setting{Text: "shop", Literal: true, Line: 5},
		Binds: []puma.Setting{{Text: "tcp://[::]:1", Literal: true, Conditional: true, Line: 7}}, Opaque: puma.Setting{Line: 8}}
	var b strings.Builder
	for _, part := range FactsOf(s, now) {
		b.WriteString(part.Title + "\n")
		for _, fact := range part.Known {
			b.WriteString("  " + fact.Label + ": " + fact.Text + "\n")
		}
	}
	const want = `Process
  user: deploy, whose processes this login cannot signal
  ruby: /usr/bin/ruby
  restarts seen: 2
  dead, yet listed: 61, 88
Unit
  status: Puma 6.6.1
puma.rb, as its text has it
  preload_app: cannot be read (line 2)
  workers: 2, unless something outside the file says otherwise (line 3)
  bind: tcp://[::]:1, under a condition (line 7)
  tag: shop (line 5)
  may set anything: line 8: what is not mentioned is not known to be unset
Looked at
  host looked at: 2026-11-21 19:31:28, 12s ago
  clocks: the host's is 1m30s ahead
`
	if b.String() != want {
		t.Errorf("%s", b.String())
	}
}
