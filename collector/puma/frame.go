package puma

import (
	"path"
	"regexp"
	"strconv"
	"strings"
)

// Origin is whose code a frame of a backtrace is.
type Origin uint8

// The origins. What is nobody else's is the application's: its code, its puma.rb, its config.ru.
const (
	OfApp Origin = iota
	OfGem
	OfPuma
	OfRuby
)

// Frame is one line of a backtrace: where a thread stands, or where it was called from.
type Frame struct {
	// Text is the line as it came, sanitised by who read it.
	Text string
	// Place is file and line as people name them: an application's from its release on, a gem's from the gem on. It is
	// the whole text where that is no frame.
	Place string
	// Label is the method, empty where Ruby named none: "Order#price", "block in run".
	Label  string
	Origin Origin
	// Gem is the gem with its version, of OfGem and OfPuma alone; empty where the path does not tell.
	Gem string
}

// ParseFrame reads a line of a backtrace, of Ruby up to 3.3 with a backquote before the method, of later ones with an
// apostrophe. What lies below one of the roots, the directories of the application, is its own.
func ParseFrame(text string, roots ...string) Frame {
	f := Frame{Text: text, Place: text, Origin: OfRuby}
	where, label, ok := cutLabel(text)
	file, line, numbered := cutLine(where)
	if !numbered {
		return f
	}
	if ok {
		f.Label = label
	}
	f.Place, f.Origin, f.Gem = "", OfApp, ""
	if inner, evaluated := strings.CutPrefix(file, "(eval at "); evaluated {
		if file, _, numbered = cutLine(strings.TrimSuffix(inner, ")")); !numbered {
			file = inner
		}
	}
	f.locate(file, roots)
	f.Place += ":" + line
	return f
}

// cutLabel parts "PATH:LINE:in 'LABEL'".
func cutLabel(text string) (where, label string, ok bool) {
	for _, quote := range [...]string{":in '", ":in `"} {
		if i := strings.LastIndex(text, quote); i >= 0 {
			return text[:i], strings.TrimSuffix(text[i+len(quote):], "'"), true
		}
	}
	return text, "", false
}

