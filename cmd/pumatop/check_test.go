package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pumatop/collector"
	"pumatop/collector/probe"
	"pumatop/collector/puma"
	"pumatop/collector/pumatest"
)

// served is a target that serves, of which every figure is known.
func served(host string, changes ...func(*collector.Snapshot)) *collector.Snapshot {
	at := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	s := &collector.Snapshot{
		ID: collector.TargetID(host + "/shop"), Host: host, App: "shop", At: at, Answered: at, State: collector.Serving, Linked: true, Wanted: 2,
		Stats: puma.Stats{Mode: puma.Cluster, Puma: "6.6.1", Phase: puma.Of(3), Handles: puma.Of(2)},
		Load:  collector.Load{InUse: puma.Of(3), Max: puma.Of(10), Backlog: puma.Of(0), ListenQueue: puma.Of(0), Memory: puma.Of(600 * megabyte)},
	}
	*s.OwnFacts() = probe.Puma{App: "shop", PID: 40, Current: "/srv/shop/releases/20261128"}
	for i := range 2 {
		w := puma.Worker{Index: i, PID: 50 + i, Phase: 3, Booted: true, CheckedIn: true, StartedAt: puma.MomentOf(at.Add(-time.Hour))}
		s.Stats.Workers = append(s.Stats.Workers, w)
		s.Workers = append(s.Workers, collector.Worker{Worker: &w, Age: time.Duration(2+i) * time.Second, Memory: puma.Of(int64(250+i) * megabyte),
			Release: "/srv/shop/releases/20261128"})
	}
	for _, change := range changes {
		change(s)
	}
	return s
}

// in sets the state of a target, with its reason and what to do about it.
func in(state collector.State, reason, remedy string) func(*collector.Snapshot) {
	return func(s *collector.Snapshot) { s.State, s.Reason, s.Remedy = state, reason, remedy }
}

// unbooted takes the boots from the last n workers.
func unbooted(n int) func(*collector.Snapshot) {
	return func(s *collector.Snapshot) {
		for i := len(s.Stats.Workers) - n; i < len(s.Stats.Workers); i++ {
			s.Stats.Workers[i].Booted, s.Workers[i].Booted = false, false
		}
	}
}

const well = "utilisation=30%;75;90;0;100 backlog=0;1;20;0 listen_queue=0;10;100;0 sample_age=3s;15;60;0 workers_missing=0;1;;0 " +
	"memory=251MB;;;0 releases=1;2;;0 versions=1;2;;0"

