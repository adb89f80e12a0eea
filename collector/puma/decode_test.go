package puma

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// recording is one answer of a real Puma: testdata/stats.jsonl has one for each version and moment of its life.
type recording struct {
	Version string `json:"version"`
	Kind    string `json:"kind"`
	Body    string `json:"body"`
}

func recordings(t testing.TB) []recording {
	t.Helper()
	f, err := os.Open("testdata/stats.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []recording
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var r recording
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		out = append(out, r)
	}
	if len(out) < 80 {
		t.Fatalf("%d recordings", len(out))
	}
	return out
}

func TestDecodeRecorded(t *testing.T) {
	t.Parallel()
	for _, r := range recordings(t) {
		name := r.Version + " " + r.Kind
		s, err := Decode([]byte(r.Body))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		v, _ := ParseVersion(r.Version)
		if got, want := s.Puma != "", v.AtLeast(6, 0, 0); got != want || got && s.Puma != r.Version {
			t.Errorf("%s: says it is Puma %q", name, s.Puma)
		}
		if s.Puma != "" && s.Ruby != "ruby 3.1.2" {
			t.Errorf("%s: says it is %q", name, s.Ruby)
		}
		if got, want := !s.StartedAt.IsZero(), v.AtLeast(4, 1, 0); got != want {
			t.Errorf("%s: started at %v", name, s.StartedAt)
		}
		checkMode(t, name, s, strings.HasPrefix(r.Kind, "single"))
		for _, w := range s.Workers {
			checkPool(t, name, v, w)
		}
		checkMoment(t, name, r.Kind, s)
	}
}

func checkMode(t *testing.T, name string, s Stats, single bool) {
	t.Helper()
	if single {
		if s.Mode != Single || len(s.Workers) != 1 || s.Phase.Known || s.Handles.Known || s.OldWorkers.Known || !s.Workers[0].Booted {
			t.Errorf("%s: %+v", name, s)
		}
		return
	}
	sorted := slices.IsSortedFunc(s.Workers, func(a, b Worker) int { return a.Index - b.Index })
	if s.Mode != Cluster || !s.Phase.Known || !s.OldWorkers.Known || s.Handles != Of(len(s.Workers)) || !sorted {
		t.Errorf("%s: %+v", name, s)
	}
	if s.BootedWorkers != Of(s.Booted()) {
		t.Errorf("%s: booted_workers %s, but %d have booted", name, s.BootedWorkers, s.Booted())
	}
}

// checkPool holds which figures a version has: all of them once a worker has checked in, none before.
func checkPool(t *testing.T, name string, v Version, w Worker) {
	t.Helper()
	p := w.Pool
	for _, f := range []struct {
		name  string
		count Count
		since Version
	}{
		{"backlog", p.Backlog.Count(), Version{Major: 3}},
		{"running", p.Running.Count(), Version{Major: 3}},
		{"pool_capacity", p.PoolCapacity.Count(), Version{Major: 3}},
		{"max_threads", p.MaxThreads.Count(), Version{Major: 3}},
		{"in use", p.InUse(), Version{Major: 3}},
		{"requests_count", p.RequestsCount, Version{Major: 5}},
		{"busy_threads", p.BusyThreads.Count(), Version{Major: 6, Minor: 6}},
		{"backlog_max", p.BacklogMax.Count(), Version{Major: 7}},
		{"reactor_max", p.ReactorMax.Count(), Version{Major: 7}},
		{"io_threads", p.IOThreads.Count(), Version{Major: 8}},
	} {
		if want := w.CheckedIn && v.AtLeast(f.since.Major, f.since.Minor, 0); f.count.Known != want {
			t.Errorf("%s: worker %d: %s is %s", name, w.Index, f.name, f.count)
		}
	}
}

