package tui

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"

	"pumatop/collector"
	"pumatop/collector/query"
)

// A frame in a theme is its text, its tokens and the theme's sequence for each token: TestFrames holds the first, TestTokens
// the second and TestThemes the third, so that every theme is held at every size without a copy of every frame.

// letters are the tokens in the goldens of TestTokens, in their order.
const letters = ".#,_TAgwbikPERYGBMCuvxysf=!%-~WX"

// tokenLook draws each token as a sequence that says which one it is.
func tokenLook() *look {
	l := &look{track: true}
	for b := range backdrops {
		for t := range looks {
			l.prefix[b][t] = fmt.Sprintf("\x1b[38;5;%dm", int(t)+100*int(b))
		}
	}
	return l
}

var sequence = regexp.MustCompile("\x1b\\[([0-9;]*)m")

// tokensOf is a frame of tokenLook as letters, each with how many cells it has where they are many. A > begins the
// selected line; the blanks at the end of a line are left out.
func tokensOf(frame string) string {
	var b strings.Builder
	for _, l := range strings.Split(frame, "\n") {
		parts := sequence.FindAllStringSubmatchIndex(l, -1)
		var out strings.Builder
		for i, at := range parts {
			end := len(l)
			if i+1 < len(parts) {
				end = parts[i+1][0]
			}
			text := l[at[1]:end]
			if text == "" {
				continue
			}
			n, _ := strconv.Atoi(strings.TrimPrefix(l[at[2]:at[3]], "38;5;"))
			if n >= 100 && out.Len() == 0 {
				out.WriteByte('>')
			}
			if i == len(parts)-2 && n%100 == int(tText) && strings.TrimSpace(text) == "" {
				continue
			}
			if w := ansi.StringWidth(text); w > 3 {
				fmt.Fprintf(&out, "%c%d", letters[n%100], w)
			} else {
				out.WriteString(strings.Repeat(string(letters[n%100]), w))
			}
		}
		b.WriteString(out.String() + "\n")
	}
	return b.String()
}

// mainScenes are those whose look is held at every size.
func mainScenes() map[string]bool {
	return map[string]bool{"fleet": true, "troubled": true, "target": true, "sheet-full": true, "rollout": true, "verdict-screen": true, "logs": true,
		"audit": true, "palette": true, "themes": true, "ask-key": true}
}

// TestTokens holds which token each cell of the main scenes is drawn in.
func TestTokens(t *testing.T) {
	t.Parallel()
	for _, sc := range scenes() {
		if !mainScenes()[sc.name] {
			continue
		}
		for _, size := range [][2]int{{80, 24}, {120, 40}, {200, 60}} {
			t.Run(fmt.Sprintf("%s-%dx%d", sc.name, size[0], size[1]), func(t *testing.T) {
				t.Parallel()
				s := sc.show(t, size[0], size[1])
				s.look, s.dirty = tokenLook(), true
				golden.RequireEqual(t, []byte(tokensOf(s.View().Content)))
			})
		}
	}
}

// TestThemes holds the sequence of each token in each theme, in all colours and in sixteen.
func TestThemes(t *testing.T) {
	t.Parallel()
	for _, d := range themeTable() {
		t.Run(string(d.name), func(t *testing.T) {
			t.Parallel()
			var b strings.Builder
			for _, p := range []colorprofile.Profile{colorprofile.TrueColor, colorprofile.ANSI, colorprofile.ASCII} {
				for _, onDark := range []bool{true, false} {
					th := newTheme(d, onDark, p)
					fmt.Fprintf(&b, "%s, terminal dark %v, track %v, paper %v\n", p, onDark, th.track != nil, th.paper)
					l := newLook(th)
					for tok := range tokens {
						fmt.Fprintf(&b, "  %-12s %-36s %s\n", tokenNames()[tok], codes(l.prefix[noBackdrop][tok]), codes(l.prefix[selection][tok]))
					}
				}
			}
			golden.RequireEqual(t, []byte(sameAgain(b.String())))
		})
	}
}

// codes are the parameters of a sequence.
func codes(prefix string) string { return strings.TrimSuffix(strings.TrimPrefix(prefix, "\x1b["), "m") }

// sameAgain leaves out tables that have been there.
func sameAgain(text string) string {
	seen, out := map[string]string{}, ""
	for _, part := range regexp.MustCompile(`(?m)^[^ ].*\n(  .*\n)*`).FindAllString(text, -1) {
		head, table, _ := strings.Cut(part, "\n")
		if before, ok := seen[table]; ok {
			out += head + ": as " + before + "\n"
			continue
		}
		seen[table] = head
		out += part
	}
	return out
}

