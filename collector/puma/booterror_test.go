package puma

import (
	"slices"
	"strings"
	"testing"
)

func TestFindRecordedBootErrors(t *testing.T) {
	t.Parallel()
	const message = "this release does not boot"
	for name, want := range map[string]BootError{
		"3.12.6-phased-broken":  {message, "RuntimeError", "config.ru:2"},
		"4.3.12-phased-broken":  {message, "RuntimeError", "config.ru:2"},
		"5.0.4-phased-broken":   {message, "RuntimeError", "config.ru:2"},
		"5.6.9-phased-broken":   {"", "", "config.ru:2"},
		"6.4.3-phased-broken":   {message, "", "config.ru:2"},
		"6.6.1-phased-broken":   {message, "", "config.ru:2"},
		"7.0.4-phased-broken":   {message, "", "config.ru:2"},
		"8.0.2-phased-broken":   {message, "", "config.ru:2"},
		"4.3.12-preload-broken": {message, "RuntimeError", "config.ru:2"},
		"6.6.1-preload-broken":  {message, "RuntimeError", "config.ru:2"},
		"8.0.2-preload-broken":  {message, "RuntimeError", "config.ru:2"},
	} {
		if got, ok := FindBootError(recordedLog(t, name)); !ok || got != want {
			t.Errorf("%s: %+v, %v, want %+v", name, got, ok, want)
		}
	}
	for _, name := range []string{"8.0.2-phased-restart", "8.0.2-fork-worker", "7.0.4-single", "3.12.6-preload-phased"} {
		if got, ok := FindBootError(recordedLog(t, name)); ok {
			t.Errorf("%s: %+v where all boots", name, got)
		}
	}
}

func TestFindBootError(t *testing.T) {
	t.Parallel()
	const pumaFrame = "    /var/lib/gems/3.1.0/gems/puma-6.6.1/lib/puma/cluster/worker.rb:60:in `run'"
	for _, tc := range []struct {
		name string
		log  []string
		want BootError
	}{
		{"a message with a port in it, and of several lines", []string{
			"[91] ! Unable to start worker",
			"[91] connection to server at 127.0.0.1:5432", "failed: Connection refused", "",
			"[91] /srv/shop/shared/bundle/ruby/3.1.0/gems/pg-1.5/lib/pg.rb:9:in `connect'",
			"    /srv/shop/releases/20261121191110/config/initializers/db.rb:4:in `<main>'", pumaFrame,
		}, BootError{Message: "connection to server at 127.0.0.1:5432", Where: "config/initializers/db.rb:4"}},
		{"a syntax error stands in its own message", []string{
			"[91] ! Unable to start worker",
			"[91] /srv/shop/current/config/routes.rb:3: syntax error, unexpected end-of-input",
			"[91] /usr/lib/ruby/3.1.0/bundled_gems.rb:69:in `require'", pumaFrame,
		}, BootError{Message: "syntax error, unexpected end-of-input", Where: "config/routes.rb:3"}},
		{"only gems in the trace", []string{
			"[91] ! Unable to start worker", "[91] Could not find rack-3.0 in any of the sources",
			"[91] /usr/lib/ruby/vendor_ruby/bundler/definition.rb:524:in `materialize'", pumaFrame,
		}, BootError{Message: "Could not find rack-3.0 in any of the sources"}},
		{"another worker's line ends it", []string{
			"[91] ! Unable to start worker", "[91] first", "[92] second", "[92] config.ru:9:in `<main>'",
		}, BootError{Message: "first"}},
		{"frames of Ruby 3.4", []string{
			"[91] ! Unable to start worker", "[91] undefined local variable or method 'x' for main:Object",
			"[91] /srv/shop/releases/1/app/models/user.rb:7:in 'User.find_all'", pumaFrame,
		}, BootError{Message: "undefined local variable or method 'x' for main:Object", Where: "app/models/user.rb:7"}},
		{"single mode, in a module, without a trace", []string{
			"! Unable to load application: ActiveRecord::NoDatabaseError: We could not find your database: shop",
		}, BootError{Message: "We could not find your database: shop", Class: "ActiveRecord::NoDatabaseError"}},
		{"Ruby's own trace of 3.4 in an old Puma", []string{
			"config.ru:2:in 'block in <main>': down: really (Shop::Down)",
			"\tfrom /gems/puma-4.3.12/lib/puma/configuration.rb:321:in 'load_rackup'",
		}, BootError{Message: "down: really", Class: "Shop::Down", Where: "config.ru:2"}},
		{"the newest with a message", []string{
			"[91] ! Unable to start worker", "[91] first", "[91] config.ru:1:in `<main>'",
			"[92] ! Unable to start worker", "[92] second", "[92] config.ru:2:in `<main>'",
			"[93] ! Unable to start worker", "[93] config.ru:3:in `<main>'",
		}, BootError{Message: "second", Where: "config.ru:2"}},
		{"a token in the message", []string{
			"! Unable to load application: KeyError: GET /stats?token=5f1d7c0e",
		}, BootError{Message: "GET /stats?token=[token]", Class: "KeyError"}},
	} {
		if got, ok := FindBootError(tc.log); !ok || got != tc.want {
			t.Errorf("%s: %+v, %v, want %+v", tc.name, got, ok, tc.want)
		}
		cleaned := slices.Clone(tc.log)
		for i, line := range cleaned {
			cleaned[i] = strings.ReplaceAll(line, "\t", "        ")
		}
		if got, ok := FindBootError(cleaned); !ok || got != tc.want {
			t.Errorf("%s, tabs expanded: %+v, %v, want %+v", tc.name, got, ok, tc.want)
		}
	}
}

func TestFindBootErrorInOtherTraces(t *testing.T) {
	t.Parallel()
	for name, log := range map[string][]string{
		"nothing":                      nil,
		"all well":                     {"[7] - Worker 0 (PID: 91) booted in 0.1s, phase: 0"},
		"no detail":                    {"[91] Early termination of worker"},
		"cut off after the first line": {"[91] ! Unable to start worker"},
		"a thread of the application": {
			"#<Thread:0x00007f run> terminated with exception (report_on_exception is true):",
			"app/jobs/mail.rb:9:in `perform': down (RuntimeError)",
			"\tfrom /gems/puma-6.6.1/lib/puma/thread_pool.rb:155:in `block'",
		},
		"a script beside Puma": {
			"lib/tasks/x.rb:9:in `run': down (RuntimeError)", "\tfrom /usr/bin/rake:25:in `<main>'",
		},
		"a trace in an application's log": {
			"RuntimeError (down):", "app/controllers/x.rb:9:in `show'", "[91] config.ru:2:in `call'",
		},
	} {
		if got, ok := FindBootError(log); ok {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func FuzzFindBootError(f *testing.F) {
	f.Add("[91] ! Unable to start worker\n[91] a\n[91] config.ru:2:in `x'\n    /a/b.rb:1:in `y'")
	f.Add("config.ru:2:in `x': a (B::C)\n\tfrom /lib/puma/x.rb:1:in `y'")
	f.Add("! Unable to load application: A: /x/y.rb:1: z\n/releases//current/x.rb:2:in 'q'")
	f.Fuzz(func(t *testing.T, log string) {
		e, ok := FindBootError(strings.Split(log, "\n"))
		if !ok && e != (BootError{}) {
			t.Fatalf("an error that was not found: %+v", e)
		}
		if strings.ContainsAny(e.Message+e.Class+e.Where, "\x1b\n\x00\t") || len([]rune(e.Message)) > maxMessage {
			t.Fatalf("%q", e)
		}
	})
}
