package pumatest

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pumatop/collector/remote"
)

// TestCommandsAreFound in lines of shell, wherever they stand.
func TestCommandsAreFound(t *testing.T) {
	t.Parallel()
	reload := command{systemctl: true, verb: "reload", unit: "shop.service"}
	silent := command{systemctl: true, verb: "reload", unit: "shop.service", noBlock: true}
	usr1 := command{verb: "kill", signal: "USR1", pid: 4242}
	for line, want := range map[string][]command{
		"systemctl reload shop":                         {reload},
		"systemctl --no-block reload -- 'shop.service'": {silent},
		"systemctl --user --no-ask-password --no-block restart -- 'shop.service' || exit": {
			{systemctl: true, verb: "restart", unit: "shop.service", user: true, noBlock: true}},
		"systemctl --user kill --kill-who=main -s SIGUSR1 -- 'shop.service'": {
			{systemctl: true, verb: "kill", unit: "shop.service", user: true, signal: "USR1"}},
		"	if sudo -n /usr/bin/systemctl reload shop.service 2>/dev/null; then":              {reload},
		"$as systemctl reload -- shop.service >&2":                                          {reload},
		"XDG_RUNTIME_DIR=/run/user/1500 timeout 5 systemctl reload shop.service":            {reload},
		"systemctl reload shop.service || sudo -n systemctl --no-block reload shop.service": {reload, silent},
		"kill -s USR1 -- 4242":                                     {usr1},
		"else kill -USR1 4242; fi":                                 {usr1},
		"case $title in *puma*) kill -s SIGUSR1 -- '4242' ;; esac": {usr1},
		"kill -0 4242":                                             nil,
		`kill "$child"`:                                            nil,
		"command -v systemctl >/dev/null":                          nil,
		"echo systemctl reload shop":                               nil,
		"# systemctl reload shop":                                  nil,
		"systemctl daemon-reload":                                  nil,
	} {
		if got := commandsIn(line + "\n"); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%q: %+v, want %+v", line, got, want)
		}
	}
}

// TestSystemctlAnswersLikeSystemd 252: in its words and with its status, as a host of Debian 12 did.
func TestSystemctlAnswersLikeSystemd(t *testing.T) {
	t.Parallel()
	const silent = ""
	stopped, crashed := func(c *Config) { c.Stopped = true }, func(c *Config) { c.RestartSec = time.Hour }
	for _, tt := range []struct {
		do     string
		config func(*Config)
		status int
		says   string
	}{
		{"systemctl reload shop", stopped, 1, "shop.service is not active, cannot reload."},
		{"systemctl --no-block reload shop", stopped, 0, silent}, // the job fails for itself
		{"systemctl --no-block reload shop", nil, 0, silent},
		{"systemctl --no-block reload shop", func(c *Config) { c.NoExecReload = true }, 3,
			"Failed to reload shop.service: Job type reload is not applicable for unit shop.service."},
		{"systemctl --no-block reload-or-restart shop", func(c *Config) { c.NoExecReload = true }, 0, silent},
		{"systemctl --no-block reload-or-restart shop", stopped, 0, silent},
		{"systemctl --no-block start shop", nil, 0, silent},
		{"systemctl --no-block stop shop", stopped, 0, silent},
		{"systemctl --no-block reload blog", nil, 5, "Failed to reload blog.service: Unit blog.service not found."},
		{"systemctl --no-block start blog", nil, 5, "Failed to start blog.service: Unit blog.service not found."},
		{"systemctl --no-block stop blog", nil, 5, "Failed to stop blog.service: Unit blog.service not loaded."},
		{"systemctl --user --no-block start shop", nil, 5, "Failed to start shop.service: Unit shop.service not found."},
		{"systemctl reset-failed blog", nil, 1, "Failed to reset failed state of unit blog.service: Unit blog.service not loaded."},
		{"systemctl reset-failed shop", stopped, 1, "Failed to reset failed state of unit shop.service: Unit shop.service not loaded."},
		{"systemctl reset-failed shop", nil, 0, silent},
		{"systemctl kill --kill-who=main -s SIGUSR1 -- shop", nil, 0, silent},
		{"systemctl kill --kill-who=main -s SIGUSR1 -- blog", nil, 1, "Failed to kill unit blog.service: Unit blog.service not loaded."},
		{"systemctl kill --kill-who=main -s SIGUSR1 -- shop", stopped, 1, "Failed to kill unit shop.service: Unit shop.service not loaded."},
		{"systemctl kill --kill-who=main -s SIGUSR1 -- shop", crashed, 1, "Failed to kill unit shop.service: No main process to kill"},
		{"systemctl --no-block restart shop", func(c *Config) { c.Denied = true }, 1,
			"Failed to restart shop.service: Interactive authentication required. See system logs and 'systemctl status shop.service' for details."},
		{"systemctl kill -s SIGUSR1 shop", func(c *Config) { c.Denied = true }, 1, "Failed to kill unit shop.service: Interactive authentication required."},
		{"systemctl frobnicate shop", nil, 1, "Unknown command verb frobnicate."},
	} {
		synctest.Test(t, func(t *testing.T) {
			c := Config{Workers: 2, Uptime: time.Hour}
			if tt.config != nil {
				tt.config(&c)
			}
			h := NewHost("web1", 5, c)
			if c.RestartSec > 0 {
				h.Puma(0).Signal("KILL")
			}
			if status, says := runs(t, connect(t, h), tt.do); status != tt.status || says != tt.says {
				t.Errorf("%s: %d %q, want %d %q", tt.do, status, says, tt.status, tt.says)
			}
		})
	}
}

