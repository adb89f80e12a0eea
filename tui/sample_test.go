package tui

import (
	"context"
	"fmt"
	"math"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"pumatop/actions"
	"pumatop/collector"
	"pumatop/collector/puma"
)

// noon is when the hand-made fleets are: everything in them is relative to it.
var noon = time.Date(2026, 11, 21, 19, 31, 40, 0, time.UTC)

// Releases of the hand-made fleets.
const (
	oldRelease = "/srv/shop/releases/20261121191110"
	newRelease = "/srv/shop/releases/20261121194902"
)

// sample is a target to be made: what the tests vary, everything else follows from it.
type sample struct {
	host, app       string
	state           collector.State
	version         string
	phase           int64
	busy            []int // in use, per worker
	threads         int
	backlog, queue  int64
	rate            float64
	running, linked string
	phased          puma.Answer
	single          bool
}

// snapshot makes a target that answered half a second before noon.
func (s sample) snapshot() collector.Snapshot {
	version, _ := puma.ParseVersion(s.version)
	answered := noon.Add(-500 * time.Millisecond)
	started := noon.Add(-52 * time.Hour)
	snap := collector.Snapshot{
		ID: collector.TargetID(s.host + "/" + s.app), Host: s.host, App: s.app, At: answered, Answered: answered,
		State: s.state, Latency: 3 * time.Millisecond, Probed: noon.Add(-8 * time.Second),
		Since: noon.Add(-40 * time.Minute), Wanted: len(s.busy),
		Image:  collector.Image{PID: 4100, StartedAt: started, Stamp: "1"},
		Phased: puma.Phased{Answer: s.phased, Evidence: evidence(s.phased), From: puma.FromLog},
		Boots:  collector.Boots{Index: -1},
	}
	f := snap.OwnFacts()
	f.PID, f.User, f.Mine, f.Version, f.App = 4100, "deploy", true, version, s.app
	f.Unit.Name, f.Unit.Scope, f.Unit.Active = s.app+".service", "user", "active"
	f.MaySignal, f.Unit.ExecReload = true, "/bin/kill -USR1 $MAINPID"
	f.Control = puma.Address{Network: puma.Unix, Name: "/srv/shop/shared/tmp/sockets/pumactl.sock"}
	f.Release, f.Current, f.CurrentLink, f.Phased = s.running, s.linked, "/srv/shop/current", snap.Phased
	f.Listeners = []string{"unix:///srv/shop/shared/tmp/sockets/puma.sock"}
	snap.Stats = puma.Stats{Mode: puma.Cluster, StartedAt: started, Phase: puma.Of(s.phase), Handles: puma.Of(len(s.busy))}
	if s.single {
		snap.Stats.Mode, snap.Stats.Phase, snap.Stats.Handles = puma.Single, puma.Count{}, puma.Count{}
	}
	var inUse int64
	for i, busy := range s.busy {
		w := s.worker(i, busy)
		snap.Workers = append(snap.Workers, w)
		snap.Stats.Workers = append(snap.Stats.Workers, *w.Worker)
		inUse += int64(busy)
	}
	snap.Load = collector.Load{
		InUse: puma.Of(inUse), Max: puma.Of(int64(s.threads * len(s.busy))), Backlog: puma.Of(s.backlog), ListenQueue: puma.Of(s.queue),
		Requests: collector.Rate{PerSecond: s.rate, Known: true}, Memory: puma.Of(int64(137*len(s.busy)) << 20),
	}
	snap.History = history(float64(inUse)/float64(max(s.threads*len(s.busy), 1)), float64(s.backlog+s.queue), s.rate)
	return snap
}

func (s sample) worker(i, busy int) collector.Worker {
	w := collector.Worker{
		Age: 2 * time.Second, Requests: collector.Rate{PerSecond: s.rate / float64(len(s.busy)), Known: true},
		Memory: puma.Of(int64(131+4*i) << 20), CPU: collector.Rate{PerSecond: 7.5 * float64(busy), Known: true},
		Release: s.running, Uptime: 26 * time.Hour,
	}
	w.Worker = &puma.Worker{
		Index: i, PID: 4110 + i, Phase: int(s.phase), Booted: true, StartedAt: puma.MomentOf(noon.Add(-26 * time.Hour)),
		LastCheckin: puma.MomentOf(noon.Add(-2 * time.Second)), CheckedIn: true,
		Pool: puma.Pool{
			Backlog: puma.FigureOf(s.backlog / int64(len(s.busy))), Running: puma.FigureOf(s.threads), PoolCapacity: puma.FigureOf(s.threads - busy),
			MaxThreads: puma.FigureOf(s.threads), RequestsCount: puma.Of(184_302 + 977*i),
		},
	}
	return w
}

