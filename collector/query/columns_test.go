package query

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"math/rand"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pumatop/collector"
)

// TestColumnsSayWhatTheyAre: one word each, whose capitals are the heading, with a help, found by name whatever the case.
func TestColumnsSayWhatTheyAre(t *testing.T) {
	t.Parallel()
	seen := map[ID]bool{}
	for _, c := range Columns() {
		if seen[c.ID] || c.Help == "" || strings.ContainsAny(string(c.ID), " :=<>!\"") || string(c.ID) != strings.ToLower(string(c.ID)) {
			t.Errorf("%+v", c)
		}
		seen[c.ID] = true
		if Find(c.Title()) != c || Find(string(c.ID)) != c {
			t.Errorf("%s is not found", c.ID)
		}
		if c.Kind == Word && len(c.Words) == 0 {
			t.Errorf("%s has no words", c.ID)
		}
	}
	for other, id := range otherNames {
		if seen[other] || Find(string(other)).ID != id {
			t.Errorf("%s does not stand for %s", other, id)
		}
	}
	if Find("") != nil || Find("bsy") != nil {
		t.Error("what is no column is found")
	}
}

// TestValues are what the table and CSV say of a row.
func TestValues(t *testing.T) {
	t.Parallel()
	rows := fleet()
	for _, c := range []struct {
		row       int
		id        ID
		cell, raw string
	}{
		{0, "target", "web1/shop", "web1/shop"}, {0, "group", "web,eu", "web,eu"}, {0, "state", "serving", "serving"}, {0, "phase", "3", "3"},
		{0, "phased", "yes", "yes"}, {0, "workers", "2/2", "2"}, {0, "threads", "4/10", "4"}, {0, "max", "10", "10"}, {0, "busy", "40%", "40"},
		{0, "req/s", "96.4", "96.44"}, {0, "cpu", "40%", "40"}, {0, "memory", "600M", "629145600"}, {1, "memory", "≤400M", "419430400"},
		{0, "release", "2", "2"}, {1, "release", "1+2 (current 2)", "1"}, {2, "release", "1 (current 2)", "1"}, {0, "revision", "0123456789", "0123456789abcdef"},
		{0, "up", "1h", "3600"}, {0, "started", "2026-11-28T11:00:00Z", "2026-11-28T11:00:00Z"}, {0, "puma", "6.6.1", "6.6.1"}, {0, "ruby", "ruby 3.1.2", "ruby 3.1.2"},
		{0, "pid", "41", "41"}, {0, "latency", "3ms", "0.003"}, {0, "age", "1s", "1.5"}, {0, "missing", "0", "0"}, {0, "old", "0", "0"},
		{2, "backlog", "0", "0"}, {2, "queue", "7", "7"}, {3, "workers", "single", ""}, {3, "phase", "–", ""}, {3, "phased", "–", ""}, {3, "mode", "single", "single"},
		{4, "busy", "–", ""}, {4, "state", "no control app", "no-control"}, {5, "memory", "–", ""}, {5, "remedy", "start it", "start it"},
		{6, "state", "not running", "not-running"}, {6, "reason", "no Puma found", "no Puma found"}, {6, "group", "db", "db"}, {6, "app", "–", ""},
		{7, "state", "unreachable", "unreachable"}, {8, "state", "connecting", "connecting"}, {8, "host", "new", "new"}, {8, "reason", "not connected in time", "not connected in time"},
	} {
		column := Find(string(c.id))
		if cell, raw := column.Cell(rows[c.row]), column.Raw(rows[c.row]); cell != c.cell || raw != c.raw {
			t.Errorf("%s of %s: %q and %q, want %q and %q", c.id, rows[c.row].ID(), cell, raw, c.cell, c.raw)
		}
	}
}

// TestRawIsReadBack: every cell of every row comes back from CSV as it was, on one line, and numbers are numbers.
func TestRawIsReadBack(t *testing.T) {
	t.Parallel()
	var file bytes.Buffer
	w := csv.NewWriter(&file)
	var want [][]string
	for _, r := range append(fleet(), Row{}, Row{Target: &collector.Snapshot{}}, Row{Host: &collector.HostStatus{}}) {
		var record []string
		for _, c := range Columns() {
			raw := c.Raw(r)
			if _, err := strconv.ParseFloat(raw, 64); c.Kind.Numeric() && c.Kind != Moment && raw != "" && err != nil {
				t.Errorf("%s is %q", c.ID, raw)
			}
			record = append(record, raw)
			if c.Cell(r) == "" {
				t.Errorf("%s of %q has an empty cell", c.ID, r.ID())
			}
		}
		want = append(want, record)
	}
	if err := w.WriteAll(want); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(file.String(), "\n"); n != len(want) {
		t.Errorf("%d lines for %d rows", n, len(want))
	}
	got, err := csv.NewReader(&file).ReadAll()
	if err != nil || !slices.EqualFunc(got, want, slices.Equal) {
		t.Errorf("%v: %q, want %q", err, got, want)
	}
}

