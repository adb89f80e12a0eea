package tui

import (
	"fmt"
	"strings"
	"testing"
	"time"

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
		{"a password that was wrong comes first", []prompt.Question{passphraseOf("web1"), {Kind: prompt.Password, Host: "web2", Try: 2}}, func(x *stage) {
			x.types("a")
			x.keys("enter")
			x.rest(listens)
			x.types("b")
			x.keys("enter")
		}, []string{"web2: a", "web1: b"}, nil},
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
		{"a key for the agent", []prompt.Question{keepOf("web1")}, func(x *stage) {
			x.types("y")
			x.keys("enter")
			x.says("type yes or no")
			x.types("yes")
			x.keys("enter")
		},
			[]string{"web1: yes"}, nil},
		{"no key for the agent", []prompt.Question{keepOf("web1")}, func(x *stage) { x.keys("esc") },
			[]string{"web1: not answered"}, []string{"-given up", "-Keep the key"}},
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

// TestAnsweredIsNotAskedAgain by a list of questions that was read before the answer.
func TestAnsweredIsNotAskedAgain(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40, production(), answerable)
	s.wait(pending(passphraseOf("web1"), passwordOf("web2"))...)
	s.press("P")
	s.arm()
	s.press("a", "enter")
	s.wait(pending(passphraseOf("web1"), passwordOf("web2"))...)
	s.arm()
	s.press("esc")
	s.wait(pending(passphraseOf("web1"), passwordOf("web2"))...)
	if s.overlay != noOverlay || s.canAnswer() {
		t.Errorf("a question is asked twice:\n%s", s.frame())
	}
}

// TestServersTakeTurns begins a login as soon as it is in front, waits for its questions, and keeps others back meanwhile.
func TestServersTakeTurns(t *testing.T) {
	t.Parallel()
	onStage(t, 120, 40, production(), func(x *stage) {
		x.ask(beginOf("web1"))
		x.ask(beginOf("web2"))
		x.rest(5 * time.Second)
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
		x.rest(beginningFor + listens)
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
