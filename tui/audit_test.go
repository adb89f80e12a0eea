package tui

import (
	"errors"
	"fmt"
	"strconv"
	"testing"
	"time"

	"pumatop/actions"
)

// trail is an audit of a few days.
func trail() actions.Trail {
	record := func(at time.Duration, user, target, action, via, request string) *actions.Record {
		return &actions.Record{Event: actions.RecordAsked, At: noon.Add(at), User: user, Target: target, Action: action, Via: via, Request: request, Environment: "production",
			ID: target + at.String(), From: "deploy-box", Evidence: []string{"phase 1, pid 4100"}}
	}
	ended := func(r *actions.Record, word actions.Word, seconds float64, summary, reason string) *actions.Record {
		e := *r
		e.Event, e.Verdict, e.Seconds, e.Summary, e.Reason = actions.RecordEnded, string(word), seconds, summary, reason
		return &e
	}
	a := record(-50*time.Hour, "deploy", "web4/admin", "restart", "systemd", "systemctl --user restart admin.service")
	b := record(-3*time.Hour, "anna", "web1/puma", "reload", "control", "GET /phased-restart")
	c := record(-3*time.Hour+4*time.Second, "anna", "web2/puma", "reload", "control", "GET /phased-restart")
	d := record(-20*time.Minute, "root (bert)", "web3/puma", "recycle", "signal", "kill -TERM 4111")
	e := record(-18*time.Second, "anna", "web2/puma", "reload", "control", "GET /phased-restart")
	return actions.Trail{Path: "/home/anna/.local/state/pumatop/audit.jsonl", Total: 5, Entries: []actions.Entry{
		{Asked: a, Ended: ended(a, actions.Verified, 6.25, "a new process image serves after 6.2s", ""), Was: actions.Lost},
		{Asked: b, Ended: ended(b, actions.Verified, 3.1, "2 of 2 workers replaced in 3.1s, runs 20261121194902", "")},
		{Asked: c, Ended: ended(c, actions.CrashLoop, 9, "worker 0: at least 36 failed boots in 9 s, none booted", "this release does not boot · RuntimeError · config.ru:4")},
		{Asked: d, Ended: ended(d, actions.Verified, 1.9, "worker 1 replaced in 1.9s, pid 4111→9191", "")},
		{Asked: e},
	}}
}

// unreadable is an error with its remedy.
type unreadable struct{}

func (unreadable) Error() string {
	return "read the audit /home/anna/.local/state/pumatop/audit.jsonl: permission denied"
}
func (unreadable) Remedy() string { return "make it yours: chown anna it" }

// audited has an audit to read.
func audited(o *Options) { o.Audit = func() (actions.Trail, error) { return trail(), nil } }

// audited opens the audit by its command, and reads it.
func (s *screen) audited() {
	s.press(":", "a", "u", "d", "i", "t")
	s.arm()
	for _, msg := range run(s.press("enter")) {
		s.send(msg)
	}
}

func TestAuditIsRead(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 160, 24, production(), audited)
	s.press("j", "enter")
	s.audited()
	s.says(t, "› audit", "audit.jsonl", "○ unknown", "✖ crash loop", "asked by anna on deploy-box, 2026-11-21 19:31:22: GET /phased-restart", "(lost before)", "11-19 17:31", "16:31:40", "root (bert)")
	s.press("j", "j")
	s.says(t, "crash loop: worker 0", "this release does not boot", "seen  phase 1, pid 4100")
	s.press("esc")
	if s.screen != targetScreen || s.open != "web2/puma" {
		t.Error("esc does not lead back to where the audit was opened")
	}
}

// TestAuditReadsAgain: F5 reads, and what cannot be read says what to do.
func TestAuditReadsAgain(t *testing.T) {
	t.Parallel()
	read := 0
	s := newScreen(t, 120, 24, production(), func(o *Options) {
		o.Audit = func() (actions.Trail, error) {
			read++
			return actions.Trail{Path: "/x/audit.jsonl"}, nil
		}
	})
	run(s.openAudit())
	s.says(t, "reading")
	for _, msg := range run(s.press("f5")) {
		s.send(msg)
	}
	if read != 2 || s.rec.refreshed != 0 {
		t.Errorf("read %d times, polled %d times", read, s.rec.refreshed)
	}
	s.says(t, "nothing has been done from here yet")
	s.send(auditMsg{err: unreadable{}})
	s.says(t, "permission denied", "make it yours")
	s.send(auditMsg{err: errors.New("disk gone")})
	s.says(t, "disk gone")
	s.hushes(t, "make it yours")
}

// TestAuditScrolls shows the newest first, and the oldest at the end.
func TestAuditScrolls(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 12, production(), audited)
	long := actions.Trail{Path: "/x"}
	for i := range 300 {
		long.Entries = append(long.Entries, actions.Entry{Asked: &actions.Record{ID: strconv.Itoa(i), At: noon, Target: fmt.Sprintf("web%d/puma", i)}})
	}
	s.openAudit()
	s.send(auditMsg{trail: long})
	s.says(t, "web299/puma", "1–8 of 300")
	s.press("G")
	s.says(t, "web0/puma", "293–300 of 300")
	s.press("g", "j", "ctrl+d", "ctrl+d")
	s.says(t, "web286/puma")
	s.hushes(t, "web299/puma")
	long.Entries = append(long.Entries, actions.Entry{Asked: &actions.Record{ID: "new", At: noon, Target: "newer/puma"}})
	s.send(auditMsg{trail: long})
	if got := s.audit.entry(s.audit.at()).About().Target; got != "web286/puma" {
		t.Errorf("the cursor passed to %s", got)
	}
}

func TestWithoutAuditThereIsNoScreen(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 24, production())
	s.press(":", "a", "u", "d", "i")
	s.arm()
	s.press("enter")
	if s.screen == auditScreen {
		t.Error("there is no audit, and a screen for it")
	}
}
