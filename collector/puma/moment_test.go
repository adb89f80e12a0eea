package puma

import (
	"testing"
	"time"
)

func TestMoment(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("", 3600)
	for text, want := range map[string]string{
		"2026-11-21T20:50:01.123456789Z": "2026-11-21T20:50:01.123456789Z",
		"2026-11-21T21:50:01+01:00":      "2026-11-21T20:50:01Z",
		"1969-12-31T23:59:59Z":           "1969-12-31T23:59:59Z",
		"1678-01-01T00:00:00Z":           "1678-01-01T00:00:00Z",
		"2261-12-31T23:59:59.999999999Z": "2261-12-31T23:59:59.999999999Z",
		"1677-12-31T23:59:59Z":           "–",
		"2262-01-01T00:00:00Z":           "–",
		"9999-12-31T23:59:59Z":           "–",
		"0001-01-01T00:00:00Z":           "–",
	} {
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		m := MomentOf(at.In(zone))
		if m.String() != want || m.IsZero() != (want == "–") || m.IsZero() != m.Time().IsZero() || !m.IsZero() && m.Time() != at.UTC() {
			t.Errorf("%s is %s, %v", text, m, m.Time())
		}
	}
}
