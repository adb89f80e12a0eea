package tui

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"pumatop/collector/prompt"
)

// prompts is what the screen knows of the questions that wait for a person, and of the overlay in which they are
// answered, one at a time.
type prompts struct {
	waiting  []prompt.Pending // in the order of the queue
	hosts    int              // how many hosts those are of, or wait with them
	answered map[int]bool     // here; the queue may not have heard of it
	touched  bool             // whether a person has been seen: nothing opens by itself from then on

	// shown is the question on the screen, with the Number 0 for none. What is typed is for it and for no other.
	shown prompt.Pending
	typed typed
	armed bool
	note  string // why it stands there now
	slip  string // what is wrong with what was typed last
	later []int  // questions that were put last, in this order
	done  int    // how many there were since the overlay opened
	lull  lull
}

// lull is the time between an answer and what comes of it. The overlay waits for the login's next question instead of
// closing: a wrong passphrase is asked for again, and a server may have several questions.
type lull struct {
	of   prompt.Question
	says string
	// holds keeps other questions back: the next one is the server's, which would push them away.
	holds bool
	// stays is whether only a key ends it, because somebody was typing.
	stays  bool
	number int
}

// onPrompts takes what waits now.
func (m *Model) onPrompts(msg promptsMsg) tea.Cmd {
	p := &m.prompts
	before := p.hosts
	p.take(msg.waiting)
	m.countWaiting()
	next := m.nextPrompts(msg.changed)
	switch {
	case m.overlay == askOverlay:
		return tea.Batch(next, m.attend())
	case m.mayOpenByItself():
		return tea.Batch(next, m.openPrompts())
	}
	m.unchanged = p.hosts == before
	return next
}

// mayOpenByItself reports whether there is nothing else to be seen yet: in the first moments of the program.
func (m *Model) mayOpenByItself() bool {
	return len(m.prompts.waiting) > 0 && !m.prompts.touched && m.overlay == noOverlay && len(m.fleet.shown.Targets) == 0 && !m.tiny()
}

// take replaces what waits, without what was answered here.
func (p *prompts) take(waiting []prompt.Pending) {
	still := map[int]bool{}
	p.waiting = slices.DeleteFunc(waiting, func(w prompt.Pending) bool {
		if p.answered[w.Number] {
			still[w.Number] = true
		}
		return p.answered[w.Number]
	})
	p.answered = still
}

// countWaiting counts the hosts that wait. One question may be for many of them: of a key that they share.
func (m *Model) countWaiting() {
	p := &m.prompts
	p.hosts = 0
	if len(p.waiting) == 0 {
		return
	}
	names := make(map[string]bool, len(p.waiting))
	for i := range p.waiting {
		names[p.waiting[i].Question.Host] = true
	}
	for i := range m.fleet.latest.Hosts {
		if strings.HasPrefix(m.fleet.latest.Hosts[i].Waiting, forAnswer) {
			p.hosts++
		}
	}
	p.hosts = max(p.hosts, len(names))
}

func (p *prompts) index(number int) int {
	return slices.IndexFunc(p.waiting, func(w prompt.Pending) bool { return w.Number == number })
}

// next is the question to be shown: the one in hand as long as it waits and no server has begun to, else the first that
// was not put last. It is nil where there is none, or another one is to be waited for.
func (p *prompts) next() *prompt.Pending {
	inHand := p.index(p.shown.Number)
	fresh := func(w prompt.Pending) bool { return !slices.Contains(p.later, w.Number) }
	server := slices.IndexFunc(p.waiting, func(w prompt.Pending) bool { return w.Question.Kind == prompt.Challenge && fresh(w) })
	again := slices.IndexFunc(p.waiting, func(w prompt.Pending) bool {
		return w.Question.Kind == prompt.Password && w.Question.Try > 1 && fresh(w)
	})
	first := slices.IndexFunc(p.waiting, fresh)
	switch {
	case inHand >= 0 && (server < 0 || p.shown.Question.Kind == prompt.Challenge):
		return &p.waiting[inHand]
	case server >= 0:
		return &p.waiting[server]
	case p.lull.holds:
		return nil
	case again >= 0: // the server waits for that, too
		return &p.waiting[again]
	case first >= 0:
		return &p.waiting[first]
	}
	for _, number := range p.later {
		if i := p.index(number); i >= 0 {
			return &p.waiting[i]
		}
	}
	return nil
}

// canAnswer reports whether anything waits.
func (m *Model) canAnswer() bool { return len(m.prompts.waiting) > 0 }

// openPrompts shows the first question that waits.
func (m *Model) openPrompts() tea.Cmd {
	m.overlay = askOverlay
	return tea.Batch(m.attend(), m.retick())
}

// closePrompts puts the overlay away. What waits goes on waiting, and nothing is kept of what was typed.
func (m *Model) closePrompts() {
	p := &m.prompts
	p.typed.forget()
	*p = prompts{waiting: p.waiting, hosts: p.hosts, answered: p.answered, touched: p.touched, typed: p.typed, lull: lull{number: p.lull.number}}
	m.overlay = noOverlay
	m.countWaiting()
}

