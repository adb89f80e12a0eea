package puma

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

// certain, likely and unsure are settings as the text decides them.
func certain(line int, text string) Setting {
	return Setting{Text: text, Literal: true, Line: line}
}
func likely(line int, text string) Setting { return Setting{Text: text, Line: line} }
func sometimes(line int, text string) Setting {
	return Setting{Text: text, Literal: true, Conditional: true, Line: line}
}

func TestReadRealConfigurations(t *testing.T) {
	t.Parallel()
	const shared = "/srv/shop/shared"
	for name, want := range map[string]Settings{
		"lab.rb": {
			Lines: 24, Directory: certain(3, "/srv/shop/current"), Environment: certain(4, "production"), Rackup: certain(5, "config.ru"),
			Workers: likely(7, "2"), ThreadsMin: certain(8, "1"), ThreadsMax: likely(8, "5"),
			Binds:   []Setting{certain(9, "unix://"+shared+"/tmp/sockets/puma.sock")},
			Preload: sometimes(12, "true"), PruneBundler: sometimes(13, "true"), ForkWorker: sometimes(14, "1000"),
			StatePath: certain(18, shared+"/tmp/pids/puma.state"), PIDFile: certain(19, shared+"/tmp/pids/puma.pid"),
			Control:               Control{Setting: Setting{Text: "unix://" + shared + "/tmp/sockets/pumactl.sock", Conditional: true, Line: 23}, OptionsUnread: true},
			WorkerShutdownTimeout: Setting{Conditional: true, Line: 15}, WorkerBootTimeout: Setting{Conditional: true, Line: 16},
		},
		"capistrano.rb": {
			Lines: 21, Directory: certain(4, "/srv/shop/current"), Rackup: certain(5, "/srv/shop/current/config.ru"),
			Environment: certain(6, "production"), Tag: certain(7, ""),
			PIDFile: certain(8, shared+"/tmp/pids/puma.pid"), StatePath: certain(9, shared+"/tmp/pids/puma.state"),
			Stdout: certain(10, shared+"/log/puma_access.log"), Stderr: certain(10, shared+"/log/puma_error.log"), Append: certain(10, "true"),
			ThreadsMin: certain(11, "0"), ThreadsMax: certain(11, "16"),
			Binds:   []Setting{certain(12, "unix://"+shared+"/tmp/sockets/shop-puma.sock")},
			Workers: certain(13, "0"), PruneBundler: certain(15, "true"), Hooks: []Setting{certain(17, "on_restart")},
		},
		"guide.rb": {
			Lines: 23, Workers: certain(3, "2"), ThreadsMin: certain(4, "1"), ThreadsMax: certain(4, "6"), Environment: likely(10, "production"),
			Binds:  []Setting{likely(12, "unix:///srv/shop/shared/sockets/puma.sock")},
			Stdout: likely(13, shared+"/log/out.log"), Stderr: likely(13, shared+"/log/err.log"), Append: certain(13, "true"),
			PIDFile: likely(16, shared+"/pids/puma.pid"), StatePath: likely(17, shared+"/pids/puma.state"),
			Control: Control{Setting: certain(18, "auto")}, Hooks: []Setting{certain(20, "on_worker_boot")},
		},
		"rails.rb": {
			Lines: 22, ThreadsMin: likely(4, "5"), ThreadsMax: likely(4, "5"), Workers: Setting{Conditional: true, Line: 9},
			WorkerTimeout: sometimes(12, "3600"), Binds: []Setting{likely(14, "tcp://0.0.0.0:3000")},
			Environment: likely(15, "development"), PIDFile: likely(16, "tmp/pids/server.pid"),
		},
	} {
		text, err := os.ReadFile(filepath.Join("testdata/config", name))
		if err != nil {
			t.Fatal(err)
		}
		got := ReadSettingsAt(text, "/srv/shop/config/puma.rb")
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\ngot  %+v\nwant %+v", name, got, want)
		}
		windows := []byte("\ufeff" + strings.ReplaceAll(string(text), "\n", "\r\n"))
		if got := ReadSettingsAt(windows, "/srv/shop/config/puma.rb"); !reflect.DeepEqual(got, want) {
			t.Errorf("%s with carriage returns:\ngot  %+v\nwant %+v", name, got, want)
		}
	}
}

