package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"pumatop/collector"
	"pumatop/collector/query"
)

// statusView is one snapshot as it is written: what the filter leaves of a fleet, in the order that was asked for.
type statusView struct {
	// fleet has the targets of rows alone, in their order, the hosts of rows, and their sums.
	fleet collector.Fleet
	rows  []query.Row
	// columns are those that were asked for; nil leaves them to the format.
	columns []*query.Column
	header  bool
}

// statusFormat is a way to write a fleet: an entry of --output.
type statusFormat struct {
	name, help string
	write      func(io.Writer, statusView) error
}

// statusFormats are the formats, the default first.
func statusFormats() []statusFormat {
	return []statusFormat{
		{"table", "a line a target, for people", writeTable},
		{"wide", "the same with all that is known of any of them", writeWide},
		{"json", "one document with everything", func(w io.Writer, v statusView) error { return writeJSON(w, statusOf(v)) }},
		{"jsonl", "a line of JSON for each target, and with --watch for each change", writeStatusLines},
		{"csv", "all columns for programs: bytes, seconds, RFC 3339, nothing where it is not known", writeCSV},
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

// formatHelp says what the formats are.
func formatHelp() string {
	var b strings.Builder
	b.WriteString("Outputs:\n")
	for _, f := range statusFormats() {
		fmt.Fprintf(&b, "  %-10s %s\n", f.name, f.help)
	}
	return b.String()
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

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
