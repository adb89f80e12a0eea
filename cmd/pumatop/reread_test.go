package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"pumatop/actions"
	"pumatop/collector"
	"pumatop/collector/config"
	"pumatop/collector/pumatest"
)

// withFile are the flags of a run that has a configuration file.
func withFile(t *testing.T, text string) (f *flags, write func(text string)) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "fleet.yml")
	write = func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(text)
	f = &flags{configFile: path, tokens: &tokens{}}
	f.parsed = pflag.NewFlagSet("test", pflag.ContinueOnError)
	f.policy.addFlags(f.parsed)
	f.parsed.AddFlagSet(screenFlags(f))
	f.parsed.DurationVar(&f.interval, "interval", collector.DefaultInterval, "")
	f.parsed.StringVar(&f.transport, "transport", "", "")
	if err := f.loadConfig(); err != nil {
		t.Fatal(err)
	}
	if err := f.settle(f.parsed, func(string) string { return "" }); err != nil {
		t.Fatal(err)
	}
	return f, write
}

// environment is a file with one environment of one group.
func environment(hosts, more string) string {
	return "environments:\n  shop:\n    groups: { web: { hosts: [" + hosts + "] } }\n" + more
}

// shows waits until the fleet has those hosts and no others.
func shows(t *testing.T, s *session, hosts ...string) {
	t.Helper()
	var got []string
	for range 100 {
		got = nil
		for _, h := range s.collector.Fleet().Hosts {
			got = append(got, h.Name)
		}
		if slices.Equal(got, hosts) {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatalf("hosts %q, want %q", got, hosts)
}

// A host that is taken out while a rollout is on it stays until its verdict; another comes at once.
func TestRereadWaitsForRollouts(t *testing.T) {
	t.Parallel()
	simulate(t, func(t *testing.T, fleet *pumatest.Fleet) {
		f, write := withFile(t, environment("web1.shop, tools1.shop", ""))
		targets, err := f.again(nil)
		if err != nil {
			t.Fatal(err)
		}
		s, err := startHeadless(t.Context(), sessionOptions{remote: fleet.Options(), targets: targets, interval: f.interval, timeout: demoTimeout})
		if err != nil {
			t.Fatal(err)
		}
		defer s.close()
		r := &rereading{flags: f}
		r.begin(s)
		web1 := slices.DeleteFunc(slices.Clone(targets), func(w wanted) bool { return w.name != "web1.shop" })
		plan, err := s.plan(t.Context(), web1, actions.Intent{Kind: actions.Reload})
		if err != nil || len(plan.Steps) != 1 {
			t.Fatalf("%+v, %v", plan.Refused, err)
		}
		run := s.runner.Start(plan)
		write(environment("web2.shop, tools1.shop", ""))
		said, changed := r.look()
		if want := "configuration read again: 1 host added, 1 host removed; hosts with a rollout stay as they are until its end"; !changed || said.Said != want {
			t.Errorf("changed %v: %q", changed, said.Said)
		}
		shows(t, s, "tools1.shop", "web1.shop", "web2.shop")
		for !run.Progress().Done {
			time.Sleep(time.Second)
		}
		if v := run.Progress().Steps[0].Verdict; v == nil || v.Word != actions.Verified {
			t.Errorf("verdict %+v", v)
		}
		if said, changed := r.look(); !changed || said.Said != "what a rollout had held up counts now" || !said.Moved {
			t.Errorf("changed %v, hosts moved %v: %q", changed, said.Moved, said.Said)
		}
		if _, changed := r.look(); changed {
			t.Error("what was held up is told again")
		}
		shows(t, s, "tools1.shop", "web2.shop")
	})
}

// A broken file, and one whose hosts cannot be, change nothing and say so; what is safer counts at once.
func TestRereadBroken(t *testing.T) {
	t.Parallel()
	simulate(t, func(t *testing.T, fleet *pumatest.Fleet) {
		f, write := withFile(t, environment("web1.shop", ""))
		targets, err := f.again(nil)
		if err != nil {
			t.Fatal(err)
		}
		s, err := startHeadless(t.Context(), sessionOptions{remote: fleet.Options(), targets: targets, interval: f.interval})
		if err != nil {
			t.Fatal(err)
		}
		defer s.close()
		r, before := &rereading{flags: f}, f.interval
		r.begin(s)
		shows(t, s, "web1.shop")
		for text, want := range map[string]string{
			"environments: { shop: { gruops: {} } }\n":                                          "fleet.yml:1",
			environment(`"web[1-"`, ""):                                                         "fleet.yml:3",
			environment("web2.shop", "    interval: 7s\n    ssh: { options: { Prot: '1' } }\n"): "Prot",
		} {
			write(text)
			said, _ := r.look()
			if !strings.Contains(said.Broken, want) {
				t.Errorf("%q: %+v", text, said)
			}
			shows(t, s, "web1.shop")
			if f.interval != before {
				t.Errorf("%q: the interval is %s, and was %s", text, f.interval, before)
			}
			brokenInTime(t, s)
			if _, again := r.look(); again {
				t.Error("it is told twice")
			}
		}
		mended(t, r, s, write)
	})
}

// mended writes a file that is right again, and safer than the first.
func mended(t *testing.T, r *rereading, s *session, write func(string)) {
	t.Helper()
	write(environment("web1.shop", "    read_only: true\n    color: cyan\n    interval: 5s\n    batch: 2\n"))
	said, changed := r.look()
	if !changed || !said.ReadOnly || said.Broken != "" || said.Environment != "shop" || said.Color != "cyan" || said.Pace != (actions.Pace{}) {
		t.Errorf("%+v", said)
	}
	if m := said.Manners["web1.shop"]; m.Pace.Batch != (actions.Size{N: 2}) || !strings.HasSuffix(m.From.Batch, "fleet.yml:7") || s.collector.Fleet().Interval != 5*time.Second {
		t.Errorf("%+v, interval %s", m, s.collector.Fleet().Interval)
	}
}

// brokenInTime holds the newest event to say that the configuration is broken.
func brokenInTime(t *testing.T, s *session) {
	t.Helper()
	events := s.collector.Fleet().Events
	if last := events[len(events)-1]; last.Kind != collector.ConfigRead || !strings.Contains(last.Text, "nothing changes: ") {
		t.Errorf("%+v", last)
	}
}

// A host of which something is not trusted is shown and not connected, and its neighbours are.
func TestUntrustedIsNotConnected(t *testing.T) {
	t.Parallel()
	simulate(t, func(t *testing.T, fleet *pumatest.Fleet) {
		o := sessionOn(t, fleet, "web1.shop", "web2.shop")
		o.targets[0].untrusted = &config.NotTrusted{Settings: []string{"command (.pumatop.yml:7)"}}
		s, err := startHeadless(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		defer s.close()
		time.Sleep(time.Minute)
		for _, h := range s.collector.Fleet().Hosts {
			barred := h.Name == "web1.shop"
			if h.Connected == barred || barred && (h.Err != "not trusted: command (.pumatop.yml:7)" || h.Remedy == "" || !h.Retry.IsZero()) {
				t.Errorf("%+v", h)
			}
		}
		if n := fleet.Host("web1.shop").Server().Sessions(); n != 0 {
			t.Errorf("%d sessions", n)
		}
	})
}