// Each text sets state_path, or seems to.
func TestReadSettingsOfOneValue(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		text string
		want Setting
	}{
		{`state_path "/a"`, certain(1, "/a")},
		{`state_path("/a")`, certain(1, "/a")},
		{`state_path ("/a")`, certain(1, "/a")},
		{"  state_path\t'/a' # not '/b'", certain(1, "/a")},
		{"quiet; state_path '/a'; workers 2", certain(1, "/a")},
		{`state_path %q(/a(b))`, certain(1, "/a(b)")},
		{`state_path "/a" "/b"`, certain(1, "/a/b")},
		{`state_path "/a" + '/b'`, certain(1, "/a/b")},
		{`state_path "/a\x2f\u0062\u{63}\tc\"#"`, certain(1, "/a/bc\tc\"#")},
		{`state_path '/a\n\'#{x}'`, certain(1, `/a\n'#{x}`)},
		{"state_path \\\n  '/a'", certain(1, "/a")},
		{"state_path(\n  '/a'\n)", certain(1, "/a")},
		{"state_path :a", certain(1, "a")},
		{`state_path "/a".freeze`, certain(1, "/a")},
		{"x = '/a'\nstate_path x", certain(2, "/a")},
		{"X = '/a'; @y = \"#{X}/b\"; state_path \"#{@y}/c\"", certain(1, "/a/b/c")},
		{"x = '/a'\nx = '/b'\nstate_path x", certain(3, "/b")},
		{"x ||= '/a'\nstate_path x", certain(2, "/a")},
		{"x = '/a'\nx ||= '/b'\nstate_path x", certain(3, "/a")},
		{"x = '/a'\nx = '/b' if y\nstate_path x", likely(3, "/b")},
		{"x = '/a'\nx << '/b'\nstate_path x", Setting{Line: 3}},
		{"x = '/a'\nx += '/b'\nstate_path x", Setting{Line: 3}},
		{"x = if y\n  '/a'\nelse\n  '/b'\nend\nstate_path x", Setting{Line: 6}},
		{"x, y = '/a', '/b'\nstate_path x", Setting{Line: 2}},
		{`state_path File.join("/a", "b", 'c.state')`, certain(1, "/a/b/c.state")},
		{`state_path File.expand_path("../x", "/a/b")`, certain(1, "/a/x")},
		{`state_path File.expand_path("../../tmp/x", __FILE__)`, likely(1, "/srv/shop/tmp/x")},
		{`state_path File.join(__dir__, "..", "x")`, likely(1, "/srv/shop/config/../x")},
		{`state_path "#{Dir.pwd}/tmp/x"`, likely(1, "/srv/shop/tmp/x")},
		{`state_path File.expand_path "tmp/x"`, likely(1, "/srv/shop/tmp/x")},
		{`state_path File.dirname("/a/b")`, certain(1, "/a")},
		{`state_path File.expand_path("~/x")`, Setting{Line: 1}},
		{`state_path ENV.fetch("X", "/a")`, likely(1, "/a")},
		{`state_path ENV.fetch("X") { "/a" }`, likely(1, "/a")},
		{`state_path ENV.fetch("X")`, Setting{Line: 1}},
		{`state_path ENV["X"] || "/a"`, likely(1, "/a")},
		{`state_path(ENV["X"] || "/a")`, likely(1, "/a")},
		{`state_path ENV["X"]`, Setting{Line: 1}},
		{`state_path "#{ENV.fetch("X") { "/a" }}/#{"b"}"`, likely(1, "/a/b")},
		{`state_path nil || "/a"`, certain(1, "/a")},
		{`state_path "/a#{compute}"`, Setting{Line: 1}},
		{`state_path y ? "/a" : "/b"`, Setting{Line: 1}},
		{`state_path Rails.root.join("x")`, Setting{Line: 1}},
		{`state_path "/a" if y`, sometimes(1, "/a")},
		{`state_path "/a" unless y`, sometimes(1, "/a")},
		{`state_path "/a" rescue nil`, sometimes(1, "/a")},
		{"if y then state_path '/a' end", sometimes(1, "/a")},
		{"if y\n  quiet\nelsif z\n  state_path '/a'\nend", sometimes(4, "/a")},
		{"unless y; state_path '/a'; end", sometimes(1, "/a")},
		{"case y\nwhen 1 then quiet\nelse\n  state_path '/a'\nend", sometimes(4, "/a")},
		{"begin\n  state_path '/a'\nrescue => e\nend", sometimes(2, "/a")},
		{"before_fork do |x|\n  state_path '/a'\nend", sometimes(2, "/a")},
		{"def f\n  state_path '/a'\nend", sometimes(2, "/a")},
		{"while y do\n  state_path '/a'\nend", sometimes(2, "/a")},
		{"return if y\nstate_path '/a'", sometimes(2, "/a")},
		{"if y\n quiet\nend\nstate_path '/a'", certain(4, "/a")},
		{"while y do\n quiet\nend\nstate_path '/a'", certain(4, "/a")},
		{"for x in y do\n quiet\nend\nstate_path '/a'", certain(4, "/a")},
		{"on_x do |a, b| puts a end\nstate_path '/a'", certain(2, "/a")},
		{"on_x { |a|\n puts a if b\n}\nstate_path '/a'", certain(4, "/a")},
		{"x = [1,\n 2].map do |y| y end\nstate_path '/a'", certain(3, "/a")},
		{"a.class; b.end; c = :if; d(if: 1)\nstate_path '/a'", certain(2, "/a")},
		{"x.y\n  .z\nstate_path '/a'", certain(3, "/a")},
		{"x = '/a'\n  .reverse\nstate_path x", Setting{Line: 3}},
		{"x = '/a'\n  # backwards\n  &.reverse\nstate_path x", Setting{Line: 4}},
		{"x =\n  if y then 1 else 2 end\nstate_path '/a'", certain(3, "/a")},
		{"state_path '/a'\nstate_path '/b'", certain(2, "/b")},
		{"state_path '/a'\nstate_path '/b' if y", sometimes(2, "/b")},
		{"state_path '/a' if y\nstate_path '/b'", certain(2, "/b")},
		{"state_path '/a'\nstate_path '/a' if y", certain(1, "/a")},
		{"# state_path '/a'", Setting{}},
		{"=begin\nstate_path '/a'\n=end", Setting{}},
		{"=begin\nx\n=end\nstate_path '/a'", certain(4, "/a")},
		{"quiet\n__END__\nstate_path '/a'", Setting{}},
		{"x = <<~TEXT\n  state_path '/a'\nTEXT\n", Setting{}},
		{"f(<<~A, <<-'B')\n state_path '/a'\n A\n state_path '/b'\n B\nstate_path '/c'", certain(6, "/c")},
		{"x = <<TEXT\nit's \"\nTEXT\nstate_path '/a'", certain(4, "/a")},
		{"x = \"\nstate_path '/a'\n\"\n", Setting{}},
		{"x = %w[\nstate_path /a\n]", Setting{}},
		{"x = y / 2; z = /state_path '/; state_path '/a'", certain(1, "/a")},
		{"x = y % 3; state_path '/a'", certain(1, "/a")},
		{"x = `state_path '/b'`; state_path '/a'", certain(1, "/a")},
		{"x << y\nstate_path '/a'", certain(2, "/a")},
		{"state_path = '/a'", Setting{}},
		{"x.state_path '/a'", Setting{}},
		{"x = { state_path: '/a', :state_path => 1 }", Setting{}},
		{"state_path", Setting{}},
		{"state_path '/a", certain(1, "/a")},
		{"state_path '/a' and quiet", Setting{Line: 1}},
	} {
		got := ReadSettingsAt([]byte(tc.text), "/srv/shop/config/puma.rb").StatePath
		if got != tc.want {
			t.Errorf("%s\ngot  %+v\nwant %+v", tc.text, got, tc.want)
		}
	}
}

