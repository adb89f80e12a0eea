//go:build lab

package main

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// auditDoc is the JSON of `pumatop audit`.
type auditDoc struct {
	BrokenLines int `json:"broken_lines"`
	Actions     []struct {
		Rollout  string    `json:"rollout"`
		AskedAt  time.Time `json:"asked_at"`
		EndedAt  time.Time `json:"ended_at"`
		User     string    `json:"user"`
		Target   string    `json:"target"`
		Action   string    `json:"action"`
		Via      string    `json:"via"`
		Request  string    `json:"request"`
		Expected []string  `json:"expected"`
		Verdict  string    `json:"verdict"`
		Exit     int       `json:"exit"`
		Reason   string    `json:"reason"`
		Seconds  float64   `json:"seconds"`
		Evidence []string  `json:"evidence"`
	} `json:"actions"`
}

// TestRollout stops at the host whose release is broken, and leaves the one behind it alone.
func TestRollout(t *testing.T) {
	t.Parallel()
	hosts := []string{"web1", "web2", "web3"}
	take(t, hosts...)
	lab(t, "deploy", "web1")
	lab(t, "deploy", "web2", "broken")
	lab(t, "deploy", "web3")
	before := map[string]look{}
	for _, h := range hosts {
		before[h] = lookAt(t, h)
	}
	r := pumatop(t, append([]string{"reload", "--yes", "-o", "json"}, hosts...)...)
	doc := decode[reloadDoc](t, r.out)
	var words []string
	for _, v := range doc.Targets {
		words = append(words, v.ID+" "+v.Verdict)
	}
	if want := []string{"web1/puma verified", "web2/puma crash-loop", "web3/puma untouched"}; !slices.Equal(words, want) || r.exit != 6 {
		t.Fatalf("verdicts are %q, exit %d, want %q, 6\n%s", words, r.exit, want, r.err)
	}
	verifiedIsTrue(t, before["web1"], doc.Targets[0])
	says(t, doc.Targets[1].Reason, "this release does not boot")
	says(t, doc.Targets[2].Summary, "left out", "web2/puma")
	if now := lookAt(t, "web3"); now.image != before["web3"].image || len(before["web3"].kept(now)) != len(now.workers) {
		t.Errorf("web3 was %+v and is %+v: it was not to be touched", before["web3"], now)
	}
	rolloutIsRecorded(t)
}

// rolloutIsRecorded holds the audit of TestRollout. Nothing was asked of web3, so there is no record of it.
func rolloutIsRecorded(t *testing.T) {
	t.Helper()
	trail := decode[auditDoc](t, pumatop(t, "audit", "-o", "json").out)
	if len(trail.Actions) != 2 || trail.BrokenLines != 0 {
		t.Fatalf("audit is %+v", trail)
	}
	for i, want := range []string{"web1/puma verified 0", "web2/puma crash-loop 6"} {
		a := trail.Actions[i]
		exit, _ := json.Marshal(a.Exit)
		if got := strings.Join([]string{a.Target, a.Verdict, string(exit)}, " "); got != want {
			t.Errorf("record %d is %s, want %s", i, got, want)
		}
		if a.Action != "reload" || a.Via != "control" || a.Request != "GET /phased-restart" || a.User == "" || len(a.Expected) == 0 ||
			len(a.Evidence) == 0 || a.AskedAt.IsZero() || !a.EndedAt.After(a.AskedAt) || a.Seconds <= 0 || a.Rollout != trail.Actions[0].Rollout {
			t.Errorf("record %d is not complete: %+v", i, a)
		}
	}
	says(t, trail.Actions[1].Reason, "this release does not boot")
	says(t, pumatop(t, "audit").out, "web1/puma", "verified", "web2/puma", "crash loop", "this release does not boot")
}

// TestBatches takes a canary and then two at a time, under load.
func TestBatches(t *testing.T) {
	t.Parallel()
	hosts := []string{"p56", "p66", "p80"}
	take(t, hosts...)
	before := map[string]look{}
	var answers []func() string
	for _, h := range hosts {
		lab(t, "deploy", h)
		before[h] = lookAt(t, h)
		answers = append(answers, loadOn(t, h, "3", "100", "40"))
	}
	r := pumatop(t, append([]string{"reload", "--yes", "-o", "jsonl", "--batch", "2", "--canary", "1", "--pause", "2s"}, hosts...)...)
	if r.exit != 0 {
		t.Fatalf("exit %d\n%s%s", r.exit, r.out, r.err)
	}
	ended := map[string]int{} // the line of a target's verdict
	asked := map[string]int{}
	for i, line := range strings.Split(strings.TrimSpace(r.out), "\n") {
		event := decode[struct {
			Event  string `json:"event"`
			Target string `json:"target"`
		}](t, line)
		switch event.Event {
		case "asked":
			asked[event.Target] = i
		case "verdict":
			ended[event.Target] = i
			verifiedIsTrue(t, before[strings.TrimSuffix(event.Target, "/puma")], decode[verdictDoc](t, line))
		}
	}
	if len(asked) != 3 || len(ended) != 3 || asked["p66/puma"] < ended["p56/puma"] || asked["p80/puma"] < ended["p56/puma"] ||
		asked["p80/puma"] > ended["p66/puma"] && asked["p66/puma"] > ended["p80/puma"] {
		t.Errorf("asked %v, ended %v", asked, ended)
	}
	for i, h := range hosts {
		if got := strings.Fields(answers[i]()); len(got) != 2 || got[1] != "200" {
			t.Errorf("answers of %s during its reload: %q", h, got)
		}
	}
}

