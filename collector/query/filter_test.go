package query

import (
	"errors"
	"strings"
	"testing"
)

// kept are the ids of the rows that a filter leaves, without their apps.
func kept(f Filter) string {
	var ids []string
	for _, r := range f.Keep(fleet()) {
		host, _, _ := strings.Cut(string(r.ID()), "/")
		ids = append(ids, host)
	}
	return strings.Join(ids, " ")
}

func TestFilter(t *testing.T) {
	t.Parallel()
	const all = "web1 web2 web10 admin mute gone db1 far new"
	for text, want := range map[string]string{
		"":                       all,
		"web":                    "web1 web2 web10",
		"WEB1":                   "web1 web10",
		"web1 !web10":            "web1",
		"!shop":                  "admin db1 far new",
		"!!tools":                "admin",
		"restarting":             "web2",
		"!serving !restarting":   "mute gone db1 far new",
		`"web1/"`:                "web1",
		`"serving"`:              "",
		"7.2.1":                  "web2",
		"group:web":              "web1 web2 admin mute gone",
		"group:WEB !group:eu":    "web2",
		"group:we":               "",
		"!group:web":             "web10 db1 far new",
		"group:unknown":          "web10 far new",
		"state:no-control":       "mute db1",
		"state:not-running":      "gone db1",
		"state!=serving web":     "web2",
		`state:"no control app"`: "mute db1",
		"host:web1":              "web1 web10",
		"host=web1":              "web1",
		"app!=shop":              "admin",
		"app:tool":               "admin",
		"unit:puma":              "web1 web2 web10 admin mute",
		"unit:calc":              "gone",
		`unit:"/C calc"`:         "gone",
		"phase:3":                "web1 web2 web10",
		"phase>2":                "web1 web2 web10",
		"phase<3":                "",
		"phase:unknown":          "admin mute gone db1 far new",
		"puma<7":                 "web1 admin gone",
		"puma:6":                 "web1 gone",
		"puma>6":                 "web2 web10",
		"puma>=6.6.1 puma<8":     "web1 web2 gone",
		"puma!=6":                "web2 web10 admin",
		"ruby<3.2":               "web1 web2 web10 gone",
		"busy>80":                "web2",
		"busy>80%":               "web2",
		"!busy>80":               "web1 web10 admin",
		"busy<=80":               "web1 web10 admin",
		"busy:40":                "web1 web10 admin",
		"busy:unknown":           "mute gone db1 far new",
		"!busy:unknown":          "web1 web2 web10 admin",
		"busy!=unknown":          "web1 web2 web10 admin",
		"utilisation=90":         "web2",
		"threads>8":              "web2",
		"workers>=2":             "web1 web2 web10",
		"backlog>0":              "web2 web10",
		"queue>0":                "web10",
		"memory>500MB":           "web1 web10 admin",
		"memory>0.5g":            "web1 web10 admin",
		"mem<=400MiB":            "web2",
		"memory:419430400":       "web2",
		"up<10m":                 "web10",
		"up>=1h":                 "web1 web2 admin",
		"up>1d":                  "",
		"up>0d30m":               "web1 web2 admin",
		"started<2026-11-28":     "",
		"started>2026-11-28":     "web1 web2 web10 admin",
		"latency<50ms":           "web1 web2 web10 admin",
		"req/s>96":               "web1 web2 web10",
		"req/s=96.4":             "web1 web2 web10",
		"cpu:40":                 "web1 web2 web10 admin",
		"release:old":            "web2 web10",
		"release:current":        "web1 admin gone",
		"!release:current":       "web2 web10",
		"release:mixed":          "web2",
		"release!=mixed":         "web1 web10 admin gone",
		"release:1":              "web2 web10",
		`release:"old"`:          "",
		"current=2":              "web1 web2 web10 admin mute gone",
		"phased:no":              "web2",
		"phased:unknown":         "admin db1 far new",
		"mode:single":            "admin",
		"scope:user is:unknown":  "mute gone",
		"is:host":                "db1 far new",
		"is:problem web":         "web2 web10",
		"user:deploy puma>5 backlog=0 phase=3 web": "web1",
	} {
		f, err := Parse(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if got := kept(f); got != want {
			t.Errorf("%q leaves %q, want %q", text, got, want)
		}
		if live, _, err := ParseTyped(text); err != nil || kept(live) != want {
			t.Errorf("%q leaves %q while it is typed, want %q (%v)", text, kept(live), want, err)
		}
	}
}

// TestFilterErrors says where, what and what to write instead; typed, the word hides nothing and the others do.
func TestFilterErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, problem, remedy string }{
		{"web1 stat:serving", `filter "web1 stat:serving", column 6: there is no stat`, `state may be meant; a text with : in it is to be quoted`},
		{"web1 xyzzy=1", `filter "web1 xyzzy=1", column 6: there is no xyzzy`, `to look for the text, quote it: "xyzzy=1"`},
		{"web1 bsy>80", `filter "web1 bsy>80", column 6: there is no bsy`, `busy may be meant; a text with > in it is to be quoted`},
		{"web1 busy>", `filter "web1 busy>", column 6: nothing stands behind busy>`, `write it like busy>80`},
		{"web1 state:", `filter "web1 state:", column 6: nothing stands behind state:`, "use crash-loop, stuck, not-running, unreachable, no-control, stale, restarting, connecting, serving"},
		{"web1 !", `filter "web1 !", column 6: nothing stands behind !`, `write a text behind it, like !web`},
		{"web1 busy>much", `filter "web1 busy>much", column 6: much is no number`, `write it like busy>80`},
		{"web1 memory>1e3", `filter "web1 memory>1e3", column 6: 1e3 is no amount of memory`, `write it like memory>500MB`},
		{"web1 up<90", `filter "web1 up<90", column 6: 90 is no duration`, `write it like up<10m`},
		{"web1 started>noon", `filter "web1 started>noon", column 6: noon is no moment`, `write it like started>2026-11-28`},
		{"web1 puma<new", `filter "web1 puma<new", column 6: new is no version`, `write it like puma<7`},
		{"web1 unit>a", `filter "web1 unit>a", column 6: unit cannot be more or less`, `use unit:VALUE or unit!=VALUE`},
		{"web1 state:restart", `filter "web1 state:restart", column 6: state is never restart`, `restarting may be meant`},
		{"web1 phased:maybe", `filter "web1 phased:maybe", column 6: phased is never maybe`, `use yes, no, unknown`},
		{"web1 is:good", `filter "web1 is:good", column 6: nothing is good`, `use unknown, problem, host`},
		{`web1 a"b"`, `filter "web1 a\"b\"", column 6: a quote in the middle of a word`, `quote all of it: "a…"`},
		{`web1 "a"b`, `filter "web1 \"a\"b", column 6: no space behind the quote`, `put a space between two words`},
		{`web1 "a b`, `filter "web1 \"a b", column 6: a quote is not closed`, `put " where the text ends`},
		{"wéb1 is:good", `filter "wéb1 is:good", column 6: nothing is good`, `use unknown, problem, host`},
	} {
		_, err := Parse("  " + c.text + " ")
		var wrong *FilterError
		if !errors.As(err, &wrong) || wrong.Error() != c.problem || wrong.Remedy() != c.remedy {
			t.Errorf("%q: %v · %+v", c.text, err, wrong)
			continue
		}
		if f, _, _ := ParseTyped(c.text); !strings.HasPrefix(c.text, "wéb1") && !strings.HasSuffix(c.text, "a b") && kept(f) != "web1 web10" {
			t.Errorf("%q leaves %q while it is typed", c.text, kept(f))
		}
	}
}

