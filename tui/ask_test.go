package tui

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"pumatop/collector"
	"pumatop/collector/prompt"
)

// TestAnswers plays what a person does with a question, and says what comes of it.
func TestAnswers(t *testing.T) {
	t.Parallel()
	fingerprint := keyOf("").Fingerprint
	tests := []struct {
		name  string
		asks  []prompt.Question
		play  func(*stage)
		heard []string
		says  []string
	}{
		{"typed", []prompt.Question{passphraseOf("web1")}, func(x *stage) { x.types("s3cret é"); x.keys("enter") },
			[]string{"web1: s3cret é"}, []string{"deploy@web1 has the answer"}},
		{"corrected", []prompt.Question{passphraseOf("web1")}, func(x *stage) { x.types("s3crxé"); x.keys("backspace", "backspace", "e", "t", "enter") },
			[]string{"web1: s3cret"}, nil},
		{"begun anew", []prompt.Question{passphraseOf("web1")}, func(x *stage) { x.types("wrong"); x.keys("ctrl+u"); x.types("right"); x.keys("enter") },
			[]string{"web1: right"}, nil},
		{"letters that are keys elsewhere", []prompt.Question{passwordOf("web1")}, func(x *stage) { x.types("qP?:/ R"); x.keys("enter") },
			[]string{"web1: qP?:/ R"}, nil},
		{"nothing typed", []prompt.Question{passphraseOf("web1")}, func(x *stage) { x.keys("enter") },
			nil, []string{"nothing is typed", "wants the passphrase"}},
		{"declined", []prompt.Question{passphraseOf("web1")}, func(x *stage) { x.types("half"); x.keys("esc") },
			[]string{"web1: not answered"}, []string{"deploy@web1 is given up · F5 asks again", "-Passphrase"}},
		{"declined, the next one", []prompt.Question{passphraseOf("web1"), passwordOf("web2")}, func(x *stage) { x.keys("esc") },
			[]string{"web1: not answered"}, []string{"deploy@web2 wants the password", "2 of 2"}},
		{"ctrl-c", []prompt.Question{passphraseOf("web1"), beginOf("web2")}, func(x *stage) { x.keys("ctrl+c") },
			[]string{"web1: not answered"}, []string{"1 host waits for an answer · P"}},
		{"later", []prompt.Question{passphraseOf("web1"), passwordOf("web2")}, func(x *stage) {
			x.types("half")
			x.keys("tab")
			x.rest(listens)
			x.types("b")
			x.keys("enter")
			x.rest(listens)
			x.types("a")
			x.keys("enter")
		}, []string{"web2: b", "web1: a"}, nil},
		{"all later", []prompt.Question{passphraseOf("web1"), passwordOf("web2")}, func(x *stage) {
			x.keys("tab")
			x.rest(listens)
			x.keys("tab")
		}, nil, []string{"2 hosts wait for an answer · P answers", "-Password"}},
		{"pasted with its line's end", []prompt.Question{passphraseOf("web1")}, func(x *stage) { x.paste("s3cret\r\n"); x.says("••••••_"); x.keys("enter") },
			[]string{"web1: s3cret"}, nil},
		{"several lines pasted", []prompt.Question{passphraseOf("web1")}, func(x *stage) { x.paste("one\ntwo"); x.says("it has several lines"); x.keys("enter") },
			nil, []string{"nothing is typed"}},
		{"a control character pasted", []prompt.Question{passphraseOf("web1")}, func(x *stage) { x.paste("a\x1b[2Jb") },
			nil, []string{"it has characters that nobody can type"}},
		{"too much pasted", []prompt.Question{passphraseOf("web1")}, func(x *stage) { x.paste(strings.Repeat("x", typedLimit+1)) },
			nil, []string{"it is too long", "passphrase  _"}},
		{"a server that wants enter", []prompt.Question{codeOf("web1")}, func(x *stage) { x.keys("enter") },
			[]string{"web1: "}, nil},
		{"yes", []prompt.Question{keyOf("web1")}, func(x *stage) { x.types("Yes "); x.says("Yes"); x.keys("enter") },
			[]string{"web1: yes"}, nil},
		{"no", []prompt.Question{keyOf("web1")}, func(x *stage) { x.types("no"); x.keys("enter") },
			[]string{"web1: no"}, []string{"deploy@web1 is given up"}},
		{"y alone", []prompt.Question{keyOf("web1")}, func(x *stage) { x.types("y"); x.keys("enter") },
			nil, []string{"type yes, no or the fingerprint", "fingerprint  _"}},
		{"the fingerprint", []prompt.Question{keyOf("web1")}, func(x *stage) { x.paste(fingerprint + "\n"); x.keys("enter") },
			[]string{"web1: " + fingerprint}, nil},
		{"a line of ssh-keygen", []prompt.Question{keyOf("web1")}, func(x *stage) { x.paste("256 " + fingerprint + " root@web1 (ED25519)"); x.keys("enter") },
			[]string{"web1: " + fingerprint}, nil},
		{"another fingerprint", []prompt.Question{keyOf("web1")}, func(x *stage) { x.paste(strings.ToLower(fingerprint)); x.keys("enter") },
			nil, []string{"that is the fingerprint of another key", fingerprint}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			onStage(t, 120, 40, production(), func(x *stage) {
				for _, q := range tt.asks {
					x.ask(q)
				}
				x.keys("P")
				x.rest(listens)
				tt.play(x)
				x.says(tt.says...)
				x.came(tt.heard...)
			})
		})
	}
}

