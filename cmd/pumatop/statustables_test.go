package main

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/exp/golden"

	"pumatop/collector"
	"pumatop/collector/pumatest"
	"pumatop/collector/query"
)

// statusIn is what status prints of some of the demo's hosts, in virtual time.
func statusIn(t *testing.T, o statusOptions) (out string, err error) {
	t.Helper()
	simulate(t, func(t *testing.T, fleet *pumatest.Fleet) {
		var b bytes.Buffer
		o.timeout = time.Minute
		err = runStatus(t.Context(), streams{strings.NewReader(""), &b, &bytes.Buffer{}},
			sessionOn(t, fleet, "web1.shop", "api1.shop", "cms1.shop", "tools1.shop/admin", "web3.shop", "nohost.shop"), o)
		out = b.String()
	})
	return out, err
}

// TestStatusTables compares what is printed of a fleet with what was looked at and found right.
func TestStatusTables(t *testing.T) {
	t.Parallel()
	const steady = "target,state,puma,phase,phased,workers,threads,busy,backlog,release,unit,memory"
	for name, o := range map[string]statusOptions{
		"table":    {format: "table"},
		"wide":     {format: "wide", viewOptions: viewOptions{columns: steady + ",reason"}},
		"csv":      {format: "csv", viewOptions: viewOptions{columns: steady}},
		"filtered": {format: "table", viewOptions: viewOptions{filter: "puma<7 !unreachable", sort: "puma,-target"}},
		"bare":     {format: "table", viewOptions: viewOptions{columns: "release,target", noHeader: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, err := statusIn(t, o)
			var exit *exitError
			if err != nil && !errors.As(err, &exit) {
				t.Fatal(err)
			}
			golden.RequireEqual(t, []byte(out))
		})
	}
}

// TestStatusCSV is read back: the columns are those of the table in its order, the rows those of the fleet.
func TestStatusCSV(t *testing.T) {
	t.Parallel()
	out, _ := statusIn(t, statusOptions{format: "csv"})
	records, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, c := range query.Columns() {
		want = append(want, string(c.ID))
	}
	if len(records) != 8 || !slices.Equal(records[0], want) {
		t.Fatalf("%d records, the first is %v", len(records), records[0])
	}
	if first := []string{"target", "host", "app", "group", "state", "phase", "phased", "workers", "booted", "old", "missing", "threads", "max", "busy", "backlog", "queue",
		"req/s", "cpu", "memory", "release", "current", "revision", "up", "started", "puma", "ruby", "mode", "pid", "user", "unit", "scope", "container",
		"latency", "age", "reason", "remedy"}; !slices.Equal(want[:len(first)], first) {
		t.Errorf("the order that scripts rely on is another one: %v", want)
	}
	for _, r := range records[1:] {
		if r[0] == "" || r[4] == "" {
			t.Errorf("a row without a name or a state: %v", r)
		}
	}
}

// TestStatusOfWhatIsShown: what a filter leaves out counts neither for the exit code nor in the sums.
func TestStatusOfWhatIsShown(t *testing.T) {
	t.Parallel()
	for filter, want := range map[string]int{"": 5, "!nohost": 3, "serving": 0, "not-running": 3, "nohost": 5, "xyz": 0} {
		out, err := statusIn(t, statusOptions{format: "json", viewOptions: viewOptions{filter: filter}})
		if code := codeFrom(t, err); code != want {
			t.Errorf("%q ends with %d, want %d", filter, code, want)
		}
		if filter == "serving" && !strings.Contains(out, `"serving": 5,`) || filter == "xyz" && !strings.Contains(out, `"targets": []`) {
			t.Errorf("%q: %s", filter, out)
		}
	}
}

// TestHostileTable: what servers write neither breaks a line nor moves a column.
func TestHostileTable(t *testing.T) {
	t.Parallel()
	s := collector.Snapshot{ID: "web1/\tapp", Host: "web1", State: collector.Stuck, Reason: "a\nb\x1b[31m", Answered: time.Unix(1, 0)}
	f := s.OwnFacts()
	f.Unit.Name, f.Release = "x\ty\r\n,\"z", "/srv/\x1b]0;t\a/re\tl"
	for _, f := range statusFormats() {
		if strings.HasPrefix(f.name, "json") || f.name == "prometheus" {
			continue
		}
		var b bytes.Buffer
		l := lens{header: true}
		if f.name == "table" || f.name == "csv" {
			l.columns, _ = query.ParseColumns("target,unit,reason,release")
		}
		if err := f.write(&b, viewOf(collector.Fleet{Targets: []*collector.Snapshot{&s}}, l)); err != nil {
			t.Fatal(err)
		}
		if strings.ContainsAny(b.String(), "\x1b\a\t\r") || strings.Count(b.String(), "\n") != 2 {
			t.Errorf("%s: %q", f.name, b.String())
		}
	}
}

// TestREADMENamesTheFilters holds the README's table to the language and its columns to those that there are.
func TestREADMENamesTheFilters(t *testing.T) {
	t.Parallel()
	_, section, _ := strings.Cut(readme(t), "### Filters\n")
	section, _, _ = strings.Cut(section, "The JSON of `status`")
	var table, columns strings.Builder
	for _, f := range query.Language() {
		fmt.Fprintf(&table, "| `%s` | %s |\n", f.Write, f.Means)
	}
	for _, c := range query.Columns() {
		fmt.Fprintf(&columns, " `%s`", c.ID)
	}
	if !strings.Contains(section, "|---|---|\n"+table.String()+"\n") {
		t.Errorf("the README has another table of filters than\n%s", &table)
	}
	if !strings.Contains(strings.Join(strings.Fields(section), " "), "The columns are"+columns.String()+".") {
		t.Errorf("the README has other columns than%s", &columns)
	}
}

// TestStatusTellsWhatIsMissing: what was named and is not there is no line of the table, and not well all the same.
func TestStatusTellsWhatIsMissing(t *testing.T) {
	t.Parallel()
	simulate(t, func(t *testing.T, fleet *pumatest.Fleet) {
		var out, errs bytes.Buffer
		err := runStatus(t.Context(), streams{strings.NewReader(""), &out, &errs}, sessionOn(t, fleet, "web1.shop/shop", "web1.shop/blog"),
			statusOptions{format: "table", timeout: time.Minute})
		if code := codeFrom(t, err); code != 3 || errs.String() != "pumatop: web1.shop/blog: no Puma of that name here: found shop: name one that is there\n" {
			t.Errorf("exit %d, %q", code, &errs)
		}
	})
}

// TestCSVKeepsARowOfOneUnknown: a line without anything is none to whoever reads CSV.
func TestCSVKeepsARowOfOneUnknown(t *testing.T) {
	t.Parallel()
	columns, err := query.ParseColumns("revision")
	if err != nil {
		t.Fatal(err)
	}
	v := statusView{rows: []query.Row{{Target: served("web1")}, {Target: served("web2")}}, columns: columns, header: true}
	var plain, timed bytes.Buffer
	format, _ := statusFormatNamed("csv")
	for out, write := range map[*bytes.Buffer]repeat{&plain: format.write, &timed: timedCSV(format)} {
		if err := write(out, v); err != nil {
			t.Fatal(err)
		}
		if records, err := csv.NewReader(out).ReadAll(); err != nil || len(records) != 3 {
			t.Errorf("%d records, %v", len(records), err)
		}
	}
}
