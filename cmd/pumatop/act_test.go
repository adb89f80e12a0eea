package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pumatop/actions"
	"pumatop/collector/pumatest"
)

// TestConfirmed: nothing but the very word is a yes, and a ctrl-c does not wait for an answer.
func TestConfirmed(t *testing.T) {
	t.Parallel()
	plan := actions.Plan{Steps: make([]actions.Step, 3)}
	word := plan.Confirmation()
	for answer, want := range map[string]bool{word + "\n": true, " " + word + " \r\n": true, word: true, "": false, "\n": false, "yes\n": false, word + word + "\n": false} {
		if got := confirmed(t.Context(), streams{in: strings.NewReader(answer), err: io.Discard}, plan); got != want {
			t.Errorf("%q is taken for %t", answer, got)
		}
	}
	plan.Intent.Policy = actions.Policy{Protected: true}
	if confirmed(t.Context(), streams{in: strings.NewReader("\n"), err: io.Discard}, plan) {
		t.Error("an empty line confirms an environment without a name")
	}
	silent, end := io.Pipe()
	t.Cleanup(func() { _ = end.Close() })
	ctx, interrupt := context.WithCancel(t.Context())
	interrupt()
	if confirmed(ctx, streams{in: silent, err: io.Discard}, plan) {
		t.Error("an interrupt is taken for a yes")
	}
}

// secret is the token of every Puma of shops.
const secret = "0123456789abcdef-secret"

// shops is a fleet of healthy clusters, one a host, that may be signalled.
func shops(workers int, names ...string) *pumatest.Fleet {
	var hosts []*pumatest.Host
	for i, name := range names {
		hosts = append(hosts, pumatest.NewHost(name, uint64(i)+1, pumatest.Config{App: "shop", Version: "6.6.1", Workers: workers, MaxThreads: 5,
			Token: secret, Uptime: time.Hour, Releases: []pumatest.Release{{Name: "20261121194902", Boot: time.Second}}}))
	}
	return pumatest.FleetOf(hosts...)
}

// act runs a deed on targets of a fleet.
func act(t *testing.T, fleet *pumatest.Fleet, o actOptions, targets ...string) (code int, out, steps string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	err := runAct(t.Context(), streams{strings.NewReader(""), &stdout, &stderr}, sessionOn(t, fleet, targets...), o)
	code = codeFrom(t, err)
	if all := stdout.String() + stderr.String(); strings.Contains(all, secret) {
		t.Errorf("the token is printed:\n%s", all)
	}
	return code, stdout.String(), stderr.String()
}

// TestDryRun prints targets, ways and requests in batches, and leaves every worker alone.
func TestDryRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fleet := shops(2, "a", "b", "c")
		pid := fleet.Host("a").Puma(0).Worker(0)
		o := headless(actions.Intent{Kind: actions.Reload, Pace: actions.Pace{Canary: 1, Batch: actions.Size{N: 2}, Pause: 30 * time.Second},
			Policy: actions.Policy{Environment: "production", Protected: true}}, textFormat)
		o.dryRun = true
		const want = `environment production, protected
reload of 3 targets: a/shop first, then 2 at a time, 30s apart
batch 1
  a/shop  reload through control: GET /phased-restart
      phased: one worker at a time, 1 of 2 serve meanwhile
batch 2
  b/shop  reload through control: GET /phased-restart
      phased: one worker at a time, 1 of 2 serve meanwhile
  c/shop  reload through control: GET /phased-restart
      phased: one worker at a time, 1 of 2 serve meanwhile
dry run: nothing was sent
`
		if code, out, _ := act(t, fleet, o, "a", "b", "c"); code != 0 || out != want {
			t.Errorf("exit %d\n%s", code, out)
		}
		o.format = linesFormat
		code, out, _ := act(t, fleet, o, "a", "b", "c/blog")
		if got := events(t, out); code != 3 || !slices.Equal(got, []string{"plan a/shop", "plan b/shop", "plan c", "done"}) {
			t.Errorf("exit %d, %q", code, got)
		}
		o.format = jsonFormat
		o.intent.Via = actions.ViaSystemd
		_, out, _ = act(t, fleet, o, "a")
		var doc planDocument
		if err := json.Unmarshal([]byte(out), &doc); err != nil {
			t.Fatal(err)
		}
		if d := doc.Targets[0]; *d.Via != "systemd" || *d.Request != "systemctl reload shop.service" || *d.Batch != 1 || doc.Exit != 0 || *doc.Environment != "production" {
			t.Errorf("%s", out)
		}
		if now := fleet.Host("a").Puma(0).Worker(0); now != pid {
			t.Errorf("worker 0 was %d and is %d after three dry runs", pid, now)
		}
	})
}

