package actions

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pumatop/collector"
	"pumatop/collector/probe"
	"pumatop/collector/puma"
)

// court is a trial with a hand on everything that it sees.
type court struct {
	t     *testing.T
	trial *Trial
	now   collector.Snapshot
	v     Verdict
	ended bool
}

// asked is the moment of the request in these tests.
var asked = recordedAt

// try begins the trial of a target of two workers in phase 0, pids 1 and 2.
func try(t *testing.T, kind Kind, change func(*Step)) *court {
	t.Helper()
	step := Step{Target: "web1/puma", Kind: kind, Via: ViaControl, Before: whole(func(s *collector.Snapshot) { s.OwnFacts().Current = "/r/2" })}
	if change != nil {
		change(&step)
	}
	return &court{t: t, trial: NewTrial(step, step.Before, asked, asked.Add(5*time.Minute)), now: step.Before}
}

// at moves the clock; what is not renewed stays as it was.
func (c *court) at(seconds float64, change func(*collector.Snapshot)) *court {
	c.t.Helper()
	if c.ended {
		return c
	}
	c.now.At = asked.Add(time.Duration(seconds * float64(time.Second)))
	change(&c.now)
	c.v, c.ended = c.trial.Observe(c.now)
	return c
}

// answers is a poll.
func (c *court) answers(seconds float64, s puma.Stats) *court {
	c.t.Helper()
	return c.at(seconds, func(now *collector.Snapshot) {
		releases := map[int]string{}
		for _, w := range now.Workers {
			releases[w.PID] = w.Release
		}
		now.Stats, now.Answered, now.Err, now.Linked, now.Workers = s, now.At, nil, true, nil
		for _, w := range s.Workers {
			now.Workers = append(now.Workers, collector.Worker{Worker: &w, Release: releases[w.PID]})
		}
	})
}

// silent is a poll that failed.
func (c *court) silent(seconds float64, err error) *court {
	c.t.Helper()
	return c.at(seconds, func(now *collector.Snapshot) { now.Err = err })
}

// probed is a probe that read the same release of every worker.
func (c *court) probed(seconds float64, release string, change func(*probe.Puma)) *court {
	c.t.Helper()
	return c.at(seconds, func(now *collector.Snapshot) {
		now.Probed = now.At.Add(-10 * time.Millisecond)
		now.Workers = slices.Clone(now.Workers)
		for i := range now.Workers {
			now.Workers[i].Release = release
		}
		if change != nil {
			change(now.OwnFacts())
		}
	})
}

func (c *court) log(lines ...string) *court {
	for _, l := range lines {
		c.trial.Log(l)
	}
	return c
}

// verdict expects one, with those words somewhere in it.
func (c *court) verdict(want Word, says ...string) {
	c.t.Helper()
	if !c.ended || c.v.Word != want {
		c.t.Fatalf("verdict %q (%s), want %q; it waits: %s", c.v.Word, c.v.Summary, want, c.trial.Waiting())
	}
	all := strings.Join(append([]string{c.v.Summary, c.v.Reason, c.v.Remedy}, c.v.Evidence...), "\n")
	for _, words := range says {
		if !strings.Contains(all, words) {
			c.t.Errorf("it does not say %q:\n%s", words, all)
		}
	}
}

// waits expects no verdict yet, and what for.
func (c *court) waits(want string) *court {
	c.t.Helper()
	if c.ended {
		c.t.Fatalf("verdict %s: %s", c.v.Word, c.v.Summary)
	}
	if got := c.trial.Waiting(); got != want {
		c.t.Errorf("waits: %s, want %s", got, want)
	}
	return c
}

// mixed is a cluster in phase 1 with one worker of phase 0 left.
func mixed(newPID, oldPID int) puma.Stats {
	s := clusterOf(1, newPID, oldPID)
	s.Workers[1].Phase, s.OldWorkers = 0, puma.Of(1)
	return s
}

// booting makes the first worker a new one that boots.
func booting(s puma.Stats, pid int) puma.Stats {
	s.Workers = slices.Clone(s.Workers)
	w := &s.Workers[0]
	w.PID, w.Booted, w.CheckedIn = pid, false, false
	return s
}

// image gives a cluster another start.
func image(s puma.Stats) puma.Stats {
	s.StartedAt = asked.Add(time.Second)
	return s
}

// unnamed takes started_at away, as up to Puma 4.0.
func unnamed(s puma.Stats) puma.Stats {
	s.StartedAt = time.Time{}
	return s
}

func stamped(f *probe.Puma) { f.StateStamp = "2" }
