package probe

import (
	"strings"
	"sync"
)

type decoder struct {
	r    Report
	rest string // that has not been read yet
	// owned are texts that are no part of the whole one, each by itself.
	owned map[string]string
	// at is where a pid's process stands in r.Processes.
	at map[int]int
	// body takes the lines that belong to the newest record.
	body func(line string)
}

func newDecoder() *decoder {
	return &decoder{owned: map[string]string{}, at: map[int]int{}, r: Report{Processes: []RawProcess{}}}
}

// decoders are those that nobody uses now. A report takes more room than what is kept of it.
var decoders = sync.Pool{New: func() any { return newDecoder() }}

const (
	// mostAtOnce is for how many processes room is made before they are read.
	mostAtOnce = 64
	// mostProcesses is how many a decoder may have made room for that is used again.
	mostProcesses = 256
)

// release lets the decoder be used again: nobody may have its report afterwards.
func (d *decoder) release() {
	if len(d.r.Processes) > mostProcesses || len(d.owned) > mostProcesses {
		return
	}
	d.reset()
	decoders.Put(d)
}

func (d *decoder) reset() {
	clear(d.r.Processes)
	clear(d.owned)
	clear(d.at)
	d.r, d.rest, d.body = Report{Processes: d.r.Processes[:0]}, "", nil
}

// own returns a text that does not keep all of the report, the same for all that are equal: most workers of a host run
// in one directory.
func (d *decoder) own(s string) string {
	if s == "" {
		return ""
	}
	if known, ok := d.owned[s]; ok {
		return known
	}
	s = strings.Clone(s)
	d.owned[s] = s
	return s
}
