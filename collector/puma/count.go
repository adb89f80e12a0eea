package puma

import (
	"encoding/json"
	"strconv"
)

// Count is a whole number that a Puma may leave out: a field that this version does not have, or that a worker
// has not reported yet. The zero value is missing, which is not the same as 0 and is never shown as 0.
type Count struct {
	N     int64
	Known bool
}

// Of returns the known count n.
func Of[T ~int | ~int64 | ~uint64](n T) Count { return Count{N: int64(n), Known: true} }

// Or returns the number, or fallback where it is missing.
func (c Count) Or(fallback int64) int64 {
	if !c.Known {
		return fallback
	}
	return c.N
}

// Plus adds two counts; the sum is missing where both are, and otherwise takes a missing one as nothing to add.
func (c Count) Plus(d Count) Count {
	return Count{N: c.N + d.N, Known: c.Known || d.Known}
}

// String is the number in decimal, or an en dash where it is missing.
func (c Count) String() string {
	if !c.Known {
		return "–"
	}
	return strconv.FormatInt(c.N, 10)
}

// MarshalJSON writes the number, or null where it is missing.
func (c Count) MarshalJSON() ([]byte, error) {
	if !c.Known {
		return []byte("null"), nil
	}
	return strconv.AppendInt(nil, c.N, 10), nil
}

// UnmarshalJSON takes a whole number; null leaves the count missing.
func (c *Count) UnmarshalJSON(b []byte) error {
	var n *int64
	if err := json.Unmarshal(b, &n); err != nil {
		return err
	}
	*c = Count{}
	if n != nil {
		*c = Of(*n)
	}
	return nil
}

// Figure is a Count of what one worker has: it takes half the room, and one beyond 32 bits is missing. No Puma comes near it.
type Figure struct {
	N     int32
	Known bool
}

// FigureOf returns the known figure n.
func FigureOf[T ~int | ~int64](n T) Figure {
	if int64(n) != int64(int32(n)) {
		return Figure{}
	}
	return Figure{N: int32(n), Known: true}
}

// Count is the figure as a Count.
func (f Figure) Count() Count { return Count{N: int64(f.N), Known: f.Known} }

// String is that of the Count.
func (f Figure) String() string { return f.Count().String() }
