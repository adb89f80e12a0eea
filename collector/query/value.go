package query

import (
	"math"
	"strconv"
	"time"

	"pumatop/collector"
	"pumatop/collector/clean"
	"pumatop/collector/puma"
)

// Value is what a row has in a column. The zero value is unknown.
type Value struct {
	// Number is in the unit of the column's kind, Text what stands there in words; a column has the one or the other.
	Number float64
	Text   string
	Known  bool
}

// Kind is what a column's values are: it decides how they are written and what they are compared with.
type Kind uint8

// The kinds. Numbers follow after Version.
const (
	Name    Kind = iota // any text; : finds a part of it
	Word                // one of a few words
	List                // words joined by commas
	Version             // a version's first numbers, in order
	Number
	Percent100 // in percent
	PerSecond
	ByteCount
	Span   // a duration in seconds
	Trip   // a duration in seconds, of which milliseconds count
	Moment // seconds since 1970
)

// Numeric reports whether the kind's values are in Value.Number.
func (k Kind) Numeric() bool { return k > Version }

// Compares reports whether < and > mean something.
func (k Kind) Compares() bool { return k >= Version }

func text(s string) Value {
	if s == "" {
		return Value{}
	}
	return Value{Text: clean.Line(s), Known: true}
}

func number[T ~int | ~int64 | ~float64](n T) Value { return Value{Number: float64(n), Known: true} }

func count(c puma.Count) Value { return Value{Number: float64(c.N), Known: c.Known} }

func rate(r collector.Rate) Value { return Value{Number: r.PerSecond, Known: r.Known} }

func seconds(d time.Duration) Value {
	if d < 0 {
		return Value{}
	}
	return number(d.Seconds())
}

func moment(t time.Time) Value {
	if t.IsZero() {
		return Value{}
	}
	return number(t.Unix())
}

// settled is a number as exact as it is shown: 80.4 percent are 80. Comparisons and what is read agree by it.
func (k Kind) settled(n float64) float64 {
	switch k {
	case Percent100:
		return math.Round(n)
	case PerSecond:
		return math.Round(n*10) / 10
	case Span:
		return math.Floor(n)
	case Trip:
		return math.Round(n*1000) / 1000
	}
	return n
}

// raw is a value for programs: no unit, nothing rounded but what has no end, an empty text for what is not known.
func (k Kind) raw(v Value) string {
	switch {
	case !v.Known:
		return ""
	case k == Moment:
		return time.Unix(int64(v.Number), 0).UTC().Format(time.RFC3339)
	case k.Numeric():
		return strconv.FormatFloat(math.Round(v.Number*1e6)/1e6, 'f', -1, 64)
	}
	return v.Text
}

// cell is a value for people.
func (k Kind) cell(v Value) string {
	if !v.Known {
		return Unknown
	}
	switch k {
	case Percent100:
		return Percent(v.Number / 100)
	case PerSecond:
		return Rate(collector.Rate{PerSecond: v.Number, Known: true})
	case ByteCount:
		return Bytes(puma.Of(int64(v.Number)))
	case Span:
		return Duration(time.Duration(v.Number * float64(time.Second)))
	case Trip:
		return Latency(time.Duration(v.Number * float64(time.Second)))
	}
	return k.raw(v)
}