// TestTypedFilter hides nothing by what is not finished, and says what may come.
func TestTypedFilter(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"web": "", "web busy": "", "busy>": "threads in use, in percent, like 80", "!memory>=": "of master and workers, like 500MB",
		"release:": "old, current, mixed, or a part of its name", "is:": "unknown, problem, host", "busy> ": "", "unit:": "systemd unit",
		"mode:s": "cluster, single", `unit:"`: "", "busy>8": "", "nokey:": "",
	} {
		f, hint, err := ParseTyped(text)
		if hint != want || (err != nil) != (text == "nokey:" || text == "mode:s") {
			t.Errorf("%q: %q, %v", text, hint, err)
		}
		if strings.HasSuffix(strings.TrimSpace(text), ">") && !f.Empty() {
			t.Errorf("%q hides something", text)
		}
	}
}

func TestComplete(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "", "web1 ": "web1 ", "bu": "busy>", "web1 !bu": "web1 !busy>", "rel": "release:", "st": "sta", "stat": "state:", "re": "re", "phas": "phase",
		"phased": "phased:", "state:res": "state:restarting ", "state:st": "state:st", "release:m": "release:mixed ", "is:p": "is:problem ", `"bu`: `"bu`, "xyz": "xyz", "unit:x": "unit:x",
		"BU": "BUsy>",
	} {
		if got := Complete(text); got != want {
			t.Errorf("%q is completed to %q, want %q", text, got, want)
		}
	}
}

