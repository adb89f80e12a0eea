//go:build lab

package main

import (
	"encoding/json"
	"slices"
	"testing"
)

// statusDoc is the JSON of `pumatop status`, as far as the tests read it.
type statusDoc struct {
	Targets []targetDoc `json:"targets"`
}

type targetDoc struct {
	ID             string `json:"id"`
	Host           string `json:"host"`
	App            string `json:"app"`
	State          string `json:"state"`
	Error          string `json:"error"`
	Puma           string `json:"puma"`
	Mode           string `json:"mode"`
	PID            int    `json:"pid"`
	Phase          *int   `json:"phase"`
	Phased         string `json:"phased"`
	PhasedEvidence string `json:"phased_evidence"`
	Workers        *int   `json:"workers"`
	BootedWorkers  *int   `json:"booted_workers"`
	OldWorkers     *int   `json:"old_workers"`
	StartedAt      string `json:"started_at"`
	Unit           struct {
		Name   string `json:"name"`
		Scope  string `json:"scope"`
		Active string `json:"active"`
	} `json:"unit"`
	Release struct {
		Current string   `json:"current"`
		Running []string `json:"running"`
	} `json:"release"`
	Threads struct {
		InUse *int `json:"in_use"`
		Max   *int `json:"max"`
	} `json:"threads"`
	RSSBytes     *int64      `json:"rss_bytes"`
	WorkerStatus []workerDoc `json:"worker_status"`
}

type workerDoc struct {
	Index      int    `json:"index"`
	PID        *int   `json:"pid"`
	Booted     bool   `json:"booted"`
	InUse      *int   `json:"in_use"`
	RSSBytes   *int64 `json:"rss_bytes"`
	Release    string `json:"release"`
	LastStatus struct {
		RequestsCount *int `json:"requests_count"`
	} `json:"last_status"`
}

// status asks for one snapshot and holds its exit code.
func status(t *testing.T, exit int, targets ...string) statusDoc {
	t.Helper()
	r := pumatop(t, append([]string{"status", "-o", "json"}, targets...)...)
	if r.exit != exit {
		t.Errorf("status %q exits with %d, want %d: %s%s", targets, r.exit, exit, r.err, pumatop(t, append([]string{"status"}, targets...)...).out)
	}
	return decode[statusDoc](t, r.out)
}

// target is the snapshot of a host that has one target.
func target(t *testing.T, exit int, host string, flags ...string) targetDoc {
	t.Helper()
	doc := status(t, exit, append(flags, host)...)
	if len(doc.Targets) != 1 {
		t.Fatalf("%s has %d targets", host, len(doc.Targets))
	}
	return doc.Targets[0]
}

// reloadDoc is the JSON of `pumatop reload`.
type reloadDoc struct {
	Targets []verdictDoc `json:"targets"`
}

type verdictDoc struct {
	ID           string `json:"id"`
	Action       string `json:"action"`
	Observed     bool   `json:"observed"`
	Via          string `json:"via"`
	Request      string `json:"request"`
	Verdict      string `json:"verdict"`
	Exit         int    `json:"exit"`
	Reason       string `json:"reason"`
	Summary      string `json:"summary"`
	Remedy       string `json:"remedy"`
	PhaseBefore  *int   `json:"phase_before"`
	PhaseAfter   *int   `json:"phase_after"`
	ImageChanged bool   `json:"image_changed"`
	Workers      []struct {
		Index   int      `json:"index"`
		OldPID  *int     `json:"old_pid"`
		NewPID  *int     `json:"new_pid"`
		Seconds *float64 `json:"seconds"`
	} `json:"workers"`
	Release struct {
		Before  string `json:"before"`
		After   string `json:"after"`
		Current string `json:"current"`
	} `json:"release"`
	Cost struct {
		Seconds        float64     `json:"seconds"`
		LowestCapacity int         `json:"lowest_capacity"`
		HighestQueue   *int        `json:"highest_queue"`
		Killed         []killedDoc `json:"killed"`
	} `json:"cost"`
	Evidence []string `json:"evidence"`
	Log      []string `json:"log"`
}

type killedDoc struct {
	Index    int  `json:"index"`
	PID      int  `json:"pid"`
	InFlight *int `json:"in_flight"`
}

// reload reloads one host, holds verdict and exit code, and returns the verdict.
func reload(t *testing.T, host, verdict string, exit int, flags ...string) verdictDoc {
	t.Helper()
	v, _ := acts(t, "reload", host, verdict, exit, flags...)
	return v
}

// acts has one host undergo a command, holds verdict and exit code, and looks at the host itself after each that is
// verified. A way among the flags has to be the one that is taken.
func acts(t *testing.T, command, host, verdict string, exit int, flags ...string) (verdictDoc, result) {
	t.Helper()
	before := lookAt(t, host)
	r := pumatop(t, append([]string{command, "--yes", "-o", "json", host}, flags...)...)
	return judged(t, before, command, verdict, exit, r), r
}

// judged holds what a run over one host ended with.
func judged(t *testing.T, before look, command, verdict string, exit int, r result) verdictDoc {
	t.Helper()
	doc := decode[reloadDoc](t, r.out)
	if len(doc.Targets) != 1 {
		t.Fatalf("%s %s gives %d verdicts, exit %d:\n%s%s", command, before.host, len(doc.Targets), r.exit, r.out, r.err)
	}
	v := doc.Targets[0]
	if v.Verdict == "verified" {
		verifiedIsTrue(t, before, v)
	}
	if v.Verdict != verdict || v.Exit != exit || r.exit != exit {
		t.Fatalf("%s %s is %s (%d), exit %d, want %s, %d:\n%s%s", command, before.host, v.Verdict, v.Exit, r.exit, verdict, exit, r.out, r.err)
	}
	if len(v.Evidence) == 0 && v.Verdict != "timed-out" || v.Summary == "" {
		t.Errorf("%s %s: %s without evidence", command, before.host, v.Verdict)
	}
	return v
}

func decode[T any](t *testing.T, text string) T {
	t.Helper()
	var doc T
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatalf("decode: %v\n%s", err, text)
	}
	return doc
}

// pids are the workers' pids on a host, sorted.
func (d targetDoc) pids() []int {
	var pids []int
	for _, w := range d.WorkerStatus {
		if w.PID != nil {
			pids = append(pids, *w.PID)
		}
	}
	slices.Sort(pids)
	return pids
}

// number is a count of the JSON, -1 where it is null.
func number(n *int) int {
	if n == nil {
		return -1
	}
	return *n
}

// current is the release that a host's link points to.
func current(t *testing.T, host string) string {
	t.Helper()
	return lab(t, "root", host, "readlink", "-f", "/srv/shop/current")
}
