package tui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"pumatop/collector/prompt"
)

// TestNoSecretIsShown types a secret at every size and place, and looks for it in all that was ever drawn.
func TestNoSecretIsShown(t *testing.T) {
	t.Parallel()
	const secret = "SECRET-f00d"
	onStage(t, 80, 24, production(), func(x *stage) {
		x.ask(passphraseOf("web1"))
		x.ask(passwordOf("web2"))
		x.ask(codeOf("web3"))
		x.keys("P")
		for _, size := range [][2]int{{80, 24}, {120, 40}, {40, 9}, {200, 60}} {
			x.take(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
			x.rest(listens)
			x.types(secret)
			x.paste(secret)
			x.keys("enter", "tab", "esc")
			x.rest(listens)
			x.paste(secret + "\n" + secret)
			x.types(secret)
			x.keys("esc", "P", ":", "?", "esc", "P")
		}
		x.rest(5 * time.Second)
		if len(x.frames) < 200 {
			t.Fatalf("only %d frames were drawn", len(x.frames))
		}
		for _, frame := range x.frames {
			for _, part := range []string{secret, "SECRET", "f00d", "ECRE"} {
				if strings.Contains(ansi.Strip(frame), part) {
					t.Fatalf("%q is shown:\n%s", part, ansi.Strip(frame))
				}
			}
		}
		if len(x.heard) == 0 {
			t.Error("nothing was answered")
		}
	})
}

// TestTypedIsForgotten overwrites what was typed, wherever it was kept.
func TestTypedIsForgotten(t *testing.T) {
	t.Parallel()
	var in typed
	in.insert("SECRET-")
	memory := in.text[:typedLimit]
	in.paste("f00d\n")
	if string(in.text) != "SECRET-f00d" || string(memory[:11]) != "SECRET-f00d" {
		t.Fatal("what was typed has moved, or is not there")
	}
	if s := fmt.Sprintf("%v %+v %#v %s", &in, &in, &in, &in); strings.Contains(s, "SECRET") || strings.Contains(s, "83") {
		t.Errorf("it is printed as %s", s)
	}
	in.key(keyNamed("backspace"))
	if memory[10] != 0 {
		t.Error("a character that was taken back is still there")
	}
	in.forget()
	if strings.Trim(string(memory), "\x00") != "" || !in.empty() {
		t.Errorf("still there: %q", memory)
	}
	in.insert("f00d")
	s := in.hand()
	if string(s.Text()) != "f00d" || in.text != nil {
		t.Error("the answer is kept where it was typed")
	}
}

// TestLongAnswers show their end, as dots or in the clear.
func TestLongAnswers(t *testing.T) {
	t.Parallel()
	g := unicodeGlyphs()
	tests := []struct{ text, dots, inClear string }{
		{"", "", ""}, {"12345678", "••••••••", "12345678"}, {"123456789", "…•••••••", "…3456789"}, {"網站伺服器", "•••••", "…伺服器"}, {"a\u200db", "•••", "ab"},
	}
	for _, tt := range tests {
		var in typed
		in.insert(tt.text)
		if dots, text := in.dots(&g, 8), in.inClear(&g, 8); dots != tt.dots || text != tt.inClear {
			t.Errorf("%q is shown as %q and %q", tt.text, dots, text)
		}
	}
}

// TestNothingTypedStays leaves a half-typed answer in every way there is, and looks for it where it was.
func TestNothingTypedStays(t *testing.T) {
	t.Parallel()
	ways := map[string]func(*screen){
		"declined":   func(s *screen) { s.press("esc") },
		"closed":     func(s *screen) { s.press("ctrl+c") },
		"put last":   func(s *screen) { s.press("tab") },
		"taken back": func(s *screen) { s.wait() },
		"displaced": func(s *screen) {
			s.wait(append(pending(passphraseOf("web1")), prompt.Pending{Number: 2, Question: codeOf("web2")})...)
		},
		"answered": func(s *screen) { s.press("enter") },
	}
	for name, leave := range ways {
		s := newScreen(t, 120, 40, production(), answerable)
		s.wait(pending(passphraseOf("web1"))...)
		s.press("P")
		s.arm()
		s.send(tea.PasteMsg{Content: "SECRET-f00d"})
		memory := s.prompts.typed.text[:typedLimit]
		leave(s)
		if left := strings.Trim(string(memory), "\x00"); name == "answered" {
			if s.prompts.typed.text != nil {
				t.Error("an answer stays where it was typed")
			}
		} else if left != "" {
			t.Errorf("%s: %q is still there", name, left)
		}
	}
}
