package tui

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/exp/golden"

	"pumatop/actions"
	"pumatop/collector"
	"pumatop/collector/puma"
)

// listener is a reader under test with all that it has said.
type listener struct {
	*screen
	r   *Reader
	out bytes.Buffer
}

// listen is a reader that was told of a fleet.
func listen(t *testing.T, f collector.Fleet, opts ...func(*Options)) *listener {
	t.Helper()
	h := &listener{screen: newScreen(t, 0, 0, collector.Fleet{}, opts...)}
	h.r = NewReader(h.Model, &h.out)
	h.r.Init()
	h.out.Write(h.r.waiting)
	h.r.waiting, h.r.speaking = nil, true // said here, and not by commands
	if f.Interval != 0 {
		h.tell(fleetMsg{fleet: f})
	}
	return h
}

// tell gives messages to the reader.
func (h *listener) tell(msgs ...tea.Msg) {
	for _, msg := range msgs {
		h.r.Update(msg)
		h.out.Write(h.r.waiting)
		h.r.waiting = nil
	}
}

// keys gives keys to the reader, by their names, each with a note in the transcript.
func (h *listener) keys(names ...string) {
	for _, name := range names {
		if h.isTyping() || h.consenting() != nil {
			h.tell(keyNamed(name))
			continue
		}
		h.out.WriteString("[key " + name + "]\r\n")
		h.tell(keyNamed(name))
	}
}

// hears ends the deaf moment of the overlay that is open.
func (h *listener) hears() { h.tell(armedMsg{overlay: h.overlays}) }

// said is the transcript, and forgets it.
func (h *listener) said() string {
	text := strings.ReplaceAll(h.out.String(), "\r\n", "\n")
	h.out.Reset()
	return text
}

// reloaded plays a reload of web2 from its sheet to a verdict.
func reloaded(t *testing.T, verdict *actions.Verdict, after func(*collector.Snapshot)) string {
	f := production()
	f = with(f, "web2/puma", func(s *collector.Snapshot) { *s = before() })
	h := listen(t, f)
	h.keys("/", "w", "e", "b", "2", "enter", "g", "r")
	h.hears()
	h.keys("x", "y")
	if h.rollout == nil {
		t.Fatalf("nothing began: %s", h.said())
	}
	plan := h.rollout.progress.Plan
	h.rollout.live = noRun{new(int)}
	step := actions.StepProgress{Target: "web2/puma", State: actions.Watching, Since: noon, Wanted: 3}
	p := actions.Progress{Version: 1, At: noon.Add(time.Second), Plan: plan, Steps: []actions.StepProgress{step}, Log: []actions.Line{{At: noon, Target: "web2/puma", Text: "phased restart asked, phase 3"}}}
	h.tell(progressMsg{1, p})
	f = with(f, "web2/puma", after)
	f.At = noon.Add(2 * time.Second)
	h.tell(fleetMsg{fleet: f})
	for n := 1; n <= 3 && verdict.Word == actions.Verified; n++ {
		p.Version, p.At = p.Version+1, p.At.Add(2*time.Second)
		step.Replaced = n
		p.Steps = []actions.StepProgress{step}
		h.tell(progressMsg{1, p})
	}
	step.State, step.Verdict = actions.Judged, verdict
	p.Version, p.Done, p.Steps = p.Version+1, true, []actions.StepProgress{step}
	p.Log = append(p.Log, actions.Line{At: p.At, Target: "web2/puma", Text: verdict.Word.String() + ": " + verdict.Summary})
	h.tell(progressMsg{1, p})
	h.keys("g", ",", "tab")
	return h.said()
}

// TestReaderTranscript: a reload is heard from the sheet to the verdict, each change once and as one line.
func TestReaderTranscript(t *testing.T) {
	t.Parallel()
	good := verified()
	good.Target, good.Summary = "web2/puma", "3 of 3 workers replaced in 6.1s, runs 20261121194902"
	t.Run("verified", func(t *testing.T) {
		t.Parallel()
		golden.RequireEqual(t, []byte(reloaded(t, good, func(s *collector.Snapshot) { *s = restarting(*s) })))
	})
	t.Run("crash-loop", func(t *testing.T) {
		t.Parallel()
		golden.RequireEqual(t, []byte(reloaded(t, judged().Steps[1].Verdict, func(s *collector.Snapshot) { *s = looping(*s) })))
	})
}

// TestReaderDrawsNothing: no scene brings a byte that draws, or that moves the cursor, and none is silent.
func TestReaderDrawsNothing(t *testing.T) {
	t.Parallel()
	for _, sc := range scenes() {
		t.Run(sc.name, func(t *testing.T) {
			t.Parallel()
			var opts []func(*Options)
			if sc.opts != nil {
				opts = append(opts, sc.opts)
			}
			h := listen(t, sc.fleet, opts...)
			if sc.play != nil {
				sc.play(h.screen)
			}
			h.r.sayAll(h.r.page())
			h.r.say(h.r.lineHere())
			h.out.Write(h.r.waiting)
			text := h.said()
			if strings.Count(text, "\n") < 3 {
				t.Errorf("it says only %q", text)
			}
			for _, l := range strings.Split(text, "\n") {
				if unreadable := unreadableIn(l); unreadable != "" {
					t.Errorf("%s: %q", unreadable, l)
				}
			}
		})
	}
}

// unreadableIn is what is wrong with a line that is to be read aloud; empty for nothing.
func unreadableIn(l string) string {
	for _, c := range l {
		if c < ' ' || c >= 0x7f && !unicode.In(c, unicode.L, unicode.M, unicode.N, unicode.P) {
			return fmt.Sprintf("%U is no text", c)
		}
	}
	for _, drawing := range []string{"  ", "----", "####", ", ,"} {
		if strings.Contains(l, drawing) {
			return "a drawing"
		}
	}
	return ""
}

