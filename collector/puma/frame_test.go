package puma

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestParseFrame(t *testing.T) {
	t.Parallel()
	const root = "/srv/shop/releases/20261121194902"
	for _, tc := range []struct {
		text   string
		place  string
		label  string
		origin Origin
		gem    string
	}{
		{root + "/app/models/order.rb:41:in `price'", "app/models/order.rb:41", "price", OfApp, ""},
		{root + "/app/models/order.rb:41:in 'Order#price'", "app/models/order.rb:41", "Order#price", OfApp, ""},
		{root + "/lib/puma/warm.rb:3:in 'block in Warm.run'", "lib/puma/warm.rb:3", "block in Warm.run", OfApp, ""},
		{"/srv/old/releases/20250101000000/config.ru:4:in `block in <main>'", "config.ru:4", "block in <main>", OfApp, ""},
		{"/srv/shop/shared/config/puma.rb:5:in `sleep'", "/srv/shop/shared/config/puma.rb:5", "sleep", OfApp, ""},
		{"config.ru:9:in `call'", "config.ru:9", "call", OfApp, ""},
		{"/home/x/my app:2/a.rb:7:in `x'", "/home/x/my app:2/a.rb:7", "x", OfApp, ""},
		{"/srv/shop/components/gems/pricing/lib/a.rb:1:in `x'", "/srv/shop/components/gems/pricing/lib/a.rb:1", "x", OfApp, ""},
		{root + "/vendor/bundle/ruby/3.3.0/gems/rack-2.2.4/lib/rack/etag.rb:27:in `call'", "rack-2.2.4 lib/rack/etag.rb:27", "call", OfGem, "rack-2.2.4"},
		{"/usr/local/bundle/gems/nokogiri-1.15.4-x86_64-linux/lib/n.rb:2:in 'N'", "nokogiri-1.15.4-x86_64-linux lib/n.rb:2", "N", OfGem, "nokogiri-1.15.4-x86_64-linux"},
		{"/usr/local/bundle/bundler/gems/audit-0a1b2c3d4e5f/lib/a.rb:2:in 'A'", "audit-0a1b2c3d4e5f lib/a.rb:2", "A", OfGem, "audit-0a1b2c3d4e5f"},
		{"/var/lib/gems/3.1.0/gems/puma-6.6.1/lib/puma/reactor.rb:76:in `select'", "puma/reactor.rb:76", "select", OfPuma, "puma-6.6.1"},
		{"/var/lib/gems/3.1.0/gems/puma_worker_killer-0.3.1/lib/puma_worker_killer.rb:76:in `x'", "puma_worker_killer-0.3.1 lib/puma_worker_killer.rb:76", "x", OfGem, "puma_worker_killer-0.3.1"},
		{"/usr/share/ruby/vendor_ruby/puma/server.rb:1:in `x'", "puma/server.rb:1", "x", OfPuma, ""},
		{"/srv/rec/src/8.0.2/lib/puma/cluster.rb:471:in `wait_readable'", "puma/cluster.rb:471", "wait_readable", OfPuma, ""},
		{"/srv/rec/src/8.0.2/bin/puma:10:in `<main>'", "bin/puma:10", "<main>", OfPuma, ""},
		{"/usr/local/bin/bundle:25:in `<main>'", "bin/bundle:25", "<main>", OfRuby, ""},
		{"/usr/lib/ruby/3.1.0/net/http.rb:960:in `initialize'", "3.1.0/net/http.rb:960", "initialize", OfRuby, ""},
		{"/usr/lib/ruby/vendor_ruby/rubygems/core_ext/kernel_require.rb:85:in `require'", "rubygems/core_ext/kernel_require.rb:85", "require", OfRuby, ""},
		{"<internal:kernel>:187:in 'Kernel#loop'", "<internal:kernel>:187", "Kernel#loop", OfRuby, ""},
		{"(eval):3:in `x'", "(eval):3", "x", OfRuby, ""},
		{"(eval at " + root + "/app/a.rb:9):3:in 'x'", "app/a.rb:3", "x", OfApp, ""},
		{root + "/app/a.rb:9", "app/a.rb:9", "", OfApp, ""},
		{"<no backtrace available>", "<no backtrace available>", "", OfRuby, ""},
		{"", "", "", OfRuby, ""},
	} {
		want := Frame{Text: tc.text, Place: tc.place, Label: tc.label, Origin: tc.origin, Gem: tc.gem}
		if got := ParseFrame(tc.text, "", root); got != want {
			t.Errorf("%q:\n got %+v\nwant %+v", tc.text, got, want)
		}
	}
}

