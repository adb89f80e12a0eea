package tui

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"

	"pumatop/actions"
	"pumatop/collector"
)

// calling has every alert on.
func calling(o *Options) {
	o.Alerts = Alerts{Bell: true, Progress: true, Notify: func(text string) string { return "<" + text + ">" },
		Alarms: func(collector.Fleet) map[collector.TargetID]string { return nil }}
}

// calls are the sequences that commands write past the frame.
func calls(cmd tea.Cmd) []string {
	var out []string
	if cmd == nil {
		return nil
	}
	switch msg := awaitless(cmd).(type) {
	case tea.BatchMsg:
		for _, c := range msg {
			out = append(out, calls(c)...)
		}
	case tea.RawMsg:
		out = append(out, fmt.Sprint(msg.Msg))
	}
	return out
}

// awaitless carries out a command that does not wait: what waits yields nothing here. It is for bubbles.
func awaitless(cmd tea.Cmd) tea.Msg {
	done := make(chan tea.Msg, 1)
	go func() { done <- cmd() }()
	select {
	case msg := <-done:
		return msg
	case <-time.After(20 * time.Millisecond):
		return nil
	}
}

// TestAlertsAtTheEnd: a rollout calls once, when it is over, and says what is bad first; the restarts of others call one by
// one. Nothing calls where nobody asked for it.
func TestAlertsAtTheEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScreen(t, 120, 40, production(), calling)
		s.begin(halfway().Plan)
		s.rollout.live = noRun{new(int)}
		if got := calls(s.send(progressMsg{1, halfway()})); got != nil {
			t.Errorf("calls %q while it runs", got)
		}
		end := judged()
		end.Done = true
		if got, want := calls(s.send(progressMsg{1, end})), "\a<pumatop: reload of 3 targets: 1 crash loop, 1 untouched, 1 verified>"; len(got) != 1 || got[0] != want {
			t.Errorf("calls %q, want %q", got, want)
		}
		end.Version++
		if got := calls(s.send(progressMsg{1, end})); got != nil {
			t.Errorf("calls again: %q", got)
		}
		s.opts.Witness = noRun{new(int)}
		s.subscribe()
		if got := calls(s.send(progressMsg{witnessRun, others()})); len(got) != 1 || !strings.Contains(got[0], "restart by others: web") {
			t.Errorf("of the restarts of others: %q", got)
		}
		quiet := newScreen(t, 120, 40, production())
		quiet.begin(end.Plan)
		quiet.rollout.live = noRun{new(int)}
		if got := calls(quiet.send(progressMsg{1, end})); got != nil {
			t.Errorf("calls %q although alerts are off", got)
		}
	})
}

// TestAlarms: a target calls once when it becomes critical after it has served, and again only after a calm minute; what was
// bad from the start calls never. With the window in sight only the bell rings.
func TestAlarms(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScreen(t, 120, 40, collector.Fleet{}, calling)
		f := production()
		at := func(d time.Duration, alarms map[collector.TargetID]string) []string {
			f.At = noon.Add(d)
			return calls(s.onAlarms(&f, alarms))
		}
		busy := map[collector.TargetID]string{"web1/puma": "backlog 30", "web3/puma": "crash loop"}
		steps := []struct {
			after time.Duration
			now   map[collector.TargetID]string
			want  string
		}{
			{0, map[collector.TargetID]string{"web3/puma": "crash loop"}, ""},
			{2 * time.Second, busy, "\a<pumatop: web1/puma backlog 30>"},
			{4 * time.Second, busy, ""},
			{6 * time.Second, nil, ""},
			{30 * time.Second, busy, ""},
			{40 * time.Second, nil, ""},
			{101 * time.Second, busy, "\a<pumatop: web1/puma backlog 30, and 1 target more>"},
		}
		for _, step := range steps {
			if got := strings.Join(at(step.after, step.now), " "); got != step.want {
				t.Errorf("after %v: %q, want %q", step.after, got, step.want)
			}
		}
		s.send(tea.FocusMsg{})
		at(102*time.Second, nil)
		if got := strings.Join(at(300*time.Second, busy), " "); got != "\a" {
			t.Errorf("with the window in sight: %q", got)
		}
		s.send(tea.BlurMsg{})
		at(302*time.Second, nil)
		if got := strings.Join(at(500*time.Second, busy), " "); !strings.HasPrefix(got, "\a<") {
			t.Errorf("with the window out of sight again: %q", got)
		}
	})
}