// checkMoment holds what the recordings were chosen for.
func checkMoment(t *testing.T, name, kind string, s Stats) {
	t.Helper()
	serving := func(s Stats) bool { return s.AllServing() }
	restarting := func(s Stats) bool { return s.Phase == Of(1) && !s.AllServing() }
	check, ok := map[string]func(Stats) bool{
		"booting":                func(s Stats) bool { return s.Booted() == 0 && !s.AllServing() },
		"booted, not checked in": func(s Stats) bool { return s.Booted() == len(s.Workers) && !s.AllServing() },
		"idle":                   serving,
		"done":                   serving,
		"single":                 serving,
		"single, loaded":         serving,
		"half done":              restarting,
		"replacing":              restarting,
		"null pid":               func(s Stats) bool { return len(s.PIDs()) == len(s.Workers)-1 && !s.AllServing() },
		"reforked":               func(s Stats) bool { return s.Phase == Of(2) && s.AllServing() },
		"loaded": func(s Stats) bool {
			return slices.ContainsFunc(s.Workers, func(w Worker) bool { return w.Pool.InUse().N >= 2 })
		},
	}[kind]
	if !ok || !check(s) {
		t.Errorf("%s: %+v", name, s)
	}
}

func TestDecodeFields(t *testing.T) {
	t.Parallel()
	body := `{"started_at":"2026-11-21T20:49:48Z","workers":2,"phase":3,"booted_workers":1,"old_workers":1,"worker_status":[
		{"started_at":"2026-11-21T20:50:00Z","pid":null,"index":4,"phase":3,"booted":false,"last_checkin":"2026-11-21T20:50:00Z","last_status":{}},
		{"started_at":"2026-11-21T20:49:49Z","pid":81,"index":0,"phase":2,"booted":true,"last_checkin":"2026-11-21T20:50:03Z",
		 "last_status":{"backlog":2,"running":5,"pool_capacity":-1,"busy_threads":8,"io_threads":1,"backlog_max":6,"max_threads":5,
		 "requests_count":9007199254740993,"reactor_max":7,"oldest_request_start":"2026-11-21T20:50:01.5Z","new_field":[{"a":1}]}}],
		"versions":{"puma":"8.0.2","ruby":{"engine":"ruby","version":"3.4.1","patchlevel":0}},"unheard_of":{}}`
	s, err := Decode([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	at := func(s string) time.Time {
		moment, _ := time.Parse(time.RFC3339, s)
		return moment
	}
	if s.StartedAt != at("2026-11-21T20:49:48Z") || s.Handles != Of(2) || s.Phase != Of(3) || s.BootedWorkers != Of(1) ||
		s.OldWorkers != Of(1) || s.Puma != "8.0.2" || s.Ruby != "ruby 3.4.1" {
		t.Errorf("got %+v", s)
	}
	want := Worker{
		Index: 0, PID: 81, Phase: 2, Booted: true, StartedAt: MomentOf(at("2026-11-21T20:49:49Z")), LastCheckin: MomentOf(at("2026-11-21T20:50:03Z")), CheckedIn: true,
		Pool: Pool{
			Backlog: FigureOf(2), Running: FigureOf(5), PoolCapacity: FigureOf(-1), MaxThreads: FigureOf(5), BusyThreads: FigureOf(8), RequestsCount: Of(9007199254740993),
			BacklogMax: FigureOf(6), ReactorMax: FigureOf(7), IOThreads: FigureOf(1), OldestRequestStart: MomentOf(at("2026-11-21T20:50:01.5Z")),
		},
	}
	if s.Workers[0] != want {
		t.Errorf("got  %+v\nwant %+v", s.Workers[0], want)
	}
	if w := s.Workers[1]; w.PID != 0 || w.CheckedIn || w.Pool != (Pool{}) || w.Index != 4 {
		t.Errorf("the worker without a pid: %+v", w)
	}
}

// TestDecodeFigures: what no pool can have is missing, whoever reads it.
func TestDecodeFigures(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]Figure{
		"0": FigureOf(0), "-3": FigureOf(-3), "2147483647": {N: math.MaxInt32, Known: true}, "-2147483648": {N: math.MinInt32, Known: true},
		"2147483648": {}, "-2147483649": {}, "4294967296": {}, "9007199254740993": {}, "null": {},
	} {
		s, err := Decode([]byte(`{"running":1,"backlog":` + in + `}`))
		if err != nil || s.Workers[0].Pool.Backlog != want || s.Workers[0].Pool.Running != FigureOf(1) {
			t.Errorf("%s: %+v, %v, want %s", in, s.Workers[0].Pool, err, want)
		}
	}
	if c := (Figure{}).Count(); c.Known {
		t.Error("a missing figure is a known count")
	}
}

func TestDecodeOldestRequestStart(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 21, 20, 50, 1, 0, time.UTC)
	for in, want := range map[string]time.Time{
		`"2026-11-21T20:50:01Z"`:      at,
		`"2026-11-21T21:50:01+01:00"`: at,
		`1795294201`:                  at,
		`1795294201.5`:                at.Add(time.Second / 2),
		`null`:                        {},
		`0`:                           {},
		`-5`:                          {},
		`1e300`:                       {},
		`"yesterday"`:                 {},
		`{"a":1}`:                     {},
		`true`:                        {},
	} {
		s, err := Decode([]byte(`{"backlog":0,"oldest_request_start":` + in + `}`))
		if err != nil || !s.Workers[0].Pool.OldestRequestStart.Time().Equal(want) {
			t.Errorf("%s: %v, %v, want %v", in, s, err, want)
		}
	}
	s, err := Decode([]byte(`{"versions":{"puma":"6.6.1"},"oldest_request_start":1795294201}`))
	if err != nil || s.Workers[0].CheckedIn {
		t.Errorf("a plug-in's field alone counts as Puma's figures: %+v, %v", s, err)
	}
}

