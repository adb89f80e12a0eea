package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"pumatop/collector"
	"pumatop/collector/query"
)

// statusEvent is a line of `status -o jsonl`, which scripts rely on: fields are added, never renamed.
type statusEvent struct {
	// Event is "target" for the first line of a target, "change" for a later one, "gone" for the last.
	Event  string    `json:"event"`
	At     time.Time `json:"at"`
	Target string    `json:"target"`
	// Changed are those of the fields below that are not as they were in the line before, of what is a change.
	Changed []string `json:"changed"`
	statusTarget
}

// goneEvent is the line of a row that is there no longer.
type goneEvent struct {
	Event  string    `json:"event"`
	At     time.Time `json:"at"`
	Target string    `json:"target"`
}

// statusLines writes a line for each row of the fleet, and one more whenever a row has changed.
type statusLines struct {
	watch bool
	began time.Time
	rows  map[string]*lineOf
}

// lineOf is what was last written of a row.
type lineOf struct {
	target  *collector.Snapshot // nil for a host
	seen    time.Time
	written bool
	was     []string // by changes()
}

func newStatusLines(watch bool) *statusLines {
	return &statusLines{watch: watch, rows: map[string]*lineOf{}}
}

// writeStatusLines writes one line for each row.
func writeStatusLines(w io.Writer, v statusView) error { return newStatusLines(false).write(w, v) }

func (l *statusLines) write(w io.Writer, v statusView) error {
	if l.began.IsZero() {
		l.began = v.fleet.At
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	there := map[string]bool{}
	for _, row := range v.rows {
		name := rowName(row)
		there[name] = true
		if event := l.see(name, row, v.fleet.At); event != nil {
			if err := e.Encode(event); err != nil {
				return fmt.Errorf("write a line: %w", err)
			}
		}
	}
	for _, name := range l.gone(there) {
		if err := e.Encode(goneEvent{"gone", v.fleet.At.UTC(), name}); err != nil {
			return fmt.Errorf("write a line: %w", err)
		}
	}
	if out.Len() == 0 {
		return nil
	}
	_, err := w.Write(out.Bytes())
	return err
}

func rowName(r query.Row) string {
	if r.Target != nil {
		return string(r.Target.ID)
	}
	return r.Host.Name
}

// see notes a row, and returns its line where it has one to write.
func (l *statusLines) see(name string, row query.Row, at time.Time) *statusEvent {
	is := l.rows[name]
	if is == nil {
		is = &lineOf{seen: at}
		l.rows[name] = is
	}
	if is.written && is.target != nil && is.target == row.Target || l.watch && !is.written && !l.ready(is, row, at) {
		return nil
	}
	is.target = row.Target
	event := &statusEvent{Event: "target", At: at.UTC(), Target: name, Changed: []string{}, statusTarget: rowJSON(row)}
	now := valuesOf(event.statusTarget)
	if is.written {
		event.Event, event.Changed = "change", differing(is.was, now)
		if len(event.Changed) == 0 {
			return nil
		}
	}
	is.written, is.was = true, now
	return event
}

// ready reports whether a row may have its first line: it was asked, and its memory was measured or is not going to be soon.
// After the time that a snapshot may take, every row may.
func (l *statusLines) ready(is *lineOf, row query.Row, at time.Time) bool {
	if at.Sub(l.began) >= statusTimeout {
		return true
	}
	if row.Target == nil {
		return row.Host.Asked
	}
	t := row.Target
	return t.State != collector.Connecting && (!t.Current() || t.Load.Memory.Known || at.Sub(is.seen) >= sampleTime)
}

// gone takes out the rows that are there no longer. Of those that had a line it returns the names.
func (l *statusLines) gone(there map[string]bool) []string {
	var names []string
	for name, is := range l.rows {
		if there[name] {
			continue
		}
		if is.written {
			names = append(names, name)
		}
		delete(l.rows, name)
	}
	slices.Sort(names)
	return names
}

func rowJSON(r query.Row) statusTarget {
	if r.Target != nil {
		t := targetJSON(*r.Target)
		if t.AgeSeconds != nil {
			*t.AgeSeconds += since(r.Target, r.At).Seconds()
		}
		return t
	}
	return hostJSON(*r.Host)
}

// changing are the fields of which another value is a change: what a target is, and what of it runs. Figures, and words that
// count time, are none.
func changing() []string {
	return []string{"state", "stage", "puma", "ruby", "mode", "pid", "phase", "phased", "workers", "booted_workers", "old_workers",
		"started_at", "unit", "container", "release", "worker_status"}
}

// valuesOf are the values of changing, as texts that can be compared. Of a worker it is its pid, phase, boot and release.
func valuesOf(t statusTarget) []string {
	var workers strings.Builder
	for _, w := range t.WorkerStatus {
		fmt.Fprintf(&workers, "%d %s %s %t %s\n", w.Index, shown(w.PID), w.Phase, w.Booted, shown(w.Release))
	}
	container := ""
	if c := t.Container; c != nil {
		container = fmt.Sprint(c.ID, shown(c.Version), c.Image, c.Older)
	}
	return []string{t.State, shown(t.Stage), shown(t.Puma), shown(t.Ruby), shown(t.Mode), shown(t.PID), t.Phase.String(), t.Phased, t.Workers.String(),
		t.BootedWorkers.String(), t.OldWorkers.String(), shown(t.StartedAt), shown(t.Unit), container,
		shown(t.Release.Current) + "\n" + strings.Join(t.Release.Running, "\n"), workers.String()}
}

// shown is what p points to, empty for nil.
func shown[T any](p *T) string {
	if p == nil {
		return ""
	}
	return fmt.Sprintf("%+v", *p)
}

func differing(was, now []string) []string {
	out := []string{}
	for i, name := range changing() {
		if was[i] != now[i] {
			out = append(out, name)
		}
	}
	return out
}
