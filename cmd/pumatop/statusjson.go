package main

import (
	"time"

	"pumatop/collector"
	"pumatop/collector/probe"
	"pumatop/collector/puma"
	"pumatop/collector/query"
)

// The types of this file are the JSON of `pumatop status`, which scripts rely on: fields are added, never renamed.
// What is not known is null, never 0.

type statusDocument struct {
	At      time.Time      `json:"at"`
	Totals  totalsJSON     `json:"totals"`
	Targets []statusTarget `json:"targets"`
}

type totalsJSON struct {
	Targets           int                `json:"targets"`
	Serving           int                `json:"serving"`
	States            map[string]int     `json:"states"`
	Threads           threadsJSON        `json:"threads"`
	Backlog           puma.Count         `json:"backlog"`
	ListenQueue       puma.Count         `json:"listen_queue"`
	RequestsPerSecond *float64           `json:"requests_per_second"`
	RSSBytes          puma.Count         `json:"rss_bytes"`
	Releases          int                `json:"releases"`
	Hosts             map[string]*string `json:"hosts"` // by name; null where connected, else the error
}

type threadsJSON struct {
	InUse puma.Count `json:"in_use"`
	Max   puma.Count `json:"max"`
}

type statusTarget struct {
	ID                string       `json:"id"`
	Host              string       `json:"host"`
	App               *string      `json:"app"`
	State             string       `json:"state"`
	Stage             *string      `json:"stage"` // how far the way to the figures led: see collector/cause
	Error             *string      `json:"error"`
	Remedy            *string      `json:"remedy"`
	AgeSeconds        *float64     `json:"age_seconds"` // of the figures, by when they were fetched
	Puma              *string      `json:"puma"`
	Ruby              *string      `json:"ruby"`
	Mode              *string      `json:"mode"`
	PID               *int         `json:"pid"`
	Phase             puma.Count   `json:"phase"`
	Phased            string       `json:"phased"`
	PhasedEvidence    *string      `json:"phased_evidence"`
	Workers           puma.Count   `json:"workers"`
	BootedWorkers     puma.Count   `json:"booted_workers"`
	OldWorkers        puma.Count   `json:"old_workers"`
	StartedAt         *time.Time   `json:"started_at"`
	Unit              *unitJSON    `json:"unit"`
	Container         *boxJSON     `json:"container"`
	Release           releaseJSON  `json:"release"`
	Threads           threadsJSON  `json:"threads"`
	Backlog           puma.Count   `json:"backlog"`
	ListenQueue       puma.Count   `json:"listen_queue"`
	RequestsPerSecond *float64     `json:"requests_per_second"`
	RSSBytes          puma.Count   `json:"rss_bytes"`
	MemoryKind        *string      `json:"memory_kind"` // "pss" or "rss": what rss_bytes was measured as
	WorkerStatus      []workerJSON `json:"worker_status"`
	Notes             []noteJSON   `json:"notes"`
}

type unitJSON struct {
	Name   string `json:"name"`
	Scope  string `json:"scope"`
	Active string `json:"active"`
}

// boxJSON is the container that a Puma runs in; pids are those in it then.
type boxJSON struct {
	Engine      string  `json:"engine"`
	ID          string  `json:"id"`
	Name        string  `json:"name"`
	Image       string  `json:"image"`
	Service     *string `json:"service"` // these four are Kamal's
	Role        *string `json:"role"`
	Destination *string `json:"destination"`
	Version     *string `json:"version"`
	Older       bool    `json:"older"` // a newer one of the same role runs
}

type releaseJSON struct {
	Current *string  `json:"current"`
	Running []string `json:"running"`
}

type noteJSON struct {
	Text   string `json:"text"`
	Remedy string `json:"remedy"`
}

type workerJSON struct {
	Index             int        `json:"index"`
	PID               *int       `json:"pid"`
	Phase             puma.Count `json:"phase"`
	Booted            bool       `json:"booted"`
	StartedAt         *time.Time `json:"started_at"`
	LastCheckin       *time.Time `json:"last_checkin"`
	LastStatus        poolJSON   `json:"last_status"`
	InUse             puma.Count `json:"in_use"`
	RequestsPerSecond *float64   `json:"requests_per_second"`
	RSSBytes          puma.Count `json:"rss_bytes"`
	CPUPercent        *float64   `json:"cpu_percent"`
	Release           *string    `json:"release"`
}

type poolJSON struct {
	Backlog            puma.Count `json:"backlog"`
	Running            puma.Count `json:"running"`
	PoolCapacity       puma.Count `json:"pool_capacity"`
	MaxThreads         puma.Count `json:"max_threads"`
	BusyThreads        puma.Count `json:"busy_threads"`
	RequestsCount      puma.Count `json:"requests_count"`
	OldestRequestStart *time.Time `json:"oldest_request_start"`
}

func statusOf(v statusView) statusDocument {
	f := v.fleet
	doc := statusDocument{At: f.At.UTC(), Targets: []statusTarget{}}
	t := f.Totals
	doc.Totals = totalsJSON{
		Targets: t.Targets, Serving: t.Serving, States: map[string]int{}, Threads: threadsJSON{t.Load.InUse, t.Load.Max},
		Backlog: t.Load.Backlog, ListenQueue: t.Load.ListenQueue, RequestsPerSecond: rateJSON(t.Load.Requests),
		RSSBytes: t.Load.Memory, Releases: t.Releases, Hosts: map[string]*string{},
	}
	for state, n := range t.ByState {
		doc.Totals.States[string(state)] = n
	}
	for _, r := range v.rows {
		if r.Target != nil {
			doc.Targets = append(doc.Targets, rowJSON(r))
		} else {
			doc.Targets = append(doc.Targets, hostJSON(*r.Host))
		}
	}
	for _, h := range f.Hosts {
		doc.Totals.Hosts[h.Name] = nil
		if h.Pumas == 0 || !h.Connected {
			doc.Totals.Hosts[h.Name] = text(hostReason(h))
		}
	}
	return doc
}

