package collector

import (
	"hash/fnv"
	"time"
)

// pollsTogether is of how many hosts the targets are polled at the same moment. To be woken costs a process as much as a
// poll does, and so a small fleet is polled all at once; a large one is spread over the interval, since who is polled
// together waits for each other: on a line, at a jump host, for this machine's processor.
const pollsTogether = 16

// lead is when the first moment comes: most hosts have answered once by then, and rates, which take two answers, are soon
// known. It is no whole second, in which everything else is done that is done each second or so.
const lead = 730 * time.Millisecond

// beat is what the moments of polls are counted from.
type beat struct{ start time.Time }

func newBeat() beat { return beat{time.Now().Add(lead)} }

// share is a target's own moment within an interval, by a hash of its name and so the same in every run of a fleet of so
// many hosts.
func share(id TargetID, interval time.Duration, hosts int) time.Duration {
	moments := (hosts + pollsTogether - 1) / pollsTogether
	if moments <= 1 {
		return 0
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(id))
	return time.Duration(h.Sum32()%uint32(moments)) * interval / time.Duration(moments)
}

// following is the first moment after at: those of a share are an interval apart.
func (b beat) following(at time.Time, share, interval time.Duration) time.Time {
	next := b.start.Add(share)
	next = next.Add(at.Sub(next).Truncate(interval))
	if !next.After(at) {
		next = next.Add(interval)
	}
	return next
}