// attend shows the question whose turn it is. A login that waits for its leave to begin gets it here, because a person
// is there now; not on a terminal that could not show what comes then.
func (m *Model) attend() tea.Cmd {
	p := &m.prompts
	next, was := p.next(), p.shown
	switch {
	case next == nil && was.Number == 0, next != nil && next.Number == was.Number:
		return nil
	case next == nil:
		return m.lose(p.fate(&was))
	case next.Question.Kind == prompt.Begin && m.tiny():
		return nil
	case next.Question.Kind == prompt.Begin:
		return m.beginLogin(*next, p.fate(&was))
	}
	note := p.fate(&was)
	if next.Question.Try > 1 && note == "" {
		note = "the " + askKinds[next.Question.Kind].label + " before was wrong"
	}
	return m.show(*next, note)
}

// beginLogin lets a server ask its own questions, and waits for the first.
func (m *Model) beginLogin(begin prompt.Pending, note string) tea.Cmd {
	p := &m.prompts
	p.typed.forget()
	p.settle(begin.Number)
	says := who(&begin.Question) + " asks questions of its own: the first is on its way"
	if note != "" {
		says = note + "; " + says
	}
	return tea.Batch(answerPrompt(m.opts.Prompts, begin.Number, prompt.Secret{}), m.pause(begin.Question, says))
}

// show puts a question on the screen, for which nothing is heard in the first moment.
func (m *Model) show(next prompt.Pending, note string) tea.Cmd {
	p := &m.prompts
	p.typed.forget()
	p.later = slices.DeleteFunc(p.later, func(n int) bool { return n == next.Number })
	p.shown, p.note, p.slip, p.lull = next, note, "", lull{number: p.lull.number}
	return m.deafen()
}

// lose says that the question on the screen is not asked any more. The overlay stays until a key closes it: whoever is
// typing would type the rest into the screen below.
func (m *Model) lose(says string) tea.Cmd {
	p := &m.prompts
	of := p.shown.Question
	p.typed.forget()
	p.shown, p.note, p.slip = prompt.Pending{}, "", ""
	p.lull = lull{of: of, says: says, stays: true, number: p.lull.number + 1}
	return m.deafen()
}

// fate is what has become of a question that was on the screen and is not any more, and of what was typed for it.
func (p *prompts) fate(was *prompt.Pending) string {
	host, typed := who(&was.Question), !p.typed.empty()
	switch {
	case was.Number == 0:
		return ""
	case p.index(was.Number) < 0 && typed:
		return host + " does not ask any more: what was typed is void"
	case p.index(was.Number) < 0:
		return host + " does not ask any more"
	case typed:
		return "a server waits for this one: what was typed for " + host + " is void"
	}
	return ""
}

// settle takes a question out of what waits, before the queue does.
func (p *prompts) settle(number int) {
	if p.answered == nil {
		p.answered = map[int]bool{}
	}
	p.answered[number] = true
	if i := p.index(number); i >= 0 {
		p.waiting = slices.Delete(p.waiting, i, i+1)
	}
	p.shown, p.note, p.slip = prompt.Pending{}, "", ""
}

// pause waits for what comes of an answer.
func (m *Model) pause(q prompt.Question, says string) tea.Cmd {
	p := &m.prompts
	p.lull = lull{of: q, says: says, holds: q.Kind == prompt.Begin || q.Kind == prompt.Challenge, number: p.lull.number + 1}
	return tea.Batch(m.deafen(), endLull(p.lull))
}

// onLullEnd goes on where a login has not asked anything more.
func (m *Model) onLullEnd(msg lullEndMsg) tea.Cmd {
	if m.overlay != askOverlay || msg.lull != m.prompts.lull.number || m.prompts.shown.Number != 0 {
		return nil
	}
	of := m.prompts.lull.of
	cmd := m.resume()
	if m.overlay == noOverlay && of.Kind == prompt.Begin {
		return tea.Batch(cmd, m.say(who(&of)+" has asked nothing yet "+m.glyphs.dot+" P answers when it does"))
	}
	return cmd
}

// resume shows what waits, and closes where nothing does.
func (m *Model) resume() tea.Cmd {
	m.prompts.lull.holds = false
	if m.canAnswer() {
		return m.attend()
	}
	m.closePrompts()
	return nil
}

// loggedIn ends the lull once its host is connected.
func (m *Model) loggedIn() tea.Cmd {
	p := &m.prompts
	if m.overlay != askOverlay || p.shown.Number != 0 || p.lull.stays {
		return nil
	}
	name := p.lull.of.Host[strings.LastIndexByte(p.lull.of.Host, '@')+1:]
	for i := range m.fleet.latest.Hosts {
		if h := &m.fleet.latest.Hosts[i]; h.Name == name && h.Connected {
			return m.resume()
		}
	}
	return nil
}

// who is the login that a question is about.
func who(q *prompt.Question) string {
	if q.User == "" || strings.Contains(q.Host, "@") {
		return q.Host
	}
	return q.User + "@" + q.Host
}
