package remote

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"
)

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	network := &DialError{Err: errors.New("connection refused")}
	busy := &DialError{Busy: true}
	for _, c := range []struct {
		name    string
		err     error
		attempt int
		share   float64
		want    time.Duration // 0: never
	}{
		{"network, first", network, 0, 1, time.Second},
		{"network, first, half", network, 0, 0.5, 500 * time.Millisecond},
		{"network, third", network, 2, 1, 4 * time.Second},
		{"network, sixth", network, 5, 1, 32 * time.Second},
		{"network, seventh", network, 6, 1, time.Minute},
		{"network, after a day", network, 1 << 40, 1, time.Minute},
		{"network, dice out of range", network, 0, 7, time.Second},
		{"lost", fmt.Errorf("poll: %w", ErrLost), 1, 1, 2 * time.Second},
		{"silent", errSilent{time.Second}, 0, 1, time.Second},
		{"timeout", context.DeadlineExceeded, 0, 1, time.Second},
		{"busy, lucky", busy, 0, 0, 2 * time.Second},
		{"busy, unlucky", busy, 0, 1, 10 * time.Second},
		{"busy, still", busy, 4, 1, 16 * time.Second},
		{"slow Match exec", &ConfigError{TimedOut: true}, 0, 1, time.Second},
		{"config", &ConfigError{}, 0, 1, 0},
		{"unsupported", &UnsupportedError{}, 0, 1, 0},
		{"auth", fmt.Errorf("connect: %w", &AuthError{}), 0, 1, 0},
		{"unknown host key", &HostKeyUnknownError{}, 0, 1, 0},
		{"changed host key", &HostKeyChangedError{}, 0, 1, 0},
		{"revoked host key", &HostKeyRevokedError{}, 0, 1, 0},
		{"host certificate", &HostCertificateError{}, 0, 1, 0},
		{"algorithms", &AlgorithmError{}, 0, 1, 0},
		{"closed by us", errPoolClosed, 0, 1, 0},
		{"nothing", nil, 0, 1, 0},
	} {
		got, ok := RetryAfter(c.err, c.attempt, c.share)
		if got != c.want || ok != (c.want > 0) {
			t.Errorf("%s: got %v, %v, want %v", c.name, got, ok, c.want)
		}
	}
}

// A fleet that lost its bastion does not come back in step, and one host's pauses are always the same.
func TestJitterSpreads(t *testing.T) {
	t.Parallel()
	var shares []float64
	for i := range 1000 {
		name := fmt.Sprintf("web%d", i)
		share := jitter(name, 2)
		if share < 0 || share > 1 || share != jitter(name, 2) {
			t.Fatalf("%s: %v", name, share)
		}
		shares = append(shares, share)
	}
	slices.Sort(shares)
	for i := range 10 {
		if got := shares[i*100+50]; got < float64(i)/10-0.02 || got > float64(i)/10+0.12 {
			t.Errorf("the hosts are not spread: share %d of 1000 is %.3f", i*100+50, got)
		}
	}
}
