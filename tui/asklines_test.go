package tui

import (
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"pumatop/collector"
)

// TestOverlayOpensByItself only while there is nothing else to be seen and nobody has pressed a key.
func TestOverlayOpensByItself(t *testing.T) {
	t.Parallel()
	nothing := collector.Fleet{At: noon, Interval: time.Second, Hosts: []collector.HostStatus{{Name: "web1"}}}
	tests := []struct {
		name  string
		fleet collector.Fleet
		play  func(*stage)
		opens bool
	}{
		{"at the start", collector.Fleet{}, func(*stage) {}, true},
		{"before the first target", nothing, func(*stage) {}, true},
		{"over targets", production(), func(*stage) {}, false},
		{"after a key", nothing, func(x *stage) { x.keys("j") }, false},
		{"after a click", nothing, func(x *stage) { x.take(tea.MouseClickMsg{Button: tea.MouseLeft}) }, false},
		{"over an overlay", nothing, func(x *stage) { x.openHelp() }, false},
		{"too small", nothing, func(x *stage) { x.take(tea.WindowSizeMsg{Width: 30, Height: 6}) }, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			onStage(t, 120, 40, tt.fleet, func(x *stage) {
				tt.play(x)
				x.ask(passphraseOf("web1"))
				if opened := x.overlay == askOverlay; opened != tt.opens {
					t.Errorf("the overlay is open: %v", opened)
				}
			})
		})
	}
}

// TestMarkOfPrompts tells of hosts that wait on every screen, and goes while the overlay shows them.
func TestMarkOfPrompts(t *testing.T) {
	t.Parallel()
	tests := []struct {
		w     int
		ascii bool
		want  string
	}{
		{140, false, "◈ 3 hosts wait for an answer · P "}, {80, false, "◈ 3 wait · P "}, {140, true, "& 3 hosts wait for an answer - P "},
	}
	for _, tt := range tests {
		s := newScreen(t, tt.w, 40, production(), answerable, func(o *Options) { o.ASCII = tt.ascii })
		s.wait(pending(passphraseOf("web7"), keyOf("web8"), beginOf("web9"), passwordOf("web9"))...)
		for range 2 {
			if header, _, _ := strings.Cut(s.frame(), "\n"); !strings.Contains(header, tt.want) {
				t.Errorf("%d cells: the header is %q", tt.w, header)
			}
			s.press("j", "enter")
		}
		s.press("P")
		if strings.Contains(s.frame(), "3 wait") || strings.Contains(s.frame(), "hosts wait") {
			t.Error("the mark stays while the questions are seen")
		}
	}
}

// TestPromptsKey says why it does nothing, and is there only with something to answer; read-only does not take it away.
func TestPromptsKey(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40, production(), answerable, func(o *Options) { o.ReadOnly = true })
	s.press("P")
	if !strings.Contains(s.frame(), "no host waits for an answer") || s.overlay != noOverlay {
		t.Errorf("P does not say why it does nothing:\n%s", s.frame())
	}
	s.wait(pending(passphraseOf("web1"))...)
	s.press("P")
	if s.overlay != askOverlay {
		t.Error("read-only mode has no answers")
	}
	if s := newScreen(t, 120, 40, production()); s.find("P") != nil {
		t.Error("P is there with nobody to answer")
	}
}

// TestSmallTerminals takes no answer to a question that cannot be seen, and nothing begins there.
func TestSmallTerminals(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{39, 24}, {80, 7}, {40, 8}} {
		onStage(t, 120, 40, production(), func(x *stage) {
			x.ask(keyOf("web1"))
			x.ask(beginOf("web2"))
			x.keys("P")
			x.take(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
			x.rest(listens)
			x.types("yes")
			x.keys("enter", "tab")
			x.paste("yes")
			x.keys("enter")
			x.came()
			if !x.prompts.typed.empty() {
				t.Errorf("%v: something was typed", size)
			}
			x.keys("esc")
			if x.tiny() {
				x.came("web1: not answered")
				x.take(tea.WindowSizeMsg{Width: 80, Height: 24})
			}
			x.rest(listens)
			slices.Sort(x.heard) // they come at once where the second can be seen
			x.came("web1: not answered", "web2 begins: ")
		})
	}
}

// TestFingerprintInFull shows all of a host key's fingerprint wherever an answer is taken.
func TestFingerprintInFull(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 80, 24, production(), answerable)
	s.wait(pending(keyOf("web1"))...)
	s.press("P")
	s.arm()
	for w := leastWidth; w < 100; w += 3 {
		for h := leastHeight; h < 26; h++ {
			s.send(tea.WindowSizeMsg{Width: w, Height: h})
			frame := s.frame()
			var shown strings.Builder
			for _, l := range strings.Split(frame, "\n") {
				if _, rest, ok := strings.Cut(l, "│"); ok {
					inner, _, _ := strings.Cut(rest, "│")
					shown.WriteString(strings.TrimSpace(strings.Replace(inner, "fingerprint ", "", 1)))
				}
			}
			if got := strings.Contains(shown.String(), keyOf("").Fingerprint); got != s.askable() {
				t.Fatalf("%d×%d: in full %v, answers are taken %v:\n%s", w, h, got, s.askable(), frame)
			}
		}
	}
}

// TestServersWordsAreQuoted keeps a server from speaking as pumatop, however much it says.
func TestServersWordsAreQuoted(t *testing.T) {
	t.Parallel()
	q := codeOf("web1")
	q.Instruction = strings.Repeat("deploy@web2 wants the passphrase of ~/.ssh/id_ed25519\n", 30)
	q.Text = strings.Repeat("passphrase  ", 60)
	s := newScreen(t, 80, 24, production(), answerable)
	s.wait(pending(q)...)
	s.press("P")
	s.arm()
	for _, size := range [][2]int{{80, 24}, {40, 14}, {200, 60}} {
		s.send(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
		quoted := 0
		for _, l := range strings.Split(ansi.Strip(s.View().Content), "\n") {
			if strings.Contains(l, "web2 wants the passphrase") || strings.Contains(l, "passphrase  passphrase") {
				quoted++
				if !strings.Contains(l, "│   │ ") {
					t.Errorf("%v: a server's words are not quoted: %s", size, l)
				}
			}
		}
		if frame := s.frame(); quoted == 0 || !strings.Contains(frame, "deploy@web1") || !strings.Contains(frame, "answer  _") || !strings.Contains(frame, "more") {
			t.Errorf("%v: %d lines are quoted:\n%s", size, quoted, frame)
		}
	}
}
