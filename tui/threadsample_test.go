package tui

import (
	"context"
	"fmt"
	"strings"
	"time"

	"pumatop/collector"
	"pumatop/collector/puma"
)

// threaded lets the screens ask for threads. What comes back is for the test to send.
func threaded(o *Options) {
	o.Threads = func(context.Context, collector.TargetID) collector.ThreadReport { return collector.ThreadReport{} }
}

// told is an answer at a moment after noon.
func answeredBy(after time.Duration, threads []puma.Backtrace, gc map[string]int64) collector.ThreadReport {
	return collector.ThreadReport{At: noon.Add(after), Took: 7 * time.Millisecond, Threads: threads, GC: gc}
}

const gems = "/srv/shop/shared/bundle/ruby/3.3.0/gems/"

// backtrace is a thread with its frames on lines, the innermost first.
func backtrace(name, frames string) puma.Backtrace {
	if name != "" {
		name = " " + name
	}
	return puma.Backtrace{Name: "Thread: TID-rs" + name, Frames: strings.Split(frames, "\n")}
}

// masterThreads are those of a cluster's master, as Puma 6.6.1 answers.
func masterThreads() []puma.Backtrace {
	lib := gems + "puma-6.6.1/lib/puma/"
	sleeps := lib + "thread_pool.rb:361:in `sleep'\n" + lib + "thread_pool.rb:361:in `block in start!'"
	return []puma.Backtrace{
		backtrace("", lib+"cluster.rb:473:in `wait_readable'\n"+lib+"cluster.rb:473:in `run'\n"+gems+"puma-6.6.1/bin/puma:10:in `<main>'"),
		backtrace("puma ctl tp reap", sleeps),
		backtrace("puma ctl tp trim", sleeps),
		backtrace("puma ctl", lib+"server.rb:341:in `select'\n"+lib+"server.rb:341:in `handle_servers'"),
		backtrace("puma ctl tp 001", lib+"launcher.rb:241:in `backtrace'\n"+lib+"launcher.rb:241:in `block in thread_status'\n"+
			lib+"launcher.rb:237:in `thread_status'\n"+lib+"app/status.rb:59:in `call'"),
	}
}

// busyThreads are those of single mode under load: most of them wait for a lock that one of them holds.
func busyThreads() []puma.Backtrace {
	app, lib := newRelease+"/app/", gems+"puma-8.0.2/lib/puma/"
	served := "\n" + gems + "rack-3.1.8/lib/rack/etag.rb:29:in 'Rack::ETag#call'\n" + lib + "thread_pool.rb:246:in 'block in Puma::ThreadPool#spawn_thread'"
	waits := "<internal:monitor>:24:in 'Monitor#synchronize'\n" + app + "models/rates.rb:31:in 'Rates.fetch'\n" + app + "controllers/%s.rb:12:in 'index'" + served
	threads := masterThreads()
	for i, from := range []string{"prices_controller", "prices_controller", "offers_controller"} {
		threads = append(threads, backtrace(fmt.Sprintf("puma srv tp %03d", i+1), fmt.Sprintf(waits, from)))
	}
	return append(threads,
		backtrace("puma srv tp 004", "/usr/lib/ruby/3.3.0/net/protocol.rb:219:in 'IO#wait_readable'\n"+app+"models/rates.rb:40:in 'Rates.load'\n"+
			app+"models/rates.rb:33:in 'block in Rates.fetch'\n"+app+"controllers/prices_controller.rb:12:in 'index'"+served),
		backtrace("puma srv tp 005", app+"models/invoice.rb:140:in 'Invoice#sum'"+served),
		backtrace("puma srv tp 006", lib+"thread_pool.rb:236:in 'Thread::ConditionVariable#wait'\n"+lib+"thread_pool.rb:236:in 'block (2 levels) in Puma::ThreadPool#spawn_thread'"),
		backtrace("puma srv tp 007", lib+"thread_pool.rb:236:in 'Thread::ConditionVariable#wait'\n"+lib+"thread_pool.rb:236:in 'block (2 levels) in Puma::ThreadPool#spawn_thread'"),
		backtrace("connection_pool_reaper", gems+"activerecord-8.0.1/lib/active_record/connection_adapters/abstract/connection_pool/reaper.rb:49:in 'Kernel#sleep'"),
		puma.Backtrace{Name: "Thread: TID-zz", Frames: []string{"<no backtrace available>"}})
}