// TestThemesChangeOnlyTheLook: every theme draws the same text, but for the empty part of bars, and nothing but the
// sequences of its own table.
func TestThemesChangeOnlyTheLook(t *testing.T) {
	t.Parallel()
	for _, sc := range scenes() {
		if !mainScenes()[sc.name] {
			continue
		}
		t.Run(sc.name, func(t *testing.T) {
			t.Parallel()
			s := sc.show(t, 120, 40)
			text := strings.ReplaceAll(s.frame(), "░", " ")
			for _, d := range themeTable() {
				s.setTheme(d.name)
				s.dirty = true
				v := s.View()
				if got := strings.ReplaceAll(ansi.Strip(v.Content), "░", " "); got != text {
					t.Errorf("%s draws another text:\n%s", d.name, got)
				}
				own := map[string]bool{reset: true}
				for b := range backdrops {
					for _, p := range s.look.prefix[b] {
						own[p] = true
					}
				}
				for _, q := range sequence.FindAllString(v.Content, -1) {
					if !own[q] {
						t.Errorf("%s draws with %q, which no token has", d.name, q)
					}
				}
			}
		})
	}
}

// TestPaper: the terminal keeps its own background, unless a theme is for the other kind or wants the full contrast.
func TestPaper(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		begins ThemeName
		onDark any // what the terminal answers; nil is nothing
		then   ThemeName
		paper  string
	}{
		{Auto, nil, "", ""},
		{Auto, false, "", ""},
		{Light, nil, "", ""}, // whoever says light has a light terminal
		{Dark, false, "", ""},
		{Dark, nil, Light, "#ffffff"},
		{Light, nil, Dark, "#0d1117"},
		{Auto, false, Dark, "#0d1117"},
		{Auto, false, Light, ""},
		{Auto, true, ColorBlindLight, "#ffffff"},
		{Contrast, nil, "", "#000000"},
		{Contrast, false, "", "#ffffff"},
		{Auto, true, ContrastLight, "#ffffff"},
		{Light, nil, Mono, ""},
		{Auto, false, ANSI, ""},
	} {
		s := newScreen(t, 80, 24, production(), func(o *Options) { o.Theme = tc.begins })
		if onDark, ok := tc.onDark.(bool); ok {
			s.send(tea.BackgroundColorMsg{Color: grounds(onDark)[1]})
		}
		if tc.then != "" {
			s.setTheme(tc.then)
			s.dirty = true
		}
		v, got := s.View(), ""
		if v.BackgroundColor != nil {
			got = hexOf(v.BackgroundColor)
		}
		if got != tc.paper || (v.ForegroundColor != nil) != (tc.paper != "") {
			t.Errorf("%s on a terminal that says dark is %v, then %q: the paper is %q, not %q", tc.begins, tc.onDark, tc.then, got, tc.paper)
		}
	}
}

// TestThemePicker: each theme is shown while it is chosen, enter keeps it and esc goes back to the one before.
func TestThemePicker(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40, production())
	open := func() {
		s.press(":")
		for _, r := range "theme" {
			s.press(string(r))
		}
		s.arm()
		s.press("enter")
	}
	open()
	if s.overlay != themeOverlay || s.theme.name != Dark {
		t.Fatalf("overlay %d, theme %s", s.overlay, s.theme.name)
	}
	s.press("j", "j")
	if s.theme.name != Contrast || !strings.Contains(s.frame(), "contrast") {
		t.Errorf("two down is %s", s.theme.name)
	}
	if s.press("esc"); s.overlay != noOverlay || s.theme.name != Dark {
		t.Errorf("esc leaves %s", s.theme.name)
	}
	open()
	s.press("G", "enter")
	if s.theme.name != Mono || strings.Contains(s.View().Content, "38;2;") || !strings.Contains(s.frame(), "theme mono") {
		t.Errorf("the last theme is %s:\n%s", s.theme.name, s.frame())
	}
	s.send(profile(colorprofile.ASCII))
	if open(); !strings.Contains(s.frame(), "NO_COLOR") {
		t.Errorf("it does not say why no theme has colours:\n%s", s.frame())
	}
}

