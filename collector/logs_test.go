package collector_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pumatop/collector"
	"pumatop/collector/probe"
	"pumatop/collector/pumatest"
)

// twoShops are two hosts that have run for an hour.
func twoShops(t *testing.T) (*pumatest.Fleet, *collector.Collector, []collector.TargetID) {
	t.Helper()
	config := pumatest.Config{Workers: 2, Uptime: time.Hour}
	fleet := pumatest.FleetOf(pumatest.NewHost("web1", 1, config), pumatest.NewHost("web2", 2, config))
	c := collect(t, fleet.Options(), nil, "web1", "web2")
	ids := []collector.TargetID{"web1/shop", "web2/shop"}
	for _, id := range ids {
		await(t, c, id, time.Minute, is(collector.Serving))
	}
	return fleet, c, ids
}

// lines reads until there are no more, or until enough says so.
func lines(t *testing.T, l *collector.Logs, enough func([]collector.LogLine) bool) (out []collector.LogLine) {
	t.Helper()
	for enough == nil || !enough(out) {
		more, err := l.Next(t.Context())
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, more...)
	}
	return out
}

func inOrder(t *testing.T, lines []collector.LogLine) {
	t.Helper()
	for i := 1; i < len(lines); i++ {
		if lines[i].At.Before(lines[i-1].At) {
			t.Errorf("line %q of %s comes after %q of %s", lines[i].Text, lines[i].At, lines[i-1].Text, lines[i-1].At)
		}
	}
}

// Two restarts one after another are told in the order in which they happened, whichever host is read first.
func TestLogsOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fleet, c, ids := twoShops(t)
		for _, name := range []string{"web2", "web1", "web2"} {
			fleet.Host(name).Puma(0).Signal("USR1")
			time.Sleep(30 * time.Second)
		}
		got := lines(t, c.Logs(t.Context(), ids, probe.LogQuery{Past: 1000, Once: true}), nil)
		inOrder(t, got)
		var restarts []string
		for _, l := range got {
			if strings.Contains(l.Text, "Starting phased worker restart") {
				restarts = append(restarts, string(l.Target))
			}
			if strings.Contains(l.Text, "puma[") {
				t.Errorf("the writer is left in %q", l.Text)
			}
		}
		if want := []string{"web2/shop", "web1/shop", "web2/shop"}; !slices.Equal(restarts, want) {
			t.Errorf("restarts %q, want %q", restarts, want)
		}
	})
}

// A log that is followed does not wait for one that says nothing.
func TestLogsFollow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fleet, c, ids := twoShops(t)
		logs := c.Logs(t.Context(), ids, probe.LogQuery{})
		time.Sleep(10 * time.Second)
		fleet.Host("web2").Puma(0).Signal("USR1")
		asked := time.Now()
		got := lines(t, logs, func(l []collector.LogLine) bool { return len(l) > 0 })
		if got[0].Target != "web2/shop" || !strings.Contains(got[0].Text, "Starting phased worker restart") {
			t.Errorf("the first line is %q of %s", got[0].Text, got[0].Target)
		}
		if waited := time.Since(asked); waited > time.Second {
			t.Errorf("it came %s after it was written", waited)
		}
	})
}

// A log goes on where it broke off once its host is back, and says both.
func TestLogsResume(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fleet, c, ids := twoShops(t)
		logs := c.Logs(t.Context(), ids[:1], probe.LogQuery{Past: 1})
		lines(t, logs, func(l []collector.LogLine) bool { return len(l) > 0 })
		host := fleet.Host("web1")
		host.DropNetwork()
		time.Sleep(2 * time.Minute)
		host.Puma(0).Signal("USR1")
		time.Sleep(time.Minute)
		host.Restore()
		var story []string
		lines(t, logs, func(l []collector.LogLine) bool {
			story = nil
			for _, line := range l {
				if line.Ours || strings.Contains(line.Text, "Starting phased") {
					story = append(story, line.Text)
				}
			}
			return len(story) > 0 && strings.Contains(story[len(story)-1], "Starting phased")
		})
		if len(story) != 3 || !strings.HasPrefix(story[0], "the log broke off") || story[1] != "the log goes on" {
			t.Errorf("told: %q", story)
		}
	})
}

