package audit

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"

	"pumatop/actions"
	"pumatop/collector/clean"
)

// Read returns what the file at path and the older one have and f wants. That neither is there is no error: nothing
// has been recorded. The errors are of type [Error].
func Read(path string, f Filter) (actions.Trail, error) {
	trail := actions.Trail{Path: path}
	files, err := openAll(path)
	defer func() {
		for _, file := range files {
			_ = file.Close()
		}
	}()
	if err != nil {
		return trail, err
	}
	p := pairs{open: map[[2]string]int{}}
	for _, file := range files {
		if err := p.read(file); err != nil {
			return trail, &Error{doing: reading, Path: file.Name(), Err: err}
		}
	}
	trail.Total, trail.Broken = len(p.entries), p.broken
	trail.Entries = f.apply(p.entries)
	return trail, nil
}

// openAll opens the older file and the newer one, as far as they are there; on an error too it returns what is open.
func openAll(path string) ([]*os.File, error) {
	newer, err := openToRead(path)
	if err != nil {
		return nil, err
	}
	before, err := openToRead(older(path))
	if err == nil && sameFile(newer, before) { // it became the older one just now
		_ = newer.Close()
		newer, err = openToRead(path)
	}
	var files []*os.File
	for _, f := range []*os.File{before, newer} {
		if f != nil {
			files = append(files, f)
		}
	}
	return files, err
}

// openToRead returns nil for a file that is not there.
func openToRead(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // a FIFO would wait for its writer
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, &Error{doing: reading, Path: path, Err: err}
	}
	is, err := f.Stat()
	if err == nil && !is.Mode().IsRegular() {
		err = errNotRegular
	}
	if err != nil {
		_ = f.Close()
		return nil, &Error{doing: reading, Path: path, Err: err}
	}
	return f, nil
}

func sameFile(a, b *os.File) bool {
	if a == nil || b == nil {
		return false
	}
	isA, errA := a.Stat()
	isB, errB := b.Stat()
	return errA == nil && errB == nil && os.SameFile(isA, isB)
}

// pairs puts records together. open has the index of the newest entry of each id; of each host, since containers that
// share a home also share their process numbers.
type pairs struct {
	entries []actions.Entry
	open    map[[2]string]int
	broken  int
}

// read takes the lines of a file. A last one without an end is half a line, or being written at this moment.
func (p *pairs) read(r io.Reader) error {
	b := bufio.NewReaderSize(r, maxLine)
	for {
		line, err := b.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			p.broken++
			for errors.Is(err, bufio.ErrBufferFull) {
				_, err = b.ReadSlice('\n')
			}
			line = nil
		}
		if line = bytes.TrimSpace(line); len(line) > 0 {
			p.take(line)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read lines: %w", err)
		}
	}
}

func (p *pairs) take(line []byte) {
	var r actions.Record
	err := json.Unmarshal(line, &r)
	var other *json.UnmarshalTypeError
	if errors.As(err, &other) && r.Version > actions.RecordVersion {
		err = nil // the rest has been read
	}
	if err != nil || r.ID == "" {
		p.broken++
		return
	}
	cleanRecord(&r)
	key := [2]string{r.From, r.ID}
	i, known := p.open[key]
	switch {
	case r.Event != actions.RecordAsked && r.Event != actions.RecordEnded && r.Event != actions.RecordAmended:
		return // of a later pumatop
	case r.Event == actions.RecordAsked, !known:
		i = len(p.entries)
		p.open[key] = i
		p.entries = append(p.entries, actions.Entry{})
	}
	e := &p.entries[i]
	switch {
	case r.Event == actions.RecordAsked:
		e.Asked = &r
		return
	case r.Event == actions.RecordAmended && e.Ended != nil:
		e.Was = e.Word()
	}
	e.Ended = &r
}

// cleanRecord makes every text of a record one that can be shown.
func cleanRecord(r *actions.Record) {
	for _, text := range []*string{
		&r.ID, &r.User, &r.From, &r.Pumatop, &r.Environment, &r.Rollout, &r.Target, &r.Action, &r.Via, &r.Request, &r.Verdict, &r.Summary,
		&r.Reason, &r.ReleaseBefore, &r.ReleaseAfter,
	} {
		*text = clean.Line(*text)
	}
	for i, text := range r.Evidence {
		r.Evidence[i] = clean.Line(text)
	}
}
