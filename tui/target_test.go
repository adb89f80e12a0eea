package tui

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pumatop/collector"
	"pumatop/collector/puma"
)

// opened is the screen of one target.
func opened(t *testing.T, w, h int, f collector.Fleet, id collector.TargetID) *screen {
	t.Helper()
	s := newScreen(t, w, h, f)
	s.pin()
	s.moveTo(s.projected.index(id))
	s.press("enter")
	if s.open != id {
		t.Fatalf("opened %q", s.open)
	}
	return s
}

func TestTargetTellsItsFacts(t *testing.T) {
	t.Parallel()
	f := with(production(), "web3/puma", func(s *collector.Snapshot) {
		s.Stats.Ruby, s.OwnFacts().Unit.Restarts = "ruby 3.1.2", puma.Of(3)
	})
	for i := range f.Hosts {
		if f.Hosts[i].Name == "web3" {
			f.Hosts[i].Notes = []collector.Note{{Text: "process 812 belongs to puma", Remedy: "log in as puma"}}
		}
	}
	frame := opened(t, 120, 40, f, "web3/puma").frame()
	for _, want := range []string{
		"● serving seen for 40m   phase 1   up 2d4h", "5.6.9 · ruby 3.1.2 · cluster · pid 4100", "puma.service user · active · restarted 3×",
		"20261121191110 → 20261121194902, run by 0 of 4", `yes: "Restarts: (✔) hot (✔) phased" in the journal`, "answers in 3ms · unix:///srv/shop",
		"12 in the listen queue", "notes    process 812 belongs to puma", "         log in as puma", "19/20 95%", "2+12", "host back after 20 s",
	} {
		if !strings.Contains(frame, want) {
			t.Errorf("%q is not on the screen:\n%s", want, frame)
		}
	}
	if strings.Contains(frame, "worker 0 replaced") {
		t.Error("the screen shows another target's events")
	}
}

// What runs in a container says so in the place of a unit.
func TestTargetInContainer(t *testing.T) {
	t.Parallel()
	f := with(production(), "web3/puma", func(s *collector.Snapshot) {
		s.OwnFacts().Unit.Name = ""
		c := &s.OwnFacts().Container
		c.ID, c.Engine, c.Name, c.Image = "0123", "docker", "shop-web-4f2b1c9d0e8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c", "shop:1"
		c.Role, c.Destination, c.Older, c.Restarts = "web", "staging", true, puma.Of(2)
	})
	frame := opened(t, 110, 40, f, "web3/puma").frame()
	if want := "docker shop-web-4f2b1c9d · image shop:1 · role web · destination staging · a newer one runs"; !strings.Contains(frame, want) {
		t.Errorf("%q is not on the screen:\n%s", want, frame)
	}
}

// The control address is dialled as it is, and so is the one foreign text that has to be made fit to be drawn here.
func TestTargetCleansItsControlAddress(t *testing.T) {
	t.Parallel()
	f := with(production(), "web3/puma", func(s *collector.Snapshot) {
		s.OwnFacts().Control = puma.Address{Network: puma.Unix, Name: "/srv/\u202e\u009b2Jlive"}
	})
	frame := opened(t, 120, 40, f, "web3/puma").frame()
	if strings.ContainsAny(frame, "\u202e\u009b") || !strings.Contains(frame, "unix:///srv/") {
		t.Errorf("the address is drawn as it came:\n%s", frame)
	}
}

// workerLine is the line of the workers' table that has a pid.
func (s *screen) workerLine(pid string) string {
	for l := range strings.Lines(s.frame()) {
		if strings.Contains(l, " "+pid+" ") && !strings.Contains(l, "pid") {
			return l
		}
	}
	return ""
}

// TestBootingWorkerHasNoFigures draws a worker that has not reported: its figures are unknown and not 0.
func TestBootingWorkerHasNoFigures(t *testing.T) {
	t.Parallel()
	s := opened(t, 160, 40, troubled(), "web2/puma")
	line := s.workerLine("9411")
	if !strings.Contains(line, "booting") || strings.Count(line, unknown) < 5 {
		t.Errorf("the worker that boots: %q", line)
	}
	if strings.Contains(line, "0/") || strings.Contains(line, " 0 ") && strings.Count(line, " 0 ") > 1 {
		t.Errorf("unknown is drawn as nought: %q", line)
	}
	if line := s.workerLine("9161"); !strings.Contains(line, "old") || !strings.Contains(line, "4/5") {
		t.Errorf("the worker of the phase before: %q", line)
	}
}

// TestOldestRequestOnlyWhereItIs has the column only with installations that report it.
func TestOldestRequestOnlyWhereItIs(t *testing.T) {
	t.Parallel()
	s := opened(t, 160, 40, production(), "web1/puma")
	if strings.Contains(s.frame(), "OLDEST") {
		t.Error("a column that no stock Puma fills")
	}
	s.send(fleetMsg{fleet: with(production(), "web1/puma", func(s *collector.Snapshot) {
		s.Workers = slices.Clone(s.Workers)
		s.Workers[1].Pool.OldestRequestStart = puma.MomentOf(noon.Add(-47 * time.Second))
	})})
	if line := s.workerLine("4111"); !strings.Contains(s.frame(), "OLDEST") || !strings.Contains(line, "47s") {
		t.Errorf("the oldest request is missing: %q", line)
	}
}

// TestAgesGrow lets time pass without a poll: what is said to be old gets older.
func TestAgesGrow(t *testing.T) {
	t.Parallel()
	s := opened(t, 160, 40, production(), "web1/puma")
	before := s.workerLine("4110")
	s.send(tickMsg{at: noon.Add(20 * time.Second), generation: s.ticker.generation})
	after := s.workerLine("4110")
	if !strings.Contains(before, " 2s ") || !strings.Contains(after, " 22s ") {
		t.Errorf("check-in 20 s later:\n%s%s", before, after)
	}
}

func TestManyWorkersScroll(t *testing.T) {
	t.Parallel()
	s := opened(t, 80, 24, many(2, 64), "web-0000.eu-west-1/puma")
	if !strings.Contains(s.frame(), "of 64 workers") || s.workerLine("4110") == "" {
		t.Errorf("the first workers are not in sight:\n%s", s.frame())
	}
	s.press("G")
	if s.workerLine("4173") == "" || s.workerLine("4110") != "" {
		t.Errorf("the last worker is not in sight:\n%s", s.frame())
	}
	s.press("k", "g")
	if s.workerLine("4110") == "" {
		t.Error("g does not lead back to the top")
	}
}

// TestReleaseWithoutCurrent cannot be old: what it should be is not known.
func TestReleaseWithoutCurrent(t *testing.T) {
	t.Parallel()
	f := with(production(), "web3/puma", func(s *collector.Snapshot) {
		s.OwnFacts().Current, s.Load.Backlog, s.Load.ListenQueue, s.Load.InUse = "", puma.Of(0), puma.Of(0), puma.Of(1)
	})
	s := newScreen(t, 120, 40, f)
	if line := s.lineOf("web3/puma"); !strings.Contains(line, "20261121191110") || strings.Contains(line, "→") {
		t.Errorf("%q", line)
	}
	s.press("x")
	if line := s.lineOf("web3/puma"); line != "" {
		t.Errorf("it is taken for a problem: %q", line)
	}
}