// What was asked for of the past is not forgotten where the first try fails.
func TestLogsBeginAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fleet, c, ids := twoShops(t)
		host := fleet.Host("web1")
		host.DropNetwork()
		time.Sleep(2 * time.Minute)
		logs := c.Logs(t.Context(), ids[:1], probe.LogQuery{Past: 3})
		time.Sleep(time.Minute)
		host.Restore()
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
		defer cancel()
		past := 0
		for past == 0 && ctx.Err() == nil {
			got, _ := logs.Next(ctx)
			for _, line := range got {
				if !line.Ours {
					past++
				} else if strings.Contains(line.Text, "missing") {
					t.Errorf("told: %q", line.Text)
				}
			}
		}
		if past == 0 {
			t.Error("nothing of the past is told")
		}
	})
}

// How far back is by our clock, whatever the host's shows.
func TestLogsSinceOfASlowClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fleet := pumatest.FleetOf(pumatest.NewHost("web1", 1, pumatest.Config{Workers: 2, Uptime: time.Hour}))
		fleet.Host("web1").SetSkew(-time.Hour)
		c := collect(t, fleet.Options(), nil, "web1")
		await(t, c, "web1/shop", time.Minute, is(collector.Serving))
		fleet.Host("web1").Puma(0).Signal("USR1")
		time.Sleep(time.Minute)
		got := lines(t, c.Logs(t.Context(), []collector.TargetID{"web1/shop"}, probe.LogQuery{Past: 100, Since: time.Now().Add(-10 * time.Minute), Once: true}), nil)
		if len(got) == 0 {
			t.Error("the restart of a minute ago is not told")
		}
	})
}

// A clock an hour ahead does not put a host's lines an hour behind those of the others.
func TestLogsOfAWrongClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		config := pumatest.Config{Workers: 2, Uptime: time.Hour}
		fleet := pumatest.FleetOf(pumatest.NewHost("web1", 1, config), pumatest.NewHost("web2", 2, config))
		fleet.Host("web1").SetSkew(time.Hour)
		c := collect(t, fleet.Options(), nil, "web1", "web2")
		ids := []collector.TargetID{"web1/shop", "web2/shop"}
		for _, id := range ids {
			await(t, c, id, time.Minute, is(collector.Serving))
		}
		fleet.Host("web1").Puma(0).Signal("USR1")
		time.Sleep(time.Minute)
		fleet.Host("web2").Puma(0).Signal("USR1")
		time.Sleep(time.Minute)
		got := lines(t, c.Logs(t.Context(), ids, probe.LogQuery{Past: 5, Once: true}), nil)
		inOrder(t, got)
		if first, last := got[0], got[len(got)-1]; first.Target != "web1/shop" || last.Target != "web2/shop" || time.Since(last.At) > 2*time.Minute {
			t.Errorf("from %s at %s to %s at %s", first.Target, first.At, last.Target, last.At)
		}
	})
}

// A reader who does not keep up holds the hosts back, and nothing is lost.
func TestLogsHoldBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fleet, c, ids := twoShops(t)
		p := fleet.Host("web1").Puma(0)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		logs := c.Logs(ctx, ids, probe.LogQuery{})
		time.Sleep(time.Second)
		const restarts = 300
		for range restarts {
			p.Signal("USR1")
			time.Sleep(10 * time.Second)
		}
		begun := 0
		lines(t, logs, func(l []collector.LogLine) bool {
			begun = 0
			for _, line := range l {
				if strings.Contains(line.Text, "Starting phased worker restart") {
					begun++
				}
			}
			return begun == restarts
		})
	})
}

// What has no log says so by itself, and the others are read.
func TestLogsErrors(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, c, ids := twoShops(t)
		logs := c.Logs(t.Context(), append(ids, "web9/shop"), probe.LogQuery{Past: 1, Once: true})
		if got := lines(t, logs, nil); len(got) != 2 {
			t.Errorf("%d lines of two targets, want the last of each", len(got))
		}
		if errs := logs.Errors(); len(errs) != 1 || !strings.Contains(errs[0].Error(), "web9/shop") {
			t.Errorf("errors %v", errs)
		}
	})
}
