package main

import (
	"fmt"
	"io"
	"path"
	"strings"
	"text/tabwriter"

	"pumatop/collector"
	"pumatop/collector/puma"
)

// empty are the cells of figures that a row does not have, up to the last column, where its reason stands: there it
// widens no other.
const empty = "\t\t\t\t\t\t\t"

// writeTable prints a fleet for people: a line a target, aligned, without colour.
func writeTable(w io.Writer, f collector.Fleet) error {
	tw := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(tw, "TARGET\tSTATE\tPUMA\tPHASE\tPHASED\tWORKERS\tTHREADS\tBACKLOG\tQUEUE\tMEMORY\tRELEASE")
	for _, t := range f.Targets {
		if t.Answered.IsZero() || t.State == collector.NotRunning {
			fmt.Fprintf(tw, "%s\t%s\t%s\t%s\n", t.ID, t.State, dash(t.Version()), empty+because(t.Reason, t.Remedy))
			continue
		}
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%s\t%s\t%s/%s\t%s\t%s\t%s\t%s\n", t.ID, t.State, dash(t.Version()), t.Stats.Phase, t.Phased.Answer,
			workersCell(*t), t.Load.InUse, t.Load.Max, t.Load.Backlog, t.Load.ListenQueue, bytesCell(t.Load.Memory), releaseCell(*t))
	}
	for _, h := range f.Hosts {
		if h.Pumas == 0 {
			fmt.Fprintf(tw, "%s\t%s\t–\t%s\n", h.Name, hostState(h), empty+because(hostReason(h), h.Remedy))
		}
	}
	if err := tw.Flush(); err != nil {
		return fmt.Errorf("print the table: %w", err)
	}
	for _, t := range f.Targets {
		if t.State != collector.Serving && !t.Answered.IsZero() && t.State != collector.NotRunning {
			fmt.Fprintf(w, "%s: %s\n", t.ID, because(t.Reason, t.Remedy))
		}
	}
	return nil
}

func workersCell(t collector.Snapshot) string {
	if t.Stats.Mode == puma.Single {
		return "single"
	}
	return fmt.Sprintf("%d/%d", t.Stats.Booted(), max(t.Wanted, len(t.Stats.Workers)))
}

// releaseCell is what runs, and what it should be where that is something else.
func releaseCell(t collector.Snapshot) string {
	running := t.Releases()
	names := make([]string, len(running))
	old := false
	for i, r := range running {
		names[i] = path.Base(r)
		old = old || t.Facts.Current != "" && r != t.Facts.Current
	}
	cell := dash(strings.Join(names, "+"))
	if old {
		cell += " (current " + path.Base(t.Facts.Current) + ")"
	}
	return cell
}

func because(reason, remedy string) string {
	if remedy == "" {
		return dash(reason)
	}
	return reason + ": " + remedy
}

func dash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}

// bytesCell is an amount of memory in the largest unit that leaves it above 1.
func bytesCell(c puma.Count) string {
	if !c.Known {
		return "–"
	}
	v, unit := float64(c.N), 0
	for v >= 1024 && unit < 4 {
		v, unit = v/1024, unit+1
	}
	if unit < 3 {
		return fmt.Sprintf("%.0f%c", v, "BKMGT"[unit])
	}
	return fmt.Sprintf("%.1f%c", v, "BKMGT"[unit])
}