// TestTwoAtOnce: who comes second sees the restart in flight, and sends nothing. A master that loads the application
// itself has neither workers nor a control socket meanwhile.
func TestTwoAtOnce(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ host, command string }{{"p66", "reload"}, {"h56", "restart"}, {"h80", "restart"}, {"web4", "restart"}} {
		t.Run(tt.host, func(t *testing.T) {
			t.Parallel()
			take(t, tt.host)
			for try := 1; !secondIsRefused(t, tt.host, tt.command); try++ {
				if try == 3 {
					t.Fatal("the second never came while the first was in flight")
				}
			}
		})
	}
}

// secondIsRefused restarts a host twice at once. It is false where the first was over before the second looked, which
// happens on a machine that is busy: then the second has restarted what the first had made.
func secondIsRefused(t *testing.T, host, command string) bool {
	t.Helper()
	lab(t, "deploy", host, "slow")
	before, phase := lookAt(t, host), number(target(t, 0, host).Phase)
	first := inBackground(t, " asked", command, "--yes", "-o", "json", host)
	second := pumatop(t, command, "--yes", "-o", "json", host)
	ended := first.result()
	if second.exit == 0 { // of the two, only the second can be held to the host as it is now
		follows(t, decode[reloadDoc](t, ended.out).Targets[0], judged(t, before, command, "verified", 0, second))
		return false
	}
	judged(t, before, command, "verified", 0, ended)
	judged(t, before, command, "refused", 3, second)
	if command == "reload" {
		phase++
	} else {
		phase = 0
	}
	if d := target(t, 0, host); d.Mode == "cluster" && number(d.Phase) != phase {
		t.Errorf("phase is %d, want %d: the second was sent too", number(d.Phase), phase)
	}
	return true
}

// imageTimes are what a verdict says of the images after and before it, by our clock and so to within a second.
var imageTimes = regexp.MustCompile(`another image of the master: started at (\S+), before (\S+)`)

// follows holds that the second began with what the first had verified: its workers, or in single mode its image, which
// takes 4 s to come.
func follows(t *testing.T, first, second verdictDoc) {
	t.Helper()
	made := map[int]bool{}
	for _, w := range first.Workers {
		made[number(w.NewPID)] = true
	}
	for _, w := range second.Workers {
		if !made[number(w.OldPID)] {
			t.Errorf("the second replaced worker %d, pid %d, which the first had not made: %v", w.Index, number(w.OldPID), made)
		}
	}
	if first.Verdict != "verified" {
		t.Errorf("the first is %s", first.Verdict)
	}
	if !first.ImageChanged {
		return
	}
	one, two := imageTimes.FindStringSubmatch(strings.Join(first.Evidence, "\n")), imageTimes.FindStringSubmatch(strings.Join(second.Evidence, "\n"))
	if len(one) == 0 || len(two) == 0 || apart(t, one[1], two[2]) > 2*time.Second {
		t.Errorf("the second restarted another image than the first had made: %q after %q", two, one)
	}
}

// apart is the time between two times of a day.
func apart(t *testing.T, a, b string) time.Duration {
	t.Helper()
	at, errA := time.Parse(time.TimeOnly, a)
	bt, errB := time.Parse(time.TimeOnly, b)
	if errA != nil || errB != nil {
		t.Fatalf("no times: %q, %q", a, b)
	}
	return at.Sub(bt).Abs()
}

// TestLostAndBack loses the network in the middle; once it is back, what happened meanwhile is found.
func TestLostAndBack(t *testing.T) {
	t.Parallel()
	take(t, "p56")
	lab(t, "deploy", "p56", "slow")
	before := lookAt(t, "p56")
	disturbed(t, "reload", "p56", "lost", 5, func() { lab(t, "drop", "p56", "on") }, "--timeout", "15s")
	over(t, "p56", before)
	lab(t, "drop", "p56", "off")
	v := judged(t, before, "wait", "verified", 0, pumatop(t, "wait", "-o", "json", "p56"))
	if !v.Observed {
		t.Errorf("verdict is %+v", v)
	}
}

// TestKilledPumatop leaves nothing half done behind: Puma goes on, and the next one takes up what is in flight.
func TestKilledPumatop(t *testing.T) {
	t.Parallel()
	take(t, "web2")
	lab(t, "deploy", "web2", "slow")
	before := lookAt(t, "web2")
	b := inBackground(t, " asked", "reload", "--yes", "web2")
	if err := b.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	b.result()
	v := judged(t, before, "wait", "verified", 0, pumatop(t, "wait", "-o", "json", "web2"))
	if !v.Observed || v.Action != "reload" {
		t.Errorf("verdict is %+v", v)
	}
	trail := decode[auditDoc](t, pumatop(t, "audit", "-o", "json").out)
	if len(trail.Actions) != 1 || trail.Actions[0].Verdict != "" && trail.Actions[0].Verdict != "unknown" {
		t.Errorf("audit is %+v, want one request without a verdict", trail)
	}
}
