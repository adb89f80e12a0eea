package query

import (
	"time"

	"pumatop/collector"
	"pumatop/collector/probe"
	"pumatop/collector/puma"
)

var noon = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

// target is a cluster that serves, with two workers of the newest release, changed by f.
func target(id, host, app string, f func(*collector.Snapshot)) Row {
	s := collector.Snapshot{
		ID: collector.TargetID(id), Host: host, App: app, Groups: []string{"web", "eu"}, At: noon, Answered: noon.Add(-1500 * time.Millisecond),
		State: collector.Serving, Latency: 3 * time.Millisecond, Wanted: 2,
		Image: collector.Image{PID: 41, StartedAt: noon.Add(-time.Hour)},
		Stats: puma.Stats{Mode: puma.Cluster, Puma: "6.6.1", Ruby: "ruby 3.1.2", Phase: puma.Of(3), Handles: puma.Of(2), BootedWorkers: puma.Of(2), OldWorkers: puma.Of(0), StartedAt: noon.Add(-time.Hour)},
		Load: collector.Load{InUse: puma.Of(4), Max: puma.Of(10), Backlog: puma.Of(0), ListenQueue: puma.Of(0),
			Requests: collector.Rate{PerSecond: 96.44, Known: true}, Memory: puma.Of(600 << 20)},
		Phased: puma.Phased{Answer: puma.Yes},
	}.WithFacts(probe.Puma{PID: 41, User: "deploy", Current: "/srv/shop/releases/2", Unit: probe.Unit{Name: "puma.service", Scope: probe.UserScope}})
	for i := range 2 {
		w := collector.Worker{Release: "/srv/shop/releases/2", Revision: "0123456789abcdef", CPU: collector.Rate{PerSecond: 20, Known: true}}
		w.Worker = &puma.Worker{Index: i, PID: 50 + i, Booted: true, CheckedIn: true, Phase: 3}
		s.Workers = append(s.Workers, w)
		s.Stats.Workers = append(s.Stats.Workers, *w.Worker)
	}
	if f != nil {
		f(&s)
	}
	return Row{Target: &s}
}

// fleet is a row of every sort: well, busy, old, mixed, single, never read, gone, and hosts without any.
func fleet() []Row {
	return []Row{
		target("web1/shop", "web1", "shop", nil),
		target("web2/shop", "web2", "shop", func(s *collector.Snapshot) {
			s.State, s.Stats.Puma, s.Load.InUse, s.Load.Backlog = collector.Restarting, "7.2.1", puma.Of(9), puma.Of(2)
			s.Load.Memory, s.Load.Shared, s.Phased.Answer, s.Groups = puma.Of(400<<20), true, puma.No, []string{"web"}
			s.Workers[0].Release = "/srv/shop/releases/1"
		}),
		target("web10/shop", "web10", "shop", func(s *collector.Snapshot) {
			s.Workers[0].Release, s.Workers[1].Release = "/srv/shop/releases/1", "/srv/shop/releases/1"
			s.Stats.Puma, s.Load.ListenQueue, s.Image.StartedAt, s.Groups = "8.0.0.pre1", puma.Of(7), noon.Add(-50*time.Second), nil
		}),
		target("admin/tools", "admin", "tools", func(s *collector.Snapshot) {
			s.Stats.Mode, s.Stats.Phase, s.Stats.Handles, s.Stats.Puma, s.Phased.Answer = puma.Single, puma.Count{}, puma.Count{}, "5.6.9", puma.Unknown
			s.Load.Requests, s.Stats.Ruby = collector.Rate{}, ""
		}),
		target("mute/shop", "mute", "shop", func(s *collector.Snapshot) {
			s.State, s.Answered, s.Stats, s.Load, s.Workers = collector.NoControl, time.Time{}, puma.Stats{}, collector.Load{}, nil
			s.Image, s.Latency, s.Reason = collector.Image{}, 0, "no control app"
		}),
		target("gone/shop", "gone", "shop", func(s *collector.Snapshot) {
			f := s.OwnFacts()
			s.State, f.PID, f.Unit.Name = collector.NotRunning, 0, "=cmd|' /C calc'!A0"
			s.Reason, s.Remedy = "unit \"puma.service\" is inactive, failed", "start\nit"
		}),
		{Host: &collector.HostStatus{Name: "db1", Connected: true, Asked: true, Err: "no Puma found", Groups: []string{"db"}}},
		{Host: &collector.HostStatus{Name: "far", Asked: true, Err: "no route", Stage: "network"}},
		{Host: &collector.HostStatus{Name: "new", Waiting: "waits for an answer: passphrase"}},
	}
}
