package tui

import (
	"fmt"

	"pumatop/collector"
	"pumatop/collector/prompt"
)

// booth is Prompts that remember what they were told; what waits, the test sends.
type booth struct {
	told    []string // "1 = s3cret", "2 declined"
	changed chan struct{}
}

func (b *booth) Waiting() ([]prompt.Pending, <-chan struct{}) { return nil, b.changed }
func (b *booth) Answer(number int, s prompt.Secret) {
	b.told = append(b.told, fmt.Sprintf("%d = %s", number, s.Text()))
}
func (b *booth) Decline(number int) { b.told = append(b.told, fmt.Sprintf("%d declined", number)) }

// answerable is a program whose hosts may ask.
func answerable(o *Options) { o.Prompts = &booth{changed: make(chan struct{})} }

// Questions of hosts.
func passphraseOf(host string) prompt.Question {
	return prompt.Question{Kind: prompt.Passphrase, Host: host, User: "deploy", Key: "~/.ssh/id_ed25519", Try: 1}
}

func passwordOf(host string) prompt.Question {
	return prompt.Question{Kind: prompt.Password, Host: host, User: "deploy", Try: 1}
}

func beginOf(host string) prompt.Question {
	return prompt.Question{Kind: prompt.Begin, Host: host, User: "deploy"}
}

func codeOf(host string) prompt.Question {
	return prompt.Question{
		Kind: prompt.Challenge, Host: host, User: "deploy", Try: 1, Text: "Passcode or option (1-2):",
		Instruction: "Duo two-factor login for deploy\n\nEnter a passcode or select one of the following options:\n\n 1. Duo Push to XXX-XXX-1234\n 2. Phone call to XXX-XXX-1234",
	}
}

func keyOf(host string) prompt.Question {
	return prompt.Question{
		Kind: prompt.HostKey, Host: host, User: "deploy", Echo: true, Try: 1, KeyType: "ED25519",
		Fingerprint: "SHA256:cL0s1M2h8Jk4vWq7nXbT3eYpR6uZaFgHdSoIiKlNmQw", File: "~/.ssh/known_hosts",
	}
}

func keepOf(host string) prompt.Question {
	return prompt.Question{Kind: prompt.KeepKey, Host: host, User: "deploy", Key: "~/.ssh/id_ed25519", Echo: true, Try: 1}
}

// pending numbers questions from 1.
func pending(questions ...prompt.Question) []prompt.Pending {
	var all []prompt.Pending
	for i, q := range questions {
		all = append(all, prompt.Pending{Number: i + 1, Question: q})
	}
	return all
}

// wait makes questions wait, and only those.
func (s *screen) wait(questions ...prompt.Pending) { s.send(promptsMsg{waiting: questions}) }

// starting is a fleet in which some hosts wait for a person.
func starting() collector.Fleet {
	f := production()
	f.Hosts = append(f.Hosts,
		collector.HostStatus{Name: "web7", Waiting: "waits for an answer: passphrase of ~/.ssh/id_ed25519"},
		collector.HostStatus{Name: "web8", Waiting: "waits for an answer: host key"},
		collector.HostStatus{Name: "web9", Waiting: "touch your key for web9"})
	return f
}

// asksScenes are the questions as a person meets them.
func asksScenes() []scene {
	open := func(typed string, questions ...prompt.Question) func(*screen) {
		return func(s *screen) {
			s.wait(pending(questions...)...)
			s.press("P")
			s.arm()
			for _, r := range typed {
				s.press(string(r))
			}
		}
	}
	again := passphraseOf("web7")
	again.Try = 2
	return []scene{
		{name: "asks", fleet: starting(), opts: answerable, play: func(s *screen) { s.wait(pending(passphraseOf("web7"), keyOf("web8"))...) }},
		{name: "asks-host", fleet: starting(), opts: answerable, play: func(s *screen) {
			s.wait(pending(passphraseOf("web7"), keyOf("web8"))...)
			s.press("/", "w", "e", "b", "7", "enter", "g", "enter")
		}},
		{name: "ask-passphrase", fleet: starting(), opts: answerable, play: open("SECRET-f00d", passphraseOf("web7"), keyOf("web8"), passwordOf("web9"))},
		{name: "ask-passphrase-again", fleet: starting(), opts: answerable, play: open("", again)},
		{name: "ask-password", fleet: starting(), opts: answerable, play: open("SECRET-f00d", passwordOf("web9"))},
		{name: "ask-challenge", fleet: starting(), opts: answerable, play: open("123456", codeOf("web9"))},
		{name: "ask-key", fleet: starting(), opts: answerable, play: open("ye", keyOf("web8"), passwordOf("web9"))},
		{name: "ask-key-other", fleet: starting(), opts: answerable, play: func(s *screen) {
			open("SHA256:AAAA1M2h8Jk4vWq7nXbT3eYpR6uZaFgHdSoIiKlNmQw", keyOf("web8"))(s)
			s.press("enter")
		}},
		{name: "ask-keep", fleet: starting(), opts: answerable, play: open("", keepOf("web7"))},
		{name: "ask-begin", fleet: starting(), opts: answerable, play: open("", beginOf("web9"))},
		{name: "ask-gone", fleet: starting(), opts: answerable, play: func(s *screen) {
			open("SECRET-f00d", passphraseOf("web7"))(s)
			s.wait()
		}},
	}
}