// TestNextFleetBringsAlarms: they are worked out beside the loop that takes keys.
func TestNextFleetBringsAlarms(t *testing.T) {
	t.Parallel()
	want := map[collector.TargetID]string{"web1/puma": "backlog 30"}
	cmd := nextFleet(context.Background(), oneFleet{}, lens{order: orderOf(nil)}, func(f collector.Fleet) map[collector.TargetID]string { return want })
	if msg, ok := cmd().(fleetMsg); !ok || msg.alarms["web1/puma"] != "backlog 30" {
		t.Errorf("%+v", msg.alarms)
	}
}

type oneFleet struct{}

func (oneFleet) Next(context.Context) (collector.Fleet, error) { return production(), nil }

// TestTitle: the window's title begins with what matters, and the terminal's tab shows how far a restart is.
func TestTitle(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40, production(), calling)
	title := func() string { return s.View().WindowTitle }
	bar := func() string {
		if b := s.View().ProgressBar; b != nil {
			return fmt.Sprint(b.State, " ", b.Value)
		}
		return "none"
	}
	if got := title(); !strings.HasSuffix(got, "pumatop · production") || bar() != "none" {
		t.Errorf("%q, progress %s", got, bar())
	}
	s.roll(halfway())
	if got := title(); got != "◐ reload 1/3 · pumatop · production" || !strings.HasPrefix(bar(), "Default ") {
		t.Errorf("%q, progress %s", got, bar())
	}
	s.screen = auditScreen // where its verdict cannot be seen
	end := judged()
	end.Done = true
	s.send(progressMsg{1, end})
	if got := title(); got != "× reload · pumatop · production" || bar() != "Error 100" {
		t.Errorf("%q, progress %s", got, bar())
	}
	s.screen = rolloutScreen
	s.send(tickMsg{at: noon.Add(time.Minute), generation: s.ticker.generation})
	if got := bar(); got != "none" {
		t.Errorf("what was seen still stands: %s", got)
	}
	ascii := newScreen(t, 120, 40, troubled(), func(o *Options) { o.ASCII = true })
	if got := ascii.View().WindowTitle; got != "x 3 of 6 - pumatop - production" {
		t.Errorf("%q", got)
	}
}

// TestAlertText: whatever a text holds, it does not end the terminal's sequence.
func TestAlertText(t *testing.T) {
	t.Parallel()
	if got := oneLine("a\x1b\\b\x07\nc\u009cd✖" + strings.Repeat("x", 400)); strings.ContainsAny(got, "\x1b\x07\n\u009c") || strings.IndexByte(got, 0x9c) >= 0 || textWidth(got) > mostAlert {
		t.Errorf("%q", got)
	}
}

// TestCopy: y hands over what the cursor is on, wherever it is.
func TestCopy(t *testing.T) {
	t.Parallel()
	var copied string
	withCopy := func(o *Options) {
		o.Copy = func(text string) tea.Cmd { copied = text; return nil }
		o.Audit = func() (actions.Trail, error) { return actions.Trail{}, nil }
	}
	s := newScreen(t, 120, 40, production(), withCopy, logged)
	s.pin()
	s.moveTo(s.projected.index("web2/puma"))
	for _, step := range []struct {
		name string
		do   func()
		want string
	}{
		{"the name", func() {}, "web2/puma"},
		{"all marked names", func() { s.press("a") }, "web1/puma web2/puma web3/puma"},
		{"the facts", func() { s.press("u", "enter") }, "release  "},
		{"the rollout", func() { s.roll(judged()); s.screen = rolloutScreen }, "crash loop"},
		{"a line of the log", func() { s.screen = fleetScreen; s.openedLogs(collector.LogLine{Target: "web1/puma", Text: "boom"}) }, "boom"},
	} {
		step.do()
		copied = ""
		s.press("y")
		if !strings.Contains(copied, step.want) {
			t.Errorf("%s: %q, want %q", step.name, copied, step.want)
		}
		if strings.Contains(copied, "\x1b") {
			t.Errorf("%s: colours are copied too", step.name)
		}
	}
	s.screen, copied = auditScreen, ""
	if s.press("y"); copied != "" || s.notice.text != "" && strings.Contains(s.notice.text, "record") {
		t.Errorf("an empty audit is copied: %q", copied)
	}
}

// TestShellWord: what is copied as a name is one word of a shell, whatever a host calls its applications.
func TestShellWord(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"web1.shop/shop": "web1.shop/shop", "web1/$(reboot)": "'web1/$(reboot)'", "web1/a b": "'web1/a b'", "web1/it's": `'web1/it'\''s'`,
		"-rf/x": "'-rf/x'", "": "''",
	} {
		if got := shellWord(name); got != want {
			t.Errorf("%q is copied as %s, want %s", name, got, want)
		}
	}
}
