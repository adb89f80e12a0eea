package collector

import (
	"context"
	"time"

	"pumatop/collector/cause"
	"pumatop/collector/puma"
)

// Raw is one answer of a target's control app as it was said.
type Raw struct {
	puma.RawText
	// At is when it came, by our clock, and Took how long it took.
	At   time.Time
	Took time.Duration
}

// Raw asks a target's control app for its figures now, beside the polls, and keeps nothing of them. The errors are those of
// Ask.
func (c *Collector) Raw(ctx context.Context, id TargetID) (Raw, error) {
	client, err := c.control(ctx, id)
	if err != nil {
		return Raw{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, pollTimeout)
	defer cancel()
	began := time.Now()
	text, err := client.RawText(ctx)
	if err != nil {
		return Raw{}, err
	}
	done := time.Now()
	return Raw{RawText: text, At: done, Took: done.Sub(began)}, nil
}

// Failure is an error of Ask, Raw and their like in words that are safe to draw, with what to do about it.
func Failure(err error) Note {
	c := cause.Of(err)
	return Note{Text: c.Text, Remedy: c.Remedy}
}