// From 6.6.1 on a Puma in single mode can answer before it has a server.
func TestDecodeSingleWithoutServer(t *testing.T) {
	t.Parallel()
	s, err := Decode([]byte(`{"started_at":"2026-11-21T20:49:48Z","versions":{"puma":"6.6.1","ruby":{"engine":"ruby","version":"3.1.2"}}}`))
	if err != nil || s.Mode != Single || s.AllServing() || s.Workers[0].CheckedIn || s.Workers[0].Pool.InUse().Known {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestDecodeErrors(t *testing.T) {
	t.Parallel()
	worker := func(fields string) string { return `{"workers":1,"phase":0,"worker_status":[{` + fields + `}]}` }
	const good = `"index":0,"phase":0,"booted":true`
	for name, body := range map[string]string{
		"empty":              "",
		"cut off":            `{"workers":2,"phase":0,"worker_`,
		"two answers":        `{"backlog":0}{"backlog":0}`,
		"trailing garbage":   `{"backlog":0} x`,
		"null":               `null`,
		"a list":             `[]`,
		"a word":             `"ok"`,
		"HTML":               `<html>`,
		"command's answer":   `{ "status": "ok" }`,
		"gc-stats":           `{"count":18,"time":41,"heap_live_slots":30975}`,
		"a text for backlog": `{"backlog":"5"}`,
		"half a thread":      `{"backlog":0.5}`,
		"a fraction":         `{"backlog":5.0}`,
		"beyond int64":       `{"backlog":92233720368547758080}`,
		"negative phase":     `{"workers":1,"phase":-1,"worker_status":[]}`,
		"phase beyond reach": `{"workers":1,"phase":99999999999,"worker_status":[]}`,
		"no index":           worker(`"phase":0,"booted":true`),
		"no phase":           worker(`"index":0,"booted":true`),
		"no booted":          worker(`"index":0,"phase":0`),
		"null index":         worker(`"index":null,"phase":0,"booted":true`),
		"negative index":     worker(`"index":-1,"phase":0,"booted":true`),
		"negative pid":       worker(good + `,"pid":-5`),
		"pid beyond reach":   worker(good + `,"pid":99999999999`),
		"booted in words":    worker(`"index":0,"phase":0,"booted":"yes"`),
		"status is a list":   worker(good + `,"last_status":[]`),
		"an index twice":     `{"workers":2,"worker_status":[{` + good + `},{` + good + `}]}`,
		"a pid twice":        `{"workers":2,"worker_status":[{` + good + `,"pid":5},{"index":1,"phase":0,"booted":true,"pid":5}]}`,
		"deep":               strings.Repeat(`{"a":`, 200_000),
		"deep lists":         `{"backlog":` + strings.Repeat(`[`, 200_000),
		"too long":           `{"backlog":0,"x":"` + strings.Repeat("x", maxBody) + `"}`,
		"too many workers":   clusterOf(maxWorkers + 1),
	} {
		s, err := Decode([]byte(body))
		var decodeError *DecodeError
		if !errors.As(err, &decodeError) || s.Mode != "" || s.Workers != nil {
			t.Errorf("%s: %v, %v", name, s, err)
		} else if len(err.Error()) > 300 {
			t.Errorf("%s: an error of %d bytes", name, len(err.Error()))
		}
	}
}

func TestDecodeSanitises(t *testing.T) {
	t.Parallel()
	s, err := Decode([]byte(`{"backlog":0,"versions":{"puma":"8\u001b[31m.0","ruby":{"engine":"r\u202euby","version":"` + strings.Repeat("3", 500) + `"}}}`))
	if err != nil || s.Puma != "8.0" || strings.ContainsRune(s.Ruby, '\u202e') || len([]rune(s.Ruby)) > 60 {
		t.Errorf("%q %q %v", s.Puma, s.Ruby, err)
	}
}

func TestInUse(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name        string
		limit, left Figure
		expect      Count
	}{
		{"four of five", FigureOf(5), FigureOf(1), Of(4)},
		{"idle", FigureOf(5), FigureOf(5), Of(0)},
		{"more than its limit, before 8.0", FigureOf(5), FigureOf(-1), Of(6)},
		{"never negative", FigureOf(3), FigureOf(5), Of(0)},
		{"no limit known", Figure{}, FigureOf(5), Count{}},
		{"no capacity known", FigureOf(5), Figure{}, Count{}},
	} {
		if got := (Pool{MaxThreads: tc.limit, PoolCapacity: tc.left}).InUse(); got != tc.expect {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.expect)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, r := range recordings(f) {
		f.Add([]byte(r.Body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		s, err := Decode(body)
		if err != nil {
			return
		}
		if s.Mode == Single && len(s.Workers) != 1 || len(s.Workers) > maxWorkers {
			t.Fatalf("%d workers", len(s.Workers))
		}
		last := -1
		for _, w := range s.Workers {
			if w.Index <= last || w.PID < 0 || w.Phase < 0 || !w.CheckedIn && w.Pool.InUse().Known || w.Pool.InUse().N < 0 {
				t.Fatalf("worker %+v after index %d", w, last)
			}
			last = w.Index
		}
		if strings.ContainsAny(s.Puma+s.Ruby, "\x1b\n\x00") {
			t.Fatalf("versions %q %q", s.Puma, s.Ruby)
		}
	})
}

// clusterOf is the answer of a cluster with n idle workers.
func clusterOf(n int) string {
	var b strings.Builder
	fmt.Fprintf(&b, `{"started_at":"2026-11-21T20:49:48Z","workers":%d,"phase":0,"booted_workers":%[1]d,"old_workers":0,"worker_status":[`, n)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"started_at":"2026-11-21T20:49:48Z","pid":%d,"index":%d,"phase":0,"booted":true,"last_checkin":"2026-11-21T20:49:48Z",`+
			`"last_status":{"backlog":0,"running":1,"pool_capacity":3,"busy_threads":0,"io_threads":0,"backlog_max":0,"max_threads":3,`+
			`"requests_count":0,"reactor_max":0}}`, 100+i, i)
	}
	return b.String() + `]}`
}

func TestDecodeTheLargestCluster(t *testing.T) {
	t.Parallel()
	if s, err := Decode([]byte(clusterOf(maxWorkers))); err != nil || len(s.Workers) != maxWorkers || !s.AllServing() {
		t.Errorf("%d workers, %v", len(s.Workers), err)
	}
}

func BenchmarkDecode16Workers(b *testing.B) {
	body := []byte(clusterOf(16))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Decode(body); err != nil {
			b.Fatal(err)
		}
	}
}
