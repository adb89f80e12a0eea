package pumatest

import (
	"container/heap"
	"math/rand/v2"
	"strconv"
	"sync"
	"time"
)

// timeline is what happens on one host, in order of time. Nothing runs by itself: whoever looks first lets all that
// was due happen, each event at its own moment. A fleet of a thousand hosts so costs nothing while nobody asks, the
// same actions at the same moments give the same history, and no goroutine outlives a test.
//
// It is the lock of its host too: all state of a host is touched inside do.
type timeline struct {
	mu     sync.Mutex
	now    time.Time
	queue  events
	serial int
	random *rand.Rand
	pids   int
	booted time.Time // when the host was started
}

// hostUptime is how long a host has been up when its simulation begins.
const hostUptime = 40 * 24 * time.Hour

// monotonic is a time as systemd's monotonic timestamps count it, in microseconds since the host's boot; 0 for never.
func (t *timeline) monotonic(at time.Time) string {
	if at.IsZero() {
		return "0"
	}
	return strconv.FormatInt(at.Sub(t.booted).Microseconds(), 10)
}

// ticks is a time as the kernel counts it since the host's boot; tickRate of them are a second.
func (t *timeline) ticks(at time.Time) int64 { return int64(at.Sub(t.booted) * tickRate / time.Second) }

const tickRate = 100

func newTimeline(seed uint64) *timeline {
	random := rand.New(rand.NewPCG(seed, seed^0x9e3779b97f4a7c15))
	now := time.Now()
	return &timeline{now: now, booted: now.Add(-hostUptime), random: random, pids: 700 + random.IntN(9000)}
}

// do brings the host to this moment and runs f there.
func (t *timeline) do(f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.advance(time.Now())
	f()
}

// next says how long it is from now until something happens again; ok is false where nothing ever will.
func (t *timeline) next() (wait time.Duration, ok bool) {
	t.do(func() {
		if ok = len(t.queue) > 0; ok {
			wait = t.queue[0].at.Sub(t.now)
		}
	})
	return wait, ok
}

func (t *timeline) advance(to time.Time) {
	for len(t.queue) > 0 && !t.queue[0].at.After(to) {
		e := heap.Pop(&t.queue).(*event)
		t.now = e.at
		e.run()
	}
	if to.After(t.now) {
		t.now = to
	}
}

// after runs f once the time has passed. Events due at one moment run in the order in which they were made.
func (t *timeline) after(d time.Duration, f func()) {
	t.serial++
	heap.Push(&t.queue, &event{at: t.now.Add(max(d, 0)), serial: t.serial, run: f})
}

// pid is the next process id: increasing, as on Linux, with those of strangers between.
func (t *timeline) pid() int {
	t.pids += 1 + t.random.IntN(4)
	if t.pids >= 1<<22 {
		t.pids = 700
	}
	return t.pids
}

// about is a duration around d, a fifth up or down.
func (t *timeline) about(d time.Duration) time.Duration {
	return time.Duration(float64(d) * (0.8 + 0.4*t.random.Float64()))
}

type event struct {
	at     time.Time
	serial int
	run    func()
}

type events []*event

func (q events) Len() int { return len(q) }
func (q events) Less(i, j int) bool {
	if q[i].at.Equal(q[j].at) {
		return q[i].serial < q[j].serial
	}
	return q[i].at.Before(q[j].at)
}
func (q events) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *events) Push(e any)   { *q = append(*q, e.(*event)) }
func (q *events) Pop() any {
	old := *q
	e := old[len(old)-1]
	old[len(old)-1] = nil
	*q = old[:len(old)-1]
	return e
}
