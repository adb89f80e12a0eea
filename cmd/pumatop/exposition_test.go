package main

import (
	"bytes"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// exposed is a Prometheus text as its readers take it.
type exposed struct {
	kinds  map[string]string             // by family
	values map[string]map[string]float64 // by family and labels as they stand there
}

var (
	metricName = regexp.MustCompile(`^[a-zA-Z_:][a-zA-Z0-9_:]*$`)
	sampleLine = regexp.MustCompile(`^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{.*\})? (\S+)$`)
	labelPair  = regexp.MustCompile(`^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\\\|\\"|\\n)*)"(,|$)`)
)

// parseExposition reads a text as strictly as Prometheus does: every family once and in one piece, HELP and TYPE first, no
// two samples of the same labels.
func parseExposition(text string) (exposed, error) {
	x := exposed{map[string]string{}, map[string]map[string]float64{}}
	current, helped := "", ""
	for i, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		wrong := func(what string) error { return fmt.Errorf("line %d: %s: %q", i+1, what, line) }
		if rest, found := strings.CutPrefix(line, "# HELP "); found {
			helped, _, _ = strings.Cut(rest, " ")
			if x.kinds[helped] != "" || !metricName.MatchString(helped) {
				return x, wrong("a second HELP, or no name")
			}
			continue
		}
		if rest, found := strings.CutPrefix(line, "# TYPE "); found {
			name, kind, _ := strings.Cut(rest, " ")
			if name != helped || kind != gauge && kind != counter || (kind == counter) != strings.HasSuffix(name, "_total") {
				return x, wrong("a TYPE without HELP, or of no known kind")
			}
			current, x.kinds[name], x.values[name] = name, kind, map[string]float64{}
			continue
		}
		m := sampleLine.FindStringSubmatch(line)
		if m == nil || m[1] != current {
			return x, wrong("no sample of this family")
		}
		v, err := strconv.ParseFloat(m[3], 64)
		if err != nil {
			return x, wrong("no value")
		}
		if !wellLabelled(m[2]) {
			return x, wrong("broken labels")
		}
		if _, twice := x.values[current][m[2]]; twice {
			return x, wrong("a second sample of the same labels")
		}
		x.values[current][m[2]] = v
	}
	return x, nil
}

func wellLabelled(text string) bool {
	seen := map[string]bool{}
	rest := strings.TrimSuffix(strings.TrimPrefix(text, "{"), "}")
	for rest != "" {
		m := labelPair.FindStringSubmatch(rest)
		if m == nil || seen[m[1]] {
			return false
		}
		seen[m[1]] = true
		rest = rest[len(m[0]):]
	}
	return true
}

func TestExpositionIsReadBack(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name     string
		families []family
		want     string
	}{
		{"a family without samples is left out", []family{{"a", gauge, "A.", nil}, {"b", gauge, "B.", []sample{{value: 1}}}},
			"# HELP b B.\n# TYPE b gauge\nb 1\n"},
		{"values of every size", []family{{"a", gauge, "A.", []sample{{[]label{{"n", "1"}}, 0}, {[]label{{"n", "2"}}, 123456789012}, {[]label{{"n", "3"}}, 0.25},
			{[]label{{"n", "4"}}, 1e300}}}}, "# HELP a A.\n# TYPE a gauge\na{n=\"1\"} 0\na{n=\"2\"} 123456789012\na{n=\"3\"} 0.25\na{n=\"4\"} 1e+300\n"},
		{"an empty label is none", []family{{"a", gauge, "A.", []sample{{[]label{{"app", ""}, {"host", "web1"}}, 1}}}},
			"# HELP a A.\n# TYPE a gauge\na{host=\"web1\"} 1\n"},
		{"the first of two alike", []family{{"a", gauge, "A.", []sample{{[]label{{"w", "0"}}, 1}, {[]label{{"w", "0"}}, 2}}}},
			"# HELP a A.\n# TYPE a gauge\na{w=\"0\"} 1\n"},
		{"hostile text", []family{{"a", gauge, "A\nB \\ C", []sample{{[]label{{"app", "x\"} 1\nb \\ \xff"}}, 1}}}},
			"# HELP a A\\nB \\\\ C\n# TYPE a gauge\na{app=\"x\\\"} 1\\nb \\\\ \uFFFD\"} 1\n"},
	} {
		var out bytes.Buffer
		if err := writeExposition(&out, tc.families); err != nil || out.String() != tc.want {
			t.Errorf("%s: %v\n%s", tc.name, err, &out)
		}
		if _, err := parseExposition(out.String()); err != nil {
			t.Errorf("%s: %v", tc.name, err)
		}
	}
}

// TestExpositionIsJudged: the parser that the other tests rely on refuses what Prometheus does.
func TestExpositionIsJudged(t *testing.T) {
	t.Parallel()
	const head = "# HELP a A.\n# TYPE a gauge\n"
	for _, bad := range []string{
		"a 1\n", "# TYPE a gauge\na 1\n", head + "a{x=\"1\"} 1\na{x=\"1\"} 2\n", head + "a{x=\"1\nb\"} 1\n", head + "a{x=\"\\q\"} 1\n",
		head + "a{1x=\"1\"} 1\n", head + "a one\n", head + "b 1\n", head + "a 1\n" + head + "a{x=\"2\"} 1\n", "# HELP a A.\n# TYPE a counter\na 1\n",
		head + "a{x=\"1\",x=\"2\"} 1\n",
	} {
		if _, err := parseExposition(bad); err == nil {
			t.Errorf("taken:\n%s", bad)
		}
	}
}

func FuzzExpositionLabels(f *testing.F) {
	for _, s := range []string{"web1", "a\"b", "\\", "\n", "\xff\x00", "{}", "}"} {
		f.Add(s, 1.5)
	}
	f.Fuzz(func(t *testing.T, s string, v float64) {
		var out bytes.Buffer
		if err := writeExposition(&out, []family{{"a", gauge, s, []sample{{[]label{{"x", s}}, v}}}}); err != nil {
			t.Fatal(err)
		}
		x, err := parseExposition(out.String())
		if err != nil {
			t.Fatalf("%v\n%s", err, &out)
		}
		for _, got := range x.values["a"] {
			if got != v && !math.IsNaN(v) {
				t.Errorf("%v is read back as %v", v, got)
			}
		}
	})
}
