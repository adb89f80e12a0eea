package pumatest

import (
	"io"
	"net"
	"time"

	"pumatop/collector/remote/sshtest"
)

// delayed puts a slow line between a client and c.
func delayed(c net.Conn, d time.Duration) net.Conn {
	client, line := sshtest.Pipe()
	go carry(c, line, d)
	go carry(line, c, d)
	return client
}

// piece is what was read at one moment.
type piece struct {
	bytes []byte
	due   time.Time
}

// carry copies from one end to another, each piece a while after it was sent, however many are on their way. When
// one end closes, what is still on its way is lost: a test is over then, and in a bubble no time passes any more.
func carry(to io.WriteCloser, from io.Reader, d time.Duration) {
	defer func() { _ = to.Close() }()
	pieces, closed := make(chan piece, 1024), make(chan struct{})
	go func() {
		defer close(closed)
		for {
			buf := make([]byte, 32<<10)
			n, err := from.Read(buf)
			if n > 0 {
				pieces <- piece{buf[:n], time.Now().Add(d)}
			}
			if err != nil {
				return
			}
		}
	}()
	for {
		select {
		case p := <-pieces:
			if !sleepUntil(p.due, closed) {
				return
			}
			if _, err := to.Write(p.bytes); err != nil {
				return
			}
		case <-closed:
			return
		}
	}
}

// sleepUntil sleeps and returns false where it is woken before.
func sleepUntil(due time.Time, wake <-chan struct{}) bool {
	timer := time.NewTimer(time.Until(due))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-wake:
		return false
	}
}
