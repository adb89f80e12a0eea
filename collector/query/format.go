package query

import (
	"math"
	"strconv"
	"time"

	"pumatop/collector"
	"pumatop/collector/puma"
)

// Unknown stands in tables where a figure is not known; it is never written as 0.
const Unknown = "–"

// Duration is d in at most two units, the way people say it: 14s, 3m20s, 2d4h.
func Duration(d time.Duration) string {
	if d < 0 {
		return Unknown
	}
	s := int64(d / time.Second)
	switch {
	case s < 60:
		return strconv.FormatInt(s, 10) + "s"
	case s < 3600:
		return pair(s/60, "m", s%60, "s")
	case s < 86400:
		return pair(s/3600, "h", s%3600/60, "m")
	}
	return pair(s/86400, "d", s%86400/3600, "h")
}

func pair(a int64, unitA string, b int64, unitB string) string {
	s := strconv.FormatInt(a, 10) + unitA
	if b == 0 {
		return s
	}
	return s + strconv.FormatInt(b, 10) + unitB
}

// Latency is a round trip: 3ms, 1.2s.
func Latency(d time.Duration) string {
	switch {
	case d <= 0:
		return Unknown
	case d < time.Second:
		return strconv.FormatInt(max(d.Milliseconds(), 1), 10) + "ms"
	case d < time.Minute:
		return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + "s"
	}
	return Duration(d)
}

// Bytes is an amount of memory in at most four characters: 9.8M, 412M, 2.1G.
func Bytes(c puma.Count) string {
	if !c.Known {
		return Unknown
	}
	v := float64(c.N)
	for _, unit := range [...]string{"B", "K", "M", "G", "T"} {
		if v < 1000 || unit == "T" {
			if v < 9.95 && unit != "B" {
				return strconv.FormatFloat(v, 'f', 1, 64) + unit
			}
			return strconv.FormatFloat(v, 'f', 0, 64) + unit
		}
		v /= 1024
	}
	return Unknown
}

// Rate is an amount per second with one decimal, so that it does not dance; thousands from 10,000 on.
func Rate(r collector.Rate) string {
	switch {
	case !r.Known:
		return Unknown
	case r.PerSecond >= 9999.95:
		return strconv.FormatFloat(r.PerSecond/1000, 'f', 1, 64) + "k"
	}
	return strconv.FormatFloat(r.PerSecond, 'f', 1, 64)
}

// Percent is a share as a whole number of percent.
func Percent(u float64) string {
	if math.IsNaN(u) {
		return Unknown
	}
	return strconv.Itoa(int(math.Round(u*100))) + "%"
}