func TestReadSettingsWithoutAPath(t *testing.T) {
	t.Parallel()
	for _, expression := range []string{"__FILE__", "__dir__", "Dir.pwd", `File.expand_path("../..", __FILE__)`, `File.expand_path("x")`} {
		if got := ReadSettings([]byte("state_path " + expression)).StatePath; got != (Setting{Line: 1}) {
			t.Errorf("%s: %+v", expression, got)
		}
	}
}

// A file that evaluates another is read with it, where the other's text is known; else it may set anything.
func TestReadSettingsWithFiles(t *testing.T) {
	t.Parallel()
	files := map[string]string{
		"/srv/shop/config/common.rb": "workers 2\npreload_app!\nbefore_fork { x }",
		"/srv/shop/config/loop.rb":   "threads 3\n" + strings.Repeat("eval File.read(__FILE__)\neval File.read('config/common.rb')\n", 30),
	}
	texts := func(name string) ([]byte, bool) { text, ok := files[name]; return []byte(text), ok }
	in := func(s Setting, file string) Setting { s.File = "/srv/shop/config/" + file; return s }
	for _, tc := range []struct{ text, file string }{
		{"eval File.read('/srv/shop/config/common.rb')", "common.rb"},
		{"eval(File.read('config/common.rb'), binding)", "common.rb"},
		{"instance_eval(File.read(File.join(__dir__, 'common.rb')))", "common.rb"},
		{"instance_eval ::IO.read(File.expand_path('../common.rb', __FILE__)), 'common.rb'", "common.rb"},
		{"x = 'common'\ninstance_eval File.binread(\"config/#{x}.rb\")", "common.rb"},
		{"instance_eval File.read('config/loop.rb')", "common.rb"},
	} {
		s := ReadSettingsWith([]byte(tc.text), "/srv/shop/config/puma.rb", texts)
		if s.Workers != in(certain(1, "2"), tc.file) || s.Preload != in(certain(2, "true"), tc.file) || s.Hooks[0] != in(certain(3, "before_fork"), tc.file) {
			t.Errorf("%s\n%+v", tc.text, s)
		}
	}
	s := ReadSettingsWith([]byte("eval File.read('config/common.rb') if x\npreload_app! false"), "/srv/shop/config/puma.rb", texts)
	if s.Workers != in(sometimes(1, "2"), "common.rb") || s.Preload != certain(2, "false") || s.Opaque.IsSet() || len(s.Included) != 1 {
		t.Errorf("%+v", s)
	}
	for _, text := range []string{
		"eval File.read('config/missing.rb')", "eval File.read(x)", "eval x", "eval File.read('config/common.rb').strip",
		"eval 'File.read(\"config/common.rb\")'", "x.each { |y| eval File.read('config/common.rb') }",
	} {
		if s := ReadSettingsWith([]byte(text), "/srv/shop/config/puma.rb", texts); !s.Opaque.IsSet() || s.Workers.IsSet() {
			t.Errorf("%s\n%+v", text, s)
		}
	}
}