// runs runs a script and returns its status and what it complained.
func runs(t *testing.T, r *remote.Host, script string) (status int, says string) {
	t.Helper()
	_, err := r.Run(t.Context(), script+"\n")
	var ended *remote.ExitError
	switch {
	case err == nil:
		return 0, ""
	case errors.As(err, &ended):
		return ended.Status, ended.Stderr
	}
	t.Fatal(err)
	return 0, ""
}

// TestKillAnswersLikeAShell, for masters and workers.
func TestKillAnswersLikeAShell(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := NewHost("web1", 5, Config{Workers: 2, Uptime: time.Hour}, Config{App: "blog", Workers: 2, Uptime: time.Hour, ForeignUser: true})
		r, p, foreign := connect(t, h), h.Puma(0), h.Puma(1)
		for _, tt := range []struct {
			pid    int
			status int
			says   string
		}{
			{p.PID(), 0, ""},
			{p.Worker(1), 0, ""},
			{foreign.PID(), 1, "sh: 1: kill: Operation not permitted"},
			{foreign.Worker(0), 1, "sh: 1: kill: Operation not permitted"},
			{4194000, 1, "sh: 1: kill: No such process"},
		} {
			status, says := runs(t, r, fmt.Sprintf("kill -s URG -- %d", tt.pid))
			if status != tt.status || strings.TrimSpace(says) != tt.says {
				t.Errorf("pid %d: %d %q, want %d %q", tt.pid, status, says, tt.status, tt.says)
			}
		}
	})
}

// TestCommandsAreCarriedOutOnce, however a script goes about it.
func TestCommandsAreCarriedOutOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := NewHost("web1", 5, Config{Workers: 2, Uptime: time.Hour})
		p := h.Puma(0)
		status, says := runs(t, connect(t, h), `if [ "$(id -u)" = 0 ]; then
  systemctl --no-ask-password --no-block reload -- 'shop.service'
else
  systemctl --no-ask-password --no-block reload -- 'shop.service' ||
    sudo -n systemctl --no-ask-password --no-block reload -- 'shop.service'
fi`)
		time.Sleep(20 * time.Second)
		p.t.do(func() {})
		if status != 0 || says != "" || p.phase != 1 {
			t.Errorf("%d %q, phase %d", status, says, p.phase)
		}
	})
}

// TestTerminatedWorkerIsReplaced in the phase that there is, once it has done what it was at.
func TestTerminatedWorkerIsReplaced(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"8.0.2", "5.6.9", "4.3.12", "3.12.6"} {
		synctest.Test(t, func(t *testing.T) {
			h := NewHost("web1", 5, Config{Version: version, Workers: 2, MinThreads: 3, MaxThreads: 3, Uptime: time.Hour, Phase: 3})
			p := h.Puma(0)
			p.Request(2, 4*time.Second) // one each
			pid := p.Worker(1)
			if status, says := runs(t, connect(t, h), fmt.Sprintf("kill -s TERM -- %d", pid)); status != 0 {
				t.Fatal(says)
			}
			time.Sleep(3 * time.Second)
			if p.Worker(1) != pid {
				t.Errorf("%s: it did not wait for its request", version)
			}
			time.Sleep(25 * time.Second)
			p.t.do(func() {})
			if w := p.at(1); w == nil || w.pid == pid || !w.booted || w.phase != 3 || p.phase != 3 || p.lost != 0 {
				t.Errorf("%s: %+v in phase %d, %d requests lost", version, w, p.phase, p.lost)
			}
		})
	}
}

