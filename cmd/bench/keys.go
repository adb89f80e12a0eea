package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"time"

	"github.com/charmbracelet/x/vt"
)

// keyPause is the mean pause between two keys.
const keyPause = 120 * time.Millisecond

// seenWithin is how long a key is waited for.
const seenWithin = 2 * time.Second

// press moves the cursor up and down until the time is over, and returns how long each key took to be seen.
func press(s *screen, until time.Time) ([]time.Duration, error) {
	var took []time.Duration
	down := true
	for time.Now().Before(until) {
		time.Sleep(keyPause/2 + rand.N(keyPause))
		s.mu.Lock()
		before := cursorRow(s.emu)
		s.mu.Unlock()
		key := "k"
		if down {
			key = "j"
		}
		down = !down
		pressed := time.Now()
		if _, err := s.file.WriteString(key); err != nil {
			return took, fmt.Errorf("press %s: %w", key, err)
		}
		at, err := s.wait(seenWithin, func(e *vt.Emulator) bool {
			y := cursorRow(e)
			return y >= 0 && y != before
		})
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			took = append(took, seenWithin)
		case err != nil:
			return took, err
		default:
			took = append(took, at.Sub(pressed))
		}
	}
	return took, nil
}

// quantile is of sorted values.
func quantile(sorted []time.Duration, q float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}