func evidence(a puma.Answer) string {
	switch a {
	case puma.Yes:
		return `"Restarts: (✔) hot (✔) phased" in the journal`
	case puma.No:
		return `preload_app! is on: "Restarts: (✔) hot (✖) phased" in the journal`
	}
	return "the start-up lines are gone from the journal; Puma 7 preloads unless told otherwise"
}

// history is five minutes that end at these values.
func history(util, backlog, rate float64) collector.History {
	var loads []collector.Load
	for i := range 150 {
		x := float64(i)
		wave := 0.8 + 0.2*math.Sin(x/9) + 0.12*math.Sin(x/2.3)
		l := collector.Load{
			InUse: puma.Of(int64(1e4 * min(util*wave, 1))), Max: puma.Of(int64(1e4)), Backlog: puma.Of(int64(0)),
			Requests: collector.Rate{PerSecond: rate * wave, Known: true}, Memory: puma.Of(int64((300 + x/5) * (1 << 20))),
		}
		if i > 120 {
			l.Backlog = puma.Of(int64(math.Round(backlog * (0.5 + 0.5*math.Sin(x/3)))))
		}
		loads = append(loads, l)
	}
	return collector.HistoryOf(2*time.Second, noon, loads...)
}

// production is the fleet of the design's drawing.
func production() collector.Fleet {
	w1 := sample{"web1", "puma", collector.Serving, "6.6.1", 2, []int{2, 2}, 5, 0, 0, 96.4, newRelease, newRelease, puma.Yes, false}.snapshot()
	w2 := restarting(sample{"web2", "puma", collector.Restarting, "6.6.1", 4, []int{4, 3, 4}, 5, 4, 0, 120.2, oldRelease, newRelease, puma.Yes, false}.snapshot())
	w3 := sample{"web3", "puma", collector.Serving, "5.6.9", 1, []int{5, 5, 4, 5}, 5, 2, 12, 131.7, oldRelease, newRelease, puma.Yes, false}.snapshot()
	w3.Load.Shared = true
	w4 := sample{"web4", "admin", collector.Serving, "8.0.2", 0, []int{1}, 8, 0, 0, 3.2, newRelease, newRelease, puma.No, true}.snapshot()
	w4.Phased.Evidence = "single mode has no phased restart"
	w5 := sample{"web5", "puma", collector.Serving, "7.2.1", 0, []int{1, 1}, 5, 0, 0, 50.1, newRelease, newRelease, puma.No, false}.snapshot()
	w6 := sample{"web6", "puma", collector.NotRunning, "", 0, nil, 0, 0, 0, 0, "", "", "", false}.snapshot()
	w6.Answered, w6.OwnFacts().PID, w6.Load, w6.History, w6.Stats, w6.Image = time.Time{}, 0, collector.Load{}, collector.History{}, puma.Stats{}, collector.Image{}
	w6.Reason, w6.Remedy = "unit puma.service is inactive", "r starts it"
	w6.OwnFacts().Unit.Active = "inactive"
	return fleetOf(w6, w2, w1, w3, w4, w5)
}

// restarting is a target in the middle of a phased restart: two of three workers are new, the last still drains.
func restarting(s collector.Snapshot) collector.Snapshot {
	s.Since = noon.Add(-18 * time.Second)
	s.Workers = append([]collector.Worker(nil), s.Workers...)
	for i := range s.Workers {
		w, own := &s.Workers[i], *s.Workers[i].Worker
		w.Worker, w.Release = &own, newRelease
		if i < 2 {
			w.PID, w.Uptime, w.Pool.RequestsCount = 9150+11*i, time.Duration(14-6*i)*time.Second, puma.Of(812-300*i)
		} else {
			w.Phase, w.Release = int(s.Stats.Phase.N)-1, oldRelease
		}
	}
	s.Stats.Workers = nil
	for _, w := range s.Workers {
		s.Stats.Workers = append(s.Stats.Workers, *w.Worker)
	}
	s.Stats.OldWorkers, s.Stats.BootedWorkers = puma.Of(1), puma.Of(3)
	return s
}

