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

// carry copies from one end to another, each piece a while after it was sent, however many are on their way.
func carry(to io.WriteCloser, from io.Reader, d time.Duration) {
	pieces := make(chan piece, 1024)
	go func() {
		defer close(pieces)
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
	failed := false
	for p := range pieces {
		time.Sleep(time.Until(p.due))
		if !failed {
			_, err := to.Write(p.bytes)
			failed = err != nil
		}
	}
	_ = to.Close()
}
