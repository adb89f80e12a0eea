package probe

import (
	"testing"
	"time"

	"pumatop/collector/puma"
)

func TestServesPuma(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, exec string
		want       bool
	}{
		{"puma.service", "/usr/bin/puma -C /srv/shop/shared/config/puma.rb", true},
		{"shop.service", "/usr/bin/puma -C /srv/shop/shared/config/puma.rb", true},
		{"shop_puma_production.service", "/home/deploy/.rbenv/bin/rbenv exec bundle exec puma -e production", true},
		{"mastodon-web.service", "/home/mastodon/.rbenv/shims/bundle exec puma -C config/puma.rb", true},
		{"web.service", `/bin/bash -lc 'cd /srv/shop && exec bundle exec puma -C config/puma.rb'`, true},
		{"web.service", "/bin/bash -lc bundle exec --keep-file-descriptors puma", false}, // an option's argument, for all we know
		{"web.service", "/usr/local/rvm/bin/rvm default do bundle exec puma", true},
		{"web.service", "/srv/shop/bin/puma -C config/puma.rb", true},
		{"web.service", "/usr/bin/bundle exec pumactl -F config/puma.rb start", true},
		{"puma.service", "/usr/bin/bundle exec rails server -e production", true},
		{"puma.service", "/srv/shop/bin/start", true},
		{"puma@shop.service", "/srv/shop/bin/start", true},
		{"puma-exporter.service", "/usr/local/bin/puma-exporter --listen :9394", false},
		{"puma_exporter.service", "/usr/local/bin/puma_exporter --control-url unix:///srv/puma.sock", false},
		{"puma-log.service", "/usr/bin/tail -F /srv/shop/shared/log/puma.log", false},
		{"monitor.service", "/usr/bin/monit --app puma", false},
		{"puma-reload.service", "/usr/bin/pumactl -S /srv/puma.state phased-restart", false},
		{"sidekiq.service", "/usr/bin/bundle exec sidekiq", false},
		{"puma.service", "", false}, // masked
	}
	for _, test := range tests {
		if got := (Unit{Name: test.name, ExecStart: test.exec}).servesPuma(); got != test.want {
			t.Errorf("%s with %q serves Puma: %v, want %v", test.name, test.exec, got, test.want)
		}
	}
}

func TestUnitOf(t *testing.T) {
	t.Parallel()
	tests := []struct {
		what    string
		lines   []string
		name    string
		scope   Scope
		manager int
	}{
		{"unified", []string{"0::/system.slice/puma.service"}, "puma.service", SystemScope, 0},
		{"both hierarchies", []string{"9:name=systemd:/system.slice/puma.service", "4:memory:/", "0::/"}, "puma.service", SystemScope, 0},
		{"of a user", []string{"9:name=systemd:/", "0::/user.slice/user-1500.slice/user@1500.service/app.slice/puma.service"},
			"puma.service", UserScope, 1500},
		{"instance in a slice", []string{`0::/system.slice/system-puma.slice/puma@my\x2dshop.service`}, `puma@my\x2dshop.service`, SystemScope, 0},
		{"delegated", []string{"0::/system.slice/puma.service/payload"}, "puma.service", SystemScope, 0},
		{"session", []string{"0::/user.slice/user-1500.slice/session-3.scope"}, "", NoScope, 0},
		{"started by hand in a user manager", []string{"0::/user.slice/user-1500.slice/user@1500.service/init.scope"}, "", NoScope, 0},
		{"cron", []string{"0::/system.slice/cron.service"}, "", NoScope, 0},
		{"sshd without logind", []string{"0::/system.slice/ssh.service"}, "", NoScope, 0},
		{"container", []string{"0::/system.slice/docker-0123.scope"}, "", NoScope, 0},
		{"another controller", []string{"4:memory:/system.slice/puma.service"}, "", NoScope, 0},
		{"nothing", nil, "", NoScope, 0},
	}
	for _, test := range tests {
		name, scope, manager := unitOf(test.lines)
		if name != test.name || scope != test.scope || manager != test.manager {
			t.Errorf("%s: %q, %q, %d, want %q, %q, %d", test.what, name, scope, manager, test.name, test.scope, test.manager)
		}
	}
}

func TestTimespan(t *testing.T) {
	t.Parallel()
	tests := map[string]time.Duration{
		"30s": 30 * time.Second, "1min 30s": 90 * time.Second, "500ms": 500 * time.Millisecond, "0": 0, "infinity": 0,
		"": 0, "1.5s": 1500 * time.Millisecond, "9999999999999s": 0, "5 parsecs": 0,
		"15251w": 0, "500w 500w": 0, "500w": 500 * 7 * 24 * time.Hour, // ten years are the most
	}
	for s, want := range tests {
		if got := timespan(s); got != want {
			t.Errorf("timespan(%q) = %v, want %v", s, got, want)
		}
	}
}