func TestReadSettingsArguments(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		text string
		want Settings
	}{
		{"threads 5", Settings{ThreadsMin: certain(1, "5"), ThreadsMax: certain(1, "5")}},
		{"threads", Settings{ThreadsMin: Setting{Line: 1}, ThreadsMax: Setting{Line: 1}}},
		{"workers :auto", Settings{Workers: certain(1, "auto")}},
		{"workers 1_0", Settings{Workers: certain(1, "10")}},
		{"workers Integer(ENV['X'] || 2)", Settings{Workers: likely(1, "2")}},
		{"workers (ENV['X'] || 2).to_i", Settings{Workers: likely(1, "2")}},
		{"workers ENV['X'].to_i", Settings{Workers: Setting{Line: 1}}},
		{"workers -1", Settings{Workers: certain(1, "-1")}},
		{"workers = 2\nworkers workers", Settings{Workers: certain(2, "2")}},
		{"fork_worker", Settings{ForkWorker: certain(1, "1000")}},
		{"fork_worker 50", Settings{ForkWorker: certain(1, "50")}},
		{"prune_bundler false", Settings{PruneBundler: certain(1, "false")}},
		{"preload_app!()", Settings{Preload: certain(1, "true")}},
		{"preload_app! && quiet", Settings{Preload: Setting{Line: 1}}},
		{"quiet if preload_app!", Settings{Preload: Setting{Line: 1, Conditional: true}}},
		{"stdout_redirect nil, '/e'", Settings{Stdout: certain(1, "nil"), Stderr: certain(1, "/e"), Append: certain(1, "false")}},
		{"port 3000", Settings{Binds: []Setting{certain(1, "tcp://0.0.0.0:3000")}}},
		{"port ENV.fetch('P', 80), '::1'", Settings{Binds: []Setting{likely(1, "tcp://[::1]:80")}}},
		{"port 80, ENV.fetch('H') { nil }", Settings{Binds: []Setting{likely(1, "tcp://0.0.0.0:80")}}},
		{"ssl_bind '0.0.0.0', 9292, cert: 'x'", Settings{Binds: []Setting{certain(1, "ssl://0.0.0.0:9292")}}},
		{"bind 'a'\nbind 'b' if x", Settings{Binds: []Setting{certain(1, "a"), sometimes(2, "b")}}},
		{"plugin :tmp_restart", Settings{}},
		{"plugin 'heroku'", Settings{Opaque: certain(1, "heroku")}},
		{"plugin name", Settings{Opaque: Setting{Line: 1}}},
		{"x.each { |y| send(y, 1) }", Settings{Opaque: Setting{Line: 1, Conditional: true}}},
		{"@options[:preload_app] = true", Settings{Opaque: Setting{Line: 1}}},
		{"x.send(:y)", Settings{}},
		{"worker_timeout 60 * 60", Settings{WorkerTimeout: certain(1, "3600")}},
	} {
		got := ReadSettings([]byte(tc.text))
		got.Lines = 0
		if !reflect.DeepEqual(got, tc.want) {
			t.Errorf("%s\ngot  %+v\nwant %+v", tc.text, got, tc.want)
		}
	}
}

