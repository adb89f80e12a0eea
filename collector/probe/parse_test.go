package probe

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pumatop/collector/puma"
)

const (
	releases = "/srv/shop/releases/"
	stateAt  = "/srv/shop/shared/tmp/pids/puma.state"
	socketAt = "/srv/shop/shared/tmp/sockets/pumactl.sock"
	configAt = "/srv/shop/shared/config/puma.rb"
)

func recorded(t *testing.T, name string) Host {
	t.Helper()
	h, err := Parse(read(t, name))
	if err != nil {
		t.Fatalf("Parse(%s): %v", name, err)
	}
	return h
}

func read(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// recording is what a recording shows.
type recording struct {
	name              string
	version, app      string
	scope             Scope
	active, sub, kind string
	workers           int
	phased            puma.Answer
	from              puma.PhasedSource
	evidence          string
	master, current   string
	control           string
	note              string // begins one of its notes; empty for no notes at all
}

// recordings are of Puma 4.3 to 8.0 on systemd 247 to 262, in sessions of an ordinary login unless their name says
// otherwise. Only the tokens were replaced.
func recordings() []recording {
	return []recording{
		{
			name: "web1", version: "5.6.5", app: "puma", scope: SystemScope, active: "active", sub: "running", kind: "simple",
			workers: 2, phased: puma.Yes, from: puma.FromLog, evidence: `"Restarts: (✔) hot (✔) phased" in the start-up log (journal)`,
			master: releases + "20261121214407", current: releases + "20261121214407", control: socketAt,
		},
		{
			name: "web2", version: "6.6.0", app: "puma", scope: SystemScope, active: "active", sub: "running", kind: "notify",
			workers: 3, phased: puma.Yes, from: puma.FromLog, evidence: `"Restarts: (✔) hot (✔) phased" in the start-up log (journal)`,
			master: releases + "20261121214112", current: releases + "20261121214112", control: socketAt,
		},
		{
			name: "web3", version: "8.0.2", app: "puma", scope: UserScope, active: "active", sub: "running", kind: "simple",
			workers: 2, phased: puma.Yes, from: puma.FromLog, evidence: `"Restarts: (✔) hot (✔) phased (✔) refork" in the start-up log (journal)`,
			master: releases + "20261121214409", current: releases + "20261121214409", control: socketAt,
		},
		{
			name: "web4", version: "4.3.8", app: "puma", scope: SystemScope, active: "active", sub: "running", kind: "simple",
			workers: 0, phased: puma.No, from: puma.FromLog, evidence: `"Puma starting in single mode..." in the start-up log (journal)`,
			master: releases + "20261101000000", current: releases + "20261101000000", control: socketAt,
		},
		{
			name: "web5", version: "6.6.0", app: "puma", scope: SystemScope, active: "active", sub: "running", kind: "simple",
			workers: 2, phased: puma.No, from: puma.FromLog,
			master: releases + "20261101000000", current: releases + "20261101000000", control: socketAt,
		},
		{ // current was moved, nothing was reloaded
			name: "web1-deployed", version: "5.6.5", app: "puma", scope: SystemScope, active: "active", sub: "running", kind: "simple",
			workers: 2, phased: puma.Yes, from: puma.FromLog, evidence: `"Restarts: (✔) hot (✔) phased" in the start-up log (journal)`,
			master: releases + "20261121214407", current: releases + "20261121214433", control: socketAt,
		},
		{ // one worker crashes again and again: the master is in the broken release, the other two are in the old one
			name: "web2-crash-loop", version: "6.6.0", app: "puma", scope: SystemScope, active: "reloading", sub: "reload-notify",
			kind: "notify", workers: 3, phased: puma.Yes, from: puma.FromLog,
			evidence: `"Restarts: (✔) hot (✔) phased" in the start-up log (journal)`,
			master:   releases + "20261121214445", current: releases + "20261121214445", control: socketAt,
		},
		{ // a login that owns nothing: the state file is readable all the same, as Puma writes it
			name: "web1-nobody", version: "5.6.5", app: "puma", scope: SystemScope, active: "active", sub: "running", kind: "simple",
			workers: 2, phased: puma.Unknown, from: puma.FromVersion,
			master: "", current: releases + "20261121214433", control: socketAt,
			note: "process 2030 belongs to deploy: its directory cannot be read",
		},
		{ // root asks the manager of another user
			name: "web3-root", version: "8.0.2", app: "puma", scope: UserScope, active: "active", sub: "running", kind: "simple",
			workers: 2, phased: puma.Yes, from: puma.FromLog, evidence: `"Restarts: (✔) hot (✔) phased (✔) refork" in the start-up log (journal)`,
			master: releases + "20261121214409", current: releases + "20261121214409", control: socketAt,
		},
		{ // activate_control_app without a path, in a unit with PrivateTmp
			name: "web1-private-tmp", version: "5.6.5", app: "puma", scope: SystemScope, active: "active", sub: "running", kind: "simple",
			workers: 2, phased: puma.Yes, from: puma.FromLog, evidence: `"Restarts: (✔) hot (✔) phased" in the start-up log (journal)`,
			master: releases + "20261121214433", current: releases + "20261121214433",
			control: "/proc/2347/root/tmp/puma-status-1795297477814-2347",
		},
		{ // no control app, and a log file in place of the journal
			name: "web4-log-file", version: "4.3.8", app: "puma", scope: SystemScope, active: "active", sub: "running", kind: "simple",
			workers: 0, phased: puma.No, from: puma.FromLog,
			evidence: `"Puma starting in single mode..." in the start-up log (/srv/shop/shared/log/puma.log)`,
			master:   releases + "20261101000000", current: releases + "20261101000000", note: "it was started without activate_control_app, which line 21 of /srv/shop/shared/config/puma.rb has under a condition",
		},
	}
}

func TestParseRecordings(t *testing.T) {
	t.Parallel()
	for _, test := range recordings() {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			h := recorded(t, test.name)
			if len(h.Pumas) != 1 || len(h.Idle) != 0 {
				t.Fatalf("found %d Pumas and %d idle units, want one Puma", len(h.Pumas), len(h.Idle))
			}
			p := h.Pumas[0]
			equal(t, "version", p.Version.String(), test.version)
			equal(t, "app", p.App, test.app)
			equal(t, "unit", p.Unit.Name, "puma.service")
			equal(t, "scope", p.Unit.Scope, test.scope)
			equal(t, "active", p.Unit.Active+"/"+p.Unit.Sub+"/"+p.Unit.Type, test.active+"/"+test.sub+"/"+test.kind)
			equal(t, "main pid", p.Unit.MainPID, p.PID)
			equal(t, "command", p.Unit.ExecStart, "/usr/bin/puma -C "+configAt)
			equal(t, "owner", p.User, "deploy")
			equal(t, "mine", p.Mine, h.User == "deploy")
			equal(t, "workers", len(p.Workers), test.workers)
			equal(t, "release", p.Release, test.master)
			equal(t, "current", p.Current, test.current)
			equal(t, "current link", p.CurrentLink, "/srv/shop/current")
			equal(t, "revision", p.Revision, filepath.Base(test.current))
			equal(t, "state file", p.StatePath, stateAt)
			equal(t, "control", p.Control.Name, test.control)
			equal(t, "listeners", strings.Join(p.Listeners, " "), "unix:///srv/shop/shared/tmp/sockets/puma.sock")
			equal(t, "phased", p.Phased.Answer, test.phased)
			equal(t, "from", p.Phased.From, test.from)
			if test.evidence != "" {
				equal(t, "evidence", p.Phased.Evidence, test.evidence)
			}
			if p.Control.IsZero() == p.Token.IsSet() {
				t.Errorf("control app %q, token %v", p.Control, p.Token)
			}
			if p.StateStamp == "" || p.CurrentMoved.IsZero() || h.Clock.Sub(p.CurrentMoved) < 0 {
				t.Errorf("stamp %q, current moved at %v, host's clock %v", p.StateStamp, p.CurrentMoved, h.Clock)
			}
			noted(t, p.Notes, test.note)
			for i, w := range p.Workers {
				if i > 0 && p.Workers[i-1].Index >= w.Index {
					t.Errorf("workers are not by index: %v", p.Workers)
				}
			}
		})
	}
}