// TestCheckPrints holds the whole output, and with it the exit code, for each thing that may be wrong.
func TestCheckPrints(t *testing.T) {
	t.Parallel()
	nohost := collector.HostStatus{Name: "web9", Asked: true, Err: "the name is not known", Remedy: "check the name", Stage: "resolve"}
	for _, tc := range []struct {
		name     string
		flags    string // NAME=LIMITS ...
		lost     severity
		targets  []*collector.Snapshot
		hosts    []collector.HostStatus
		severity severity
		want     string
	}{
		{"all is well", "", checkCritical, []*collector.Snapshot{served("web1"), served("web2")}, nil, checkOK,
			"PUMATOP OK - 2 targets serving | targets=2;;;0 serving=2;;;0;2 " + well + "\n"},
		{"a warning names the figure, the limit and the target", "", checkCritical, []*collector.Snapshot{served("web1"), served("web2", func(s *collector.Snapshot) {
			s.Load.InUse = puma.Of(8)
		})}, nil, checkWarning,
			"PUMATOP WARNING - web2/shop: utilisation 80%, warning from 75%; 2 targets serving | targets=2;;;0 serving=2;;;0;2 " +
				strings.Replace(well, "=30%", "=80%", 1) + "\nWARNING web2/shop: utilisation 80%, warning from 75%\n"},
		{"the worst comes first, and what is unknown last", "memory=251.5,252", checkCritical, []*collector.Snapshot{
			served("web1", func(s *collector.Snapshot) { s.Load.ListenQueue = puma.Count{} }),
			served("web2", func(s *collector.Snapshot) { s.Load.Backlog = puma.Of(3) }),
			served("web3", func(s *collector.Snapshot) { s.Workers[1].Memory = puma.Of(900 * megabyte) })}, nil, checkCritical,
			"PUMATOP CRITICAL - web3/shop: memory 900MB (worker 1), critical from 252MB; 2 more; 3 targets serving | targets=3;;;0 serving=3;;;0;3 " +
				strings.NewReplacer("backlog=0", "backlog=3", "memory=251MB;;", "memory=900MB;251.5;252").Replace(well) + `
CRITICAL web3/shop: memory 900MB (worker 1), critical from 252MB
WARNING web2/shop: backlog 3, warning from 1
UNKNOWN web1/shop: listen queue not known: --listen-queue none leaves it out
`},
		{"a figure that is not known does not pass for good", "", checkCritical, []*collector.Snapshot{served("web1", func(s *collector.Snapshot) {
			s.Load.InUse = puma.Count{}
		})}, nil, checkUnknown,
			"PUMATOP UNKNOWN - web1/shop: utilisation not known; 1 target serving | targets=1;;;0 serving=1;;;0;1 " + strings.Replace(well, "=30%", "=U", 1) +
				"\nUNKNOWN web1/shop: utilisation not known: --utilisation none leaves it out\n"},
		{"one that nobody asks for may be unknown", "utilisation=none", checkCritical, []*collector.Snapshot{served("web1", func(s *collector.Snapshot) {
			s.Load.InUse = puma.Count{}
		})}, nil, checkOK,
			"PUMATOP OK - 1 target serving | targets=1;;;0 serving=1;;;0;1 " + strings.Replace(well, "=30%;75;90", "=U;;", 1) + "\n"},
		{"a part that is not known does not hide one that is bad", "memory=200", checkCritical, []*collector.Snapshot{served("web1", func(s *collector.Snapshot) {
			s.Workers[1].Memory = puma.Count{}
		})}, nil, checkWarning,
			"PUMATOP WARNING - web1/shop: memory 250MB (worker 0), warning from 200MB; 1 target serving | targets=1;;;0 serving=1;;;0;1 " +
				strings.Replace(well, "251MB;;", "250MB;200;", 1) + "\nWARNING web1/shop: memory 250MB (worker 0), warning from 200MB\n"},
		{"and is asked for where the rest is well", "memory=300", checkCritical, []*collector.Snapshot{served("web1", func(s *collector.Snapshot) {
			s.Workers[1].Memory = puma.Count{}
		})}, nil, checkUnknown,
			"PUMATOP UNKNOWN - web1/shop: memory not known; 1 target serving | targets=1;;;0 serving=1;;;0;1 " +
				strings.Replace(well, "251MB;;", "250MB;300;", 1) + "\nUNKNOWN web1/shop: memory not known: --memory none leaves it out\n"},
		{"figures that are too old", "", checkCritical, []*collector.Snapshot{served("web1", func(s *collector.Snapshot) { s.Workers[0].Age = 61 * time.Second })}, nil, checkCritical,
			"PUMATOP CRITICAL - web1/shop: sample age 61s (worker 0), critical from 60s; 1 target serving | targets=1;;;0 serving=1;;;0;1 " +
				strings.Replace(well, "age=3s", "age=61s", 1) + "\nCRITICAL web1/shop: sample age 61s (worker 0), critical from 60s\n"},
		{"a worker is missing", "", checkCritical, []*collector.Snapshot{served("web1", func(s *collector.Snapshot) { s.Wanted = 4 })}, nil, checkWarning,
			"PUMATOP WARNING - web1/shop: workers missing 2, warning from 1; 1 target serving | targets=1;;;0 serving=1;;;0;1 " +
				strings.Replace(well, "missing=0", "missing=2", 1) + "\nWARNING web1/shop: workers missing 2, warning from 1\n"},
		{"a restart that makes progress is no alarm, nor what comes with it", "", checkCritical, []*collector.Snapshot{served("web1"),
			served("web2", in(collector.Restarting, "1 of 2 workers replaced", ""), unbooted(1), func(s *collector.Snapshot) {
				s.Workers[1].Release, s.Workers[1].Age, s.Workers[1].Memory = "/srv/shop/releases/20261129", -1, puma.Count{}
			})}, nil, checkOK,
			"PUMATOP OK - 1 of 2 targets serving | targets=2;;;0 serving=1;;;0;2 " + strings.NewReplacer("releases=1", "releases=U", "versions=1", "versions=U").Replace(well) + "\n"},
		{"a restart without any worker booted is", "", checkCritical, []*collector.Snapshot{served("web1", in(collector.Restarting, "coming up", ""), unbooted(2))}, nil, checkCritical,
			"PUMATOP CRITICAL - web1/shop: restarting, and no worker has booted; 0 of 1 targets serving | targets=1;;;0 serving=0;;;0;1 " +
				strings.NewReplacer("releases=1", "releases=U", "versions=1", "versions=U", "missing=0", "missing=U").Replace(well) +
				"\nCRITICAL web1/shop: restarting, and no worker has booted\n"},
		{"two releases of one app, one Puma each", "", checkCritical, []*collector.Snapshot{served("web1"), served("web2", func(s *collector.Snapshot) {
			s.Workers[0].Release, s.Workers[1].Release, s.Stats.Puma = "/home/shop/releases/20261127", "/home/shop/releases/20261127", "7.0.0"
		})}, nil, checkWarning,
			"PUMATOP WARNING - shop: releases 2 (20261127, 20261128), warning from 2; 1 more; 2 targets serving | targets=2;;;0 serving=2;;;0;2 " +
				strings.NewReplacer("releases=1", "releases=2", "versions=1", "versions=2").Replace(well) +
				"\nWARNING shop: releases 2 (20261127, 20261128), warning from 2\nWARNING shop: versions 2 (6.6.1, 7.0.0), warning from 2\n"},
		{"two apps are none of each other's business", "", checkCritical, []*collector.Snapshot{served("web1"), served("web2", func(s *collector.Snapshot) {
			s.App, s.Stats.Puma = "blog", "7.0.0"
			s.Workers[0].Release, s.Workers[1].Release = "/srv/blog/releases/1", "/srv/blog/releases/1"
		})}, nil, checkOK, "PUMATOP OK - 2 targets serving | targets=2;;;0 serving=2;;;0;2 " + well + "\n"},
		{"a worker whose release cannot be read does not pass for one of the others'", "", checkCritical, []*collector.Snapshot{served("web1", func(s *collector.Snapshot) {
			s.Workers[1].Release = ""
		})}, nil, checkUnknown,
			"PUMATOP UNKNOWN - shop: releases not known; 1 target serving | targets=1;;;0 serving=1;;;0;1 " + well +
				"\nUNKNOWN shop: releases not known: --releases none leaves it out\n"},
		{"nothing to check", "", checkCritical, nil, nil, checkUnknown,
			"PUMATOP UNKNOWN - fleet: there is no target to check; 0 targets serving | targets=0;;;0 serving=0;;;0;0 " + unmeasured +
				"\nUNKNOWN fleet: there is no target to check\n"},
		{"a restart of which the newest figures are old", "", checkCritical, []*collector.Snapshot{served("web1", in(collector.Restarting, "the control socket is closed", ""), func(s *collector.Snapshot) {
			s.At = s.At.Add(time.Minute)
		})}, nil, checkCritical,
			"PUMATOP CRITICAL - web1/shop: restarting: the control socket is closed; 0 of 1 targets serving | targets=1;;;0 serving=0;;;0;1 " + unmeasured +
				"\nCRITICAL web1/shop: restarting: the control socket is closed\n"},
		{"a crash loop, with what to do", "", checkCritical, []*collector.Snapshot{served("web1", in(collector.CrashLoop, "KeyError | key not found", "mend the release"))}, nil, checkCritical,
			"PUMATOP CRITICAL - web1/shop: crash loop: KeyError ¦ key not found; 0 of 1 targets serving | targets=1;;;0 serving=0;;;0;1 " + well +
				"\nCRITICAL web1/shop: crash loop: KeyError ¦ key not found: mend the release\n"},
		{"a Puma without a control app", "", checkCritical, []*collector.Snapshot{served("web1"), served("web2", in(collector.NoControl, "no control app", "activate_control_app"))}, nil, checkUnknown,
			"PUMATOP UNKNOWN - web2/shop: no control app: no control app; 1 of 2 targets serving | targets=2;;;0 serving=1;;;0;2 " + well +
				"\nUNKNOWN web2/shop: no control app: no control app: activate_control_app\n"},
		{"a host that cannot be reached", "", checkCritical, []*collector.Snapshot{served("web1")}, []collector.HostStatus{{Name: "web1", Pumas: 1}, nohost}, checkCritical,
			"PUMATOP CRITICAL - web9: unreachable: the name is not known; 1 of 2 targets serving | targets=2;;;0 serving=1;;;0;2 " + well +
				"\nCRITICAL web9: unreachable: the name is not known: check the name\n"},
		{"and where others watch hosts", "", checkUnknown, []*collector.Snapshot{served("web1")}, []collector.HostStatus{nohost}, checkUnknown,
			"PUMATOP UNKNOWN - web9: unreachable: the name is not known; 1 of 2 targets serving | targets=2;;;0 serving=1;;;0;2 " + well +
				"\nUNKNOWN web9: unreachable: the name is not known: check the name\n"},
		{"a Puma that does not answer on a host that does", "", checkUnknown, []*collector.Snapshot{served("web1", in(collector.Unreachable, "no answer from the control socket", ""))}, nil, checkCritical,
			"PUMATOP CRITICAL - web1/shop: unreachable: no answer from the control socket; 0 of 1 targets serving | targets=1;;;0 serving=0;;;0;1 " + unmeasured +
				"\nCRITICAL web1/shop: unreachable: no answer from the control socket\n"},
		{"a host without any Puma", "", checkUnknown, nil, []collector.HostStatus{{Name: "web1", Asked: true, Connected: true, Err: "no Puma found"}}, checkCritical,
			"PUMATOP CRITICAL - web1: not running: no Puma found; 0 of 1 targets serving | targets=1;;;0 serving=0;;;0;1 " + unmeasured +
				"\nCRITICAL web1: not running: no Puma found\n"},
	} {
		o := judge(collector.Fleet{Targets: tc.targets, Hosts: tc.hosts}, limitsBy(flagsOf(t, tc.flags)), tc.lost)
		var out bytes.Buffer
		if err := writePlugin(&out, o); err != nil {
			t.Fatal(err)
		}
		if o.severity != tc.severity || out.String() != tc.want {
			t.Errorf("%s: %s\n%swant %s\n%s", tc.name, o.severity, &out, tc.severity, tc.want)
		}
	}
}

