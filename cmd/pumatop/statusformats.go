package main

import (
	"encoding/json"
	"io"

	"pumatop/collector"
	"pumatop/collector/query"
)

// statusView is one snapshot as it is written: what the filter leaves of a fleet, in the order that was asked for.
type statusView struct {
	// fleet has the targets and hosts of rows alone, and their sums.
	fleet collector.Fleet
	rows  []query.Row
}

// statusFormat is a way to write a fleet: an entry of --output.
type statusFormat struct {
	name, help string
	write      func(io.Writer, statusView) error
}

// statusFormats are the formats, the default first.
func statusFormats() []statusFormat {
	return []statusFormat{
		{"table", "a line a target, for people", func(w io.Writer, v statusView) error { return writeTable(w, v.fleet) }},
		{"json", "one document with everything", func(w io.Writer, v statusView) error { return writeJSON(w, statusOf(v.fleet)) }},
		{"jsonl", "an object a line for each target, and with --watch for each change", writeStatusLines},
		{"prometheus", "metrics for node_exporter's textfile collector", func(w io.Writer, v statusView) error { return writePrometheus(w, v.fleet) }},
	}
}

// statusFormatNamed finds a format; an unknown name is a usage error that lists them.
func statusFormatNamed(name string) (statusFormat, error) {
	for _, f := range statusFormats() {
		if f.name == name {
			return f, nil
		}
	}
	return statusFormat{}, usagef("use "+statusFormatNames(), "unknown output %q", name)
}

// statusFormatNames are the names as a sentence lists them.
func statusFormatNames() string {
	list := ""
	for i, f := range statusFormats() {
		switch {
		case i == 0:
		case i == len(statusFormats())-1:
			list += " or "
		default:
			list += ", "
		}
		list += f.name
	}
	return list
}

// viewOf is what a status shows of a fleet.
func viewOf(f collector.Fleet) statusView {
	v := statusView{fleet: f}
	for _, t := range f.Targets {
		v.rows = append(v.rows, query.Row{Target: t})
	}
	for i := range f.Hosts {
		if f.Hosts[i].Pumas == 0 {
			v.rows = append(v.rows, query.Row{Host: &f.Hosts[i]})
		}
	}
	return v
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