// TestWordsPartition: a word and its opposite share out the rows of which the figure is known, and leave the others.
func TestWordsPartition(t *testing.T) {
	t.Parallel()
	values := map[Kind][]string{
		Name: {"shop", "2"}, List: {"web"}, Version: {"6", "6.6.1", "8"}, Number: {"0", "3", "41"}, Percent100: {"40", "90%"}, PerSecond: {"96.4", "0"},
		ByteCount: {"400M", "1G"}, Span: {"1h", "50s", "1s"}, Trip: {"3ms"}, Moment: {"2026-11-28", "2026-11-28T11:00:00Z"},
	}
	opposite := map[operator]operator{"<": ">=", ">": "<=", "=": "!="}
	for _, c := range Columns() {
		of := values[c.Kind]
		if c.Kind == Word {
			of = c.Words
		}
		for _, v := range of {
			for op, other := range opposite {
				if op != "=" && !c.Kind.Compares() {
					continue
				}
				word := string(c.ID) + string(op) + v
				for _, pair := range [][2]string{{word, "!" + word}, {word, string(c.ID) + string(other) + v}} {
					a, b := must(t, pair[0]), must(t, pair[1])
					for _, r := range fleet() {
						known := c.comparison(r).Known || c.Kind == List || c.ID == State
						if n := count01(a.Match(r)) + count01(b.Match(r)); n != count01(known) {
							t.Errorf("%s: %d of %q hold, and it is %q", r.ID(), n, pair, c.Raw(r))
						}
					}
				}
			}
		}
		unknown, known := must(t, string(c.ID)+":unknown"), must(t, "!"+string(c.ID)+":unknown")
		for _, r := range fleet() {
			if unknown.Match(r) == known.Match(r) {
				t.Errorf("%s is neither %s:unknown nor not", r.ID(), c.ID)
			}
		}
	}
}

func must(t *testing.T, text string) Filter {
	t.Helper()
	f, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func count01(b bool) int {
	if b {
		return 1
	}
	return 0
}

// FuzzFilter: whatever is typed is read, an error names a place in the text, what is read strictly is read the same while it
// is typed, and completing only adds.
func FuzzFilter(f *testing.F) {
	for _, s := range []string{"web !stale busy>80", `unit:"a b" "c`, "phase!=3", "release:old", "up<1d2h", "!", "a:b:c", "\x00\xff>1", "<=", "memory>999999999999999999999999999999G"} {
		f.Add(s)
	}
	rows := fleet()
	f.Fuzz(func(t *testing.T, s string) {
		strict, err := Parse(s)
		var wrong *FilterError
		if err != nil && (!errors.As(err, &wrong) || wrong.Column < 1 || wrong.Column > len(s)+1 || wrong.Remedy() == "") {
			t.Errorf("%q: %v", s, err)
		}
		typed, _, _ := ParseTyped(s)
		for _, r := range rows {
			if got := typed.Match(r); err == nil && got != strict.Match(r) {
				t.Errorf("%q and %s: %v while it is typed", s, r.ID(), got)
			}
			if err == nil && strict.Match(r) != must(t, strict.String()).Match(r) {
				t.Errorf("%q is not what it is without the spaces around it", s)
			}
		}
		if !strings.HasPrefix(Complete(s), s) {
			t.Errorf("%q is completed to %q", s, Complete(s))
		}
	})
}

// TestFilterEach: each word is a filter of its own, as it was written.
func TestFilterEach(t *testing.T) {
	t.Parallel()
	f, err := Parse(` web  !"new"   busy>80 `)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, w := range f.Each() {
		got = append(got, w.String()+"="+kept(w))
	}
	want := `web=web1 web2 web10|!"new"=web1 web2 web10 admin mute gone db1 far|busy>80=web2`
	if s := strings.Join(got, "|"); s != want {
		t.Errorf("%s", s)
	}
}