// looping is a target whose first worker does not boot.
func looping(s collector.Snapshot) collector.Snapshot {
	s = restarting(s)
	s.State, s.Since = collector.CrashLoop, noon.Add(-9*time.Second)
	s.Reason, s.Remedy = "worker 0: at least 36 pids in 9s, none booted", "roll back or deploy, then r"
	s.Boots = collector.Boots{Index: 0, Failed: 36, Since: s.Since}
	for i := range s.Workers {
		w := &s.Workers[i]
		w.Phase, w.Booted, w.CheckedIn, w.Release = int(s.Stats.Phase.N)-1, i > 0, i > 0, oldRelease
		if i == 0 {
			w.Phase, w.PID, w.Pool, w.Uptime = int(s.Stats.Phase.N), 9411, puma.Pool{}, 0
			w.Requests, w.Age = collector.Rate{}, -1
		}
		s.Stats.Workers[i] = *w.Worker
	}
	return s
}

// fleetOf puts targets together: hosts, sums and a few events.
func fleetOf(targets ...collector.Snapshot) collector.Fleet {
	f := collector.Fleet{At: noon, Interval: 2 * time.Second}
	for i := range targets {
		f.Targets = append(f.Targets, &targets[i])
	}
	f.Totals.ByState = map[collector.State]int{}
	releases := map[string]bool{}
	for _, s := range targets {
		f.Totals.Targets++
		f.Totals.ByState[s.State]++
		f.Totals.Load.InUse = f.Totals.Load.InUse.Plus(s.Load.InUse)
		f.Totals.Load.Max = f.Totals.Load.Max.Plus(s.Load.Max)
		f.Totals.Load.Backlog = f.Totals.Load.Backlog.Plus(s.Load.Backlog)
		f.Totals.Load.ListenQueue = f.Totals.Load.ListenQueue.Plus(s.Load.ListenQueue)
		f.Totals.Load.Memory = f.Totals.Load.Memory.Plus(s.Load.Memory)
		f.Totals.Load.Requests.PerSecond += s.Load.Requests.PerSecond
		f.Totals.Load.Requests.Known = f.Totals.Load.Requests.Known || s.Load.Requests.Known
		f.Hosts = append(f.Hosts, collector.HostStatus{Name: s.Host, Connected: true, Asked: true, Pumas: 1})
		for _, r := range s.Releases() {
			releases[r] = true
		}
	}
	f.Totals.Serving, f.Totals.Releases = f.Totals.ByState[collector.Serving], len(releases)
	u, _ := f.Totals.Load.Utilisation()
	f.Totals.History = history(u, 6, f.Totals.Load.Requests.PerSecond)
	at := func(seconds int) time.Time { return noon.Add(time.Duration(seconds) * time.Second) }
	f.Events = []collector.Event{
		{At: at(-840), Target: "web6/puma", Kind: collector.StateChanged, Text: "serving → not running: unit puma.service is inactive"},
		{At: at(-300), Target: "web3", Kind: collector.HostLost, Text: "host lost: no answer for 10 s"},
		{At: at(-280), Target: "web3", Kind: collector.HostBack, Text: "host back after 20 s"},
		{At: at(-18), Target: "web2/puma", Kind: collector.ActionEvent, Text: "phased restart asked, phase 3"},
		{At: at(-16), Target: "web2/puma", Kind: collector.WorkerReplaced, Text: "worker 0 replaced in 1.8s, pid 4110→9150"},
		{At: at(-8), Target: "web2/puma", Kind: collector.WorkerReplaced, Text: "worker 1 replaced in 2.1s, pid 4111→9161"},
	}
	return f
}