func noted(t *testing.T, notes []Note, want string) {
	t.Helper()
	for _, n := range notes {
		if want != "" && strings.HasPrefix(n.Text, want) {
			return
		}
	}
	if want != "" || len(notes) > 0 {
		t.Errorf("notes are %q, want %q", notes, want)
	}
}

func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

func TestReleasesOfWorkers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		want []string
	}{
		{"web2", []string{"20261121214112", "20261121214112", "20261121214112"}},
		{"web1-deployed", []string{"20261121214407", "20261121214407"}},
		{"web2-crash-loop", []string{"", "20261121214112", "20261121214112"}}, // the first was gone before it could be read
		{"web1-nobody", []string{"", ""}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for i, w := range recorded(t, test.name).Pumas[0].Workers {
				equal(t, "release", strings.TrimPrefix(w.Release, releases), test.want[i])
			}
		})
	}
}

func TestIdleUnits(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, active, sub, enabled string }{
		{"web6", "inactive", "dead", "disabled"}, // installed, never enabled nor started
		{"web1-auto-restart", "activating", "auto-restart", "enabled"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			h := recorded(t, test.name)
			if len(h.Pumas) != 0 || len(h.Idle) != 1 {
				t.Fatalf("found %d Pumas and %d idle units, want one unit", len(h.Pumas), len(h.Idle))
			}
			u := h.Idle[0]
			equal(t, "state", u.Active+"/"+u.Sub, test.active+"/"+test.sub)
			equal(t, "enabled", u.Enabled, test.enabled)
			equal(t, "app", u.App(), "puma")
			equal(t, "restarts known", u.Restarts.Known, true)
		})
	}
}

