package pumatest

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pumatop/collector/puma"
)

// observation is what a poll could tell, without what differs from run to run: "phase 1, 1 old: n- aB" is a worker
// that has not booted beside one that was there from the start. A worker is `a` with its first pid and `n` with any
// later one, B once booted. Check-ins are judged by their times, because they race with everything else.
type observation struct {
	at    time.Duration // since the request
	kind  string
	stats puma.Stats
	body  string
}

const gone = "no answer"

// watcher turns bodies into observations.
type watcher struct {
	first map[int]int // by index, the first pid
	list  []observation
}

// see notes an answer, or "" for none.
func (w *watcher) see(t *testing.T, at time.Duration, body string) {
	t.Helper()
	o := observation{at: at, kind: gone, body: body}
	if body != "" {
		var err error
		if o.stats, err = puma.Decode([]byte(body)); err != nil {
			t.Fatal(err)
		}
		o.kind = w.kind(o.stats)
	}
	w.list = append(w.list, o)
}

func (w *watcher) kind(s puma.Stats) string {
	if s.Mode == puma.Single {
		return "serves"
	}
	if w.first == nil {
		w.first = map[int]int{}
	}
	var tokens []string
	for _, worker := range s.Workers {
		if w.first[worker.Index] == 0 {
			w.first[worker.Index] = worker.PID
		}
		token := "n"
		if w.first[worker.Index] == worker.PID {
			token = "a"
		}
		if worker.Booted {
			token += "B"
		} else {
			token += "-"
		}
		tokens = append(tokens, fmt.Sprintf("%s%d", token, worker.Phase))
	}
	slices.Sort(tokens)
	return fmt.Sprintf("phase %d, %d old: %s", s.Phase.N, s.OldWorkers.N, strings.Join(tokens, " "))
}

// kinds is the sequence of distinct observations.
func (w *watcher) kinds() []string {
	var out []string
	for _, o := range w.list {
		if len(out) == 0 || out[len(out)-1] != o.kind {
			out = append(out, o.kind)
		}
	}
	return out
}

// when is how long after the request the first observation was made that ok holds for; negative for never.
func (w *watcher) when(ok func(observation) bool) time.Duration {
	for _, o := range w.list {
		if o.at >= 0 && ok(o) {
			return o.at
		}
	}
	return -1
}

func (w *watcher) lowest() int {
	n := 1 << 30
	for _, o := range w.list {
		if o.body != "" && o.stats.Mode == puma.Cluster && o.at >= 0 {
			n = min(n, o.stats.Booted())
		}
	}
	return n
}

// recorded reads a recording; times count from the mark with the given text, or from the beginning where it is "".
// That of the signals ends where the next signal was sent.
func recorded(t *testing.T, version, scenario, mark string) *watcher {
	t.Helper()
	file, err := os.Open(filepath.Join("testdata", version, scenario+".jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	type row struct {
		T      float64
		Mark   string
		Status int
		Body   string
	}
	var rows []row
	zero := time.Duration(0)
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var r row
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		if mark != "" && strings.HasPrefix(r.Mark, mark) {
			zero = time.Duration(r.T * float64(time.Second))
		}
		if strings.HasPrefix(r.Mark, "TTOU") {
			break
		}
		rows = append(rows, r)
	}
	w := &watcher{}
	for _, r := range rows {
		if r.Mark != "" {
			continue
		}
		if r.Status != 200 {
			r.Body = ""
		}
		w.see(t, time.Duration(r.T*float64(time.Second))-zero, r.Body)
	}
	return w
}

// simulated watches a Puma for a while, at every moment at which something happens.
func (w *watcher) simulated(t *testing.T, p *Puma, zero time.Time, length time.Duration) {
	t.Helper()
	end := time.Now().Add(length)
	for {
		var body string
		p.t.do(func() {
			if p.control {
				body = p.stats()
			}
		})
		w.see(t, time.Since(zero), body)
		wait, ok := p.t.next()
		if !ok || time.Now().Add(wait).After(end) {
			break
		}
		time.Sleep(max(wait, 1))
	}
	time.Sleep(time.Until(end))
}

// missing returns the first of the recorded kinds that is not among the simulated ones in this order.
func missing(recorded, simulated []string) string {
	i := 0
	for _, kind := range recorded {
		for i < len(simulated) && simulated[i] != kind {
			i++
		}
		if i == len(simulated) {
			return kind
		}
	}
	return ""
}