func TestReadControlApp(t *testing.T) {
	t.Parallel()
	const url = "unix:///srv/c.sock"
	token := NewToken("5f1d7c0e")
	for text, want := range map[string]Control{
		"activate_control_app":                                                                       {Setting: certain(1, "auto")},
		"activate_control_app 'unix:///srv/c.sock'":                                                  {Setting: certain(1, url)},
		"activate_control_app 'unix:///srv/c.sock', { auth_token: '5f1d7c0e' }":                      {Setting: certain(1, url), Token: token},
		"activate_control_app('unix:///srv/c.sock', auth_token: '5f1d7c0e')":                         {Setting: certain(1, url), Token: token},
		"activate_control_app 'unix:///srv/c.sock', :auth_token => '5f1d7c0e'":                       {Setting: certain(1, url), Token: token},
		"activate_control_app 'unix:///srv/c.sock', { 'auth_token': '5f1d7c0e' }":                    {Setting: certain(1, url), Token: token},
		"activate_control_app 'unix:///srv/c.sock',\n  { no_token: true,\n    data_only: true,\n  }": {Setting: certain(1, url), NoToken: true, DataOnly: true},
		"x = { auth_token: '5f1d7c0e' }\nactivate_control_app 'unix:///srv/c.sock', x":               {Setting: certain(2, url), Token: token},
		"activate_control_app 'unix:///srv/c.sock', { no_token: true } if x":                         {Setting: sometimes(1, url)},
		"activate_control_app 'unix:///srv/c.sock', { no_token: x, data_only: y }":                   {Setting: certain(1, url), OptionsUnread: true},
		"activate_control_app 'unix:///srv/c.sock', x":                                               {Setting: certain(1, url), OptionsUnread: true},
		"x = {}\nx[:data_only] = true if y\nactivate_control_app 'unix:///srv/c.sock', x":            {Setting: certain(3, url), OptionsUnread: true},
		"activate_control_app 'unix:///srv/c.sock', umask: 0117":                                     {Setting: certain(1, url), Umask: true},
		"activate_control_app 'unix:///srv/c.sock', { auth_token: ENV['X'] }":                        {Setting: certain(1, url)},
		"activate_control_app 'unix:///srv/c.sock', { auth_token: ENV.fetch('X', 'y') }":             {Setting: certain(1, url)},
		"activate_control_app 'unix:///srv/c.sock', { auth_token: nil }":                             {Setting: certain(1, url)},
		"activate_control_app \"tcp://127.0.0.1:#{p}\"":                                              {Setting: Setting{Line: 1}},
		"activate_control_app auth_token: '5f1d7c0e'":                                                {Setting: certain(1, "auto"), Token: token},
	} {
		if got := ReadSettings([]byte(text)).Control; got != want {
			t.Errorf("%s\ngot  %+v\nwant %+v; the same token: %v", text, got, want, got.Token == want.Token)
		}
	}
	if a, err := (Control{Setting: certain(1, "unix://tmp/c.sock")}).Address("/srv/shop"); err != nil || a.Name != "/srv/shop/tmp/c.sock" {
		t.Errorf("%+v, %v", a, err)
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		shutdown time.Duration
		sure     bool
	}{
		"":                                 {30 * time.Second, false},
		"worker_shutdown_timeout 5":        {5 * time.Second, true},
		"worker_shutdown_timeout 0.5":      {time.Second / 2, true},
		"worker_shutdown_timeout 5 if x":   {30 * time.Second, false},
		"worker_shutdown_timeout 90 if x":  {90 * time.Second, false},
		"worker_shutdown_timeout x":        {30 * time.Second, false},
		"worker_shutdown_timeout -5":       {30 * time.Second, false},
		"worker_shutdown_timeout 9999999":  {24 * time.Hour, true},
		"worker_shutdown_timeout 'NaN'":    {30 * time.Second, false},
		"worker_shutdown_timeout :forever": {30 * time.Second, false},
	} {
		if got, sure := ReadSettings([]byte(text)).ShutdownLimit(); got != want.shutdown || sure != want.sure {
			t.Errorf("%q: %v, %v", text, got, sure)
		}
	}
	s := ReadSettings([]byte("worker_boot_timeout 120"))
	if d, sure := s.BootLimit(); d != 2*time.Minute || !sure {
		t.Errorf("boot limit %v, %v", d, sure)
	}
	if d, sure := (Settings{}).BootLimit(); d != time.Minute || sure {
		t.Errorf("default boot limit %v, %v", d, sure)
	}
}

