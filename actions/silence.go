package actions

import (
	"errors"
	"time"

	"pumatop/collector"
)

// silence is how long a live link may stay without an answer of a control socket that accepts.
const silence = 30 * time.Second

// silence counts only while the link stands: how long a host was away says nothing of its Puma.
func (t *Trial) silence(s collector.Snapshot) {
	if !s.Linked || s.Err != nil {
		t.unsettle()
	}
	if away := !s.Linked; away != t.away {
		t.away, t.moved = away, s.At
	}
	switch {
	case s.Fresh(), !s.Linked:
		if s.Fresh() && t.closed {
			t.gap += s.At.Sub(t.closedAt)
		}
		t.silent, t.closed = time.Time{}, false
	case s.Err == nil:
	default:
		if t.silent.IsZero() {
			t.silent, t.failed = s.At, s.At
		}
		if !t.closed && errors.Is(s.Err, collector.ErrNoListener) { // a master that is killed breaks an answer off first
			t.closed, t.closedAt = true, t.failed
		}
		t.failed = s.At
	}
}

// stuck says for how long what has not moved, or nothing.
func (t *Trial) stuck() string {
	limits := collector.LimitsOf(t.before.Facts())
	now := t.now.At
	if !t.now.Linked {
		return ""
	}
	if !t.silent.IsZero() {
		limit := silence
		if errors.Is(t.now.Err, collector.ErrNoListener) || t.now.Facts().PID == 0 {
			limit = limits.Drain + limits.Boot // a full restart closes the socket until the application has booted
		}
		if now.Sub(t.silent) >= limit {
			return "no answer from the control socket for " + seconds(now.Sub(t.silent))
		}
		return ""
	}
	limit := limits.Drain
	if t.booting() >= 0 {
		limit = limits.Boot
	}
	if still := now.Sub(t.moved); t.fresh.ID != "" && still >= limit && t.doneFor == 0 {
		return "nothing has changed for " + seconds(still) + ": " + t.Waiting()
	}
	return ""
}