// events are the kinds of a stream of events with their targets, one that is repeated once.
func events(t *testing.T, out string) []string {
	t.Helper()
	var all []string
	for line := range strings.Lines(out) {
		var e struct{ Event, Target string }
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		all = append(all, strings.TrimSpace(e.Event+" "+e.Target))
	}
	return slices.Compact(all)
}

// TestRolloutInBatches tells of each batch and of the pause between them, in words and in lines.
func TestRolloutInBatches(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fleet := shops(1, "a", "b", "c")
		o := headless(actions.Intent{Kind: actions.Reload, Pace: actions.Pace{Canary: 1, Batch: actions.Size{N: 2}, Pause: 30 * time.Second}}, textFormat)
		code, out, steps := act(t, fleet, o, "a", "b", "c")
		if code != 0 || strings.Count(out, "  verified  phase 0→1  1 of 1 workers replaced") != 3 {
			t.Errorf("exit %d\n%s", code, out)
		}
		inOrderOf(t, steps, "reload of 3 targets: a/shop first, then 2 at a time, 30s apart\n", "batch 1 of 2: a/shop\n", "  a/shop  phased restart asked", "  a/shop  0 of 1 workers replaced; ",
			"  a/shop  verified: ", "  pause of 30s before the next batch\n", "batch 2 of 2: b/shop, c/shop\n")
		o.format = linesFormat
		code, out, steps = act(t, fleet, o, "a", "b")
		want := []string{"plan a/shop", "plan b/shop", "asked a/shop", "progress a/shop", "verdict a/shop", "pause",
			"asked b/shop", "progress b/shop", "verdict b/shop", "done"}
		got := events(t, out)
		if i := slices.Index(got, "progress a/shop"); i == 2 { // what is read before the request is progress too
			got = slices.Delete(got, i, i+1)
		}
		got = slices.DeleteFunc(got, func(e string) bool { return e == "progress b/shop" })
		want = slices.DeleteFunc(want, func(e string) bool { return e == "progress b/shop" })
		if code != 0 || !slices.Equal(got, want) || steps != "" {
			t.Errorf("exit %d, %q\nwant %q\nstderr %s", code, got, want, steps)
		}
	})
}

// inOrderOf wants all texts, one after another.
func inOrderOf(t *testing.T, text string, want ...string) {
	t.Helper()
	rest := text
	for _, w := range want {
		_, after, found := strings.Cut(rest, w)
		if !found {
			t.Errorf("%q is not in\n%s\nor not in its place in\n%s", w, rest, text)
			return
		}
		rest = after
	}
}

// TestRolloutThatFails tells why in the words of the application, and leaves the rest alone.
func TestRolloutThatFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fleet := shops(2, "a", "b", "c")
		fleet.Deploy("b", pumatest.Broken)
		code, out, _ := act(t, fleet, headless(actions.Intent{Kind: actions.Reload}, textFormat), "a", "b", "c")
		if code != actions.ExitLoop {
			t.Errorf("exit %d", code)
		}
		inOrderOf(t, out, "a/shop  verified", "b/shop  crash loop", "\n    | ", "c/shop  untouched  left out: b/shop ended with crash loop")
	})
}

