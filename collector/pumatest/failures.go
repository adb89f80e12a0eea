package pumatest

import "fmt"

// frames are the lines of a trace above the application's own, much the same in every version.
func frames(preloaded bool) []string {
	gems := "/usr/share/rubygems-integration/all/gems/"
	f := []string{
		gems + "rack-2.2.22/lib/rack/builder.rb:116:in `eval'",
		gems + "rack-2.2.22/lib/rack/builder.rb:116:in `new_from_string'",
		gems + "rack-2.2.22/lib/rack/builder.rb:105:in `load_file'",
		gems + "rack-2.2.22/lib/rack/builder.rb:66:in `parse_file'",
	}
	own := []string{"configuration.rb:386:in `load_rackup'", "configuration.rb:297:in `app'", "runner.rb:180:in `app'"}
	if preloaded {
		own = append(own, "runner.rb:169:in `load_and_bind'", "cluster.rb:383:in `run'")
	} else {
		own = append(own, "runner.rb:184:in `start_server'", "cluster/worker.rb:60:in `run'", "cluster.rb:230:in `worker'",
			"cluster.rb:106:in `block in spawn_worker'", "cluster.rb:106:in `fork'")
	}
	for _, line := range own {
		f = append(f, gems+"puma-6.6.1/lib/puma/"+line)
	}
	return f
}

// unableToStart is what a worker writes whose application raises, which differs by version: the message without its
// class (from 6.0), the first line of the trace and no message (5.6), and before that Ruby's own trace, which gets
// lost for most failures from 4.3 on.
func (p *Puma) unableToStart(w *worker, r Release) {
	own := func(text string) { p.raw(fmt.Sprintf("[%d] %s", w.pid, text)) }
	f := r.Failure
	switch {
	case p.before(4, 0):
		p.trace(f, false)
	case p.before(5, 1):
		own("Early termination of worker")
		if p.before(5, 0) || p.t.random.IntN(8) == 0 {
			p.trace(f, false)
		}
	case p.before(6, 0):
		own("! Unable to start worker")
		own(f.Where)
		own("Early termination of worker")
	default:
		own("! Unable to start worker")
		own(f.Message)
		own(f.Where)
		for _, line := range frames(false) {
			p.raw("    " + line)
		}
		own("Early termination of worker")
	}
}

// unableToLoad is what a master writes that loads the application itself, in every version.
func (p *Puma) unableToLoad(r Release) {
	p.line(fmt.Sprintf("! Unable to load application: %s: %s", r.Failure.Class, r.Failure.Message))
	p.trace(r.Failure, true)
}

// trace is Ruby's report of an exception that nobody rescued: without the pid in front.
func (p *Puma) trace(f *Failure, preloaded bool) {
	p.raw(fmt.Sprintf("%s: %s (%s)", f.Where, f.Message, f.Class))
	for _, line := range frames(preloaded) {
		p.raw("\tfrom " + line)
	}
}
