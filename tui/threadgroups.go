package tui

import (
	"cmp"
	"slices"
	"strings"

	"pumatop/collector/puma"
)

// thread is one thread with its frames read.
type thread struct {
	name   string
	frames []puma.Frame
	doing  puma.Doing
	app    int // the innermost frame of the application; -1 for none
}

// readThreads reads the frames of backtraces. Roots are the directories of the application.
func readThreads(traces []puma.Backtrace, roots []string) []thread {
	threads := make([]thread, len(traces))
	for i, trace := range traces {
		t := thread{name: threadName(trace.Name), frames: make([]puma.Frame, len(trace.Frames)), app: -1}
		for j, text := range trace.Frames {
			t.frames[j] = puma.ParseFrame(text, roots...)
			if t.app < 0 && t.frames[j].Origin == puma.OfApp {
				t.app = j
			}
		}
		t.doing = puma.DoingOf(t.frames)
		if n := len(t.frames); t.name == "" && n > 0 && t.frames[n-1].Label == "<main>" {
			t.name = "main"
		}
		t.name = cmp.Or(t.name, "without a name")
		threads[i] = t
	}
	return threads
}

// threadName is what the application or Puma called a thread: the answer has Ruby's number of it before.
func threadName(s string) string {
	s = strings.TrimPrefix(s, "Thread: ")
	if rest, ok := strings.CutPrefix(s, "TID-"); ok {
		_, s, _ = strings.Cut(rest, " ")
	}
	return s
}

// at is the frame that says where a thread stands: the innermost of the application, else the innermost that is not
// Ruby's own, else the innermost; -1 without frames. Methods written in C have the line that they were called from, and then
// it is the caller that says where.
func (t *thread) at() int {
	at := t.app
	if at < 0 && len(t.frames) > 0 {
		at = max(slices.IndexFunc(t.frames, func(f puma.Frame) bool { return f.Origin != puma.OfRuby }), 0)
	}
	if next := at + 1; at == 0 && next < len(t.frames) && t.frames[next].Place == t.frames[at].Place {
		return next
	}
	return at
}

// threadGroup is threads that stand at one place.
type threadGroup struct {
	key    string
	place  puma.Frame
	stacks []threadStack // the most frequent first
	count  int
	doing  []puma.Doing // what its threads do, each once, the most frequent first
	app    bool         // whether that place is the application's
}

// threadStack is threads with the very same frames.
type threadStack struct {
	names  []string
	frames []puma.Frame
	at     int // the frame that says where they stand
}

// groupThreads puts threads together that stand at the same place, or whose whole stack is the same. Those in the
// application's code come first, then the larger groups; who answers us comes last.
func groupThreads(threads []thread, byStack bool) []threadGroup {
	type tally struct {
		threadGroup
		does map[puma.Doing]int
	}
	byKey := map[string]*tally{}
	var all []*tally
	for i := range threads {
		t := &threads[i]
		key := stackKey(t.frames)
		place := puma.Frame{Place: string(puma.NoTrace), Origin: puma.OfRuby}
		if at := t.at(); at >= 0 {
			place = t.frames[at]
		}
		stack := key
		if !byStack {
			key = place.Place + "\n" + place.Label
		}
		g := byKey[key]
		if g == nil {
			g = &tally{threadGroup{key: key, place: place, app: t.app >= 0}, map[puma.Doing]int{}}
			byKey[key] = g
			all = append(all, g)
		}
		g.count++
		g.does[t.doing]++
		g.add(t, stack)
	}
	groups := make([]threadGroup, len(all))
	for i, g := range all {
		g.doing = mostFrequent(g.does)
		slices.SortStableFunc(g.stacks, func(a, b threadStack) int { return len(b.names) - len(a.names) })
		groups[i] = g.threadGroup
	}
	slices.SortStableFunc(groups, compareGroups)
	return groups
}

// stackKey is the same for the same frames alone.
func stackKey(frames []puma.Frame) string {
	var b strings.Builder
	for i := range frames {
		b.WriteString(frames[i].Text)
		b.WriteByte('\n')
	}
	return b.String()
}

// add takes a thread in, under its stack.
func (g *threadGroup) add(t *thread, stack string) {
	for i := range g.stacks {
		if stackKey(g.stacks[i].frames) == stack {
			g.stacks[i].names = append(g.stacks[i].names, t.name)
			return
		}
	}
	g.stacks = append(g.stacks, threadStack{[]string{t.name}, t.frames, t.at()})
}

// mostFrequent are the keys of counts, the greatest first.
func mostFrequent[K cmp.Ordered](counts map[K]int) []K {
	keys := make([]K, 0, len(counts))
	for k := range counts {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b K) int { return cmp.Or(counts[b]-counts[a], cmp.Compare(a, b)) })
	return keys
}

func compareGroups(a, b threadGroup) int {
	last := func(g threadGroup) bool { return g.doing[0] == puma.Answering }
	return cmp.Or(first(a.app, b.app), first(last(b), last(a)), b.count-a.count, cmp.Compare(a.key, b.key))
}

// first orders what is before what is not.
func first(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}
