package tui

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"pumatop/collector/puma"
	"pumatop/collector/query"
)

// gcPoint is what a garbage collector had done by a moment.
type gcPoint struct {
	at      time.Time
	figures map[string]int64
}

// gcWatch is what a garbage collector does while its screen is open.
type gcWatch struct {
	first  gcPoint   // when the screen was opened, or the process began anew
	recent []gcPoint // of the last minute, the newest last
	anew   bool      // whether the process has begun anew since
}

// gcRecent is how long a rate is taken over.
const gcRecent = time.Minute

// add takes newer figures. Counts only grow: fewer collections than before are those of another process.
func (w *gcWatch) add(p gcPoint) {
	if len(p.figures) == 0 {
		return
	}
	if n := len(w.recent); n > 0 && p.figures["count"] < w.recent[n-1].figures["count"] {
		*w = gcWatch{anew: true}
	}
	if w.first.figures == nil {
		w.first = p
	}
	w.recent = append(w.recent, p)
	for len(w.recent) > 2 && p.at.Sub(w.recent[0].at) > gcRecent {
		w.recent = w.recent[1:]
	}
}

// newest are the newest figures; nil without any.
func (w *gcWatch) newest() map[string]int64 {
	if len(w.recent) == 0 {
		return nil
	}
	return w.recent[len(w.recent)-1].figures
}

// change is by how much a figure has changed since the first; known is false where there is nothing to compare.
func (w *gcWatch) change(key string) (n int64, known bool) {
	was, ok := w.first.figures[key]
	is, now := w.newest()[key]
	return is - was, ok && now && len(w.recent) > 1
}

// perSecond is what a figure grew by a second, over the last minute.
func (w *gcWatch) perSecond(key string) (v float64, known bool) {
	if len(w.recent) < 2 {
		return 0, false
	}
	was, is := w.recent[0], w.recent[len(w.recent)-1]
	a, ok := was.figures[key]
	b, now := is.figures[key]
	seconds := is.at.Sub(was.at).Seconds()
	return float64(b-a) / seconds, ok && now && seconds > 0
}

// gcKind is how a figure of GC.stat is read.
type gcKind uint8

const (
	gcCount gcKind = iota // it only grows
	gcGauge               // it goes up and down
	gcBytes
	gcTime // milliseconds that only grow
)

// gcFigure is a figure that people look at, in their words. limit is what it is measured against.
type gcFigure struct {
	key, name, limit string
	kind             gcKind
}

// gcFigures are the figures worth a name, in the order in which they are read; versions of Ruby have more or fewer.
func gcFigures() []gcFigure {
	return []gcFigure{
		{"heap_live_slots", "live slots", "heap_available_slots", gcGauge},
		{"heap_free_slots", "free slots", "", gcGauge},
		{"count", "collections", "", gcCount},
		{"minor_gc_count", "  minor", "", gcCount},
		{"major_gc_count", "  major", "", gcCount},
		{"time", "time in them", "", gcTime},
		{"total_allocated_objects", "objects made", "", gcCount},
		{"total_freed_objects", "objects freed", "", gcCount},
		{"old_objects", "old objects", "old_objects_limit", gcGauge},
		{"malloc_increase_bytes", "malloc increase", "malloc_increase_bytes_limit", gcBytes},
		{"oldmalloc_increase_bytes", "old malloc incr.", "oldmalloc_increase_bytes_limit", gcBytes},
		{"heap_allocated_pages", "heap pages", "", gcGauge},
	}
}

// Widths of the collector's table.
const (
	gcName   = 16
	gcValue  = 13
	gcChange = 12
	gcRate   = 10
)

// gcLines are the collector's figures, what they changed by since the screen was opened, and by how much a second. What has
// no name here stands below as Ruby calls it.
func (m *Model) gcLines(w *gcWatch, width int) []line {
	figures := w.newest()
	if figures == nil {
		return nil
	}
	open := duration(w.recent[len(w.recent)-1].at.Sub(w.first.at))
	lines := []line{{m.fixed(tDim, "", gcName, left), m.fixed(tDim, "NOW", gcValue, right),
		m.fixed(tDim, "IN "+open, gcChange, right), m.fixed(tDim, "A SECOND", gcRate, right)}}
	named := map[string]bool{}
	for _, f := range gcFigures() {
		n, ok := figures[f.key]
		named[f.key], named[f.limit] = true, true
		if !ok {
			continue
		}
		l := line{m.fixed(tDim, f.name, gcName, left), m.fixed(tFigure, f.write(n), gcValue, right),
			m.gcChanged(w, f), m.fixed(tText, f.rate(w), gcRate, right)}
		if limit, ok := figures[f.limit]; ok && limit > 0 && f.limit != "" {
			if of := (span{tDim, "  of " + f.write(limit)}); l.width()+textWidth(of.s) <= width {
				l = append(l, of)
			}
		}
		lines = append(lines, clipped(l, width))
	}
	for _, key := range slices.Sorted(maps.Keys(figures)) {
		if !named[key] {
			lines = append(lines, clipped(line{{tDim, pad(key+" ", gcName+gcValue-len(thousands(figures[key])))}, {tText, thousands(figures[key])}}, width))
		}
	}
	return lines
}

// gcChanged is the change of a figure since the screen was opened.
func (m *Model) gcChanged(w *gcWatch, f gcFigure) span {
	n, known := w.change(f.key)
	switch {
	case !known:
		return m.fixed(tDim, unknown, gcChange, right)
	case n == 0:
		return m.fixed(tDim, "0", gcChange, right)
	case n > 0:
		return m.fixed(tText, "+"+f.write(n), gcChange, right)
	}
	return m.fixed(tText, "-"+f.write(-n), gcChange, right)
}

// tooMany is the count from which on its column has room for millions only: objects of a process that is some days old.
const tooMany = 10_000_000_000

// write is a value of the figure.
func (f gcFigure) write(n int64) string {
	switch f.kind {
	case gcBytes:
		return query.Bytes(puma.Of(n))
	case gcTime:
		if n < 10_000 {
			return thousands(n) + "ms"
		}
		return duration(time.Duration(n) * time.Millisecond)
	case gcCount, gcGauge:
	}
	if n >= tooMany {
		return thousands(n/1_000_000) + "M"
	}
	return thousands(n)
}

// rate is what the figure grows by a second; time is a share of the time that passes. What goes up and down has none.
func (f gcFigure) rate(w *gcWatch) string {
	v, known := w.perSecond(f.key)
	switch {
	case f.kind == gcGauge || f.kind == gcBytes:
		return ""
	case !known:
		return unknown
	case f.kind == gcTime:
		return strconv.FormatFloat(v/10, 'f', 1, 64) + "%"
	case v >= 100:
		return thousands(int64(v + 0.5))
	}
	return strings.TrimSuffix(strconv.FormatFloat(v, 'f', 2, 64), ".00")
}

// fixed is a text in so many cells.
func (m *Model) fixed(t token, s string, w int, a align) span {
	s = cut(s, w, m.opts.ASCII)
	blanks := strings.Repeat(" ", max(w-textWidth(s), 0))
	if a == right {
		return span{t, blanks + s}
	}
	return span{t, s + blanks}
}