const unmeasured = "utilisation=U;75;90;0;100 backlog=U;1;20;0 listen_queue=U;10;100;0 sample_age=U;15;60;0 workers_missing=U;1;;0 " +
	"memory=U;;;0 releases=U;2;;0 versions=U;2;;0"

func flagsOf(t *testing.T, text string) checkFlags {
	t.Helper()
	flags := checkFlags{}
	for _, field := range strings.Fields(text) {
		name, value, _ := strings.Cut(field, "=")
		flags[name] = &limitsFlag{}
		if err := flags[name].Set(value); err != nil {
			t.Fatal(err)
		}
	}
	return flags
}

// TestCheckIsBounded: however much is wrong, the output stays within what monitoring systems keep.
func TestCheckIsBounded(t *testing.T) {
	t.Parallel()
	var targets []*collector.Snapshot
	for i := range 1000 {
		targets = append(targets, served(fmt.Sprintf("web%d", i), in(collector.Stuck, "no worker has moved for 2m", "look at its log")))
	}
	var out bytes.Buffer
	if err := writePlugin(&out, judge(collector.Fleet{Targets: targets}, limitsBy(nil), checkCritical)); err != nil {
		t.Fatal(err)
	}
	if lines := strings.Split(out.String(), "\n"); len(lines) != longestCheck+3 || lines[longestCheck+1] != "and 960 more" || out.Len() > 4096 {
		t.Errorf("%d lines, %d bytes:\n%s", len(lines), out.Len(), &out)
	}
}

