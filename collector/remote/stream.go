package remote

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"sync"
	"time"
)

// streamStartLimit bounds the start of a stream: the login's shell may run pyenv, rbenv and nvm first.
const streamStartLimit = 30 * time.Second

// Stream is a long-lived script on a host: its stdin and stdout.
type Stream struct {
	// Stdin is what the script reads. It may be written from the moment Stream returns.
	Stdin io.Writer
	// Stdout is what the script prints, and nothing that the login's start-up files do. It ends with the script, the
	// connection or Close; [Stream.Err] tells which. It has to be read: a host holds a script back that nobody reads.
	Stdout io.Reader

	closeOnce sync.Once
	shut      func()
	wait      func() // for the end
	err       func() error
	stop      func() bool
}

// Close ends the stream on this side. The script's stdin ends; scripts are written so that they then end, too. It may
// be called more than once and from any goroutine.
func (s *Stream) Close() error {
	s.closeOnce.Do(func() {
		if s.stop != nil {
			s.stop()
		}
		s.shut()
	})
	return nil
}

// Err waits for the end of the stream and says how it came: nil where the script ended with status 0, else ErrLost
// or an [*ExitError].
func (s *Stream) Err() error {
	s.wait()
	return s.err()
}

func withStartLimit(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, streamStartLimit,
		fmt.Errorf("no shell within %s: %w", streamStartLimit, context.DeadlineExceeded))
}

// stream starts a script and returns once it runs.
func (l *link) stream(ctx context.Context, script string) (*Stream, error) {
	return l.streamAs(ctx, script, "", l.sessions)
}

func (l *link) streamAs(ctx context.Context, script, user string, places chan struct{}) (*Stream, error) {
	starting, cancel := withStartLimit(ctx)
	defer cancel()
	c, leave, err := l.start(starting, user, places)
	if err != nil {
		return nil, err
	}
	conn := newStreamed(l, c.channel, l.endpoint.name)
	complaints := sync.OnceValue(func() string { return lastOf(c.channel.Stderr()) })
	var once sync.Once
	shut := func() {
		once.Do(func() {
			_ = conn.Close()
			leave()
		})
	}
	stdout, err := begin(starting, script, streams{
		host: l.endpoint.name, in: conn, out: conn, stderr: complaints, shut: shut, run: l.spawn,
	})
	if err != nil {
		return nil, becoming(user, l.endpoint.user, l.lost(err))
	}
	s := &Stream{
		Stdin: conn, Stdout: stdout, shut: shut, wait: func() { l.await(c) },
		err: func() error {
			switch {
			case c.status == 0:
				return nil
			case c.status < 0 && c.signal == "" && l.failing(nil, io.EOF):
				return l.lost(io.EOF)
			}
			return &ExitError{Host: l.endpoint.name, Status: c.status, Signal: c.signal, Stderr: complaints()}
		},
	}
	s.stop = context.AfterFunc(ctx, shut)
	return s, nil
}

// lastOf is the end of what a script has complained of. A stream has nobody who reads that as it comes, which would be a
// goroutine for each host of a fleet: it waits in x/crypto, and is read when the channel has ended, as nothing can be waited
// for any more then. A script that complains without end is held back after 2 MB, as one is whose output nobody reads.
func lastOf(stderr io.Reader) string {
	kept := &tail{limit: stderrLimit}
	_, _ = io.Copy(kept, stderr)
	return kept.String()
}

// streams are the ends of a shell that has been started.
type streams struct {
	host   string
	in     io.Writer
	out    io.Reader
	stderr func() string // what it has complained of, once stdout has ended
	shut   func()        // ends both
	run    func(func())
}

// begin hands the script to the shell and waits for its marker. Nothing may be written behind the script before:
// dash reads ahead, and would take it for itself.
func begin(ctx context.Context, script string, s streams) (io.Reader, error) {
	text, marker := frame(script, "")
	out := bufio.NewReaderSize(s.out, streamBuffer)
	started := make(chan error, 1)
	s.run(func() { writeText(s.in, text) })
	s.run(func() { started <- skipTo(out, marker, s) })
	select {
	case err := <-started:
		if err != nil {
			s.shut()
			return nil, err
		}
		if out.Buffered() == 0 { // whoever reads has a buffer of its own, and a fleet a thousand streams
			return s.out, nil
		}
		return out, nil
	case <-ctx.Done():
		s.shut()
		return nil, context.Cause(ctx)
	}
}

// bannerLimit is how much a login's start-up files may print.
const bannerLimit = 256 << 10

// skipTo reads up to the end of the line that the marker stands in.
func skipTo(out *bufio.Reader, marker string, s streams) error {
	var (
		first   []byte
		errRead error
	)
	for read := 0; read < bannerLimit; {
		line, err := out.ReadSlice('\n')
		read += len(line)
		if bytes.HasSuffix(bytes.TrimRight(line, "\n"), []byte(marker)) {
			return nil
		}
		if len(first) < 200 {
			first = append(first, line...)
		}
		if err != nil && err != bufio.ErrBufferFull {
			errRead = err
			break
		}
	}
	said := ""
	if errRead == io.EOF {
		said = s.stderr()
	}
	_, err := verdict(s.host, marker, first, ending{stderr: said})
	return err
}
