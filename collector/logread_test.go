package collector

import (
	"testing"
)

// TestLogFileHasNoTimes: a file that an application writes to has the times that the application likes, which are not to be
// cut off, ordered by or gone on from: a file cannot be asked for what came since.
func TestLogFileHasNoTimes(t *testing.T) {
	t.Parallel()
	const line = "2026-11-28T12:00:00Z INFO order placed"
	for _, timed := range []bool{false, true} {
		var got LogLine
		r := logReader{timed: timed, hand: func(l LogLine) bool { got = l; return true }}
		r.take(line, 0)
		if got.At.IsZero() == timed || r.last.IsZero() == timed || (got.Text == line) == timed {
			t.Errorf("timed %v: %q at %s, to go on at %s", timed, got.Text, got.At, r.last)
		}
		r.again(t.Context())
		if (r.query.Past == logResume) != timed {
			t.Errorf("timed %v: it goes back %d lines", timed, r.query.Past)
		}
	}
}
