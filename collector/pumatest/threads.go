package pumatest

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// thread is one entry of /thread-backtraces.
type thread struct {
	Name      string   `json:"name"`
	Backtrace []string `json:"backtrace"`
}

// backtraces is the body of /thread-backtraces: the master's own, and in single mode the application's with those of its
// threads at work that the load has now.
func (p *Puma) backtraces() string {
	gem := "/srv/" + p.c.App + "/shared/bundle/ruby/3.1.0/gems/puma-" + p.v.String()
	lib := gem + "/lib/puma/"
	var all []thread
	add := func(name string, frames ...string) {
		name = "Thread: TID-" + strconv.FormatInt(int64(36_000+36*len(all)), 36) + name
		all = append(all, thread{name, frames})
	}
	launched := []string{lib + "launcher.rb:203:in `run'", lib + "cli.rb:75:in `run'", gem + "/bin/puma:10:in `<main>'"}
	pool := func(of string) {
		add(" puma "+of+" tp reap", lib+"thread_pool.rb:361:in `sleep'", lib+"thread_pool.rb:361:in `block in start!'")
		add(" puma "+of+" tp trim", lib+"thread_pool.rb:361:in `sleep'", lib+"thread_pool.rb:361:in `block in start!'")
		add(" puma "+of, lib+"server.rb:341:in `select'", lib+"server.rb:341:in `handle_servers'", lib+"server.rb:271:in `block in run'")
	}
	if p.single() {
		add("", append([]string{lib + "single.rb:63:in `join'", lib + "single.rb:63:in `run'"}, launched...)...)
	} else {
		add("", append([]string{lib + "cluster.rb:473:in `wait_readable'", lib + "cluster.rb:473:in `run'"}, launched...)...)
	}
	pool("ctl")
	if p.single() {
		add(" puma reactor", lib+"reactor.rb:76:in `select'", lib+"reactor.rb:76:in `select_loop'", lib+"reactor.rb:39:in `block in run'")
		pool("srv")
		s := p.sample(p.lone)
		for i := range s.running {
			frames := []string{lib + "thread_pool.rb:153:in `sleep'", lib + "thread_pool.rb:153:in `wait'",
				lib + "thread_pool.rb:153:in `block (2 levels) in spawn_thread'", lib + "thread_pool.rb:136:in `block in spawn_thread'"}
			if i < s.busy-s.backlog {
				frames = p.atWork(i, gem)
			}
			add(fmt.Sprintf(" puma srv tp %03d", i+1), frames...)
		}
	}
	add(" puma ctl tp 001", append([]string{lib + "launcher.rb:241:in `backtrace'", lib + "launcher.rb:241:in `block in thread_status'",
		lib + "launcher.rb:237:in `each'", lib + "launcher.rb:237:in `thread_status'", lib + "app/status.rb:59:in `call'"}, served(lib)...)...)
	body, _ := json.Marshal(all) // strings alone
	return string(body)
}

// served is how a request comes to where it is answered.
func served(lib string) []string {
	return []string{lib + "request.rb:99:in `block in handle_request'", lib + "thread_pool.rb:390:in `with_force_shutdown'",
		lib + "request.rb:98:in `handle_request'", lib + "server.rb:472:in `process_client'", lib + "server.rb:254:in `block in run'",
		lib + "thread_pool.rb:167:in `block in spawn_thread'"}
}

// atWork is where the i-th thread at work stands: most wait for the database, some compute.
func (p *Puma) atWork(i int, gem string) []string {
	gems := gem[:len(gem)-len("puma-"+p.v.String())]
	app := p.site.path(p.release) + "/app/"
	query := []string{gems + "pg-1.5.4/lib/pg/connection.rb:680:in `async_exec_params'",
		gems + "activerecord-7.0.8/lib/active_record/connection_adapters/postgresql_adapter.rb:768:in `block in exec_no_cache'",
		gems + "activesupport-7.0.8/lib/active_support/concurrency/share_lock.rb:187:in `yield_shares'"}
	places := [...][]string{
		append(query, app+"models/report.rb:88:in `totals'", app+"controllers/reports_controller.rb:31:in `show'"),
		append(query, app+"models/report.rb:88:in `totals'", app+"controllers/reports_controller.rb:47:in `export'"),
		{"/usr/lib/ruby/3.1.0/net/protocol.rb:219:in `wait_readable'", "/usr/lib/ruby/3.1.0/net/http.rb:1525:in `request'",
			app + "services/exchange_rates.rb:17:in `fetch'", app + "controllers/prices_controller.rb:12:in `index'"},
		{app + "models/invoice.rb:140:in `sum'", app + "controllers/invoices_controller.rb:22:in `index'"},
	}
	frames := append([]string{}, places[[...]int{0, 2, 1, 0, 3, 0, 0, 2}[i%8]]...)
	frames = append(frames, gems+"actionpack-7.0.8/lib/action_controller/metal/basic_implicit_render.rb:6:in `send_action'",
		gems+"rack-2.2.4/lib/rack/etag.rb:27:in `call'")
	return append(frames, served(gem+"/lib/puma/")...)
}

// gcStats is the master's GC.stat: small where the application is not in the master, and moved by requests where it is.
func (p *Puma) gcStats() string {
	live, perSecond := 30016, 260.0
	if p.single() || p.c.preloads() {
		live = 412877
	}
	if p.single() {
		perSecond += 2400 * p.c.Load.Rate
	}
	// A minor collection comes whenever so many objects were made that the free slots are used up, and every twelfth of
	// them is followed by a major one.
	const room = 14111
	made := int(perSecond * p.t.now.Sub(p.began).Seconds())
	minor, since := made/room, made%room
	major := minor/12 + p.gcs
	old := live * 98 / 100
	total := 119875 + made
	return fmt.Sprintf(`{"count":%d,"time":%d,"heap_allocated_pages":%d,"heap_sorted_length":%d,"heap_allocatable_pages":0,`+
		`"heap_available_slots":%d,"heap_live_slots":%d,"heap_free_slots":%d,"heap_final_slots":0,"heap_marked_slots":%d,`+
		`"heap_eden_pages":%d,"heap_tomb_pages":0,"total_allocated_objects":%d,"total_freed_objects":%d,`+
		`"malloc_increase_bytes":%d,"malloc_increase_bytes_limit":16777216,"minor_gc_count":%d,"major_gc_count":%d,"compact_count":0,`+
		`"old_objects":%d,"old_objects_limit":%d,"oldmalloc_increase_bytes":%d,"oldmalloc_increase_bytes_limit":16777216}`,
		18+minor+major, 30+minor*live/200_000+major*live/9_000, (live+room)/408, (live+room)/408,
		live+room, live+since, room-since, live, (live+room)/408, total, total-live-since,
		78_280+since*120, 13+minor, 5+major, old, old*2, 78_280+since*160)
}