// TestDoingOf: what a thread does follows from where it stands, in the words of Ruby before and after 3.4.
func TestDoingOf(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		frames string
		want   Doing
	}{
		{"/a/puma-6.6.1/lib/puma/thread_pool.rb:153:in `sleep'\n/a/puma-6.6.1/lib/puma/thread_pool.rb:153:in `wait'\n" +
			"/a/puma-6.6.1/lib/puma/thread_pool.rb:153:in `block (2 levels) in spawn_thread'", Idle},
		{"/x/lib/puma/thread_pool.rb:236:in 'Thread::ConditionVariable#wait'\n/x/lib/puma/thread_pool.rb:236:in 'block (2 levels) in Puma::ThreadPool#spawn_thread'", Idle},
		{"/x/lib/puma/thread_pool.rb:405:in `sleep'\n/x/lib/puma/thread_pool.rb:405:in `block in start!'", Sleeping},
		{"/x/lib/puma/server.rb:341:in `select'", ForIO},
		{"/x/lib/puma/launcher.rb:246:in `backtrace'\n/x/lib/puma/launcher.rb:246:in `block in thread_status'", Answering},
		{"/srv/app/a.rb:1:in 'Kernel#sleep'", Sleeping},
		{"/srv/app/a.rb:1:in 'Monitor#synchronize'", ForLock},
		{"/srv/app/a.rb:1:in `block in synchronize'", Running},
		{"/srv/app/a.rb:1:in `async_exec_params'", ForIO},
		{"/srv/app/a.rb:1:in `value'", Waiting},
		{"/srv/app/a.rb:1:in `price'", Running},
		{"/srv/app/a.rb:1", Running},
		{"<no backtrace available>", NoTrace},
		{"", NoTrace},
	} {
		var frames []Frame
		for line := range strings.SplitSeq(tc.frames, "\n") {
			frames = append(frames, ParseFrame(line))
		}
		if got := DoingOf(frames); got != tc.want {
			t.Errorf("%q: %s, want %s", tc.frames, got, tc.want)
		}
	}
	if got := DoingOf(nil); got != NoTrace {
		t.Errorf("without a frame: %s", got)
	}
}

// TestRecordedThreads: of what several versions of Puma answered, no frame of Puma's own passes for the application's, and
// the thread that answers is known.
func TestRecordedThreads(t *testing.T) {
	t.Parallel()
	answers := 0
	for _, x := range recordedExchanges(t) {
		if !strings.Contains(x.request, "/thread-backtraces") || !strings.Contains(x.answer, "200 OK") {
			continue
		}
		answers++
		p := &fakePuma{answers: []string{x.answer}}
		threads, err := NewClient(p.dial, Token{}).Backtraces(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		doing := map[Doing]int{}
		for _, thread := range threads {
			var frames []Frame
			for _, text := range thread.Frames {
				f := ParseFrame(text)
				if f.Origin != OfPuma {
					t.Errorf("%s: %+v", x.version, f)
				}
				frames = append(frames, f)
			}
			doing[DoingOf(frames)]++
		}
		if doing[Answering] != 1 || doing[NoTrace] != 0 || doing[Running] != 0 {
			t.Errorf("%s, %s: %v", x.version, x.server, doing)
		}
	}
	if answers < 8 {
		t.Errorf("%d answers were recorded", answers)
	}
}

func FuzzParseFrame(f *testing.F) {
	for _, seed := range []string{
		"/srv/shop/releases/1/app/a.rb:4:in `x'", "/a/gems/rack-2.2.4/lib/a.rb:4:in 'A#x'", "(eval at /a.rb:1):2:in 'x'", "<internal:x>:1:in `y'", ":in '", "a:1:in `",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		frame := ParseFrame(text, "/srv/shop/current/", "/")
		DoingOf([]Frame{frame})
		switch {
		case frame.Text != text:
			t.Errorf("%q became %q", text, frame.Text)
		case frame.Place == "" && text != "":
			t.Errorf("%q has no place", text)
		case utf8.ValidString(text) && !utf8.ValidString(frame.Place+frame.Label+frame.Gem):
			t.Errorf("%q was cut within a character: %+v", text, frame)
		}
	})
}
