package main

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// exitClosedPipe is what a shell says of a program whose reader went away: 128 and SIGPIPE.
const exitClosedPipe = 128 + int(syscall.SIGPIPE)

// keepFromPipes makes a write to a closed pipe an error instead of the end: a rollout goes on to its verdict, and
// connections are closed in order. The signal is caught, not ignored, for programs that we start would inherit that.
func keepFromPipes() (release func()) {
	ch := make(chan os.Signal, 1)
	signal.Notify(ch, syscall.SIGPIPE)
	return func() { signal.Stop(ch) }
}

// readerGone reports whether err is that nobody reads our output any more, as after `| head -1`.
func readerGone(err error) bool {
	var write *fs.PathError
	return errors.As(err, &write) && (write.Path == os.Stdout.Name() || write.Path == os.Stderr.Name()) && errors.Is(write.Err, syscall.EPIPE)
}

// closedPipe reports whether w is a pipe that nobody reads, without a write to it: what prints only changes would
// otherwise not notice before the next one.
func closedPipe(w io.Writer) bool {
	file, ok := w.(*os.File)
	if !ok {
		return false
	}
	fds := []unix.PollFd{{Fd: int32(file.Fd())}}
	n, err := unix.Poll(fds, 0)
	return err == nil && n > 0 && fds[0].Revents&(unix.POLLERR|unix.POLLHUP|unix.POLLNVAL) != 0
}