// hostJSON is a host that has no target: it could not be reached, or no Puma was found there.
func hostJSON(h collector.HostStatus) statusTarget {
	return statusTarget{ID: h.Name, Host: h.Name, State: string(hostState(h)), Stage: text(h.Stage), Error: text(hostReason(h)), Remedy: text(h.Remedy),
		Phased: string(puma.Unknown), Release: releaseJSON{Running: []string{}}, WorkerStatus: []workerJSON{}, Notes: notesJSON(h.Notes)}
}

// hostState is the state of a host without a target.
func hostState(h collector.HostStatus) collector.State { return query.Row{Host: &h}.State() }

// hostReason says why a host has no target.
func hostReason(h collector.HostStatus) string {
	reason, _ := query.Row{Host: &h}.Reason()
	return reason
}

func targetJSON(s collector.Snapshot) statusTarget {
	t := statusTarget{
		ID: string(s.ID), Host: s.Host, App: text(s.App), State: string(s.State), Stage: text(s.Stage), Error: text(s.Reason), Remedy: text(s.Remedy),
		Puma: text(s.Version()), Ruby: text(s.Stats.Ruby), Phased: string(s.Phased.Answer), PhasedEvidence: text(s.Phased.Evidence),
		Release: releaseJSON{Current: text(s.Facts().Current), Running: append([]string{}, s.Releases()...)},
		Unit:    unitOf(s.Facts().Unit), Container: boxOf(s.Facts().Container), WorkerStatus: []workerJSON{}, Notes: []noteJSON{},
	}
	for _, n := range s.Facts().Notes {
		t.Notes = append(t.Notes, noteJSON(n))
	}
	if s.Facts().PID != 0 {
		t.PID = &s.Facts().PID
	}
	if s.Answered.IsZero() || s.State == collector.NotRunning {
		return t
	}
	age := s.At.Sub(s.Answered).Seconds()
	t.AgeSeconds, t.Mode = &age, text(string(s.Stats.Mode))
	t.Phase, t.Workers, t.StartedAt = s.Stats.Phase, s.Stats.Handles, moment(s.Stats.StartedAt)
	t.BootedWorkers, t.OldWorkers = s.Stats.BootedWorkers, s.Stats.OldWorkers
	t.Threads, t.Backlog, t.ListenQueue = threadsJSON{s.Load.InUse, s.Load.Max}, s.Load.Backlog, s.Load.ListenQueue
	t.RequestsPerSecond, t.RSSBytes = rateJSON(s.Load.Requests), s.Load.Memory
	if s.Load.Memory.Known {
		t.MemoryKind = text(map[bool]string{true: "rss", false: "pss"}[s.Load.Shared])
	}
	for _, w := range s.Workers {
		t.WorkerStatus = append(t.WorkerStatus, workerOf(w, s.Stats.Mode))
	}
	return t
}

func workerOf(w collector.Worker, mode puma.Mode) workerJSON {
	out := workerJSON{
		Index: w.Index, Booted: w.Booted, StartedAt: moment(w.StartedAt.Time()), LastCheckin: moment(w.LastCheckin.Time()),
		LastStatus: poolJSON{Backlog: w.Pool.Backlog.Count(), Running: w.Pool.Running.Count(), PoolCapacity: w.Pool.PoolCapacity.Count(),
			MaxThreads: w.Pool.MaxThreads.Count(), BusyThreads: w.Pool.BusyThreads.Count(), RequestsCount: w.Pool.RequestsCount,
			OldestRequestStart: moment(w.Pool.OldestRequestStart.Time())},
		InUse: w.Pool.InUse(), RequestsPerSecond: rateJSON(w.Requests), RSSBytes: w.Memory, CPUPercent: rateJSON(w.CPU), Release: text(w.Release),
	}
	if w.PID != 0 {
		out.PID = &w.PID
	}
	if mode == puma.Cluster {
		out.Phase = puma.Of(w.Phase)
	}
	return out
}

func unitOf(u probe.Unit) *unitJSON {
	if u.Name == "" {
		return nil
	}
	return &unitJSON{Name: u.Name, Scope: string(u.Scope), Active: u.Active}
}

func notesJSON(notes []collector.Note) []noteJSON {
	out := []noteJSON{}
	for _, n := range notes {
		out = append(out, noteJSON(n))
	}
	return out
}

// text is s, or null where it is empty.
func text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

func rateJSON(r collector.Rate) *float64 {
	if !r.Known {
		return nil
	}
	return &r.PerSecond
}

func boxOf(c probe.Container) *boxJSON {
	if c.ID == "" {
		return nil
	}
	return &boxJSON{Engine: c.Engine, ID: c.ID, Name: c.Name, Image: c.Image, Service: text(c.Service), Role: text(c.Role),
		Destination: text(c.Destination), Version: text(c.Version), Older: c.Older}
}
