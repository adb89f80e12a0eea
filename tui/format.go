package tui

import (
	"strconv"
	"time"

	"pumatop/collector"
	"pumatop/collector/puma"
	"pumatop/collector/query"
)

// unknown stands where a figure is not known; it is never written as 0.
const unknown = query.Unknown

// duration is d in at most two units, the way people say it: 14s, 3m20s, 2d4h.
func duration(d time.Duration) string { return query.Duration(d) }

// tenths is a short duration with one decimal: 1.2s. From a minute on it is as duration.
func tenths(d time.Duration) string {
	if d < 0 {
		return unknown
	}
	if d >= time.Minute {
		return duration(d)
	}
	return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + "s"
}

// interval is a polling interval: 500ms, 2s.
func interval(d time.Duration) string {
	if d < time.Second {
		return strconv.FormatInt(d.Milliseconds(), 10) + "ms"
	}
	if d%time.Second != 0 {
		return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + "s"
	}
	return duration(d)
}

// latency is a round trip: 3ms, 1.2s.
func latency(d time.Duration) string { return query.Latency(d) }

// memory is an amount of bytes in at most four characters: 9.8M, 412M, 2.1G.
func memory(c puma.Count) string { return query.Bytes(c) }

// rate is an amount per second with one decimal, so that it does not dance; thousands from 10,000 on.
func rate(r collector.Rate) string { return query.Rate(r) }

// percent is a share as a whole number of percent.
func percent(u float64) string { return query.Percent(u) }

// thousands is n with commas.
func thousands(n int64) string {
	if n < 0 {
		return "-" + thousands(-n)
	}
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// plural is n with its noun: 1 worker, 2 workers.
func plural(n int, noun string) string {
	s := thousands(int64(n)) + " " + noun
	if n != 1 {
		s += "s"
	}
	return s
}

// clock is a time of day as the header and events write it.
func clock(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format("15:04:05")
}

// releaseName is a release as people name it: the last element of its directory.
func releaseName(dir string) string { return query.ReleaseName(dir) }
