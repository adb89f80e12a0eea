package tui

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"pumatop/collector"
	"pumatop/collector/puma"
)

// rawed can ask control apps, of which no answer comes by itself.
func rawed(o *Options) {
	o.Raw = func(ctx context.Context, _ collector.TargetID) (collector.Raw, error) {
		<-ctx.Done()
		return collector.Raw{}, ctx.Err()
	}
}

// rawAnswer is what a Puma says.
func rawAnswer() collector.Raw {
	text := `{
  "started_at": "2026-11-20T17:31:40Z",
  "workers": 2,
  "phase": 2,
  "worker_status": [
    {
      "pid": 4110,
      "index": 0,
      "last_status": {
        "backlog": 0,
        "running": 5,
        "pool_capacity": 3
      }
    }
  ],
  "versions": {
    "puma": "6.6.1"
  }
}`
	return collector.Raw{RawText: puma.RawText{Lines: strings.Split(text, "\n"), Bytes: 212}, At: noon.Add(-time.Second), Took: 3 * time.Millisecond}
}

// told is a fleet in which much is known of web1.
func told() collector.Fleet {
	return with(production(), "web1/puma", func(s *collector.Snapshot) {
		f := s.OwnFacts()
		f.Exe, f.Tag, f.StatePath, f.ConfigPath, f.Login = "/usr/bin/ruby3.3", "shop", "/srv/shop/shared/tmp/pids/puma.state", "/srv/shop/current/config/puma.rb", "deploy"
		u := &f.Unit
		u.Type, u.Sub, u.Result, u.MainPID, u.Enabled = "notify", "running", "success", 4100, "enabled"
		u.ExecStart, u.Watchdog, u.BootTime = "/usr/bin/bundle exec puma -C config/puma.rb", 10*time.Second, 2300*time.Millisecond
		f.Settings = puma.Settings{Lines: 22, Workers: puma.Setting{Text: "2", Line: 3}, Preload: puma.Setting{Text: "false", Literal: true, Line: 4},
			Binds: []puma.Setting{{Text: "unix:///srv/shop/shared/tmp/sockets/puma.sock", Literal: true, Conditional: true, Line: 9}}}
		s.Probed, s.Offset, s.Groups = noon.Add(-12*time.Second), -1500*time.Millisecond, []string{"web", "eu"}
	})
}

func rawScenes() []scene {
	answered := func(s *screen) {
		s.press("j", "j", "enter", "v")
		s.send(rawMsg{number: s.raw.number, answer: rawAnswer()})
	}
	return []scene{
		{name: "raw", fleet: told(), opts: rawed, play: answered},
		{name: "raw-found", fleet: told(), opts: rawed, play: func(s *screen) {
			answered(s)
			s.press("/", "p", "i", "d")
		}},
		{name: "raw-broken", fleet: told(), opts: rawed, play: func(s *screen) {
			s.press("j", "j", "v")
			broken := rawAnswer()
			broken.Lines, broken.Bytes, broken.Wrong = []string{`{"started_at":"2026-11-`}, 23, &puma.DecodeError{Err: errors.New("unexpected end of JSON input")}
			s.send(rawMsg{number: s.raw.number, answer: broken})
		}},
		{name: "raw-failed", fleet: told(), opts: rawed, play: func(s *screen) {
			answered(s)
			s.send(rawMsg{number: s.raw.number, err: collector.ErrNotConnected})
		}},
	}
}

func TestRaw(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 200, 60, told(), rawed)
	if cmd := s.press("j", "j", "v"); cmd == nil {
		t.Fatal("nothing is asked")
	}
	s.says(t, "› web1/puma › raw stats", "asking", "user", "deploy", "/usr/bin/ruby3.3", "workers         2, unless something outside the file says otherwise (line 3)",
		"puma.sock, under a condition (line 9)", "the host's is 1.5s behind", "web, eu")
	if cmd := s.press("f5"); cmd == nil || !s.raw.reading {
		t.Error("F5 does not wait for the answer that is on its way")
	}
	again := s.send(rawMsg{number: s.raw.number, answer: rawAnswer()})
	if again == nil {
		t.Error("it is not asked again")
	}
	s.says(t, "answered 19:31:39, 1s ago, in 3ms", "212 bytes", `"pool_capacity": 3`, `"puma": "6.6.1"`)
	if cmd := s.send(rawAgainMsg{s.raw.number}); cmd == nil || !s.raw.reading {
		t.Error("it is not asked again")
	}
	s.send(rawMsg{number: s.raw.number, err: collector.ErrNotConnected})
	s.says(t, "no answer since", "the host is not connected", `"pool_capacity": 3`)
	s.press("/", "P", "H", "A", "S", "E", "enter")
	s.says(t, "looking for phase")
	s.press("n", "n", "N")
	s.press("esc")
	if s.raw.search != "" || s.Model.screen != rawScreen {
		t.Error("esc does not end the search first")
	}
	number := s.raw.number
	s.press("esc")
	if s.Model.screen != fleetScreen || s.open != "" {
		t.Errorf("esc leads to screen %d of %q", s.Model.screen, s.open)
	}
	if cmd := s.send(rawAgainMsg{number}); cmd != nil {
		t.Error("a control app is asked that nobody looks at")
	}
	if cmd := s.send(rawMsg{number: number, answer: rawAnswer()}); cmd != nil {
		t.Error("an answer has another asked for that nobody looks at")
	}
	s.press("j", "v")
	if s.send(rawMsg{number: number, answer: rawAnswer()}); s.raw.read {
		t.Error("the answer of one target is shown for another")
	}
}

// Nothing is asked while the display stands still, nor from below another screen.
func TestRawRests(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 60, told(), rawed)
	s.press("j", "j", "v")
	s.send(rawMsg{number: s.raw.number, answer: rawAnswer()})
	s.togglePause()
	if cmd := s.send(rawAgainMsg{s.raw.number}); cmd == nil || s.raw.reading {
		t.Error("paused: it is asked, or never again")
	}
}

// TestJSONLines tells keys from values, and wraps what does not fit.
func TestJSONLines(t *testing.T) {
	t.Parallel()
	long := `    "tag": "` + strings.Repeat("x", 60) + `"`
	for _, test := range []struct {
		text string
		w    int
		n    int
	}{{`  "phase": 2,`, 40, 1}, {"}", 40, 1}, {`"a": {`, 40, 1}, {long, 40, 2}, {long, 1, 60}, {long, 0, 0}} {
		lines := jsonLines(test.text, test.w)
		if test.n > 1 && len(lines) < test.n || test.n == 1 && (len(lines) != 1 || lines[0].text() != test.text) {
			t.Errorf("%q in %d cells: %q", test.text, test.w, lines)
		}
	}
}