// TestDeafQuestions takes nothing for an answer that came before the question could be read: of the dashboard, typed
// ahead, or for the question before.
func TestDeafQuestions(t *testing.T) {
	t.Parallel()
	ahead := map[string]func(*stage){
		"typed": func(x *stage) { x.types("yes"); x.keys("enter") },
		"paste": func(x *stage) { x.paste("yes"); x.keys("enter") },
		"slow":  func(x *stage) { x.types("y"); x.rest(150 * time.Millisecond); x.types("es"); x.keys("enter") },
		"tab":   func(x *stage) { x.keys("tab") },
	}
	for name, play := range ahead {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onStage(t, 120, 40, production(), func(x *stage) {
				x.ask(keyOf("web1"))
				x.ask(keyOf("web2"))
				x.keys("P")
				play(x)
				x.rest(listens)
				x.says("deploy@web1", "what was typed before this could be read was not taken", "fingerprint  _")
				x.came()
				x.types("yes")
				x.keys("enter")
				play(x) // for the second, which nobody has read
				x.rest(listens)
				x.says("deploy@web2", "fingerprint  _")
				x.came("web1: yes")
			})
		})
	}
	for _, key := range []string{"esc", "ctrl+c"} {
		onStage(t, 120, 40, production(), func(x *stage) {
			x.ask(keyOf("web1"))
			x.keys("P", key)
			x.says("1 host waits for an answer", "-Unknown host key")
			x.came()
		})
	}
}

// TestQueueThatChangesVoidsWhatWasTyped holds the promise that an answer goes to no other question than its own.
func TestQueueThatChangesVoidsWhatWasTyped(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		play  func(*stage) // while "half" is typed for web1
		says  []string
		after []string // what comes of typing "other" and enter
	}{
		{"taken back", func(x *stage) { x.takeBack("web1") },
			[]string{"deploy@web2 wants", "deploy@web1 does not ask any more: what was typed is void", "password  _"}, []string{"web1: taken back", "web2: other"}},
		{"a server waits", func(x *stage) { x.ask(codeOf("web3")) },
			[]string{"deploy@web3 asks", "a server waits for this one: what was typed for deploy@web1 is void", "answer  _"}, []string{"web3: other"}},
		{"another host asks too", func(x *stage) { x.ask(passphraseOf("web3")) },
			[]string{"deploy@web1 wants", "••••_", "1 of 3"}, []string{"web1: halfother"}},
		{"another is taken back", func(x *stage) { x.takeBack("web2") },
			[]string{"deploy@web1 wants", "••••_"}, []string{"web2: taken back", "web1: halfother"}},
		{"nobody asks any more", func(x *stage) { x.takeBack("web2"); x.takeBack("web1") },
			[]string{"Taken back", "deploy@web1 does not ask any more: what was typed is void"}, []string{"web2: taken back", "web1: taken back"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			onStage(t, 120, 40, production(), func(x *stage) {
				x.ask(passwordOf("web1"))
				x.ask(passwordOf("web2"))
				x.keys("P")
				x.rest(listens)
				x.types("half")
				tt.play(x)
				x.rest(listens)
				x.says(tt.says...)
				x.types("other")
				x.keys("enter")
				x.came(tt.after...)
			})
		})
	}
}