// TestEveryDeed has a verdict of its own through the same command.
func TestEveryDeed(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		in      actions.Intent
		code    int
		request string // with MASTER and WORKER for the pids of the master and of worker 1
		says    string
	}{
		{actions.Intent{Kind: actions.Restart}, 0, "GET /restart", "2 of 2 workers replaced"},
		{actions.Intent{Kind: actions.Restart, Via: actions.ViaSystemd}, 0, "systemctl restart shop.service", "2 of 2 workers replaced"},
		{actions.Intent{Kind: actions.AddWorker}, 0, "kill -TTIN MASTER", "2→3 workers"},
		{actions.Intent{Kind: actions.AddWorker, Via: actions.ViaSystemd}, 0, "systemctl kill --kill-who=main -s SIGTTIN shop.service", "2→3 workers"},
		{actions.Intent{Kind: actions.RemoveWorker}, 0, "kill -TTOU MASTER", "2→1 workers"},
		{actions.Intent{Kind: actions.Recycle, Worker: 1}, 0, "kill -TERM WORKER", "worker 1 replaced"},
		{actions.Intent{Kind: actions.Collect}, 0, "GET /gc", "major collections"},
		{actions.Intent{Kind: actions.Recycle, Worker: 7}, 3, "", "it has no worker 7"},
		{actions.Intent{Kind: actions.Refork}, 3, "", "fork_worker is not set"},
		{actions.Intent{Kind: actions.Stop}, 3, "", "stopping is not allowed here"},
		{actions.Intent{Kind: actions.Stop, Policy: actions.Policy{AllowStop: true}}, 0, "systemctl stop shop.service", "no process left"},
	} {
		t.Run(fmt.Sprintf("%s %s %d", tc.in.Kind, tc.in.Via, tc.code), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				fleet := shops(2, "a")
				p := fleet.Host("a").Puma(0)
				request := strings.NewReplacer("MASTER", strconv.Itoa(p.PID()), "WORKER", strconv.Itoa(p.Worker(1))).Replace(tc.request)
				code, out, steps := act(t, fleet, headless(tc.in, jsonFormat), "a")
				var doc actionDocument
				if err := json.Unmarshal([]byte(out), &doc); err != nil {
					t.Fatal(err)
				}
				v := doc.Targets[0]
				if code != tc.code || doc.Exit != tc.code || !strings.Contains(v.Summary, tc.says) || v.Action != string(tc.in.Kind) || v.Observed {
					t.Errorf("exit %d\n%s\n%s", code, out, steps)
				}
				if got := v.Request; request == "" && got != nil || request != "" && (got == nil || *got != request) {
					t.Errorf("request in\n%s\nwant %s", out, request)
				}
			})
		})
	}
}

// TestDataOnly says, word for word, why a control app that gives figures alone takes no reload: its configuration tells, or
// where that is not certain, Puma's own answer.
func TestDataOnly(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ token, says string }{
		{"", "a/shop  refused  nothing was sent: its control app is data_only: it answers figures and takes no commands\n    use --via systemd\n"},
		{secret, "a/shop  refused  Puma answered: the control app is data_only: it gives figures and takes no commands\n" +
			"    use --via systemd or --via signal, or take data_only out of activate_control_app\n"},
	} {
		synctest.Test(t, func(t *testing.T) {
			fleet := pumatest.FleetOf(pumatest.NewHost("a", 1, pumatest.Config{App: "shop", Version: "8.0.2", Workers: 2, DataOnly: true, Token: tc.token, Uptime: time.Hour}))
			code, out, _ := act(t, fleet, headless(actions.Intent{Kind: actions.Reload, Via: actions.ViaControl}, textFormat), "a")
			if code != actions.ExitUnhealthy || !strings.Contains(out, tc.says) {
				t.Errorf("exit %d\n%s\nwant %s", code, out, tc.says)
			}
		})
	}
}

