package shot

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestParseScript(t *testing.T) {
	t.Parallel()
	s, err := ParseScript(strings.NewReader(`# a comment
size 80x24
theme light
env NO_COLOR=1
patience 3s
run pumatop demo --seed 1

wait 6 targets
press j ctrl+c enter é
type web 2
gone 6 targets
snap a.png
record b.gif
hold 2s
`))
	if err != nil {
		t.Fatal(err)
	}
	if s.Columns != 80 || s.Rows != 24 || !s.Light || s.patience != 3*time.Second {
		t.Errorf("head is %+v", s)
	}
	if !slices.Equal(s.Env, []string{"NO_COLOR=1"}) || !slices.Equal(s.Argv, []string{"pumatop", "demo", "--seed", "1"}) {
		t.Errorf("env %q, argv %q", s.Env, s.Argv)
	}
	want := []step{{8, "wait", "6 targets"}, {9, "press", "j ctrl+c enter é"}, {10, "type", "web 2"}, {11, "gone", "6 targets"}, {12, "snap", "a.png"}, {13, "record", "b.gif"}, {14, "hold", "2s"}}
	if !slices.Equal(s.steps, want) {
		t.Errorf("steps are %v, want %v", s.steps, want)
	}
}

func TestParseScriptErrors(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                     "no program",
		"wait x":               "line 1: wait is no verb of the head",
		"size 80":              "line 1: size 80 is not COLUMNSxROWS",
		"size 0x24":            "is not COLUMNSxROWS of 1 to 500",
		"size 80x9999":         "is not COLUMNSxROWS of 1 to 500",
		"theme blue":           "neither light nor dark",
		"env PATH":             "is not NAME=VALUE",
		"patience soon":        "is not a duration",
		"patience -1s":         "is not a duration",
		"run":                  "run needs an argument",
		"run a\nsize 1x0":      "is not COLUMNSxROWS",
		"run a\ntheme light":   "line 2: theme is no verb",
		"run a\npress f99":     "line 2: no key is named f99",
		"run a\npress ctrl+#":  "no key is named ctrl+#",
		"run a\nsnap a.gif":    "is not a name.png",
		"run a\nsnap ../a.png": "is not a name.png",
	} {
		if _, err := ParseScript(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error is %v, want %q", text, err, want)
		}
	}
}

func FuzzParseScript(f *testing.F) {
	f.Add("size 80x24\nrun a b\nwait c\npress j ctrl+c\nsnap a.png")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseScript(strings.NewReader(text))
		if err == nil && (len(s.Argv) == 0 || s.Columns < 1 || s.Rows < 1 || s.patience <= 0) {
			t.Errorf("%q is taken as %+v", text, s)
		}
	})
}