func TestSettingCount(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		in   Setting
		want Count
	}{
		{certain(1, "2"), Of(2)}, {certain(1, "auto"), Count{}}, {likely(1, "2"), Count{}}, {sometimes(1, "2"), Count{}}, {Setting{}, Count{}},
	} {
		if got := tc.in.Count(); got != tc.want {
			t.Errorf("%+v counts %s", tc.in, got)
		}
	}
}

// A long or deep file costs no more than its length: without the bounds these take for ever, or all memory.
func TestReadSettingsBounded(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		strings.Repeat("(", 60_000),
		strings.Repeat("\"#{", 20_000),
		"state_path " + strings.Repeat("x || ", 12_000) + "'/a'",
		"state_path " + strings.Repeat("'a' + ", 10_000) + "'/a'",
		"state_path " + strings.Repeat("{a: ", 15_000),
		strings.Repeat("<<~A ", 12_000),
		strings.Repeat("if x\n", 12_000),
		strings.Repeat("end\n", 15_000),
		strings.Repeat("\n", 60_000) + strings.Repeat(";", 5_000),
		"x = 'a'\n" + strings.Repeat("x = \"#{x}#{x}\"\n", 60) + "state_path x",
	} {
		if s := ReadSettings([]byte(text)); s.StatePath.Text != "" || s.Lines == 0 {
			t.Errorf("%.20q...: %d lines, state_path has %d bytes", text, s.Lines, len(s.StatePath.Text))
		}
	}
	if s := ReadSettings([]byte(strings.Repeat("#\n", maxSettings))); s.Lines != 0 {
		t.Error("a file beyond the limit was read")
	}
}

func FuzzReadSettings(f *testing.F) {
	files, _ := filepath.Glob("testdata/config/*.rb")
	for _, file := range files {
		text, _ := os.ReadFile(file)
		f.Add(text)
	}
	for _, s := range []string{"x = <<~A\n", "%w[a", "state_path \"#{\"#{'a'}\"}\"", "=begin\n", "a ? b : c", "$", "x ||= {a: 1}\n", "\\"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		s := ReadSettingsAt(text, "/srv/shop/config/puma.rb")
		for _, x := range append(s.Binds, s.Preload, s.StatePath, s.Workers, s.Control.Setting, s.Opaque) {
			if x.Line < 0 || x.Line > s.Lines+1 || x.Certain() && !x.IsSet() {
				t.Fatalf("%+v in %d lines", x, s.Lines)
			}
		}
		if p, ok := PhasedFromSettings(s, Version{Major: 8, text: "8.0.2"}, "/srv/shop/config/puma.rb"); ok && p.Answer == Yes && !strings.Contains(string(text), "false") &&
			!strings.Contains(string(text), "nil") && !strings.Contains(string(text), "prune_bundler") {
			t.Fatalf("yes without a reason: %+v", p)
		}
	})
}
