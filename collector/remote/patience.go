package remote

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"
)

// personLimit is how long a server is kept waiting in one login for a person to type, or to touch a key. A stock sshd
// hangs up after 120 s (LoginGraceTime), and holds it against the address.
const personLimit = 90 * time.Second

// errUnanswered is why a login is given up in which somebody has left the server waiting.
var errUnanswered = fmt.Errorf("not answered within %s", personLimit)

// patience bounds the attempt at one connection. Its clock stands still while a person is waited for, which has a limit
// of its own.
type patience struct {
	context.Context
	cancel context.CancelCauseFunc
	late   error // why it ends when the clock has run out

	mu    sync.Mutex
	timer *time.Timer
	since time.Time     // of this stretch
	left  time.Duration // of the clock, before this stretch
	spare time.Duration // of what a person may take
}

func newPatience(ctx context.Context, limit time.Duration) *patience {
	p := &patience{
		left: limit, spare: personLimit, since: time.Now(),
		late: fmt.Errorf("no answer within %s: %w", limit, os.ErrDeadlineExceeded),
	}
	p.Context, p.cancel = context.WithCancelCause(ctx)
	p.timer = time.AfterFunc(limit, func() { p.cancel(p.late) })
	return p
}

// pause stops the clock until resume.
func (p *patience) pause() (resume func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.turn(&p.left, p.spare, errUnanswered)
	return sync.OnceFunc(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.turn(&p.spare, p.left, p.late)
	})
}

// turn ends a stretch, of which used is what it was taken from, and begins one that ends for why.
func (p *patience) turn(used *time.Duration, next time.Duration, why error) {
	p.timer.Stop()
	now := time.Now()
	*used = max(*used-now.Sub(p.since), 0)
	p.since = now
	p.timer = time.AfterFunc(next, func() { p.cancel(why) })
}

// stop ends the clock and the context.
func (p *patience) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.timer.Stop()
	p.cancel(context.Canceled)
}
