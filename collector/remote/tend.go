package remote

import (
	"time"

	"golang.org/x/crypto/ssh"
)

// A fleet has a thousand connections, and pays for each goroutine of theirs in stacks; x/crypto has three of its own. So
// nobody stands beside a connection. It is looked after every now and then: what the server has asked is answered, and
// where it is silent it is asked for a sign of life. Its end is told by the wire.

// lookEvery is the pause between two looks at a connection. x/crypto keeps sixteen requests of the server, for the
// connection and for each channel, and reads no further before somebody takes them.
const lookEvery = time.Second

// look answers the server, and asks it for a sign of life after a silence, or at once when something timed out; a connection
// that gives none it ends: without that a dead path is found by nobody, since x/crypto waits for ever.
func (l *link) look() {
	if !l.beginLook() {
		return
	}
	defer l.running.Done()
	for {
		l.answer()
		if wait, ask := l.doubt(); ask && !l.alive(wait) {
			l.close(errSilent{wait})
		}
		if l.endLook() {
			return
		}
	}
}

// beginLook has one look at a time, and none once the connection has ended.
func (l *link) beginLook() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.looking || l.ended {
		return false
	}
	l.looking = true
	l.running.Add(1)
	return true
}

// endLook sets the time of the next look, unless one has been asked for meanwhile.
func (l *link) endLook() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	whole := !l.ended && !l.wire.broken.Load()
	if whole && len(l.suspect) > 0 {
		return false
	}
	l.looking = false
	if whole {
		l.next.Reset(l.untilLook())
	}
	return true
}

// untilLook is no longer than the silence that is waited for.
func (l *link) untilLook() time.Duration {
	if l.endpoint.openSSH {
		return lookEvery
	}
	return min(lookEvery, max(l.endpoint.keepaliveEvery-l.wire.silence(), time.Millisecond))
}

// doubt reports whether the server is to give a sign of life, and within what time. A control socket of OpenSSH's takes no
// such question; ssh itself watches, see masterArgs.
func (l *link) doubt() (wait time.Duration, ask bool) {
	suspected := false
	select {
	case <-l.suspect:
		suspected = true
	default:
	}
	switch {
	case l.endpoint.openSSH, l.wire.broken.Load(): // it is closed already; a second question would wait in x/crypto behind the first
		return 0, false
	case suspected:
		return min(l.endpoint.keepaliveLimit, suspectLimit), true
	}
	return l.endpoint.keepaliveLimit, l.wire.silence() >= l.endpoint.keepaliveEvery
}

// suspectDead asks for a sign of life now.
func (l *link) suspectDead() {
	select {
	case l.suspect <- struct{}{}:
	default:
	}
	go l.look()
}

// answer takes what the server has asked so far, which is nothing that we do.
func (l *link) answer() {
	for l.answerOne() {
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := 0; i < len(l.tended); i++ {
		if c := l.tended[i]; !l.hear(c) {
			close(c.ended)
			l.tended = append(l.tended[:i], l.tended[i+1:]...)
			i--
		}
	}
}

func (l *link) answerOne() bool {
	select {
	case c, more := <-l.channels:
		if more {
			l.refuse(c)
		}
		return more
	case r, more := <-l.requests:
		if more {
			l.deny(r)
		}
		return more
	default:
		return false
	}
}

func (l *link) refuse(c ssh.NewChannel) {
	l.spawn(func() { _ = c.Reject(ssh.UnknownChannelType, "unknown channel type") })
}

func (l *link) deny(r *ssh.Request) {
	l.spawn(func() { _ = r.Reply(false, nil) })
}

// tend has the requests of a command taken until it ends, which is known at a look, or when somebody waits for it.
func (l *link) tend(c *command) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.untended {
		l.running.Go(c.watch)
		return
	}
	l.tended = append(l.tended, c)
}

// hear takes what a command has been asked so far, and reports whether more may come. It is called with mu held.
func (l *link) hear(c *command) (more bool) {
	for {
		select {
		case r, more := <-c.requests:
			if !more {
				return false
			}
			c.note(r)
			if r.WantReply && !l.ended {
				l.running.Go(func() { _ = r.Reply(false, nil) })
			}
		default:
			return true
		}
	}
}

// await waits for the end of a command that is tended.
func (l *link) await(c *command) {
	if l.untend(c) {
		c.watch()
	}
	<-c.ended
}

// untend makes the caller the one who watches a command, unless somebody else does.
func (l *link) untend(c *command) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range l.tended {
		if l.tended[i] == c {
			l.tended = append(l.tended[:i], l.tended[i+1:]...)
			return true
		}
	}
	return false
}

// end stays with a connection whose wire has ended until x/crypto has let go of it, and then tells everybody.
func (l *link) end() {
	defer l.running.Done()
	channels, requests := l.channels, l.requests
	for channels != nil || requests != nil {
		select {
		case c, more := <-channels:
			if !more {
				channels = nil
				continue
			}
			l.refuse(c)
		case r, more := <-requests:
			if !more {
				requests = nil
				continue
			}
			l.deny(r)
		}
	}
	l.mu.Lock()
	left := l.tended
	l.tended, l.untended = nil, true
	l.mu.Unlock()
	for _, c := range left {
		c.watch()
	}
	l.close(lostBecause(l.client.Wait()))
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = true
	l.next.Stop()
	close(l.done)
	for _, f := range l.after {
		go f()
	}
}