// How long systemd has not heard of a unit is known only where all that tells it is, and makes sense.
func TestQuiet(t *testing.T) {
	t.Parallel()
	known := Report{Ticks: 515484, TickRate: 100}
	for _, test := range []struct {
		what   string
		report Report
		said   string
		want   time.Duration
	}{
		{"a ping", known, "5147840000", 7 * time.Second},
		{"another rate", Report{Ticks: 5154840, TickRate: 1000}, "5147840000", 7 * time.Second},
		{"no getconf", Report{Ticks: 515484}, "5147840000", 7 * time.Second},
		{"within the tick", known, "5154845000", time.Microsecond},
		{"in the time to come", known, "5164845000", 0},
		{"never", known, "0", 0},
		{"an older systemd", known, "", 0},
		{"no number", known, "soon", 0},
		{"a number too large", known, "9223372036854775807", 0},
		{"no ticks", Report{TickRate: 100}, "5147840000", 0},
	} {
		r := test.report
		r.Processes = []RawProcess{{PID: 7, Title: "puma 6.6.0 (tcp://0.0.0.0:9292) [shop]", Cgroup: []string{"0::/system.slice/puma.service"}}}
		r.Units = []RawUnit{{Scope: SystemScope, Properties: map[string]string{"Id": "puma.service", "WatchdogTimestampMonotonic": test.said}}}
		host, err := Parse(r.Encode())
		if err != nil || len(host.Pumas) != 1 {
			t.Fatalf("%s: %v, %d targets", test.what, err, len(host.Pumas))
		}
		equal(t, test.what, host.Pumas[0].Unit.Quiet, test.want)
	}
}

// When processes were created is known only where all that tells it is, and makes sense.
func TestCreated(t *testing.T) {
	t.Parallel()
	const clock = "clock\t1795855786.500000000\n"
	at := time.Unix(1795855786, 500_000_000).UTC()
	tests := []struct {
		what, records string
		want          time.Time
	}{
		{"all", clock + "ticks\t515484\t100\ncreated\t7\t492385\n", at.Add(-230990 * time.Millisecond)},
		{"another rate", clock + "ticks\t515484\t1024\ncreated\t7\t514972\n", at.Add(-500 * time.Millisecond)},
		{"no getconf", clock + "ticks\t515484\t\ncreated\t7\t515384\n", at.Add(-time.Second)},
		{"created after the clock was read", clock + "ticks\t515484\t100\ncreated\t7\t515485\n", at.Add(10 * time.Millisecond)},
		{"no clock", "ticks\t515484\t100\ncreated\t7\t492385\n", time.Time{}},
		{"no ticks", clock + "created\t7\t492385\n", time.Time{}},
		{"not created", clock + "ticks\t515484\t100\ncreated\t7\t\n", time.Time{}},
		{"a name with a line break", clock + "ticks\t515484\t100\ncreated\t7\tS\n", time.Time{}},
		{"a rate that is none", clock + "ticks\t515484\t1\ncreated\t7\t492385\n", time.Time{}},
		{"numbers too large", clock + "ticks\t99999999999999\t34359738368\ncreated\t7\t99999999999999\n", time.Time{}},
	}
	for _, test := range tests {
		h, err := Parse([]byte("pumatop-probe 1\n" + test.records + "title\t7\tpuma 6.6.0 (unix:///x.sock) [shop]\nend\n"))
		if err != nil || len(h.Pumas) != 1 {
			t.Fatalf("%s: %v, %d Pumas", test.what, err, len(h.Pumas))
		}
		equal(t, test.what, h.Pumas[0].Started, test.want)
	}
}

