package query

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// test makes a test of a token whose column is c. A problem means that the value does not go with the column.
func (c *Column) test(t *token) (test func(Row) answer, problem, remedy string) {
	switch c.Kind {
	case List:
		return t.turned(inGroup(t.value)), "", ""
	case Name:
		return c.nameTest(t), "", ""
	case Word:
		return c.wordTest(t)
	case Version:
		return c.versionTest(t)
	}
	n, err := c.Kind.parse(t.value)
	if !err {
		return nil, t.value + " is no " + c.Kind.noun(), "write it like " + string(c.ID) + string(t.op) + c.Kind.example()
	}
	n = c.Kind.settled(n)
	return c.tested(t.op, func(v Value) (int, bool) { return cmp.Compare(c.Kind.settled(v.Number), n), true }), "", ""
}

// nameTest finds a part of a text for : and all of it for =.
func (c *Column) nameTest(t *token) func(Row) answer {
	if test, known := ofRelease(strings.ToLower(t.value)); known && c.ID == Release && !t.quoted {
		return t.turned(test)
	}
	s := strings.ToLower(t.value)
	return t.turned(func(r Row) answer {
		v := c.comparison(r)
		switch {
		case !v.Known:
			return neither
		case t.op == ":":
			return answerOf(containsFold(v.Text, s))
		}
		return answerOf(strings.ToLower(v.Text) == s)
	})
}

// wordTest wants the very word, which must be one that the column may hold.
func (c *Column) wordTest(t *token) (test func(Row) answer, problem, remedy string) {
	s := strings.ToLower(t.value)
	if c.ID == State {
		if state, known := stateNamed(s); known {
			return t.turned(func(r Row) answer { return answerOf(r.is(state)) }), "", ""
		}
	}
	if !slices.Contains(c.Words, s) {
		return nil, t.key + " is never " + t.value, oneOf(s, append(slices.Clone(c.Words), "unknown"))
	}
	return c.tested(t.op, func(v Value) (int, bool) { return strings.Compare(v.Text, s), true }), "", ""
}

// versionTest compares as many numbers as are given: 6.6.1 is puma:6, and not puma>6.
func (c *Column) versionTest(t *token) (test func(Row) answer, problem, remedy string) {
	want := numbers(t.value)
	if len(want) == 0 || t.value[0] < '0' || t.value[0] > '9' {
		return nil, t.value + " is no version", "write it like " + t.key + string(t.op) + Version.example()
	}
	return c.tested(t.op, func(v Value) (int, bool) {
		has := numbers(v.Text)
		return slices.Compare(has[:min(len(has), len(want))], want), len(has) > 0
	}), "", ""
}

// numbers are the numbers of a version, up to what is none: "ruby 3.1.2p20" has three.
func numbers(s string) []int {
	start := strings.IndexAny(s, "0123456789")
	if start < 0 {
		return nil
	}
	var list []int
	for part := range strings.SplitSeq(s[start:], ".") {
		end := 0
		for end < len(part) && isDigit(part[end]) {
			end++
		}
		n, err := strconv.Atoi(part[:end])
		if err != nil {
			break
		}
		list = append(list, n)
		if end < len(part) {
			break
		}
	}
	return list
}

// noun is what a value of the kind is called.
func (k Kind) noun() string {
	switch k {
	case ByteCount:
		return "amount of memory"
	case Span, Trip:
		return "duration"
	case Moment:
		return "moment"
	case Version:
		return "version"
	}
	return "number"
}

// example is a value of the kind.
func (k Kind) example() string {
	switch k {
	case Percent100:
		return "80"
	case ByteCount:
		return "500MB"
	case Span:
		return "10m"
	case Trip:
		return "50ms"
	case Moment:
		return "2026-11-28"
	case Version:
		return "7"
	case PerSecond:
		return "100"
	}
	return "3"
}

// parse reads what a person writes for a value of the kind.
func (k Kind) parse(s string) (n float64, ok bool) {
	switch k {
	case Percent100:
		return decimal(strings.TrimSuffix(s, "%"))
	case ByteCount:
		return parseBytes(s)
	case Span, Trip:
		return parseDuration(s)
	case Moment:
		return parseMoment(s)
	}
	return decimal(s)
}

// decimal reads digits with at most one point; exponents, infinities and the like are nobody's figures.
func decimal(s string) (float64, bool) {
	if s == "" || len(s) > 30 || strings.Trim(s, "0123456789.") != "" {
		return 0, false
	}
	n, err := strconv.ParseFloat(s, 64)
	return n, err == nil
}

// parseBytes reads 500MB, 1.5G, 300k or bytes; M, MB and MiB are all 1024 times 1024, as the screen writes them.
func parseBytes(s string) (float64, bool) {
	s = strings.ToUpper(s)
	s = strings.TrimSuffix(strings.TrimSuffix(s, "B"), "I")
	factor := 1.0
	if n := len(s); n > 0 {
		if power := strings.IndexByte("KMGT", s[n-1]); power >= 0 {
			s = s[:n-1]
			for range power + 1 {
				factor *= 1024
			}
		}
	}
	n, ok := decimal(s)
	return n * factor, ok
}

// parseDuration reads durations as Go writes them, and days in front of them: 90s, 1h30m, 2d, 2d4h.
func parseDuration(s string) (float64, bool) {
	var days float64
	if before, after, found := strings.Cut(s, "d"); found {
		n, ok := decimal(before)
		if !ok {
			return 0, false
		}
		days, s = n*86400, after
		if s == "" {
			return days, true
		}
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 || strings.HasPrefix(s, "-") || s == "0" {
		return 0, err == nil && s == "0"
	}
	return days + d.Seconds(), true
}

func parseMoment(s string) (float64, bool) {
	for _, layout := range [...]string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, strings.ToUpper(s)); err == nil {
			return float64(t.Unix()), true
		}
	}
	return 0, false
}
