package audit

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"
)

// Why the file is not used as it is.
var (
	errOthersWrite = errors.New("others may write there")
	errOthersOwn   = errors.New("it belongs to another login")
	errNotRegular  = errors.New("it is not a regular file")
	errLink        = errors.New("it is a symbolic link")
	errBusy        = errors.New("another program keeps it locked")
	errMoving      = errors.New("it is another file each time that it is looked at")
	errNoID        = errors.New("the record names no action")
)

// The words for what was being done.
const (
	finding = "find a place for"
	writing = "write"
	reading = "read"
)

// Error is why the audit could not be written or read, and what to do about it.
type Error struct {
	doing string
	// Path is that of the file, or of the directory that is in the way; empty where there is none.
	Path string
	Err  error
}

func (e *Error) Error() string {
	if e.Path == "" {
		return fmt.Sprintf("%s the audit: %v", e.doing, e.cause())
	}
	return fmt.Sprintf("%s the audit %s: %v", e.doing, e.Path, e.cause())
}

func (e *Error) Unwrap() error { return e.Err }

// cause leaves out the path that the operating system's error repeats.
func (e *Error) cause() error {
	var path *fs.PathError
	if errors.As(e.Err, &path) && path.Path == e.Path {
		return path.Err
	}
	return e.Err
}

// Remedy is what to do next.
func (e *Error) Remedy() string {
	const instead = ", or act with --no-audit"
	switch {
	case e.doing == reading && errors.Is(e.Err, fs.ErrPermission):
		return "read it as the login that wrote it"
	case e.doing == reading:
		return "look at what lies there"
	case e.doing == finding:
		return "set HOME or XDG_STATE_HOME" + instead
	case errors.Is(e.Err, errOthersWrite):
		return "chmod go-w " + e.Path + instead
	case errors.Is(e.Err, errLink), errors.Is(e.Err, errNotRegular), errors.Is(e.Err, errOthersOwn):
		return "move it away, set XDG_STATE_HOME to a directory of your own" + instead
	case errors.Is(e.Err, errBusy):
		return "look who has it open (fuser " + e.Path + ") and end it" + instead
	case errors.Is(e.Err, errMoving):
		return "set XDG_STATE_HOME to a directory on a local disk" + instead
	case errors.Is(e.Err, errNoID):
		return "this is a bug in pumatop: report it" + instead
	case errors.Is(e.Err, syscall.ENOSPC), errors.Is(e.Err, syscall.EDQUOT), errors.Is(e.Err, syscall.EFBIG):
		return "free space there, set XDG_STATE_HOME to a directory that has some" + instead
	}
	return "make it writable for this login, set XDG_STATE_HOME to a directory that is" + instead
}
