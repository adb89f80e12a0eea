package main

import (
	"strings"
	"testing"

	"pumatop/collector/config"
)

func TestBounds(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		text          string
		alarms, quiet []float64
		words         string
	}{
		{"80", []float64{80, 80.5, 200}, []float64{0, 79.9}, "from 80%"},
		{"1.25", []float64{1.25}, []float64{1.2}, "from 1.25%"},
		{"10:20", []float64{0, 9, 21}, []float64{10, 15, 20}, "outside 10:20%"},
		{"10:", []float64{9}, []float64{10, 1000}, "outside 10:%"},
		{":20", []float64{21}, []float64{0, 20}, "outside :20%"},
		{"~:20", []float64{21}, []float64{0, 20}, "outside ~:20%"},
		{"@10:20", []float64{10, 20}, []float64{9, 21}, "within 10:20%"},
		{"@20", []float64{0, 20}, []float64{21}, "within 20%"},
		{"", nil, []float64{0, 80}, ""},
	} {
		b, err := parseBound(tc.text)
		if err != nil {
			t.Errorf("%q: %v", tc.text, err)
		}
		if tc.words != "" && b.words("%") != tc.words {
			t.Errorf("%q is %q, want %q", tc.text, b.words("%"), tc.words)
		}
		for _, v := range tc.alarms {
			if !b.breached(v) {
				t.Errorf("%q lets %v pass", tc.text, v)
			}
		}
		for _, v := range tc.quiet {
			if b.breached(v) {
				t.Errorf("%q alarms at %v", tc.text, v)
			}
		}
	}
	for _, bad := range []string{"x", "-1", "80%", "20:10", "@", "1:x", "NaN", "Inf", "1:2:3", "80 "} {
		if b, err := parseBound(bad); err == nil {
			t.Errorf("%q is taken as %+v", bad, b)
		}
	}
}

func TestLimitsFlag(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ text, warning, critical, err string }{
		{"80,95", "80", "95", ""},
		{"80", "80", "", ""},
		{",95", "", "95", ""},
		{"none", "", "", ""},
		{"10:20,5:30", "10:20", "5:30", ""},
		{"80,@90:95", "80", "@90:95", ""},
		{"", "", "", "name a figure, as 80,95, or none"},
		{",", "", "", "name a figure, as 80,95, or none"},
		{"95,80", "", "", "a warning from 95 on comes after critical from 80 on"},
		{"80,95,99", "", "", `"95,99" is no figure`},
		{"a", "", "", `"a" is no figure`},
		{"20:10", "", "", `"20:10" begins above its end`},
	} {
		var f limitsFlag
		err := f.Set(tc.text)
		if got := errText(err); got != tc.err {
			t.Errorf("%q: %q, want %q", tc.text, got, tc.err)
		}
		if err == nil && (f.warning.text != tc.warning || f.critical.text != tc.critical || !f.given) {
			t.Errorf("%q is %+v", tc.text, f)
		}
	}
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// TestLimitsByFlagsConfigurationAndDefaults: a flag stands for both limits of a figure, the configuration for each by itself.
func TestLimitsByFlagsConfigurationAndDefaults(t *testing.T) {
	t.Parallel()
	of := func(v float64) *float64 { return &v }
	given := checkFlags{"backlog": {}, "memory": {}}
	for name, text := range map[string]string{"backlog": "5", "memory": "none"} {
		if err := given[name].Set(text); err != nil {
			t.Fatal(err)
		}
	}
	f := &flags{loaded: config.Loaded{Config: config.Config{
		Thresholds: config.Thresholds{Utilisation: config.Limits{Warning: of(50), Critical: of(80)}, Backlog: config.Limits{Warning: of(2), Critical: of(3)}},
		Environments: map[string]config.Environment{"production": {Thresholds: config.Thresholds{
			Utilisation: config.Limits{Warning: of(60)}, Memory: config.Limits{Critical: of(1000)}, Releases: config.Limits{Critical: of(3)}}}},
	}}}
	f.environment = "production"
	got := limitsBy(given, f.thresholds()...)
	var text []string
	for _, fig := range figures() {
		l := got[fig.name]
		text = append(text, fig.name+" "+l.warning.text+","+l.critical.text)
	}
	const want = "utilisation 60,80; backlog 5,; listen_queue 10,100; sample_age 15,60; workers_missing 1,; memory ,; releases 2,3; versions 2,"
	if got := strings.Join(text, "; "); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

func FuzzParseBound(f *testing.F) {
	for _, s := range []string{"80", "10:20", "@1:2", "~:5", ":", "1e9", "0x1p-2"} {
		f.Add(s, 15.0)
	}
	f.Fuzz(func(t *testing.T, text string, v float64) {
		b, err := parseBound(text)
		if err != nil || text == "" {
			return
		}
		if strings.ContainsAny(b.text, " |;='\n") {
			t.Errorf("%q would break performance data", b.text)
		}
		if b.low > b.high {
			t.Errorf("%q begins above its end", text)
		}
		_ = b.breached(v)
	})
}