// TestCheckOnAFleet runs the command on the demo's fleet, with each exit code, and reads its JSON.
func TestCheckOnAFleet(t *testing.T) {
	t.Parallel()
	calm := "utilisation=none backlog=none listen_queue=none"
	for _, tc := range []struct {
		flags, lost string
		targets     []string
		severity    severity
		problems    string
	}{
		{calm, "critical", []string{"web1.shop", "api1.shop"}, checkOK, ""},
		{calm + " memory=1", "critical", []string{"web1.shop"}, checkWarning, "web1.shop/shop memory"},
		{calm + " workers_missing=0,0", "critical", []string{"web1.shop"}, checkCritical, "web1.shop/shop workers_missing"},
		{calm, "critical", []string{"web1.shop", "web3.shop"}, checkCritical, "web3.shop/shop state"},
		{calm, "critical", []string{"nohost.shop", "web1.shop"}, checkCritical, "nohost.shop state"},
		{calm, "critical", []string{"web1.shop/shop", "web1.shop/blog"}, checkCritical, "web1.shop/blog state"},
		{calm, "unknown", []string{"nohost.shop", "web1.shop"}, checkUnknown, "nohost.shop state"},
	} {
		t.Run(strings.Join(tc.targets, " ")+" "+tc.severity.String(), func(t *testing.T) {
			t.Parallel()
			simulateWith(t, func(t *testing.T, so func(...string) sessionOptions) {
				began := time.Now()
				var out bytes.Buffer
				err := runCheck(t.Context(), streams{strings.NewReader(""), &out, &out}, so(tc.targets...),
					checkOptions{format: "json", unreachable: tc.lost, timeout: checkTimeout}, limitsBy(flagsOf(t, tc.flags)))
				if code := codeFrom(t, err); code != int(tc.severity) {
					t.Errorf("exit %d, want %d", code, tc.severity)
				}
				var doc checkDocument
				if err := json.Unmarshal(out.Bytes(), &doc); err != nil {
					t.Fatal(err)
				}
				var problems []string
				for _, p := range doc.Problems {
					figure := "state"
					if p.Figure != nil {
						figure = *p.Figure
					}
					problems = append(problems, p.Target+" "+figure)
				}
				if got := strings.Join(problems, "; "); got != tc.problems || doc.State != tc.severity.String() || doc.Exit != int(tc.severity) || len(doc.Figures) != len(figures()) {
					t.Errorf("%s, want %s\n%s", got, tc.problems, &out)
				}
				if took := time.Since(began); took > checkTimeout {
					t.Errorf("it took %s", took)
				}
			})
		})
	}
}

