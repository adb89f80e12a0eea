package remote

import (
	"errors"
	"slices"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
)

// A fleet has a thousand connections, and pays for each goroutine of theirs in stacks; x/crypto has three of its own. So
// nobody stands beside a connection. It is looked after every now and then: what the server has asked is answered, and
// where it is silent it is asked for a sign of life. Its end is told by the wire.

// lookEvery is the pause between two looks at a connection. x/crypto keeps sixteen requests of the server, for the
// connection and for each channel, and reads no further before somebody takes them.
const lookEvery = time.Second

// lookAgain is the pause where a look found something: what waits behind those sixteen is everybody's.
const lookAgain = time.Millisecond

// look answers the server, and asks it for a sign of life after a silence, or at once when something timed out; a connection
// that gives none it ends: without that a dead path is found by nobody, since x/crypto waits for ever.
func (l *link) look() {
	if !l.beginLook() {
		return
	}
	defer l.running.Done()
	for {
		asked := l.answer()
		if wait, ask := l.doubt(); ask && !l.alive(wait) {
			l.close(errSilent{wait})
		}
		if l.endLook(asked) {
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
func (l *link) endLook(asked bool) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	whole := !l.ended && !l.wire.broken.Load()
	if whole && len(l.suspect) > 0 {
		return false
	}
	l.looking = false
	switch {
	case whole && asked:
		l.next.Reset(lookAgain)
	case whole:
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

// answer takes what the server has asked so far, which is nothing that we do, and reports whether it has asked anything.
func (l *link) answer() (asked bool) {
	for l.answerOne() {
		asked = true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tended = slices.DeleteFunc(l.tended, func(c *command) bool {
		asked = asked || len(c.requests) > 0
		over := !l.take(c.requests, c.note)
		if over {
			close(c.ended)
		}
		return over
	})
	l.carried = slices.DeleteFunc(l.carried, func(requests <-chan *ssh.Request) bool {
		asked = asked || len(requests) > 0
		return !l.take(requests, func(*ssh.Request) {})
	})
	return asked
}

// carry has what is asked of a forwarded connection taken until it has ended. There is nothing to be asked: a reader of its
// own would cost every poll a goroutine, and without any a server that asks all the same would hold up x/crypto.
func (l *link) carry(requests <-chan *ssh.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.untended {
		go ssh.DiscardRequests(requests)
		return
	}
	l.carried = append(l.carried, requests)
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
		go c.watch() // not in running: who waits for that may have done so
		return
	}
	l.tended = append(l.tended, c)
}

// take takes what has been asked so far, and reports whether more may come. It is called with mu held.
func (l *link) take(requests <-chan *ssh.Request, note func(*ssh.Request)) (more bool) {
	for {
		select {
		case r, more := <-requests:
			if !more {
				return false
			}
			note(r)
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
	i := slices.Index(l.tended, c)
	if i < 0 {
		return false
	}
	l.tended = slices.Delete(l.tended, i, i+1)
	return true
}

// lingerLimit is how long x/crypto has to let go of a connection that has ended.
const lingerLimit = 2 * time.Second

// end stays with a connection whose wire has ended until x/crypto has let go of it, and then tells everybody. x/crypto ends
// only when it has got rid of all that it read before, what commands are asked too.
func (l *link) end() {
	defer l.running.Done()
	hurry := time.AfterFunc(lingerLimit, func() { _ = l.wire.Close() }) // it may hang in a write, to a server that reads no more
	defer hurry.Stop()
	l.mu.Lock()
	left := l.tended
	carried := l.carried
	l.tended, l.carried, l.untended = nil, nil, true
	l.mu.Unlock()
	for _, requests := range carried {
		go ssh.DiscardRequests(requests)
	}
	var watched sync.WaitGroup
	for _, c := range left {
		watched.Go(c.watch)
	}
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
	watched.Wait()
	l.close(lostBecause(l.lastWord()))
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = true
	l.next.Stop()
	close(l.done)
	for _, f := range l.after {
		go f()
	}
}

// lastWord is why x/crypto has ended. Where it has had enough of the server it may never say so: it waits until all has been
// read that came, and nobody reads that any more. It has let go of everybody by then, and is left to wait.
func (l *link) lastWord() error {
	said := make(chan error, 1)
	go func() { said <- l.client.Wait() }()
	limit := time.NewTimer(lingerLimit)
	defer limit.Stop()
	select {
	case err := <-said:
		return err
	case <-limit.C:
		return errSenseless
	}
}

var errSenseless = errors.New("what the server sent makes no sense")
