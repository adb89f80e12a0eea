package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"pumatop/collector"
	"pumatop/collector/query"
)

// viewOptions say what is shown of a fleet and in which order, as flags or configuration have it.
type viewOptions struct {
	columns, sort, filter string
	noHeader              bool
}

func (v *viewOptions) addFlags(fl *pflag.FlagSet) {
	fl.StringVar(&v.columns, "columns", v.columns, "`COLUMNS` of table and csv, joined by commas; also PUMATOP_COLUMNS")
	fl.StringVar(&v.sort, "sort", v.sort, "`COLUMNS` to sort by, joined by commas; -COLUMN the other way around; also PUMATOP_SORT")
	fl.StringVar(&v.filter, "filter", v.filter, "show what this `FILTER` leaves, as / does on the screen; also PUMATOP_FILTER")
	fl.BoolVar(&v.noHeader, "no-header", v.noHeader, "leave the headings of table and csv out")
}

// lens is viewOptions, read.
type lens struct {
	columns []*query.Column // nil for those of the format
	order   query.Order
	filter  query.Filter
	header  bool
}

// read takes the options for what they say; what cannot be read is a usage error.
func (v *viewOptions) read() (lens, error) {
	l := lens{header: !v.noHeader}
	var err error
	if v.columns != "" {
		if l.columns, err = query.ParseColumns(v.columns); err != nil {
			return lens{}, misread("--columns", err)
		}
	}
	if l.order, err = query.ParseOrder(v.sort); err != nil {
		return lens{}, misread("--sort", err)
	}
	if l.filter, err = query.Parse(v.filter); err != nil {
		return lens{}, misread("", err)
	}
	return l, nil
}

// misread is the usage error of a flag that cannot be read.
func misread(flag string, err error) error {
	var remedy interface{ Remedy() string }
	hint := ""
	if errors.As(err, &remedy) {
		hint = remedy.Remedy()
	}
	if flag == "" {
		return usagef(hint, "%v", err)
	}
	return usagef(hint, "%s: %v", flag, err)
}

// viewOf is what a lens shows of a fleet, the worst first where it says nothing else.
func viewOf(f collector.Fleet, l lens) statusView {
	rows := l.filter.Keep(query.RowsOf(&f))
	query.Sort(rows, func(r query.Row) query.Row { return r }, l.order)
	v := statusView{rows: rows, columns: l.columns, header: l.header}
	var targets []*collector.Snapshot
	shown := map[string]bool{}
	for _, r := range rows {
		shown[r.HostName()] = true
		if r.Target != nil {
			targets = append(targets, r.Target)
		}
	}
	var hosts []collector.HostStatus
	for _, h := range f.Hosts {
		if shown[h.Name] {
			hosts = append(hosts, h)
		}
	}
	v.fleet = f.Of(targets, hosts)
	return v
}

// columnsOr are the columns that were asked for, or those that the format has without being asked.
func (v *statusView) columnsOr(of []*query.Column) []*query.Column {
	if v.columns != nil {
		return v.columns
	}
	return of
}

// viewHelp says what --columns, --sort and --filter take.
func viewHelp() string {
	var b strings.Builder
	b.WriteString("Columns, in the order of csv, which new ones are added behind; names sort from A, numbers from the largest on:\n")
	for _, c := range query.Columns() {
		fmt.Fprintf(&b, "  %-10s %s\n", c.ID, c.Help)
	}
	b.WriteString("\nA filter is words that must all hold:\n")
	for _, f := range query.Language() {
		fmt.Fprintf(&b, "  %-30s %s\n", f.Write, f.Means)
	}
	return b.String()
}
