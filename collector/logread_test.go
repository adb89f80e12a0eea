package collector

import (
	"slices"
	"testing"
)

// A log that is read again from the time of its newest line on shows none of its lines twice, and leaves none out that has
// the same time.
func TestLogGoesOnWithinATime(t *testing.T) {
	t.Parallel()
	const at, next = "1795262400.000001 web1 puma[1]: ", "1795262400.000002 web1 puma[1]: "
	var got []string
	r := logReader{timed: true, hand: func(l LogLine) bool { got = append(got, l.Text); return true }}
	for range 2 {
		for _, line := range []string{at + "one", at + "two", "  rest of two"} {
			r.take(line, 0)
		}
		r.say("broke off")
		r.goBack()
	}
	for _, line := range []string{at + "one", at + "two", "  rest of two", at + "three", next + "four"} {
		r.take(line, 0)
	}
	if want := []string{"one", "two", "  rest of two", "broke off", "the log goes on", "three", "four"}; !slices.Equal(got, want) {
		t.Errorf("shown: %q, want %q", got, want)
	}
}