// TestCtrlC lets nothing further begin, watches on, and ends at once when it comes again.
func TestCtrlC(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name      string
		interrupt []time.Duration // after the reload was asked for
		verdicts  []string
		code      int
		steps     []string
	}{
		{"once", []time.Duration{time.Second}, []string{"verified", "untouched"}, 130, []string{"stopped: left out: b/shop", "a/shop goes on"}},
		{"twice", []time.Duration{time.Second, 1500 * time.Millisecond}, []string{"interrupted", "untouched"}, 130, []string{"a/shop goes on"}},
		{"when all is under way", []time.Duration{3 * time.Second}, []string{"verified", "verified"}, 0, []string{"b/shop goes on"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, end := context.WithCancel(t.Context())
				keys := &interrupts{end: end}
				for _, d := range tc.interrupt {
					time.AfterFunc(d, keys.interrupt)
				}
				o := headless(actions.Intent{Kind: actions.Reload}, jsonFormat)
				o.keys = keys
				var out, steps bytes.Buffer
				err := runAct(ctx, streams{strings.NewReader(""), &out, &steps}, sessionOn(t, shops(2, "a", "b"), "a", "b"), o)
				if code := codeFrom(t, err); code != tc.code {
					t.Errorf("exit %d, want %d", code, tc.code)
				}
				var doc actionDocument
				if err := json.Unmarshal(out.Bytes(), &doc); err != nil {
					t.Fatal(err)
				}
				var got []string
				for _, v := range doc.Targets {
					got = append(got, v.Verdict)
				}
				if !reflect.DeepEqual(got, tc.verdicts) {
					t.Errorf("verdicts are %q\n%s", got, &steps)
				}
				for _, text := range tc.steps {
					if !strings.Contains(steps.String(), text) {
						t.Errorf("%q is not in\n%s", text, &steps)
					}
				}
			})
		})
	}
}

// TestUnwritableStdout ends no rollout, but the program with an error.
func TestUnwritableStdout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fleet := shops(1, "a")
		pid := fleet.Host("a").Puma(0).Worker(0)
		err := runAct(t.Context(), streams{strings.NewReader(""), full{}, io.Discard}, sessionOn(t, fleet, "a"),
			headless(actions.Intent{Kind: actions.Reload}, textFormat))
		if !errors.Is(err, errFull) || exitCode(t.Context(), err) != actions.ExitInternal {
			t.Errorf("error is %v", err)
		}
		if fleet.Host("a").Puma(0).Worker(0) == pid {
			t.Error("the worker was not replaced")
		}
	})
}

var errFull = errors.New("no space left")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

// TestAuditedRollout has a record of every request, from before it was sent, without the token; where none can be
// written nothing is done.
func TestAuditedRollout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		state := t.TempDir()
		home := func(name string) string { return map[string]string{"XDG_STATE_HOME": state}[name] }
		fleet := shops(1, "a", "b", "c")
		fleet.Deploy("b", pumatest.Broken)
		so := sessionOn(t, fleet, "a", "b", "c")
		so.audit = auditLog(home, false, false)
		o := headless(actions.Intent{Kind: actions.Reload, Policy: actions.Policy{Environment: "production"}}, textFormat)
		err := runAct(t.Context(), streams{strings.NewReader(""), io.Discard, io.Discard}, so, o)
		text, readErr := os.ReadFile(filepath.Join(state, "pumatop", "audit.jsonl"))
		if codeFrom(t, err) != actions.ExitLoop || readErr != nil {
			t.Fatal(err, readErr)
		}
		var got []string
		for line := range strings.Lines(string(text)) {
			var r actions.Record
			if err := json.Unmarshal([]byte(line), &r); err != nil {
				t.Fatal(err)
			}
			got = append(got, strings.TrimSpace(fmt.Sprintf("%s %s %s", r.Event, r.Target, r.Verdict)))
			if r.User == "" || r.From == "" || r.PID == 0 || r.Environment != "production" || r.Request != "GET /phased-restart" {
				t.Errorf("record is %s", line)
			}
		}
		want := []string{"asked a/shop", "ended a/shop verified", "asked b/shop", "ended b/shop crash-loop"}
		if !slices.Equal(got, want) || strings.Contains(string(text), secret) {
			t.Errorf("audit is\n%s", text)
		}
		// a file where the directory should be: root may write everywhere else
		state = filepath.Join(state, "pumatop", "audit.jsonl")
		pid := fleet.Host("a").Puma(0).Worker(0)
		so = sessionOn(t, fleet, "a", "c")
		so.audit = auditLog(home, false, false)
		var out bytes.Buffer
		err = runAct(t.Context(), streams{strings.NewReader(""), &out, io.Discard}, so, o)
		if code := codeFrom(t, err); code != actions.ExitUnhealthy || fleet.Host("a").Puma(0).Worker(0) != pid {
			t.Errorf("exit %d, worker %d, was %d", code, fleet.Host("a").Puma(0).Worker(0), pid)
		}
		inOrderOf(t, out.String(), "a/shop  refused  nothing was sent: write the audit", "--no-audit", "c/shop  untouched")
	})
}
