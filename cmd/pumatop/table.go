package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"pumatop/collector"
	"pumatop/collector/query"
)

// writeTable prints a fleet for people: a line a target, aligned, without colour. Why a target does not serve stands behind
// its figures where it has none, else below the table.
func writeTable(w io.Writer, v statusView) error {
	return writeColumns(w, v, v.columnsOr(query.TableColumns()))
}

// writeWide is writeTable with every column that one of the rows has something in.
func writeWide(w io.Writer, v statusView) error {
	return writeColumns(w, v, v.columnsOr(query.WideColumns(v.rows)))
}

func writeColumns(w io.Writer, v statusView, columns []*query.Column) error {
	tw := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	says := true
	cells := make([]string, len(columns))
	for i, c := range columns {
		cells[i] = c.Title()
		says = says && c.ID != query.Reason
	}
	if v.header {
		fmt.Fprintln(tw, strings.Join(cells, "\t"))
	}
	for _, r := range v.rows {
		fmt.Fprintln(tw, tableLine(r, columns, says))
	}
	if err := tw.Flush(); err != nil {
		return fmt.Errorf("print the table: %w", err)
	}
	for _, r := range v.rows {
		if says && r.Answered() && r.State() != collector.Serving {
			fmt.Fprintf(w, "%s: %s\n", r.ID(), because(r.Reason()))
		}
	}
	return nil
}

// tableLine is a line of the table. A row without figures says why in place of them, where says allows it: the last cell of
// a line widens no column.
func tableLine(r query.Row, columns []*query.Column, says bool) string {
	cells := make([]string, len(columns))
	for i, c := range columns {
		cells[i] = c.Cell(r)
	}
	if !says || r.Answered() {
		return strings.Join(cells, "\t")
	}
	for i, c := range columns {
		if !c.Has(r) {
			cells[i] = ""
		}
	}
	if n := len(cells); n > 0 && cells[n-1] == "" {
		cells = cells[:n-1]
	}
	return strings.Join(append(cells, because(r.Reason())), "\t")
}

// writeCSV prints a fleet for programs, with all columns in the order of their table where none are named.
func writeCSV(w io.Writer, v statusView) error {
	columns := v.columnsOr(query.Columns())
	cw := csv.NewWriter(w)
	record := make([]string, len(columns))
	for i, c := range columns {
		record[i] = string(c.ID)
	}
	if v.header {
		_ = cw.Write(record) // kept in Error
	}
	for _, r := range v.rows {
		for i, c := range columns {
			record[i] = c.Raw(r)
		}
		if len(record) == 1 && record[0] == "" { // encoding/csv writes an empty line, which whoever reads it skips
			cw.Flush()
			if _, err := io.WriteString(w, "\"\"\n"); err != nil {
				return fmt.Errorf("print the csv: %w", err)
			}
			continue
		}
		_ = cw.Write(record)
	}
	cw.Flush()
	if err := cw.Error(); err != nil {
		return fmt.Errorf("print the csv: %w", err)
	}
	return nil
}

func because(reason, remedy string) string {
	if remedy == "" {
		return dash(reason)
	}
	return reason + ": " + remedy
}

func dash(s string) string {
	if s == "" {
		return query.Unknown
	}
	return s
}