// cutLine parts "PATH:LINE".
func cutLine(s string) (file, line string, ok bool) {
	i := strings.LastIndexByte(s, ':')
	if i <= 0 {
		return s, "", false
	}
	if _, err := strconv.ParseUint(s[i+1:], 10, 32); err != nil {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}

// gemDirectory is the directory of a gem: its name and version, or the commit that Bundler fetched.
var gemDirectory = regexp.MustCompile(`^(.+?)-(\d[0-9A-Za-z.]*|[0-9a-f]{7,40})(?:-[0-9a-z_]+(?:-[0-9a-z_.]+)*)?$`)

// releaseDirectory is where Capistrano puts the code.
var releaseDirectory = regexp.MustCompile(`^.*/releases/[0-9A-Za-z._-]+/`)

// locate finds out whose file it is, and names it.
func (f *Frame) locate(file string, roots []string) {
	if gem, inside, ok := inGem(file); ok {
		f.Origin, f.Gem, f.Place = OfGem, gem, gem+" "+inside
		if name := gemDirectory.FindStringSubmatch(gem); name != nil && name[1] == "puma" {
			f.Origin, f.Place = OfPuma, strings.TrimPrefix(inside, "lib/")
		}
		return
	}
	for _, root := range roots {
		if inside, ok := strings.CutPrefix(file, strings.TrimSuffix(root, "/")+"/"); ok && root != "" {
			f.Place = inside
			return
		}
	}
	if release := releaseDirectory.FindString(file); release != "" {
		f.Place = file[len(release):]
		return
	}
	f.Place = file
	switch {
	case strings.HasPrefix(file, "<internal:"), strings.HasPrefix(file, "(eval"):
		f.Origin = OfRuby
	case f.ofPuma(file):
	case f.ofRuby(file):
	}
}

// ofPuma knows Puma outside of a gem's directory: a distribution's, or a checkout's.
func (f *Frame) ofPuma(file string) bool {
	_, inside, found := lastCut(file, "/lib/puma/")
	if !found {
		_, inside, found = lastCut(file, "/vendor_ruby/puma/")
	}
	base := path.Base(file)
	switch {
	case found:
		f.Place = "puma/" + inside
	case path.Base(path.Dir(file)) == "bin" && (base == "puma" || base == "pumactl"):
		f.Place = "bin/" + base
	default:
		return false
	}
	f.Origin = OfPuma
	return true
}

// ofRuby knows Ruby's own library, RubyGems and Bundler.
func (f *Frame) ofRuby(file string) bool {
	for _, library := range [...]string{"/lib/ruby/", "/vendor_ruby/", "/share/ruby/", "/share/rubygems/"} {
		if _, inside, found := lastCut(file, library); found {
			f.Origin, f.Place = OfRuby, strings.TrimPrefix(inside, "vendor_ruby/")
			return true
		}
	}
	if path.Base(path.Dir(file)) == "bin" {
		switch base := path.Base(file); base {
		case "bundle", "bundler", "ruby", "rackup", "gem", "rake":
			f.Origin, f.Place = OfRuby, "bin/"+base
			return true
		}
	}
	return false
}

// inGem finds the innermost gem that a path leads through.
func inGem(file string) (gem, inside string, ok bool) {
	_, rest, found := lastCut(file, "/gems/")
	if !found {
		return "", "", false
	}
	gem, inside, ok = strings.Cut(rest, "/")
	return gem, inside, ok && gemDirectory.MatchString(gem)
}

// lastCut is strings.Cut at the last separator.
func lastCut(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// Doing is what a thread seems to do, by the method that it stands in: Puma does not tell whether Ruby lets it run.
type Doing string

// What threads do.
const (
	Running   Doing = "runs"
	Sleeping  Doing = "sleeps"
	Waiting   Doing = "waits"          // for another thread, or for something to come out of a queue
	ForLock   Doing = "waits for lock" // that another thread holds
	ForIO     Doing = "waits for I/O"
	Idle      Doing = "idle" // a thread of a pool that has no request
	Answering Doing = "answers this"
	NoTrace   Doing = "no backtrace" // it ends or has not begun
)

// DoingOf is what a thread with these frames, the innermost first, does.
func DoingOf(frames []Frame) Doing {
	if len(frames) == 0 || frames[0].Origin == OfRuby && frames[0].Label == "" && frames[0].Place == frames[0].Text {
		return NoTrace
	}
	waits := waiting(frames[0].Label)
	for i := range min(len(frames), 6) {
		if frames[i].Origin != OfPuma {
			break
		}
		switch method := method(frames[i].Label); {
		case method == "thread_status":
			return Answering
		case waits != "" && method == "spawn_thread" && strings.HasPrefix(frames[i].Place, "puma/thread_pool.rb"):
			return Idle
		}
	}
	if waits != "" {
		return waits
	}
	return Running
}

// method is the name of the method in a label: "wait" of "Thread::ConditionVariable#wait", "run" of "block in run".
func method(label string) string {
	if i := strings.LastIndex(label, " in "); i >= 0 {
		label = label[i+len(" in "):]
	}
	return label[strings.LastIndexAny(label, "#.")+1:]
}

// waiting is what the methods of Ruby that wait are known to wait for; empty for any other, and for blocks, which run.
func waiting(label string) Doing {
	if strings.Contains(label, " in ") {
		return ""
	}
	switch method(label) {
	case "sleep":
		return Sleeping
	case "join", "value", "wait", "pop", "waitpid":
		return Waiting
	case "synchronize", "lock", "mon_enter", "flock":
		return ForLock
	case "select", "wait_readable", "wait_writable", "wait_any_readable", "accept", "readpartial", "read_nonblock", "sysread", "gets",
		"recv", "recvfrom", "recvmsg", "write_nonblock", "syswrite", "sendmsg", "getaddrinfo", "connect_internal", "async_exec", "exec_params",
		"exec_prepared", "async_exec_params", "async_exec_prepared", "_query":
		return ForIO
	}
	return ""
}