// TestCheckIsInTime: the ten seconds that monitoring gives a plugin do for hosts that are silent, and for those whose answers
// come too late, and the ones that did answer are told.
func TestCheckIsInTime(t *testing.T) {
	t.Parallel()
	for name, silence := range map[string]func(*pumatest.Host){
		"no network": (*pumatest.Host).DropNetwork,
		"slow":       func(h *pumatest.Host) { h.SetLatency(20 * time.Second) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			simulate(t, func(t *testing.T, fleet *pumatest.Fleet) {
				silence(fleet.Host("api1.shop"))
				began := time.Now()
				var out bytes.Buffer
				err := runCheck(t.Context(), streams{strings.NewReader(""), &out, &out}, sessionOn(t, fleet, "web1.shop", "api1.shop"),
					checkOptions{format: "text", unreachable: "critical", timeout: checkTimeout}, limitsBy(nil))
				if took := time.Since(began); took > checkTimeout {
					t.Errorf("it took %s", took)
				}
				if code := codeFrom(t, err); code != 2 || !strings.HasPrefix(out.String(), "PUMATOP CRITICAL - api1.shop: ") || !strings.Contains(out.String(), "; 1 of 2 targets serving |") {
					t.Errorf("exit %d\n%s", code, &out)
				}
			})
		})
	}
}

// TestPluginExit: whatever keeps a check from its answer is UNKNOWN, and said on stdout.
func TestPluginExit(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		err  error
		code int
		want string
	}{
		{nil, 0, ""},
		{&exitError{2}, 2, ""},
		{usagef("name one", "no target | named"), 3, "PUMATOP UNKNOWN - no target ¦ named: name one\n"},
		{errors.New("wait for the fleet: context canceled"), 3, "PUMATOP UNKNOWN - wait for the fleet: context canceled\n"},
	} {
		var out bytes.Buffer
		f := flags{}
		if code := pluginExit(newCheck(streams{}, &f), &out, tc.err); code != tc.code || out.String() != tc.want {
			t.Errorf("%v: %d, %q, want %d, %q", tc.err, code, &out, tc.code, tc.want)
		}
	}
}

// TestREADMESaysWhatCheckDoes: its limits, and one of its outputs.
func TestREADMESaysWhatCheckDoes(t *testing.T) {
	t.Parallel()
	text := readme(t)
	cell := func(b bound) string { return strings.TrimRight(" "+b.text, " ") }
	for _, fig := range figures() {
		row := fmt.Sprintf("\n| `--%s` |%s |%s | %s |\n", strings.ReplaceAll(fig.name, "_", "-"), cell(fig.builtin.warning), cell(fig.builtin.critical), fig.doc)
		if !strings.Contains(text, row) {
			t.Errorf("not in the README: %s", row)
		}
	}
	busy := served("web2", func(s *collector.Snapshot) { s.Load.InUse = puma.Of(8) })
	var out bytes.Buffer
	if err := writePlugin(&out, judge(collector.Fleet{Targets: []*collector.Snapshot{served("web1"), busy}}, limitsBy(nil), checkCritical)); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(text, "```\n"+out.String()+"```\n") {
		t.Errorf("not in the README:\n%s", &out)
	}
	for _, name := range changing() {
		if !strings.Contains(text, "`"+name+"`") {
			t.Errorf("the README does not name %s as a change", name)
		}
	}
	if !strings.Contains(text, "--timeout "+checkTimeout.String()) {
		t.Errorf("the README has another time than %s", checkTimeout)
	}
}
