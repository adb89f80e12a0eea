package actions

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pumatop/collector"
	"pumatop/collector/probe"
	"pumatop/collector/puma"
)

// recording is what a real Puma answered, poll by poll; testdata/recordings has the form that it came in.
type recording struct {
	polls []recordedPoll
	asked time.Duration // when the request was sent
}

// recordedPoll holds until the next one.
type recordedPoll struct {
	at    time.Duration
	stats puma.Stats
	err   error
}

func loadRecording(t *testing.T, version, scenario string) recording {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", "recordings", version, scenario+".jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var r recording
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var l struct {
			T      float64
			Mark   string
			Status *int
			Error  *string
			Body   string
		}
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			t.Fatal(err)
		}
		at := time.Duration(l.T * float64(time.Second))
		switch {
		case strings.HasSuffix(l.Mark, "restart sent"):
			r.asked = at
		case l.Mark != "":
		case l.Status != nil && *l.Status == 200:
			s, err := puma.Decode([]byte(l.Body))
			if err != nil {
				t.Fatalf("%s %s at %s: %v", version, scenario, at, err)
			}
			r.polls = append(r.polls, recordedPoll{at: at, stats: s})
		case l.Error != nil && (*l.Error == "ECONNREFUSED" || *l.Error == "ENOENT"):
			r.polls = append(r.polls, recordedPoll{at: at, err: collector.ErrNoListener})
		default:
			r.polls = append(r.polls, recordedPoll{at: at, err: errors.New("no answer")})
		}
	}
	if r.asked == 0 {
		t.Fatalf("%s %s has no request", version, scenario)
	}
	return r
}

// at is the poll that holds at a moment.
func (r recording) at(moment time.Duration) recordedPoll {
	now := r.polls[0]
	for _, p := range r.polls {
		if p.at <= moment {
			now = p
		}
	}
	return now
}

// stage is what surrounds a recording: what the probes would have found.
type stage struct {
	kind    Kind
	remedy  bool // the reload is the way out of a crash loop
	every   time.Duration
	config  string // of puma.rb
	after   string // the release that new workers run
	current string
	facts   func(sinceRequest time.Duration, f *probe.Puma)
	// deadWhileListed lists unbooted pids as dead: up to Puma 4 they stay listed for ten seconds.
	deadWhileListed bool
	log             []string
	blindTo         bool // workers' directories may not be read
}

var recordedAt = time.Date(2026, 11, 21, 20, 50, 0, 0, time.UTC)

// snapshot is the target as the collector would have it at a moment of the recording.
func (st stage) snapshot(r recording, moment time.Duration, last collector.Snapshot) collector.Snapshot {
	p := r.at(moment)
	now := recordedAt.Add(moment)
	s := last
	s.ID, s.Host, s.App, s.At, s.Linked, s.Err, s.Dead = "web1/puma", "web1", "puma", now, true, p.err, nil
	*s.OwnFacts() = probe.Puma{PID: 100, App: "puma", Release: "/srv/shop/releases/1", Current: st.current, CurrentLink: "/srv/shop/current",
		StateStamp: "7 1", Settings: puma.ReadSettings([]byte(st.config)), ConfigPath: "/srv/shop/shared/config/puma.rb",
		Unit: probe.Unit{Name: "puma.service", Scope: probe.SystemScope, Active: "active", Sub: "running", Restarts: puma.Of(0)}}
	s.Probed = now
	if st.facts != nil {
		st.facts(moment-r.asked, s.OwnFacts())
	}
	if p.err == nil {
		s.Stats, s.Answered = p.stats, now
	}
	s.Image = collector.Image{PID: s.Facts().PID, StartedAt: s.Stats.StartedAt, Stamp: s.Facts().StateStamp}
	s.Workers = nil
	for _, w := range s.Stats.Workers {
		release := st.after
		if moment < r.asked {
			release = "/srv/shop/releases/1"
		}
		if st.blindTo {
			release = ""
		}
		s.Workers = append(s.Workers, collector.Worker{Worker: &w, Release: release})
		if st.deadWhileListed && !w.Booted {
			s.Dead = append(s.Dead, w.PID)
		}
	}
	return s
}

// try plays a recording to a trial and returns its verdict, and when it was reached, counted from the request. The
// recording goes on for `until` after the request; without a verdict by then, ok is false.
func (st stage) try(t *testing.T, r recording, until time.Duration) (v Verdict, after time.Duration, ok bool) {
	t.Helper()
	if st.every == 0 {
		st.every = 250 * time.Millisecond
	}
	if st.current == "" {
		st.current, st.after = "/srv/shop/releases/2", "/srv/shop/releases/2"
	}
	before := st.snapshot(r, r.asked-time.Millisecond, collector.Snapshot{})
	before.Wanted = len(before.Stats.Workers)
	asked := recordedAt.Add(r.asked)
	step := Step{Target: before.ID, Kind: st.kind, Via: ViaControl, Before: before, Remedy: st.remedy}
	trial := NewTrial(step, before, asked, asked.Add(5*time.Minute))
	for _, line := range st.log {
		trial.Log(line)
	}
	last := before
	for moment := r.asked + st.every; moment <= r.asked+until; moment += st.every {
		last = st.snapshot(r, moment, last)
		if v, ok := trial.Observe(last); ok {
			return v, moment - r.asked, true
		}
	}
	return Verdict{}, until, false
}

// versions are those that a scenario was recorded of.
func versions(t *testing.T, scenario string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "recordings", "*", scenario+".jsonl"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no recording of %s: %v", scenario, err)
	}
	var out []string
	for _, f := range files {
		out = append(out, filepath.Base(filepath.Dir(f)))
	}
	return out
}
