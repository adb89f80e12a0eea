package puma

import "time"

// Moment is a time that a Puma gave, in nanoseconds since 1970. The zero value is missing. It takes a third of the room of a
// [time.Time], and has nothing that the garbage collector would follow: a fleet has sixteen thousand workers at any moment.
type Moment int64

// The years that a Moment holds in full.
const (
	firstYear = 1678
	lastYear  = 2261
)

// MomentOf is t, missing where that is zero or beyond what a Moment holds.
func MomentOf(t time.Time) Moment {
	if y := t.UTC().Year(); y < firstYear || y > lastYear {
		return 0
	}
	return Moment(t.UnixNano())
}

// IsZero reports whether it is missing.
func (m Moment) IsZero() bool { return m == 0 }

// Time is the time in UTC, zero where it is missing.
func (m Moment) Time() time.Time {
	if m == 0 {
		return time.Time{}
	}
	return time.Unix(0, int64(m)).UTC()
}

// String is the time as RFC 3339 has it, or an en dash where it is missing.
func (m Moment) String() string {
	if m == 0 {
		return "–"
	}
	return m.Time().Format(time.RFC3339Nano)
}
