package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"pumatop/actions"
	"pumatop/collector/clean"
)

const (
	// maxSize is what the file may grow to before it becomes the older one: years of deploys, read in a moment.
	maxSize = 16 << 20
	// maxLine bounds a line, newline and all. No record comes near; a reader need not hold more in memory.
	maxLine = 256 << 10
	// maxText bounds the texts of a record that would be longer, in characters, and maxEvidence their number.
	maxText, maxEvidence = 1 << 10, 40
	// lockPatience is how long another pumatop may take to write its line: it may be on a slow disk, and it may have
	// been suspended in the middle.
	lockPatience = 10 * time.Second
	lockPause    = 5 * time.Millisecond
	// maxTries is how often the file may be another than the one that was locked: on some network file systems it
	// always is.
	maxTries = 100
)

// Log appends records to a file. It is safe for several goroutines, and beside those of other programs.
type Log struct {
	path     string
	mu       sync.Mutex
	limit    int64
	patience time.Duration
	put      func(f *os.File, line []byte) (int, error)
}

// Open returns the log of the file at path, which is made for its owner alone where it is missing, and its directories.
// A file that somebody else may write is refused, since it would prove nothing. The errors are of type [Error].
func Open(path string) (*Log, error) {
	l := &Log{path: path, limit: maxSize, patience: lockPatience, put: (*os.File).Write}
	f, err := l.open()
	if err != nil {
		return nil, err
	}
	_ = f.Close() // nothing was written
	return l, nil
}

// Write appends a record; one of a request is on the disk when it returns.
func (l *Log) Write(r actions.Record) error {
	line, err := encode(r)
	if err != nil {
		return l.failed(err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	f, size, err := l.current(int64(len(line)))
	if err != nil {
		return err
	}
	err = l.append(f, size, line, r.Event == actions.RecordAsked)
	if cerr := f.Close(); err == nil && cerr != nil { // which unlocks it
		err = l.failed(cerr)
	}
	return err
}

func (l *Log) failed(err error) error { return &Error{doing: writing, Path: l.path, Err: err} }

// current returns the file, open and locked, with its size: with room for n more bytes, and still the one at path. That
// may have become another while the lock was waited for.
func (l *Log) current(n int64) (*os.File, int64, error) {
	for range maxTries {
		f, err := l.open()
		if err != nil {
			return nil, 0, err
		}
		size, same, err := l.lock(f)
		if err == nil && same && (size == 0 || size+n <= l.limit) {
			return f, size, nil
		}
		if err == nil && same && os.Rename(l.path, older(l.path)) != nil {
			return f, size, nil // too large is better than not written
		}
		_ = f.Close()
		if err != nil {
			return nil, 0, err
		}
	}
	return nil, 0, l.failed(errMoving)
}

// lock waits for the file. same reports whether it is the one at path then.
func (l *Log) lock(f *os.File) (size int64, same bool, err error) {
	for began := time.Now(); ; time.Sleep(lockPause) {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			break
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			return 0, false, l.failed(fmt.Errorf("lock: %w", err))
		}
		if time.Since(began) >= l.patience {
			return 0, false, l.failed(errBusy)
		}
	}
	is, err := f.Stat()
	if err != nil {
		return 0, false, l.failed(err)
	}
	at, err := os.Lstat(l.path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, false, l.failed(err)
	}
	return is.Size(), err == nil && os.SameFile(is, at), nil
}

// append writes a line at the end of the locked file, or leaves the file as it was.
func (l *Log) append(f *os.File, size int64, line []byte, durable bool) error {
	if size > 0 {
		last := make([]byte, 1)
		if _, err := f.ReadAt(last, size-1); err != nil {
			return l.failed(err)
		}
		if last[0] != '\n' {
			line = append([]byte{'\n'}, line...)
		}
	}
	n, err := l.put(f, line)
	if err == nil && durable {
		err = f.Sync()
	}
	if err == nil {
		if size == 0 {
			syncDirectory(filepath.Dir(l.path))
		}
		return nil
	}
	// half a line, or a request that will not be sent now
	if is, serr := f.Stat(); serr == nil && is.Size() == size+int64(n) {
		_ = f.Truncate(size)
	}
	return l.failed(err)
}

// syncDirectory keeps the name of a new file over a crash, where the file system can do that at all.
func syncDirectory(path string) {
	if dir, err := os.Open(path); err == nil {
		_ = dir.Sync()
		_ = dir.Close()
	}
}

// open opens the file, or makes it, and looks whether it may be used.
func (l *Log) open() (*os.File, error) {
	dir := filepath.Dir(l.path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, l.failed(err)
	}
	if is, err := os.Stat(dir); err != nil {
		return nil, l.failed(err)
	} else if err := private(is); err != nil {
		return nil, &Error{doing: writing, Path: dir, Err: err}
	}
	// O_NONBLOCK, since a FIFO would wait for its reader before it can be refused
	f, err := os.OpenFile(l.path, os.O_RDWR|os.O_APPEND|os.O_CREATE|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0o600)
	switch {
	case errors.Is(err, syscall.ELOOP):
		return nil, l.failed(errLink)
	case err != nil:
		return nil, l.failed(err)
	}
	is, err := f.Stat()
	if err == nil && !is.Mode().IsRegular() {
		err = errNotRegular
	}
	if err == nil {
		err = private(is)
	}
	if err != nil {
		_ = f.Close()
		return nil, l.failed(err)
	}
	return f, nil
}

// private refuses what others may write. Root may be at work for somebody else, with their HOME.
func private(is os.FileInfo) error {
	const othersWrite = 0o022
	if is.Mode().Perm()&othersWrite != 0 {
		return errOthersWrite
	}
	me := os.Geteuid()
	if stat, ok := is.Sys().(*syscall.Stat_t); ok && me != 0 && int(stat.Uid) != me && stat.Uid != 0 {
		return errOthersOwn
	}
	return nil
}

// encode makes a line of a record.
func encode(r actions.Record) ([]byte, error) {
	if r.ID == "" {
		return nil, errNoID
	}
	r.Version, r.At = actions.RecordVersion, r.At.UTC().Truncate(time.Millisecond)
	line, err := marshal(r)
	if err != nil || len(line) <= maxLine {
		return line, err
	}
	r.Evidence = shorten(r.Evidence)
	for _, text := range []*string{&r.Request, &r.Summary, &r.Reason, &r.ReleaseBefore, &r.ReleaseAfter} {
		*text = clean.Short(*text, maxText)
	}
	return marshal(r)
}

// shorten keeps the first lines of evidence, and says that there were more.
func shorten(evidence []string) []string {
	var out []string
	for i, text := range evidence {
		if i == maxEvidence {
			return append(out, fmt.Sprintf("%d more lines were too long to be recorded", len(evidence)-i))
		}
		out = append(out, clean.Short(text, maxText))
	}
	return out
}

func marshal(r actions.Record) ([]byte, error) {
	if r.Evidence == nil {
		r.Evidence = []string{}
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // evidence is full of arrows, and is read with grep too
	if err := e.Encode(r); err != nil {
		return nil, fmt.Errorf("encode a record: %w", err)
	}
	return b.Bytes(), nil
}
