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

// keys is how long each key took to be seen, and between them, how long each took that cat gave back.
type keys struct{ seen, echoed []time.Duration }

// press moves the cursor up and down until the time is over.
func (k *keys) press(s *screen, e *echo, until time.Time) error {
	down := true
	for time.Now().Before(until) {
		time.Sleep(keyPause/4 + rand.N(keyPause/2))
		echoed, err := e.press()
		if err != nil {
			return err
		}
		k.echoed = append(k.echoed, echoed)
		time.Sleep(keyPause/4 + rand.N(keyPause/2))
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
			return fmt.Errorf("press %s: %w", key, err)
		}
		at, err := s.wait(seenWithin, func(e *vt.Emulator) bool {
			y := cursorRow(e)
			return y >= 0 && y != before
		})
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			k.seen = append(k.seen, seenWithin)
		case err != nil:
			return err
		default:
			k.seen = append(k.seen, at.Sub(pressed))
		}
	}
	return nil
}

// quantile is of sorted values.
func quantile(sorted []time.Duration, q float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}
