package tui

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"pumatop/collector/query"
)

func TestCheckKeys(t *testing.T) {
	t.Parallel()
	tests := []struct {
		keys      map[string]string
		text, fix string // empty where they are right
	}{
		{nil, "", ""},
		{map[string]string{"reload": "ctrl+r", "restart": "ctrl-alt-x"}, `keys: restart: "ctrl-alt-x" is no key`, "write a character"},
		{map[string]string{"reload": "f9", "restart": "alt-R", "stop-rollout": "W"}, "", ""},
		{map[string]string{"reload": "é"}, "", ""},
		{map[string]string{"reload": "f13"}, `keys: reload: "f13" is no key`, "write a character"},
		{map[string]string{"reload": ""}, `keys: reload: "" is no key`, "write a character"},
		{map[string]string{"relaod": "f9"}, `no key is called "relaod"`, "reload"},
		{map[string]string{"reload": "x"}, "keys: x would be for reload and for problems", "another key"},
		{map[string]string{"reload": "x", "problems": "r"}, "", ""}, // changed about
		{map[string]string{"logs": "ctrl+c"}, "keys: ctrl+c would be for logs and for quit", "another key"},
	}
	for _, test := range tests {
		err := CheckKeys(test.keys)
		if test.text == "" {
			if err != nil {
				t.Errorf("%v: %v", test.keys, err)
			}
			continue
		}
		var no *KeyError
		if !errors.As(err, &no) || no.Text != test.text || !strings.Contains(no.Fix, test.fix) {
			t.Errorf("%v: %v, want %s", test.keys, err, test.text)
		}
	}
}

// A key that has been given to another binding does what that does, and help and footer say so.
func TestReboundKeys(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40, production(), func(o *Options) { o.Keys = map[string]string{"filter": "ctrl-f", "quit": "Q"} })
	s.press("/")
	if s.overlay == filterOverlay {
		t.Error("the old key still opens the filter")
	}
	s.says(t, "ctrl-f filter", "Q quit")
	s.press("ctrl+f")
	if s.overlay != filterOverlay {
		t.Error("the new key does not")
	}
	s.press("esc")
	if s.find("ctrl+c") == nil {
		t.Error("ctrl-c no longer quits")
	}
}

func TestChosenColumns(t *testing.T) {
	t.Parallel()
	choice, err := query.ParseColumns("puma,reason,backlog,target")
	if err != nil {
		t.Fatal(err)
	}
	s := newScreen(t, 200, 40, production(), func(o *Options) { o.Columns = choice })
	var shown []columnID
	for _, c := range place(lead, 200-lead-margin, &s.projected, s.chosen) {
		shown = append(shown, c.id)
	}
	if want := []columnID{colTarget, colPuma, colReason, colBacklog}; !slices.Equal(shown, want) {
		t.Errorf("columns %v, want %v", shown, want)
	}
	s.hushes(t, "THREADS", "RELEASE")
}
