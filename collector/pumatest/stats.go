package pumatest

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// pool is a thread pool as a worker reports it.
type pool struct {
	backlog, running, capacity, busy, peak, max, requests int
}

// fields are the pool's members as this version names and orders them.
func (p *Puma) fields(s *pool) []string {
	if p.before(5, 0) {
		return p.oldFields(s)
	}
	var out []string
	add := func(name string, n int) { out = append(out, `"`+name+`":`+strconv.Itoa(n)) }
	busyLast := p.before(7, 0) && !p.single() // 6.6 appends it in a cluster and not in single mode
	add("backlog", s.backlog)
	add("running", s.running)
	add("pool_capacity", s.capacity)
	if p.v.AtLeast(6, 6, 0) && !busyLast {
		add("busy_threads", s.busy)
	}
	if p.v.AtLeast(8, 0, 0) {
		add("io_threads", 0)
	}
	if p.v.AtLeast(7, 0, 0) {
		add("backlog_max", s.peak)
	}
	add("max_threads", s.max)
	add("requests_count", s.requests)
	if p.v.AtLeast(6, 6, 0) && busyLast {
		add("busy_threads", s.busy)
	}
	if p.v.AtLeast(7, 0, 0) {
		add("reactor_max", 0)
	}
	return out
}

// oldFields are those of 3.12 and 4.x, which write their JSON by hand, and in a cluster with other spaces.
func (p *Puma) oldFields(s *pool) []string {
	format := `"%s": %d`
	if !p.single() {
		format = `"%s":%d`
	}
	return []string{
		fmt.Sprintf(format, "backlog", s.backlog), fmt.Sprintf(format, "running", s.running),
		fmt.Sprintf(format, "pool_capacity", s.capacity), fmt.Sprintf(`"max_threads": %d`, s.max),
	}
}

// object joins members as this version does.
func (p *Puma) object(members ...string) string {
	switch {
	case len(members) == 0:
		return "{}"
	case p.before(5, 0):
		return "{ " + strings.Join(members, ", ") + " }"
	}
	return "{" + strings.Join(members, ",") + "}"
}

func (p *Puma) member(name, value string) string {
	if p.before(5, 0) {
		return `"` + name + `": ` + value
	}
	return `"` + name + `":` + value
}

func stampOf(t time.Time) string { return `"` + t.UTC().Format("2006-01-02T15:04:05Z") + `"` }

// stats is the body of /stats.
func (p *Puma) stats() string {
	var members []string
	if p.v.AtLeast(4, 1, 0) {
		members = append(members, p.member("started_at", stampOf(p.began)))
	}
	if p.single() {
		members = append(members, p.fields(p.sample(p.lone))...)
	} else {
		members = append(members, p.cluster()...)
	}
	if p.v.AtLeast(6, 0, 0) {
		members = append(members,
			fmt.Sprintf(`"versions":{"puma":%q,"ruby":{"engine":"ruby","version":"3.1.2","patchlevel":20}}`, p.v.String()))
	}
	return p.object(members...)
}

func (p *Puma) cluster() []string {
	booted, old := 0, 0
	workers := make([]string, len(p.workers))
	for i, w := range p.workers {
		if w.booted {
			booted++
		}
		if w.phase != p.phase {
			old++
		}
		workers[i] = p.handle(w)
	}
	number := func(name string, n int) string { return p.member(name, strconv.Itoa(n)) }
	return []string{
		number("workers", len(p.workers)), number("phase", p.phase), number("booted_workers", booted),
		number("old_workers", old), p.member("worker_status", "["+strings.Join(workers, ",")+"]"),
	}
}

func (p *Puma) handle(w *worker) string {
	var members []string
	if p.v.AtLeast(4, 1, 0) {
		members = append(members, p.member("started_at", stampOf(w.began)))
	}
	status := "{}"
	if w.status != nil {
		status = p.object(p.fields(w.status)...)
	}
	members = append(members,
		p.member("pid", strconv.Itoa(w.pid)), p.member("index", strconv.Itoa(w.index)),
		p.member("phase", strconv.Itoa(w.phase)), p.member("booted", strconv.FormatBool(w.booted)),
		p.member("last_checkin", stampOf(w.checkin)), p.member("last_status", status))
	return p.object(members...)
}
