package remote

import (
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// TestTendAfterTheEnd: who waits for all that runs beside a connection may have done so when a session is still told of.
// The race detector knows of a WaitGroup that is used again.
func TestTendAfterTheEnd(t *testing.T) {
	t.Parallel()
	l := &link{ended: true, untended: true}
	l.running.Go(func() { time.Sleep(10 * time.Millisecond) })
	waited := make(chan struct{})
	go func() {
		l.running.Wait()
		time.Sleep(50 * time.Millisecond)
		close(waited)
	}()
	time.Sleep(30 * time.Millisecond) // which orders nothing, as nothing does there
	requests := make(chan *ssh.Request)
	close(requests)
	c := &command{requests: requests, ended: make(chan struct{})}
	l.tend(c)
	<-c.ended
	<-waited
}