// TestReaderKeepsSecrets: a passphrase is never repeated, nor is how long it is; an answer that is no secret is.
func TestReaderKeepsSecrets(t *testing.T) {
	t.Parallel()
	h := listen(t, production(), answerable)
	h.tell(promptsMsg{waiting: pending(passphraseOf("web1"))})
	h.keys("P")
	h.hears()
	h.said()
	h.keys("x", "y", "z", "backspace")
	h.tell(tea.PasteMsg{Content: "hunter2"})
	if text := h.said(); text != "" {
		t.Errorf("said while a passphrase is typed: %q", text)
	}
	q := keyOf("web1")
	q.Echo = true
	h = listen(t, production(), answerable)
	h.tell(promptsMsg{waiting: pending(q)})
	h.keys("P")
	h.hears()
	h.said()
	h.keys("y", "e")
	if text := h.said(); text != "ye" {
		t.Errorf("said while yes is typed: %q", text)
	}
}

// TestReaderDeaf: what comes before the sheet could be read is not taken, and that is said; the name of a protected
// environment is repeated as it is typed, and has to be typed in one go.
func TestReaderDeaf(t *testing.T) {
	t.Parallel()
	h := listen(t, production(), protected)
	h.keys("g", "r")
	h.said()
	h.keys("p")
	if text := h.said(); !strings.HasPrefix(text, "Not taken") || h.rollout != nil {
		t.Errorf("a key in the deaf moment: %q", text)
	}
	h.hears()
	h.keys("p", "r", "x")
	if text := h.said(); !strings.HasPrefix(text, "pr\nNot taken: type prod") || h.sheet.consent.typed != "" {
		t.Errorf("a wrong letter: %q", text)
	}
}

// TestReaderHoldsNews: news does not come between the letters of a filter, and is not lost.
func TestReaderHoldsNews(t *testing.T) {
	t.Parallel()
	h := listen(t, production())
	h.keys("/", "w")
	h.said()
	f := with(production(), "web5/puma", func(s *collector.Snapshot) { s.State, s.Reason = collector.Stale, "no answer for 10 s" })
	f.At = noon.Add(2 * time.Second)
	h.tell(fleetMsg{fleet: f})
	if text := h.said(); text != "" {
		t.Errorf("said while a filter is typed: %q", text)
	}
	h.keys("enter")
	if text := h.said(); strings.Count(text, "web5/puma is stale: no answer for 10 s\n") != 1 {
		t.Errorf("the news is lost: %q", text)
	}
}

// TestReaderNews: each change of the fleet is one sentence, and what did not change is silent.
func TestReaderNews(t *testing.T) {
	t.Parallel()
	base := with(production(), "web2/puma", func(s *collector.Snapshot) { *s = before() })
	for _, tc := range []struct {
		name   string
		change func(*collector.Snapshot)
		want   string
	}{
		{"figures", func(s *collector.Snapshot) { s.Load.InUse = puma.Of(int64(3)) }, ""},
		{"a restart", func(s *collector.Snapshot) { *s = restarting(*s); s.State = collector.Restarting }, "web2/puma is restarting: worker 2 of 3 replaced\n"},
		{"a crash loop", func(s *collector.Snapshot) { *s = looping(*s) }, "web2/puma is in a crash loop: worker 0: at least 36 pids in 9s, none booted\n"},
	} {
		h := listen(t, base)
		h.said()
		f := with(base, "web2/puma", tc.change)
		f.At = noon.Add(2 * time.Second)
		h.tell(fleetMsg{fleet: f})
		if text := h.said(); text != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, text, tc.want)
		}
	}
}

// TestReaderPalette: each letter of a command says which one it leaves chosen, so that nobody runs one unheard.
func TestReaderPalette(t *testing.T) {
	t.Parallel()
	h := listen(t, production())
	h.keys(":")
	h.hears()
	h.said()
	h.keys("p", "a", "u")
	if lines := strings.Split(h.said(), "\n"); len(lines) != 4 || !strings.HasPrefix(lines[2], "pau: pause, p, hold the figures still") {
		t.Errorf("said: %q", lines)
	}
}

// TestReaderArrives: while the fleet logs in nothing is said of each target; once all has been asked, what it came to.
func TestReaderArrives(t *testing.T) {
	t.Parallel()
	h := listen(t, with(production(), "web1/puma", func(s *collector.Snapshot) { s.State = collector.Connecting }))
	h.said()
	f := production()
	f.At = noon.Add(2 * time.Second)
	h.tell(fleetMsg{fleet: f})
	if text := h.said(); !strings.HasPrefix(text, "Everything has been asked: 6 targets, 1 not running, ") || strings.Count(text, "\n") != 1 {
		t.Errorf("said: %q", text)
	}
}

// TestReaderSpeaksInOrder: one write is under way at a time, and what comes meanwhile waits for it.
func TestReaderSpeaksInOrder(t *testing.T) {
	t.Parallel()
	h := listen(t, collector.Fleet{})
	h.r.speaking = false
	h.out.Reset()
	h.r.say("first")
	write := h.r.speak()
	h.r.say("second")
	if h.r.speak() != nil {
		t.Fatal("two writes at once")
	}
	_, next := h.r.Update(write())
	h.r.Update(next())
	h.r.say("third")
	h.r.Finish()
	if got := h.said(); got != "first\nsecond\nthird\n" {
		t.Errorf("said: %q", got)
	}
}
