package puma

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestAllServing(t *testing.T) {
	t.Parallel()
	worker := func(index, phase int) Worker {
		return Worker{Index: index, PID: 100 + index, Phase: phase, Booted: true, CheckedIn: true}
	}
	whole := func() Stats {
		return Stats{Mode: Cluster, Phase: Of(2), OldWorkers: Of(0), Workers: []Worker{worker(0, 2), worker(1, 2)}}
	}
	if !whole().AllServing() {
		t.Error("a whole cluster does not serve")
	}
	for name, spoil := range map[string]func(*Stats){
		"one has not booted":         func(s *Stats) { s.Workers[1].Booted = false },
		"one has not checked in":     func(s *Stats) { s.Workers[1].CheckedIn = false },
		"one has no pid":             func(s *Stats) { s.Workers[1].PID = 0 },
		"one is of an older phase":   func(s *Stats) { s.Workers[1].Phase = 1 },
		"one is of a newer phase":    func(s *Stats) { s.Workers[1].Phase = 3 },
		"old workers are counted":    func(s *Stats) { s.OldWorkers = Of(1) },
		"no worker is listed":        func(s *Stats) { s.Workers = nil },
		"the phase is not known":     func(s *Stats) { s.Phase = Count{} },
		"nothing was ever answered":  func(s *Stats) { *s = Stats{} },
		"single mode without server": func(s *Stats) { *s = Stats{Mode: Single, Workers: []Worker{{}}} },
	} {
		s := whole()
		spoil(&s)
		if s.AllServing() {
			t.Errorf("%s, and all serve", name)
		}
	}
}

func TestCount(t *testing.T) {
	t.Parallel()
	var missing Count
	if missing.String() != "–" || missing.Or(7) != 7 || Of(0).String() != "0" || Of(0).Or(7) != 0 {
		t.Error("a missing count is a number, or 0 is missing")
	}
	if missing.Plus(missing).Known || missing.Plus(Of(2)) != Of(2) || Of(2).Plus(missing) != Of(2) || Of(2).Plus(Of(3)) != Of(5) {
		t.Error("sums of counts")
	}
	for _, c := range []Count{missing, Of(0), Of(-4), Of(1 << 60)} {
		text, err := json.Marshal(c)
		var back Count
		if err != nil || json.Unmarshal(text, &back) != nil || back != c {
			t.Errorf("%v goes through JSON as %s to %v", c, text, back)
		}
	}
	var c Count
	if json.Unmarshal([]byte(`"3"`), &c) == nil || json.Unmarshal([]byte(`1.5`), &c) == nil {
		t.Error("a text or a fraction is a count")
	}
}

func TestTokenCannotBePrinted(t *testing.T) {
	t.Parallel()
	const raw = "5f1d7c0e"
	token := NewToken(raw)
	held := struct {
		T Token
		P *Token
		t Token // fmt does not call the methods of this one
	}{token, &token, token}
	client := NewClient(nil, token)
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "token", token, "held", held)
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "token", token, "held", held)
	text, err := json.Marshal(held)
	if err != nil {
		t.Fatal(err)
	}
	out := log.String() + string(text)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T %[1]v"} {
		out += fmt.Sprintf(verb, token) + fmt.Sprintf(verb, held) + fmt.Sprintf(verb, State{Token: token}) + fmt.Sprintf(verb, Control{Token: token}) +
			fmt.Sprintf(verb, client) + fmt.Sprintf(verb, *client)
	}
	for _, leak := range []string{raw, fmt.Sprintf("%x", raw), fmt.Sprintf("%X", raw)} {
		if strings.Contains(out, leak) {
			t.Errorf("%q is in %s", leak, out)
		}
	}
	if !strings.Contains(out, redacted) {
		t.Errorf("nothing stands for the token in %s", out)
	}
	for _, none := range []string{"", "none", ":none"} {
		if NewToken(none).IsSet() || NewToken(none).String() != "no token" {
			t.Errorf("%q is a token", none)
		}
	}
	if !token.IsSet() || token != NewToken(raw) {
		t.Error("a token is not itself")
	}
}