// TestOwnColors: a token, the selected line and the track of bars take the operator's colours, in each of their spellings,
// and nothing takes them where there are none to be drawn.
func TestOwnColors(t *testing.T) {
	t.Parallel()
	own := map[string]string{"good": "#0af", "bad": "208", "warn": "bright-magenta", "selection": "#123456", "track": "#010203", "red": "#ffff00", "bar": "33"}
	s := newScreen(t, 120, 40, production(), func(o *Options) { o.Colors = own })
	l := s.look
	for _, tc := range []struct {
		name string
		got  string
		want string
	}{
		{"good", l.prefix[noBackdrop][tGood], "\x1b[38;2;0;170;255m"},
		{"bad", l.prefix[noBackdrop][tBad], "\x1b[38;5;208m"},
		{"warn", l.prefix[noBackdrop][tWarn], "\x1b[95m"},
		{"selected", l.prefix[selection][tGood], "\x1b[38;2;0;170;255;48;2;18;52;86m"},
		{"a badge with ink that can be read on it", l.prefix[noBackdrop][tProduction], "\x1b[1;38;2;0;0;0;48;2;255;255;0m"},
		{"a bar", l.prefix[noBackdrop][tBar], "\x1b[38;5;33;48;2;1;2;3m"},
		{"what has none", l.prefix[noBackdrop][tInfo], newLook(newTheme(themeOf(Dark), true, colorprofile.TrueColor)).prefix[noBackdrop][tInfo]},
	} {
		if tc.got != tc.want {
			t.Errorf("%s is %q, not %q", tc.name, tc.got, tc.want)
		}
	}
	s.send(profile(colorprofile.ASCII))
	if got := s.look.prefix[noBackdrop][tGood]; got != prefixOf(monochrome().styles[tGood]) {
		t.Errorf("without colours good is %q", got)
	}
	if names := ColorNames(); len(names) != int(tokens)+2 {
		t.Errorf("%d names for %d tokens, the selection and the track", len(names), tokens)
	}
}

// TestNeverColourAlone: without any style each state still says what it is: the lines of one target in each of them are as
// many as the states, at every size, in both character sets, and in the state's own word or sign.
func TestNeverColourAlone(t *testing.T) {
	t.Parallel()
	for _, ascii := range []bool{false, true} {
		for _, size := range [][2]int{{80, 24}, {120, 40}, {200, 60}} {
			s := newScreen(t, size[0], size[1], collector.Fleet{}, func(o *Options) { o.ASCII = ascii })
			said := map[string]collector.State{}
			for _, state := range query.States() {
				one := sample{"web1", "puma", state, "6.6.1", 2, []int{2, 2}, 5, 0, 0, 9, newRelease, newRelease, "yes", false}.snapshot()
				f := fleetOf(one)
				f.Events = nil
				s.send(fleetMsg{fleet: f})
				s.dirty = true
				for l := range strings.Lines(s.frame()) {
					if strings.Contains(l, "web1") && !strings.Contains(l, "worst") {
						if before, twice := said[l]; twice {
							t.Errorf("%v: %s looks like %s: %s", size, state, before, l)
						}
						said[l] = state
						if sign, _ := s.glyphs.state(state); !strings.Contains(l, sign) {
							t.Errorf("%v: %s has no %s: %s", size, state, sign, l)
						}
					}
				}
			}
			if len(said) != len(query.States()) {
				t.Errorf("%v: %d lines for %d states", size, len(said), len(query.States()))
			}
		}
	}
}

// TestColourIsNeverTheWord: in every scene, what is drawn as good, bad, a warning or in progress is a sign, a word or a figure.
// A blank in such a colour would say something by its colour alone.
func TestColourIsNeverTheWord(t *testing.T) {
	t.Parallel()
	for _, sc := range scenes() {
		s := sc.show(t, 120, 40)
		s.look, s.dirty = tokenLook(), true
		frame := s.View().Content
		for _, q := range sequence.FindAllStringSubmatchIndex(frame, -1) {
			n, err := strconv.Atoi(strings.TrimPrefix(frame[q[2]:q[3]], "38;5;"))
			if tok := token(n % 100); err != nil || tok != tGood && tok != tBad && tok != tWarn && tok != tInfo {
				continue
			}
			text, _, _ := strings.Cut(frame[q[1]:], "\x1b")
			if text != "" && strings.TrimSpace(text) == "" {
				t.Errorf("%s: %d blanks are %s", sc.name, len(text), tokenNames()[n%100])
			}
		}
	}
}
