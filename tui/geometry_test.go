package tui

import (
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"pumatop/collector"
	"pumatop/collector/puma"
)

// TestEverySize draws each scene at sizes from a single cell to a wall, in both character sets: no panic, as many
// lines as the terminal has, and none wider than it. Bubble Tea would cut such a line without a word.
func TestEverySize(t *testing.T) {
	t.Parallel()
	widths := []int{1, 2, 5, 12, 39, 40, 47, 60, 79, 80, 97, 120, 163, 200, 250, 500}
	heights := []int{1, 2, 3, 7, 8, 11, 12, 17, 24, 40, 60, 120}
	for _, sc := range append(scenes(), scene{name: "hostile", fleet: hostile()}, hostileTarget()) {
		for _, ascii := range []bool{false, true} {
			name := sc.name
			if ascii {
				name += "-ascii"
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				s := sc.show(t, 80, 24, func(o *Options) { o.ASCII = ascii })
				for _, w := range widths {
					for _, h := range heights {
						s.send(tea.WindowSizeMsg{Width: w, Height: h})
						checkFrame(t, s, w, h, ascii)
					}
				}
			})
		}
	}
}

func checkFrame(t *testing.T, s *screen, w, h int, ascii bool) {
	t.Helper()
	v := s.View()
	lines := strings.Split(v.Content, "\n")
	if len(lines) != h {
		t.Errorf("%d×%d: %d lines", w, h, len(lines))
	}
	for i, l := range lines {
		if n := ansi.StringWidth(l); n > w {
			t.Fatalf("%d×%d: line %d is %d wide: %q", w, h, i, n, ansi.Strip(l))
		}
	}
	if v.Cursor != nil && (v.Cursor.X >= w || v.Cursor.Y >= h) {
		t.Errorf("%d×%d: the cursor is at %d,%d", w, h, v.Cursor.X, v.Cursor.Y)
	}
	if ascii {
		for i := range len(v.Content) {
			if v.Content[i] >= 0x80 {
				t.Fatalf("%d×%d: not ASCII: %q", w, h, v.Content[max(i-20, 0):min(i+10, len(v.Content))])
			}
		}
		if ascii := v.WindowTitle; toASCII(ascii) != ascii {
			t.Errorf("window title %q is not ASCII", ascii)
		}
	}
}

// hostile is a fleet of names and texts that do not fit: wide, long, empty, unknown.
func hostile() collector.Fleet {
	long := strings.Repeat("a-very-long-name.", 6)
	wide := sample{"網站伺服器", "商店", collector.Serving, "6.6.1", 1_000_000, []int{900, 900}, 900, 123_456, 654_321, 1e7, "/srv/發行/版本一", "/srv/發行/版本二", puma.Yes, false}.snapshot()
	wide.Reason = strings.Repeat("原因", 90)
	lost := sample{long, long, collector.CrashLoop, "10.20.30", 3, []int{1}, 1, 0, 0, 0, "/x", "/y", puma.No, false}.snapshot()
	lost.Reason, lost.Remedy = strings.Repeat("reason ", 60), strings.Repeat("remedy ", 60)
	blank := collector.Snapshot{ID: "x/y", State: collector.Serving, Answered: noon, At: noon}
	f := fleetOf(wide, lost, blank)
	f.Hosts = append(f.Hosts, collector.HostStatus{Name: long + "網", Err: strings.Repeat("錯", 200), Remedy: long})
	f.Events = append(f.Events, collector.Event{At: noon, Target: wide.ID, Text: strings.Repeat("事件", 200)})
	return f
}

func hostileTarget() scene {
	return scene{name: "hostile-target", fleet: hostile(), play: func(s *screen) {
		s.press("G", "enter")
		s.send(tickMsg{at: noon.Add(time.Hour), generation: s.ticker.generation})
	}}
}

// TestNoPlaceBeforeTheFirstSize draws nothing until the terminal has a size: View runs before that is known.
func TestNoPlaceBeforeTheFirstSize(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 0, 0, production())
	if v := s.View(); v.Content != "" || !v.AltScreen {
		t.Errorf("the first view is %q, alternate screen %v", v.Content, v.AltScreen)
	}
}

// TestTitleEndsWhereItShould: no byte of a title is one that ends it early.
func TestTitleEndsWhereItShould(t *testing.T) {
	t.Parallel()
	for _, sc := range scenes() {
		if title := sc.show(t, 120, 40).View().WindowTitle; strings.IndexByte(title, 0x9c) >= 0 {
			t.Errorf("%s: the title is %q", sc.name, title)
		}
	}
	if got := inSequence("✖ 2 ✔ · web–œ"); got != "x 2 + · web–œ" {
		t.Errorf("a title with signs is %q", got)
	}
}
