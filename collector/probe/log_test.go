package probe

import (
	"testing"
	"time"
)

func TestCutLogTime(t *testing.T) {
	t.Parallel()
	at := time.Unix(1795262400, 1234000)
	tests := []struct {
		line, text string
		at         time.Time
		ok         bool
	}{
		{"1795262400.001234 web1 puma[4242]: [4242] - Worker 0 (PID: 61) booted", "[4242] - Worker 0 (PID: 61) booted", at, true},
		{"1795262400.001234 web1 systemd[1]: Started Puma: shop.", "Started Puma: shop.", at, true},
		{"1795262400.001234 web1 puma[4242]:", "", at, true},
		{"1795262400.001234 web1", "web1", at, true},
		{"2026-11-21T12:00:00.001234000Z * Listening on http://0.0.0.0:3000", "* Listening on http://0.0.0.0:3000", at, true},
		// the second line of one message, a boot of the host, a line of an application's own log file
		{"                          config.ru:4:in 'block'", "                          config.ru:4:in 'block'", time.Time{}, false},
		{"-- Boot 9a3b --", "-- Boot 9a3b --", time.Time{}, false},
		{"12.5 requests a second", "12.5 requests a second", time.Time{}, false},
		{"99999999999999999999.000000 far off", "99999999999999999999.000000 far off", time.Time{}, false},
		{"", "", time.Time{}, false},
	}
	for _, test := range tests {
		at, text, ok := CutLogTime(test.line)
		if !at.Equal(test.at) || text != test.text || ok != test.ok {
			t.Errorf("%q is %v, %q, %v, want %v, %q, %v", test.line, at, text, ok, test.at, test.text, test.ok)
		}
	}
}

func FuzzCutLogTime(f *testing.F) {
	f.Add("1795262400.001234 web1 puma[4242]: text")
	f.Add("2026-11-21T12:00:00Z text")
	f.Fuzz(func(t *testing.T, line string) {
		at, text, ok := CutLogTime(line)
		if !ok && (text != line || !at.IsZero()) {
			t.Errorf("%q without a time became %v, %q", line, at, text)
		}
		if len(text) > len(line) {
			t.Errorf("%q grew to %q", line, text)
		}
	})
}
