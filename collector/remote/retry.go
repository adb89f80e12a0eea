package remote

import (
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"time"
)

const (
	retryFirst = time.Second
	retryMost  = time.Minute
	busyLeast  = 2 * time.Second
	busyMost   = 10 * time.Second
)

// RetryAfter is how long to wait before the next attempt to connect. attempt counts the failures in a row before this
// one, from 0; share, from 0 to 1, is the caller's dice.
//
// The network gets full jitter up to 1 s, 2 s, 4 s … 60 s. A server that hangs up before it says a word is busy: 2 to
// 10 s, then as the network. ok is false for a refused login, a host key, the configuration, algorithms: somebody
// has to act first, and repeated failures lock an address out (OpenSSH's PerSourcePenalties).
func RetryAfter(err error, attempt int, share float64) (pause time.Duration, ok bool) {
	share = min(max(share, 0), 1)
	var config *ConfigError
	var dial *DialError
	switch {
	case err == nil, errors.Is(err, errClosed), isFinal(err):
		return 0, false
	case errors.As(err, &config) && !config.TimedOut:
		return 0, false
	case errors.As(err, &dial) && dial.Busy && attempt == 0:
		return busyLeast + scale(busyMost-busyLeast, share), true
	}
	most := retryMost
	if attempt < 6 {
		most = retryFirst << max(attempt, 0)
	}
	return scale(most, share), true
}

func isFinal(err error) bool {
	var (
		auth        *AuthError
		unsupported *UnsupportedError
		algorithm   *AlgorithmError
		unknown     *HostKeyUnknownError
		changed     *HostKeyChangedError
		revoked     *HostKeyRevokedError
		certificate *HostCertificateError
		size        *KeySizeError
		become      *BecomeError
	)
	for _, target := range []any{&auth, &unsupported, &algorithm, &unknown, &changed, &revoked, &certificate, &size, &become} {
		if errors.As(err, target) {
			return true
		}
	}
	return false
}

func scale(d time.Duration, share float64) time.Duration { return time.Duration(float64(d) * share) }

// jitter is a number from 0 to 1 that is always the same for one host and attempt, and different for others.
func jitter(name string, attempt int) float64 {
	h := fnv.New64a()
	_, _ = fmt.Fprintf(h, "%s\x00%d", name, attempt)
	// FNV's high bits differ little for short inputs; one round of mixing spreads them.
	x := h.Sum64()
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	return float64(x) / math.MaxUint64
}
