package remote

import "golang.org/x/crypto/ssh"

// A fleet has a stream for each host that runs as long as the connection, and of which the server asks nothing until it
// ends. The connection's own goroutine watches it beside its other work; a second stream has a goroutine of its own.

// tend has a command watched.
func (l *link) tend(c *command) {
	l.mu.Lock()
	free := l.tended == nil && !l.untended
	if free {
		l.tended = c
	}
	l.mu.Unlock()
	if !free {
		l.spawn(c.watch)
		return
	}
	select {
	case l.tending <- struct{}{}:
	default:
	}
}

// tendNext is what the command to be tended is asked, nil where there is none.
func (l *link) tendNext() <-chan *ssh.Request {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.tended == nil {
		return nil
	}
	return l.tended.requests
}

// tendOne takes what the command is asked, or lets go of it where nothing more comes, and returns where the next comes
// from. The answer is nothing to wait for.
func (l *link) tendOne(asks <-chan *ssh.Request, r *ssh.Request, more bool) <-chan *ssh.Request {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !more {
		close(l.tended.ended)
		l.tended = nil
		return nil
	}
	l.tended.note(r)
	if r.WantReply && !l.ended {
		l.running.Go(func() { _ = r.Reply(false, nil) })
	}
	return asks
}

// tendLast stays with the command to its end, which is that of the connection.
func (l *link) tendLast() {
	l.mu.Lock()
	c := l.tended
	l.untended = true
	l.mu.Unlock()
	if c != nil {
		c.watch()
	}
}