// gcFiguresAt are the figures of Ruby 3.3 after so many collections more.
func gcFiguresAt(minor, major int64) map[string]int64 {
	return map[string]int64{
		"count": 18 + minor + major, "time": 412 + 3*minor + 40*major, "heap_allocated_pages": 1022, "heap_available_slots": 426_988,
		"heap_live_slots": 412_877 - 900*major, "heap_free_slots": 14_111 + 900*major, "minor_gc_count": 13 + minor, "major_gc_count": 5 + major,
		"total_allocated_objects": 9_119_875 + 31_000*minor, "total_freed_objects": 8_706_998 + 31_000*minor, "old_objects": 404_619, "old_objects_limit": 809_238,
		"malloc_increase_bytes": 3 << 20, "malloc_increase_bytes_limit": 32 << 20, "oldmalloc_increase_bytes": 9 << 20, "oldmalloc_increase_bytes_limit": 64 << 20,
		"compact_count": 0, "weak_references_count": 6021,
	}
}

// leaking gives workers a past of memory, of which the first has grown.
func leaking(s *collector.Snapshot) {
	for i := range s.Workers {
		for j := range 41 {
			s.Workers[i].MemoryPast = append(s.Workers[i].MemoryPast, float32(s.Workers[i].Memory.N)*(1-0.004*float32(40-j)*float32(1+i%2*2)))
		}
		s.Workers[i].MemoryPast[40] = float32(s.Workers[i].Memory.N)
		if i == 0 {
			s.Workers[i].MemoryPast[0] = float32(s.Workers[i].Memory.N) * 0.6
		}
	}
	s.Load.Memory = puma.Of(int64(137*len(s.Workers)+96) << 20)
}

// openedThreads shows the threads of a target and what it told, one answer after the other.
func (s *screen) openedThreads(of collector.TargetID, reports ...collector.ThreadReport) {
	s.press("/")
	s.typing.text = string(of)
	s.applyFilter()
	s.press("enter", "g", "enter", "b")
	for _, r := range reports {
		s.send(threadsMsg{s.threads.number, r})
	}
	s.send(tickMsg{at: reports[len(reports)-1].At.Add(2 * time.Second), generation: s.ticker.generation})
}

func threadScenes() []scene {
	cluster := with(production(), "web3/puma", leaking)
	cluster.Events = append(cluster.Events, collector.Event{At: noon.Add(-70 * time.Second), Target: "web3/puma", Kind: collector.ActionEvent,
		Text: "verified: major collections 4→5 in 0.1s, 14111 free slots, before 2210"})
	gap := collector.ThreadReport{At: noon, Took: 3 * time.Millisecond, GC: gcFiguresAt(0, 0),
		NoThreads: collector.Gap{Cause: "the control app is data_only: it gives figures and no backtraces", Remedy: "take data_only out of activate_control_app and restart in full"}}
	lost := collector.Gap{Cause: "the control app refuses the token", Remedy: "name the state file that has its token: HOST:/path/puma.state"}
	return []scene{
		{name: "threads", fleet: cluster, opts: threaded, play: func(s *screen) {
			s.openedThreads("web3/puma", answeredBy(0, masterThreads(), gcFiguresAt(0, 0)), answeredBy(5*time.Second, masterThreads(), gcFiguresAt(3, 1)))
		}},
		{name: "threads-single", fleet: with(production(), "web4/admin", leaking), opts: threaded, play: func(s *screen) {
			s.openedThreads("web4/admin", answeredBy(0, busyThreads(), gcFiguresAt(0, 0)), answeredBy(40*time.Second, busyThreads(), gcFiguresAt(71, 6)))
			s.press("enter", "j", "j")
		}},
		{name: "threads-stacks", fleet: production(), opts: threaded, play: func(s *screen) {
			s.openedThreads("web4/admin", answeredBy(0, busyThreads(), gcFiguresAt(0, 0)))
			s.press("s")
		}},
		{name: "threads-gap", fleet: production(), opts: threaded, play: func(s *screen) { s.openedThreads("web1/puma", gap) }},
		{name: "threads-refused", fleet: production(), opts: threaded, play: func(s *screen) {
			s.openedThreads("web1/puma", collector.ThreadReport{At: noon, NoThreads: lost, NoGC: lost})
		}},
		{name: "threads-mute", fleet: troubled(), opts: threaded, play: func(s *screen) {
			s.openedThreads("web5/puma", collector.ThreadReport{At: noon, NoThreads: lost, NoGC: lost})
		}},
		{name: "threads-hostile", fleet: hostile(), opts: threaded, play: func(s *screen) {
			long := strings.Repeat("網站", 80)
			s.press("G", "b")
			s.send(threadsMsg{s.threads.number, answeredBy(0, append(busyThreads(), backtrace(long, long+".rb:1:in `"+long+"'"), puma.Backtrace{}, backtrace("", "")),
				map[string]int64{long: 1 << 60, "count": 1})})
			s.press("a", "G")
		}},
	}
}