// many is a fleet of n serving targets with w workers each.
func many(n, w int) collector.Fleet {
	targets := make([]collector.Snapshot, n)
	for i := range targets {
		busy := make([]int, w)
		for j := range busy {
			busy[j] = (i*7 + j*3) % 6
		}
		targets[i] = sample{fmt.Sprintf("web-%04d.eu-west-1", i), "puma", collector.Serving, "6.6.1", int64(i % 9), busy, 5,
			int64(i % 4), int64(i % 3), float64(40 + i%90), newRelease, newRelease, puma.Yes, false}.snapshot()
	}
	return fleetOf(targets...)
}

// quiet is a Feed that yields nothing until it is cancelled.
type quiet struct{}

func (quiet) Next(ctx context.Context) (collector.Fleet, error) {
	<-ctx.Done()
	return collector.Fleet{}, ctx.Err()
}

// noRun is a Run of which nothing is ever heard.
type noRun struct{ stopped *int }

func (r noRun) Next(ctx context.Context, _ int) (actions.Progress, error) {
	<-ctx.Done()
	return actions.Progress{}, ctx.Err()
}

func (r noRun) Stop() { *r.stopped++ }

// recorder is an Operator and Controls that remember what they were told.
type recorder struct {
	plans     []actions.Plan
	stopped   int
	refreshed int
	intervals []time.Duration
	probed    []collector.TargetID
}

func (r *recorder) Start(p actions.Plan) Run {
	r.plans = append(r.plans, p)
	return noRun{&r.stopped}
}
func (r *recorder) Refresh()                    { r.refreshed++ }
func (r *recorder) Probe(id collector.TargetID) { r.probed = append(r.probed, id) }
func (r *recorder) SetInterval(d time.Duration) { r.intervals = append(r.intervals, d) }

// bench is a model under test with what it acts on.
type screen struct {
	*Model
	rec *recorder
}

// newScreen is a model of a size that shows a fleet.
func newScreen(tb testing.TB, w, h int, f collector.Fleet, opts ...func(*Options)) *screen {
	tb.Helper()
	rec := &recorder{}
	o := Options{Feed: quiet{}, Operator: rec, Controls: rec, Environment: "production", Version: "0.1.0", Theme: Dark}
	for _, opt := range opts {
		opt(&o)
	}
	ctx, cancel := context.WithCancel(context.Background())
	tb.Cleanup(cancel)
	s := &screen{Model: New(ctx, o), rec: rec}
	s.send(tea.WindowSizeMsg{Width: w, Height: h})
	if f.Interval != 0 {
		s.send(fleetMsg{fleet: f})
	}
	return s
}

// send gives messages to the model and drops the commands.
func (s *screen) send(msgs ...tea.Msg) tea.Cmd {
	var cmd tea.Cmd
	for _, msg := range msgs {
		_, cmd = s.Update(msg)
	}
	return cmd
}

// press gives keys to the model, by their names; the last one's command is returned.
func (s *screen) press(names ...string) tea.Cmd {
	var cmd tea.Cmd
	for _, name := range names {
		cmd = s.send(keyNamed(name))
	}
	return cmd
}

// arm ends the deaf moment of the overlay that is open.
func (s *screen) arm() { s.send(armedMsg{overlay: s.overlays}) }

// keyNamed is the message of a key.
func keyNamed(name string) tea.KeyPressMsg {
	special := map[string]tea.KeyPressMsg{
		"enter": {Code: tea.KeyEnter}, "esc": {Code: tea.KeyEscape}, "tab": {Code: tea.KeyTab},
		"space": {Code: tea.KeySpace, Text: " "}, "backspace": {Code: tea.KeyBackspace},
		"up": {Code: tea.KeyUp}, "down": {Code: tea.KeyDown}, "pgdown": {Code: tea.KeyPgDown}, "pgup": {Code: tea.KeyPgUp},
		"home": {Code: tea.KeyHome}, "end": {Code: tea.KeyEnd}, "f1": {Code: tea.KeyF1}, "f5": {Code: tea.KeyF5},
	}
	if k, ok := special[name]; ok {
		return k
	}
	if len(name) > 5 && name[:5] == "ctrl+" {
		return tea.KeyPressMsg{Code: rune(name[5]), Mod: tea.ModCtrl}
	}
	r := []rune(name)[0]
	return tea.KeyPressMsg{Code: r, Text: name}
}
