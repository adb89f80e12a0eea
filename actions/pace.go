package actions

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Pace is how a rollout goes through its targets. The zero value takes one after another.
type Pace struct {
	// Canary is how many targets make the first batch; 0 sets none apart, and NoCanary means that 0 was asked for.
	Canary   int
	NoCanary bool
	// Batch is how many targets are acted on at a time; the zero value is one.
	Batch Size
	// MaxUnavailable is how many targets of the rollout may not serve at any time, those being acted on included; the
	// zero value sets no limit of its own.
	MaxUnavailable Size
	// Pause is between the last verdict of a batch and the next batch.
	Pause time.Duration
}

// Size is a number of targets, or a share of a rollout's. The zero value is not set.
type Size struct{ N, Percent int }

// IsZero reports whether the size is not set.
func (s Size) IsZero() bool { return s == Size{} }

// Of is the size in targets, of n: a share is rounded up, and at least one.
func (s Size) Of(n int) int {
	if s.Percent > 0 {
		return max((n*s.Percent+99)/100, 1)
	}
	return s.N
}

// String is the size as it is written: "2" or "25%".
func (s Size) String() string {
	if s.Percent > 0 {
		return strconv.Itoa(s.Percent) + "%"
	}
	return strconv.Itoa(s.N)
}

// Set reads "2" or "25%": with String and Type it is a value of a flag.
func (s *Size) Set(text string) error {
	digits, share := strings.CutSuffix(text, "%")
	n, err := strconv.Atoi(digits)
	switch {
	case err != nil || n < 1:
		return fmt.Errorf("read a number of targets from %q: use 2 or 25%%", text)
	case share && n > 100:
		return fmt.Errorf("read a share of targets from %q: use 1%% to 100%%", text)
	case share:
		*s = Size{Percent: n}
	default:
		*s = Size{N: n}
	}
	return nil
}

// Type names the value in a usage text.
func (*Size) Type() string { return "N or N%" }

// Batches are the sizes of the batches that n targets are taken in, in order.
func (p Pace) Batches(n int) []int {
	var out []int
	next := func(size int) {
		if size = min(size, n); size > 0 {
			out = append(out, size)
			n -= size
		}
	}
	size := max(p.Batch.Of(n), 1)
	next(p.Canary)
	for n > 0 {
		next(size)
	}
	return out
}

// Words say how a rollout over n targets goes: "web1 first, then 2 at a time, 30 s apart".
func (p Pace) Words(first string, n int) string {
	batches := p.Batches(n)
	if len(batches) < 2 {
		return "all at a time"
	}
	words := first + " first"
	if batches[0] > 1 {
		words = fmt.Sprintf("%s and %d more first", first, batches[0]-1)
	}
	if rest := batches[1:]; rest[0] == 1 {
		words += ", then one after another"
	} else {
		words += fmt.Sprintf(", then %d at a time", rest[0])
	}
	if !p.MaxUnavailable.IsZero() {
		words += fmt.Sprintf(", at most %d not serving", p.MaxUnavailable.Of(n))
	}
	if p.Pause > 0 {
		words += ", " + p.Pause.String() + " apart"
	}
	return words
}
