package pumatest

import (
	"strconv"
	"time"
)

// pool is a thread pool as a worker reports it.
type pool struct {
	backlog, running, capacity, busy, peak, max, requests int
}

// body is JSON in the making, spelt as a version spells it: up to 4.x by hand and with spaces, later by a library.
type body struct {
	b     []byte
	old   bool
	fresh bool // nothing stands in the object yet
}

func (o *body) begin() {
	o.b = append(o.b, '{')
	if o.old {
		o.b = append(o.b, ' ')
	}
	o.fresh = true
}

func (o *body) end() {
	if o.old {
		o.b = append(o.b, ' ')
	}
	o.b = append(o.b, '}')
	o.fresh = false
}

// key begins a member.
func (o *body) key(name string) {
	o.tight(name)
	if o.old {
		o.b = append(o.b, ' ')
	}
}

// tight begins a member without a space before its value: 3.12 and 4.x write the figures of a cluster's pools so, the
// last but not that.
func (o *body) tight(name string) {
	if !o.fresh {
		o.b = append(o.b, ',')
		if o.old {
			o.b = append(o.b, ' ')
		}
	}
	o.fresh = false
	o.b = append(o.b, '"')
	o.b = append(o.b, name...)
	o.b = append(o.b, '"', ':')
}

func (o *body) number(name string, n int) {
	o.key(name)
	o.b = strconv.AppendInt(o.b, int64(n), 10)
}

func (o *body) tightNumber(name string, n int) {
	o.tight(name)
	o.b = strconv.AppendInt(o.b, int64(n), 10)
}

func (o *body) time(name string, t time.Time) {
	o.key(name)
	o.b = append(o.b, '"')
	o.b = t.UTC().AppendFormat(o.b, "2006-01-02T15:04:05Z")
	o.b = append(o.b, '"')
}

// stats is the body of /stats.
func (p *Puma) stats() string {
	o := &body{b: make([]byte, 0, 400+320*len(p.workers)), old: p.before(5, 0)}
	o.begin()
	if p.v.AtLeast(4, 1, 0) {
		o.time("started_at", p.began)
	}
	if p.single() {
		p.pool(o, p.sample(p.lone))
	} else {
		p.cluster(o)
	}
	if p.v.AtLeast(6, 0, 0) {
		o.key("versions")
		o.b = append(o.b, `{"puma":"`+p.v.String()+`","ruby":{"engine":"ruby","version":"3.1.2","patchlevel":20}}`...)
	}
	o.end()
	return string(o.b)
}

func (p *Puma) cluster(o *body) {
	booted, old := 0, 0
	for _, w := range p.workers {
		if w.booted {
			booted++
		}
		if w.phase != p.phase {
			old++
		}
	}
	o.number("workers", len(p.workers))
	o.number("phase", p.phase)
	o.number("booted_workers", booted)
	o.number("old_workers", old)
	o.key("worker_status")
	o.b = append(o.b, '[')
	for i, w := range p.workers {
		if i > 0 {
			o.b = append(o.b, ',')
		}
		p.handle(o, w)
	}
	o.b = append(o.b, ']')
}

func (p *Puma) handle(o *body, w *worker) {
	o.begin()
	if p.v.AtLeast(4, 1, 0) {
		o.time("started_at", w.began)
	}
	o.key("pid")
	if w.pid == 0 {
		o.b = append(o.b, "null"...)
	} else {
		o.b = strconv.AppendInt(o.b, int64(w.pid), 10)
	}
	o.number("index", w.index)
	o.number("phase", w.phase)
	o.key("booted")
	o.b = strconv.AppendBool(o.b, w.booted)
	o.time("last_checkin", w.checkin)
	o.key("last_status")
	if w.status == nil {
		o.b = append(o.b, "{}"...)
	} else {
		o.begin()
		p.pool(o, w.status)
		o.end()
	}
	o.end()
}

// pool writes a thread pool's members as this version names and orders them.
func (p *Puma) pool(o *body, s *pool) {
	number := o.number
	if o.old && !p.single() {
		number = o.tightNumber
	}
	number("backlog", s.backlog)
	number("running", s.running)
	number("pool_capacity", s.capacity)
	busyLast := p.before(7, 0) && !p.single() // 6.6 appends it in a cluster and not in single mode
	if p.v.AtLeast(6, 6, 0) && !busyLast {
		number("busy_threads", s.busy)
	}
	if p.v.AtLeast(8, 0, 0) {
		number("io_threads", 0)
	}
	if p.v.AtLeast(7, 0, 0) {
		number("backlog_max", s.peak)
	}
	o.number("max_threads", s.max)
	if p.v.AtLeast(5, 0, 0) {
		number("requests_count", s.requests)
	}
	if p.v.AtLeast(6, 6, 0) && busyLast {
		number("busy_threads", s.busy)
	}
	if p.v.AtLeast(7, 0, 0) {
		number("reactor_max", 0)
	}
}
