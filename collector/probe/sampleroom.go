package probe

import (
	"bytes"
	"io"
	"sync"
)

// What a room that is used again may have grown to; a larger one is left to the garbage collector.
const (
	roomBuffer    = 4 << 10
	roomLines     = 1 << 10
	roomListeners = 512
	roomText      = 128 // of a socket: the kernel allows a path of 108 bytes
)

// tab is what the fields of a line are apart by.
var tab = []byte("\t")

// sampleRoom is what reading one answer takes: a buffer, the maps of the Sample, and the listeners of sockets that were
// read before, which are the same words on most hosts of a fleet.
type sampleRoom struct {
	buf       []byte
	from, to  int // of buf, what was read and not returned yet
	processes map[int]Usage
	queues    map[string]int64
	known     map[socketText][]string
}

// sampleRooms are the rooms that nobody uses now.
var sampleRooms = sync.Pool{New: func() any {
	return &sampleRoom{buf: make([]byte, roomBuffer), processes: map[int]Usage{}, queues: map[string]int64{}, known: map[socketText][]string{}}
}}

// Release lets the maps of a sample be filled anew: nobody may have them afterwards. A sample that somebody keeps is not
// released, and costs no more than its memory.
func (s Sample) Release() {
	r := s.room
	if r == nil || len(r.processes)+len(r.queues) > roomLines || len(r.buf) > roomBuffer {
		return
	}
	sampleRooms.Put(r)
}

// begin empties the room, but for what was read behind the answer before.
func (r *sampleRoom) begin(rest []byte) {
	clear(r.processes)
	clear(r.queues)
	if len(rest) > len(r.buf) {
		r.buf = make([]byte, len(rest))
	}
	r.from, r.to = 0, copy(r.buf, rest)
}

// left is what was read and not returned, which the next answer begins with.
func (r *sampleRoom) left() []byte {
	if r.from == r.to {
		return nil
	}
	return bytes.Clone(r.buf[r.from:r.to])
}

// line takes a line with its end; where that has not been read yet it returns what there is of the line, and leaves it.
func (r *sampleRoom) line() (line []byte, whole bool) {
	there := r.buf[r.from:r.to]
	end := bytes.IndexByte(there, '\n') + 1
	if end == 0 {
		return there, false
	}
	r.from += end
	return there[:end], true
}

// fill reads on behind what there is.
func (r *sampleRoom) fill(from io.Reader) error {
	if r.from > 0 {
		r.from, r.to = 0, copy(r.buf, r.buf[r.from:r.to])
	}
	if r.to == len(r.buf) {
		r.buf = append(r.buf, make([]byte, len(r.buf))...)
	}
	for range 100 { // as often as bufio waits for one that reads nothing
		n, err := from.Read(r.buf[r.to:])
		r.to += n
		if n > 0 || err != nil {
			return err
		}
	}
	return io.ErrNoProgress
}

// listeners are those of a socket. What is returned is not to be changed.
func (r *sampleRoom) listeners(kind socketKind, socket []byte) []string {
	if known, ok := r.known[socketText{kind, string(socket)}]; ok {
		return known
	}
	s := socketText{kind, string(socket)}
	all := s.listeners()
	if len(s.text) <= roomText {
		if len(r.known) >= roomListeners {
			clear(r.known)
		}
		r.known[s] = all
	}
	return all
}