func TestWideColumns(t *testing.T) {
	t.Parallel()
	ids := func(columns []*Column) string {
		var list []string
		for _, c := range columns {
			list = append(list, string(c.ID))
		}
		return strings.Join(list, " ")
	}
	if got := ids(WideColumns(fleet()[6:7])); got != "target host group state reason" {
		t.Errorf("a host has %s", got)
	}
	if got := ids(WideColumns(fleet()[:1])); strings.Contains(got, "container") || !strings.Contains(got, "ruby") {
		t.Errorf("a target has %s", got)
	}
	got, err := ParseColumns("puma, mem", "TARGET")
	if err != nil || ids(got) != "puma memory target" {
		t.Errorf("%s, %v", ids(got), err)
	}
}

func TestUnknownColumns(t *testing.T) {
	t.Parallel()
	for name, near := range map[string]string{"bsy": "busy", "memroy": "memory", "releas": "release", "wrkers": "workers", "zzzzzz": "", "": "", "rel": "release"} {
		for _, parse := range []func() error{
			func() error { _, err := ParseColumns("target", name); return err },
			func() error { _, err := ParseOrder("target,-" + name); return err },
		} {
			var wrong *NameError
			if err := parse(); !errors.As(err, &wrong) || wrong.Name != name || wrong.Nearest != near || wrong.Remedy() == "" {
				t.Errorf("%q: %v, nearest %+v, want %q", name, err, wrong, near)
			}
		}
	}
}

func TestSort(t *testing.T) {
	t.Parallel()
	for order, want := range map[string]string{
		"":                "gone far db1 mute web2 new admin web1 web10",
		"state":           "gone far db1 mute web2 new admin web1 web10",
		"-state":          "admin web1 web10 new web2 db1 mute far gone",
		"target":          "admin db1 far gone mute new web1 web2 web10",
		"-target":         "web10 web2 web1 new mute gone far db1 admin",
		"busy":            "web2 admin web1 web10 gone far db1 mute new",
		"-busy":           "admin web1 web10 web2 gone far db1 mute new",
		"backlog":         "web10 web2 admin web1 gone far db1 mute new",
		"up":              "web2 admin web1 web10 gone far db1 mute new",
		"puma,-target":    "admin web1 gone web2 web10 new mute far db1",
		"app,memory":      "web1 web10 web2 gone mute admin far db1 new",
		"-group, -target": "web1 mute gone admin web2 db1 web10 new far",
	} {
		o, err := ParseOrder(order)
		if err != nil {
			t.Fatal(err)
		}
		rows := fleet()
		rand.New(rand.NewSource(1)).Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		Sort(rows, func(r Row) Row { return r }, o)
		var ids []string
		for _, r := range rows {
			host, _, _ := strings.Cut(string(r.ID()), "/")
			ids = append(ids, host)
		}
		if got := strings.Join(ids, " "); got != want {
			t.Errorf("by %q: %s, want %s", order, got, want)
		}
	}
}

// TestSortIsTotal: the order by any column, either way, does not depend on where it began, and what is unknown is last.
func TestSortIsTotal(t *testing.T) {
	t.Parallel()
	shuffle := rand.New(rand.NewSource(2))
	for _, c := range Columns() {
		for _, reverse := range []bool{false, true} {
			var want string
			for range 5 {
				rows := fleet()
				shuffle.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
				Sort(rows, func(r Row) Row { return r }, By(c.ID, reverse))
				got, known := "", true
				for _, r := range rows {
					got += string(r.ID()) + " "
					if has := c.Order(r).Known; has && !known {
						t.Errorf("by %s: %s comes after what is unknown", c.ID, r.ID())
					} else {
						known = has
					}
				}
				if want == "" {
					want = got
				}
				if got != want {
					t.Errorf("by %s: %s and %s", c.ID, got, want)
				}
			}
		}
	}
}

// BenchmarkFilter and BenchmarkSort are about a thousand targets of sixteen workers.
func BenchmarkFilter(b *testing.B) {
	f, _ := Parse("web !stale busy>30 release:old puma<8 memory>100MB")
	rows := crowd()
	b.ReportAllocs()
	for b.Loop() {
		for _, r := range rows {
			f.Match(r)
		}
	}
}

func BenchmarkSort(b *testing.B) {
	rows := crowd()
	b.ReportAllocs()
	for b.Loop() {
		Sort(rows, func(r Row) Row { return r }, By(Release, false))
		rand.New(rand.NewSource(1)).Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	}
}

func crowd() []Row {
	var rows []Row
	for i := range 1000 {
		rows = append(rows, target(fmt.Sprintf("web%d/shop", i), fmt.Sprint("web", i), "shop", func(s *collector.Snapshot) {
			for range 3 {
				s.Workers = append(s.Workers, s.Workers...)
			}
			s.Load.Memory.N += int64(i)
			s.Image.StartedAt = s.Image.StartedAt.Add(time.Duration(i) * time.Second)
		}))
	}
	return rows
}