// TestLateAnswerIsNobodys gives an answer in the moment in which its question goes and another one comes: the screen has
// not heard of it.
func TestLateAnswerIsNobodys(t *testing.T) {
	t.Parallel()
	onStage(t, 120, 40, production(), func(x *stage) {
		x.ask(passwordOf("web1"))
		x.ask(passwordOf("web2"))
		x.keys("P")
		x.rest(listens)
		x.types("of-web1")
		x.back["web1"](fmt.Errorf("taken back"))
		x.keys("enter")
		x.rest(listens)
		x.says("deploy@web2 wants the password", "password  _")
		x.came("web1: taken back")
	})
}

// TestServersTakeTurns begins a login as soon as it is in front, waits for its questions, and keeps others back meanwhile.
func TestServersTakeTurns(t *testing.T) {
	t.Parallel()
	onStage(t, 120, 40, production(), func(x *stage) {
		x.ask(beginOf("web1"))
		x.ask(beginOf("web2"))
		x.rest(time.Minute)
		x.came() // nobody attends
		x.keys("P")
		x.came("web1 begins: ")
		x.says("deploy@web1 asks questions of its own")
		x.ask(codeOf("web1"))
		x.says("Passcode or option", "1 of 2")
		x.rest(listens)
		x.types("123456")
		x.keys("enter")
		x.came("web1 begins: ", "web1: 123456")
		x.says("deploy@web1 has the answer")
		x.rest(2 * time.Second) // the server thinks about it
		again := codeOf("web1")
		again.Try = 2
		x.ask(again)
		x.says("the answer before was wrong")
		x.rest(listens)
		x.types("654321")
		x.keys("enter")
		x.connects("web1") // and there it is
		x.came("web1 begins: ", "web1: 123456", "web1: 654321", "web2 begins: ")
		x.rest(lullFor + listens)
		x.says("deploy@web2 has asked nothing yet · P answers when it does", "-Logging in")
		x.ask(codeOf("web2"))
		x.says("-Passcode", "1 host waits for an answer")
	})
}

// TestWrongPassphraseIsAskedForAgain in the same overlay, which goes when the host is there.
func TestWrongPassphraseIsAskedForAgain(t *testing.T) {
	t.Parallel()
	again := passphraseOf("deploy@web1")
	again.Try = 2
	onStage(t, 120, 40, production(), func(x *stage) {
		x.ask(passphraseOf("deploy@web1"))
		x.keys("P")
		x.rest(listens)
		x.types("wrong")
		x.keys("enter")
		x.rest(time.Second)
		x.ask(again)
		x.says("the passphrase before was wrong")
		x.rest(listens)
		x.types("right")
		x.keys("enter")
		x.says("deploy@web1 has the answer")
		x.keys("j")
		x.says("deploy@web1 has the answer")
		x.connects("web1")
		x.says("-has the answer")
		x.came("deploy@web1: wrong", "deploy@web1: right")
	})
}

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
	for w := leastWidth; w < 130; w++ {
		for h := leastHeight; h < 40; h++ {
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
		x.rest(10 * time.Second)
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