func TestUnitApp(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"puma.service": "puma", "shop_puma_production.service": "shop_puma_production",
		`puma@my\x2dshop.service`: "puma@my-shop", `odd\xzz.service`: `odd\xzz`, `end\x2`: `end\x2`,
	}
	for name, want := range tests {
		if got := (Unit{Name: name}).App(); got != want {
			t.Errorf("the app of %q is %q, want %q", name, got, want)
		}
	}
}

func TestUnitProperties(t *testing.T) {
	t.Parallel()
	tests := []struct {
		what       string
		properties map[string]string
		boot       time.Duration
		log        string
	}{
		{"ready", map[string]string{"Type": "notify", "ExecMainStartTimestampMonotonic": "311112781", "ActiveEnterTimestampMonotonic": "312091836"},
			979055 * time.Microsecond, ""},
		{"started again, not ready yet", map[string]string{"Type": "notify", "ExecMainStartTimestampMonotonic": "512091836", "ActiveEnterTimestampMonotonic": "312091836"}, 0, ""},
		{"never ready", map[string]string{"Type": "notify", "ExecMainStartTimestampMonotonic": "311112781", "ActiveEnterTimestampMonotonic": "0"}, 0, ""},
		{"active at once", map[string]string{"Type": "simple", "ExecMainStartTimestampMonotonic": "311112781", "ActiveEnterTimestampMonotonic": "311115781"}, 0, ""},
		{"properties that are not there", map[string]string{"Type": "notify"}, 0, ""},
		{"journal", map[string]string{"StandardOutput": "journal"}, 0, ""},
		{"file", map[string]string{"StandardOutput": "append:/srv/shop/shared/log/puma.log"}, 0, "/srv/shop/shared/log/puma.log"},
		{"another service's", map[string]string{"StandardOutput": "fd:stdout"}, 0, ""},
	}
	for _, test := range tests {
		u := RawUnit{Scope: SystemScope, Properties: test.properties}.unit()
		equal(t, test.what+": boot time", u.BootTime, test.boot)
		equal(t, test.what+": log", u.LogPath, test.log)
	}
}

// Only the owner of a user unit's manager knows whether it lingers, and root; a unit of the system has no need to.
func TestLingering(t *testing.T) {
	t.Parallel()
	want := map[string]puma.Answer{"web3": puma.Yes, "web3-root": puma.Yes, "web1": "", "web6": ""}
	for name, answer := range want {
		h := recorded(t, name)
		units := h.Idle
		for _, p := range h.Pumas {
			units = append(units, p.Unit)
		}
		equal(t, name, units[0].Lingering, answer)
	}
	r := Report{Login: "uid=1500(deploy)", Units: []RawUnit{{Scope: UserScope, Manager: "1501", Properties: map[string]string{
		"Id": "puma.service", "LoadState": "loaded", "ExecStart": "puma"}}}}
	equal(t, "not looked at", r.Host().Idle[0].Lingering, puma.Unknown)
	r.Lingers = map[string]bool{"1500": true, "1501": false}
	equal(t, "off", r.Host().Idle[0].Lingering, puma.No)
}

func TestMaySignal(t *testing.T) {
	t.Parallel()
	tests := []struct {
		login  string
		owner  int
		cgroup string
		want   bool
	}{
		{"uid=1500(deploy)", 1500, "0::/system.slice/puma.service", true},
		{"uid=1501(other)", 1500, "0::/system.slice/puma.service", false},
		{"uid=0(root)", 1500, "0::/system.slice/puma.service", true},
		{"uid=0(root)", 1500, "0::/system.slice/docker-0123.scope", false},
		{"", 0, "0::/system.slice/puma.service", false},
	}
	for _, test := range tests {
		r := Report{Login: test.login, Processes: []RawProcess{
			{PID: 7, UID: test.owner, Title: "puma 6.4.3 (unix:///run/shop.sock) [shop]", Cwd: "/srv/shop", Cgroup: []string{test.cgroup}},
		}}
		p := r.Host().Pumas[0]
		equal(t, test.login+" in "+test.cgroup, p.MaySignal, test.want)
	}
	equal(t, "hidden by /proc", recorded(t, "web1-hidepid").Pumas[0].MaySignal, false)
	equal(t, "login", recorded(t, "web1-hidepid").Pumas[0].Login, "nobody")
}

// The directories of a container are not the host's, whatever their names.
func TestRevisionOfAContainer(t *testing.T) {
	t.Parallel()
	r := Report{Revisions: map[string]string{"/app": "of the host"}, Processes: []RawProcess{
		{PID: 7, Title: "puma 6.4.3 (unix:///run/shop.sock) [shop]", Cwd: "/app", Inner: 1},
		{PID: 8, Title: "puma: cluster worker 0: 1 [shop]", Cwd: "/app"},
	}}
	p := r.Host().Pumas[0]
	equal(t, "master's", p.RunningRevision, "")
	equal(t, "worker's", p.Workers[0].Revision, "")
}
