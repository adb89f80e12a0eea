package inventory

import (
	"reflect"
	"strconv"
	"strings"

	"pumatop/collector/config"
)

// Fold writes entries that follow each other, differ in one number alone and have no settings as one with a range.
func Fold(hosts []config.Host) []config.Host {
	var out []config.Host
	for i := 0; i < len(hosts); {
		n, text := run(hosts[i:])
		h := hosts[i]
		h.Host = text
		out = append(out, h)
		i += n
	}
	return out
}

// run is how many entries make one range, and that range.
func run(hosts []config.Host) (n int, text string) {
	first := hosts[0]
	for _, span := range numbersIn(first.Host) {
		at, end := span[0], span[1]
		before, digits, after := first.Host[:at], first.Host[at:end], first.Host[end:]
		from, _ := strconv.Atoi(digits)
		n := 1
		for n < len(hosts) && follows(first, hosts[n], before+padded(from+n, digits)+after) {
			n++
		}
		last := padded(from+n-1, digits)
		if n > 1 && (len(last) == len(digits) || digits[0] != '0') {
			return n, before + "[" + digits + "-" + last + "]" + after
		}
	}
	return 1, first.Host
}

// follows reports whether an entry is the next of a range: the same as the first one but for its host.
func follows(first, next config.Host, host string) bool {
	if next.Host != host || first.Name != "" {
		return false
	}
	next.Host, next.At = first.Host, first.At
	return reflect.DeepEqual(first, next)
}

func padded(n int, like string) string {
	s := strconv.Itoa(n)
	if like[0] == '0' && len(s) < len(like) {
		s = strings.Repeat("0", len(like)-len(s)) + s
	}
	return s
}

// numbersIn are where the numbers of a text begin and end. What is in brackets or behind a colon is none of them.
func numbersIn(s string) [][2]int {
	var all [][2]int
	if strings.ContainsAny(s, "[]") {
		return nil
	}
	for i := 0; i < len(s) && s[i] != ':'; {
		n := digits(s[i:])
		if n > 0 && n < maxDigits {
			all = append(all, [2]int{i, i + n})
		}
		i += max(n, 1)
	}
	return all
}
