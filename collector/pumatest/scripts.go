package pumatest

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"pumatop/collector/probe"
	"pumatop/collector/puma"
	"pumatop/collector/remote/sshtest"
)

// run answers a script: the probe's own ones, by their text, else the commands in it that act. A script without any is
// not found, like a command that the host does not have.
func (h *Host) run(s *sshtest.Session) int {
	if wanted, ok := probed(s.Command); ok {
		var out []byte
		h.t.do(func() { out = h.report(wanted).Encode() })
		_, _ = s.Stdout.Write(out)
		return 0
	}
	if strings.HasPrefix(s.Command, probe.SampleScript()) {
		return h.sampler(s)
	}
	if f, ok := followed(s.Command, probe.LogScript(probe.Puma{}, probe.Unit{}, probe.LogQuery{})); ok {
		return h.follow(s, f)
	}
	if f, ok := followed(s.Command, probe.TurnsScript(probe.Puma{}, probe.Unit{}, time.Time{})); ok {
		return h.turns(s, f)
	}
	if examining(s.Command) {
		var out string
		h.t.do(func() { out = h.examination() })
		_, _ = io.WriteString(s.Stdout, out)
		return 0
	}
	if e, ok := executed(s.Command); ok {
		return h.execute(s, e)
	}
	if sshtest.IsRelay(s.Command) {
		return h.relay(s)
	}
	if socket, ok := diagnosed(s.Command); ok {
		return h.diagnose(s, socket)
	}
	return h.commands(s)
}

// notFound is what a shell exits with where there is no such command.
const notFound = 127

// probed recognises the probe's script and reads the state files that it was asked for.
func probed(script string) (wanted []string, ok bool) {
	const end = " </dev/null 2>/dev/null\n"
	body := strings.TrimSuffix(probe.Script(probe.Want{}), end)
	rest, ok := strings.CutPrefix(script, body)
	if !ok {
		return nil, false
	}
	rest, _, _ = strings.Cut(rest, end)
	for i, part := range strings.Split(rest, "'") {
		if i%2 == 1 {
			wanted = append(wanted, part)
		}
	}
	return wanted, true
}

// sampler answers one line of stdin after another with a sample, until stdin ends.
func (h *Host) sampler(s *sshtest.Session) int {
	clock, up := time.Now().Add(h.skew), hostUptime
	if _, err := s.Stdout.Write(probe.SampleStart(clock, up)); err != nil {
		return 1
	}
	lines := bufio.NewScanner(s.Stdin)
	for lines.Scan() {
		var out []byte
		h.t.do(func() { out = h.sample(strings.Fields(lines.Text())).Encode(clock, up) })
		if _, err := s.Stdout.Write(out); err != nil {
			return 1
		}
	}
	return 0
}

func (h *Host) sample(words []string) probe.Sample {
	sample := probe.Sample{Clock: h.t.now.Add(h.skew), Processes: map[int]probe.Usage{}, Queues: map[string]int64{}}
	pss := false
	for _, word := range words {
		switch word {
		case "pss":
			pss = true
		case "queues":
			for _, p := range h.pumas {
				if p.bound {
					sample.Queues["unix://"+p.site.socket()] = int64(p.listenQueue())
				}
			}
		default:
			pid, err := strconv.Atoi(word)
			if u, ok := h.usage(pid, pss); err == nil && ok {
				sample.Processes[pid] = u
			}
		}
	}
	return sample
}

// usage is what a process of the host's Pumas has used.
func (h *Host) usage(pid int, pss bool) (probe.Usage, bool) {
	for _, p := range h.pumas {
		if p.life == down {
			continue
		}
		u := probe.Usage{Started: p.forked.Add(h.skew), CPU: 2 * time.Second}
		resident := int64(h.memory.master)
		switch w := p.process(pid); {
		case w != nil:
			resident, u.CPU = h.memory.worker(w), p.cpu(w)
			if !p.single() {
				u.Started = w.forked.Add(h.skew)
			}
		case pid != p.pid:
			continue
		}
		u.RSS = puma.Of(resident)
		if pss {
			u.PSS = puma.Of(resident * 7 / 10)
		}
		return u, true
	}
	return probe.Usage{}, false
}

// process is the living worker with a pid; in single mode that is the one process.
func (p *Puma) process(pid int) *worker {
	if p.single() && pid == p.pid {
		return p.lone
	}
	for _, w := range p.workers {
		if w.pid == pid && w.alive {
			return w
		}
	}
	return nil
}

// following is what a script that follows a log asks for: which unit's, and how much of the past.
type following struct {
	unit  string
	past  int
	since time.Time // by the host's clock
	times bool      // each line with its time
	once  bool      // without waiting for more
}

// turns prints the journal since a time; who asked takes from it what begins or ends an image.
func (h *Host) turns(s *sshtest.Session, f following) int {
	var b strings.Builder
	for _, p := range h.pumas {
		if p.c.Unit == f.unit {
			h.t.do(func() {
				for _, l := range p.log.from(p.log.since(f.since.Add(-h.skew))) {
					b.WriteString(l.Text + "\n")
				}
			})
		}
	}
	_, _ = io.WriteString(s.Stdout, b.String())
	return 0
}

// followed recognises one of the scripts that read a log.
func followed(script, like string) (f following, ok bool) {
	_, body, _ := strings.Cut(like, "\n")
	first, rest, _ := strings.Cut(script, "\n")
	if !strings.HasPrefix(rest, body) {
		return f, false
	}
	for _, word := range strings.Fields(first) {
		name, value, _ := strings.Cut(word, "=")
		value = strings.Trim(value, "'")
		switch name {
		case "unit":
			f.unit = value
		case "past":
			f.past, _ = strconv.Atoi(value)
		case "times":
			f.times = value != ""
		case "once":
			f.once = value != ""
		case "since":
			seconds, micros, _ := strings.Cut(strings.TrimPrefix(value, "@"), ".")
			s, err := strconv.ParseInt(seconds, 10, 64)
			fraction, _ := strconv.ParseInt(micros, 10, 64)
			if err == nil {
				f.since = time.Unix(s, fraction*1000)
			}
		}
	}
	return f, true
}

// followEvery bounds how late a line is and how often a follower looks: in a crash loop lines come by the hundred.
const followEvery = 50 * time.Millisecond

// follow prints the journal of a unit as it grows, until stdin ends.
func (h *Host) follow(s *sshtest.Session, f following) int {
	var of *Puma
	for _, p := range h.pumas {
		if p.c.Unit == f.unit {
			of = p
		}
	}
	if of == nil {
		return 1
	}
	over := make(chan struct{})
	go func() {
		defer close(over)
		_, _ = io.Copy(io.Discard, s.Stdin)
	}()
	position := -1
	for {
		var lines []entry
		h.t.do(func() {
			if position < 0 {
				position = max(of.log.end()-f.past, of.log.since(f.since.Add(-h.skew)), 0)
			}
			lines = of.log.from(position)
			position = of.log.end()
		})
		var b strings.Builder
		for _, l := range lines {
			if f.times {
				at := l.At.Add(h.skew)
				fmt.Fprintf(&b, "%d.%06d %s puma[%d]: ", at.Unix(), at.Nanosecond()/1000, h.name, of.pid)
			}
			b.WriteString(l.Text + "\n")
		}
		if _, err := io.WriteString(s.Stdout, b.String()); err != nil {
			return 1
		}
		if f.once {
			return 0
		}
		select {
		case <-over:
			return 0
		case <-s.Context.Done():
			return 0
		case <-time.After(followEvery):
		}
	}
}