// Where /proc hides the process, its unit and the files that the unit names still lead to its control app.
func TestHiddenByProc(t *testing.T) {
	t.Parallel()
	h := recorded(t, "web1-hidepid")
	if len(h.Pumas) != 1 || len(h.Idle) != 0 {
		t.Fatalf("found %d Pumas and %d idle units, want one Puma", len(h.Pumas), len(h.Idle))
	}
	p := h.Pumas[0]
	equal(t, "app", p.App, "puma")
	equal(t, "pid", p.PID, p.Unit.MainPID)
	equal(t, "owner", p.User, "deploy")
	equal(t, "mine", p.Mine, false)
	equal(t, "control", p.Control.Name, socketAt)
	equal(t, "token", p.Token.IsSet(), true)
	equal(t, "release", p.Release, "")
	equal(t, "phased", p.Phased.Answer, puma.Unknown)
	noted(t, p.Notes, "/proc hides process 3649 from nobody")
	noted(t, h.Notes, "/proc hides the processes of other users")
}

// The recordings come from real Pumas, the tokens in them do not.
func TestRecordingsHaveNoTokens(t *testing.T) {
	t.Parallel()
	files, _ := filepath.Glob("testdata/*.txt")
	found := 0
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(b)) {
			if token, ok := strings.CutPrefix(strings.TrimSpace(line), "|control_auth_token: "); ok {
				found++
				equal(t, "token in "+f, token, "0123456789abcdef0123456789abcdef")
			}
		}
	}
	if found < 10 {
		t.Errorf("only %d tokens were looked at", found)
	}
}

// A state file that somebody named is never passed over in silence.
func TestWantedStateFiles(t *testing.T) {
	t.Parallel()
	h := recorded(t, "web6-wanted")
	want := []string{
		"state file /tmp/gone.state is of process 31337, which is gone",
		"state file /tmp/nothing.state: no such file",
		"state file /root/x.state: permission denied",
	}
	if len(h.Notes) != len(want) {
		t.Fatalf("notes are %q", h.Notes)
	}
	for i, n := range h.Notes {
		if !strings.HasPrefix(n.Text, want[i]) || n.Remedy == "" {
			t.Errorf("note %q, remedy %q, want %q", n.Text, n.Remedy, want[i])
		}
	}
	if len(h.Pumas) != 0 {
		t.Errorf("a dead Puma was found: %v", h.Pumas)
	}
}

// Every cut of a report is noticed: what is missing would look like what is not there.
func TestTruncatedReport(t *testing.T) {
	t.Parallel()
	out := read(t, "web2")
	for n := 0; n < len(out)-len("end\n"); n += 7 {
		if _, err := Parse(out[:n]); !errors.Is(err, ErrTruncated) {
			t.Fatalf("Parse of %d bytes of %d: %v, want ErrTruncated", n, len(out), err)
		}
	}
}

// What a login shell prints before and after is no part of the report.
func TestNoiseAround(t *testing.T) {
	t.Parallel()
	noisy := "Last login: today\npuma\t1\t\n|x\nend\nwelcome" + string(read(t, "web1")) + "logout\n|x\ntitle\t7\tpuma 1.2.3 ()\n"
	h, err := Parse([]byte(noisy))
	if err != nil || len(h.Pumas) != 1 || h.Pumas[0].Version.String() != "5.6.5" {
		t.Fatalf("Parse: %v, %d Pumas", err, len(h.Pumas))
	}
}