// TestReloadSendsWhatTheUnitSays: a TSTP, as an old deploy tool wrote it, freezes the master.
func TestReloadSendsWhatTheUnitSays(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		exec         string
		phase, image int
		frozen       bool
	}{
		{"", 1, 1, false},
		{"/bin/kill -USR1 $MAINPID", 1, 1, false},
		{"/bin/kill -s SIGUSR2 $MAINPID", 0, 2, false},
		{"/bin/kill -TSTP $MAINPID", 0, 1, true},
	} {
		synctest.Test(t, func(t *testing.T) {
			p := NewPuma(Config{Workers: 2, Uptime: time.Hour, ExecReload: tt.exec}, 1)
			if err := p.Systemctl("reload"); err != nil {
				t.Error(err)
			}
			time.Sleep(20 * time.Second)
			if got := p.truth(); got.frozen != tt.frozen || got.image != tt.image || p.phase != tt.phase {
				t.Errorf("%q: %+v in phase %d, want %+v", tt.exec, got, p.phase, tt)
			}
		})
	}
}

// TestStartLimit: systemd gives a unit up, and refuses without a word, until the limit's time is over or reset-failed.
func TestStartLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := recordedConfig("6.6.1")
		c.Preload, c.RestartSec, c.Uptime = PreloadConfig, 100*time.Millisecond, time.Hour
		h := NewHost("web1", 1, c)
		p, r := h.Puma(0), connect(t, h)
		p.DeployNew(Broken)
		p.Signal("USR2")
		time.Sleep(5 * time.Second)
		state := func() (s string) {
			p.t.do(func() { s = fmt.Sprintf("%s %s", p.unit.active, p.unit.result) })
			return s
		}
		if got := state(); got != "failed start-limit-hit" {
			t.Fatal(got)
		}
		p.DeployNew(Good)
		if status, _ := runs(t, r, "systemctl --no-block start shop"); status != 0 || state() != "failed start-limit-hit" {
			t.Errorf("started at its limit: %d, %s", status, state())
		}
		if status, says := runs(t, r, "systemctl reset-failed shop\nsystemctl --no-block start shop"); status != 0 {
			t.Error(says)
		}
		time.Sleep(5 * time.Second)
		if got := state(); got != "active success" || p.truth().booted != 2 {
			t.Errorf("after reset-failed: %s, %+v", got, p.truth())
		}
	})
}

// TestWatchdog kills a master that is silent for too long: one that loads the application itself in a full restart, or
// one that is frozen; not one whose workers load it, as a real 6.6 showed. The silence begins with the last ping of the image
// before and ends with the first of the new one, half of WatchdogSec after that has come up.
func TestWatchdog(t *testing.T) {
	t.Parallel()
	freeze := func(p *Puma) { p.Freeze() }
	hot := func(p *Puma) { p.Signal("USR2") }
	for _, tt := range []struct {
		name   string
		config Config
		do     func(*Puma)
		killed bool
	}{
		{"preloading, slow", Config{Workers: 2, Preload: PreloadConfig, Watchdog: 10 * time.Second}, hot, true},
		{"single mode, slow", Config{Watchdog: 10 * time.Second}, hot, true},
		{"preloading, within half of it, long after a ping", Config{Workers: 2, Preload: PreloadConfig, Watchdog: 30 * time.Second}, hot, true},
		{"preloading, quick enough", Config{Workers: 2, Preload: PreloadConfig, Watchdog: 70 * time.Second}, hot, false},
		{"workers load it", Config{Workers: 2, Watchdog: 10 * time.Second}, hot, false},
		{"phased", Config{Workers: 2, Watchdog: 10 * time.Second}, func(p *Puma) { p.Signal("USR1") }, false},
		{"no watchdog", Config{Workers: 2, Preload: PreloadConfig}, hot, false},
		{"frozen", Config{Workers: 2, Watchdog: 10 * time.Second}, freeze, true},
		{"frozen, no watchdog", Config{Workers: 2}, freeze, false},
		{"frozen for a moment", Config{Workers: 2, Watchdog: 10 * time.Second}, func(p *Puma) { p.Freeze(); time.Sleep(time.Second); p.Thaw() }, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			c := tt.config
			c.Uptime, c.RestartSec = time.Hour, time.Second
			c.Releases = []Release{{Name: "1", Boot: 14 * time.Second}}
			p := NewPuma(c, 1)
			pid := p.PID()
			tt.do(p)
			time.Sleep(time.Minute)
			text := ""
			p.t.do(func() {
				for _, e := range p.log.entries {
					text += e.From + ": " + e.Text + "\n"
				}
			})
			said := strings.Contains(text, fmt.Sprintf("systemd[1]: shop.service: Watchdog timeout (limit %s)!", timespan(c.Watchdog))) &&
				strings.Contains(text, "systemd[1]: shop.service: Failed with result 'watchdog'.")
			if killed := p.PID() != pid; killed != tt.killed || said != tt.killed || p.PID() == 0 {
				t.Errorf("%s: pid %d, then %d; said so: %v", tt.name, pid, p.PID(), said)
			}
		})
	}
}
