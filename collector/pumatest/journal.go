package pumatest

import (
	"fmt"
	"slices"
	"time"
)

// journalLimit is how many lines a simulated journal keeps: enough for what anybody shows, and a crash loop that
// nobody looks at for a day does not fill the memory.
const journalLimit = 3000

// entry is one line of the unit's journal.
type entry struct {
	At time.Time
	// From is who wrote it, as the journal names it: "puma[4242]" or "systemd[1]".
	From string
	Text string
}

// journal is the log of one unit.
type journal struct {
	entries []entry
	// dropped counts what fell off the front, so that a reader's position stays right.
	dropped int
}

func (j *journal) add(e entry) {
	if len(j.entries) >= journalLimit+journalLimit/4 {
		n := len(j.entries) - journalLimit
		j.entries = append(j.entries[:0], j.entries[n:]...)
		j.dropped += n
	}
	j.entries = append(j.entries, e)
}

// rotate forgets everything so far.
func (j *journal) rotate() {
	j.dropped += len(j.entries)
	j.entries = nil
}

// end is the position behind the last line.
func (j *journal) end() int { return j.dropped + len(j.entries) }

// from returns the lines from a position on, as far as they are kept.
func (j *journal) from(position int) []entry {
	i := min(max(position-j.dropped, 0), len(j.entries))
	return append([]entry(nil), j.entries[i:]...)
}

// since is the position of the first line from a time on.
func (j *journal) since(at time.Time) int {
	i, _ := slices.BinarySearchFunc(j.entries, at, func(e entry, at time.Time) int { return e.At.Compare(at) })
	return j.dropped + i
}

// line is what the master writes: with its pid in front in a cluster.
func (p *Puma) line(text string) {
	if !p.single() {
		text = fmt.Sprintf("[%d] %s", p.pid, text)
	}
	p.raw(text)
}

// raw is a line as it goes to stdout. The journal names the unit's main process for all of them.
func (p *Puma) raw(text string) {
	p.log.add(entry{At: p.t.now, From: fmt.Sprintf("puma[%d]", p.pid), Text: text})
}

// system is what systemd writes about the unit.
func (p *Puma) system(text string) {
	p.log.add(entry{At: p.t.now, From: "systemd[1]", Text: text})
}
