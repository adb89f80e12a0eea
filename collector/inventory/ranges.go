package inventory

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// maxDigits is the length of the longest number of a range.
const maxDigits = 9

// expand writes out the ranges of a term: web[01-03,7]-[1-5/2]. Those after :/ are part of a path.
func (t term) expand() ([]string, error) {
	names, last := []string{""}, 0
	for i := 0; i < len(t.text); i++ {
		if strings.HasPrefix(t.text[i:], ":/") {
			break
		}
		if t.text[i] != '[' {
			continue
		}
		if end := addressEnd(t.text, i); end > 0 {
			i = end - 1
			continue
		}
		inside, _, _ := strings.Cut(t.text[i+1:], "]")
		numbers, err := t.numbers(i+1, inside)
		if err != nil {
			return nil, err
		}
		if len(names)*len(numbers) > maxHosts {
			return nil, &LimitError{Text: t.whole}
		}
		names = product(names, t.text[last:i], numbers)
		i += len(inside) + 1
		last = i + 1
	}
	for i := range names {
		names[i] += t.text[last:]
	}
	return names, nil
}

// product puts each number behind each name, the last ones varying fastest.
func product(names []string, between string, numbers []string) []string {
	all := make([]string, 0, len(names)*len(numbers))
	for _, name := range names {
		for _, number := range numbers {
			all = append(all, name+between+number)
		}
	}
	return all
}

// numbers are those of a bracket, in their order and each once.
func (t term) numbers(offset int, inside string) ([]string, error) {
	var all []string
	for part := range strings.SplitSeq(inside, ",") {
		more, why := steps(strings.TrimSpace(part))
		if why != "" {
			return nil, t.fail(offset, why)
		}
		if all = append(all, more...); len(all) > maxHosts {
			return nil, &LimitError{Text: t.whole}
		}
		offset += len(part) + 1
	}
	slices.SortFunc(all, func(a, b string) int {
		x, _ := strconv.Atoi(a)
		y, _ := strconv.Atoi(b)
		return cmp.Or(cmp.Compare(x, y), cmp.Compare(len(a), len(b)))
	})
	return slices.Compact(all), nil
}

// steps writes out 7, 01-40 or 1-9/2, or says why it cannot.
func steps(part string) (numbers []string, why string) {
	span, step, stepped := strings.Cut(part, "/")
	by, ok := 1, true
	if stepped {
		by, ok = number(step)
	}
	switch {
	case part == "":
		return nil, "a number is missing"
	case stepped && !strings.Contains(span, "-"):
		return nil, "a step needs a range, 1-9/2"
	case !ok || by == 0:
		return nil, "a step is a number from 1 on"
	}
	from, to, width, why := ends(span)
	if why != "" {
		return nil, why
	}
	for n := from; n <= to && len(numbers) <= maxHosts; n += by {
		digits := strconv.Itoa(n)
		numbers = append(numbers, strings.Repeat("0", max(width-len(digits), 0))+digits)
	}
	return numbers, ""
}

// ends are the ends of a range, and how wide its numbers are. As for ClusterShell both are as wide where one begins with
// a zero.
func ends(span string) (from, to, width int, why string) {
	low, high, ranged := strings.Cut(span, "-")
	low, high = strings.TrimSpace(low), strings.TrimSpace(high)
	if !ranged {
		high = low
	}
	from, ok := number(low)
	to, okTo := number(high)
	padded := len(low) > 1 && low[0] == '0' || len(high) > 1 && high[0] == '0'
	switch {
	case !ok || !okTo:
		return 0, 0, 0, "a range is written 1-9, 01-40 or 1,3,5-9"
	case from > to:
		return 0, 0, 0, "the range ends before it begins"
	case !padded:
		return from, to, 0, ""
	case len(low) != len(high):
		pad := func(n int, s string) string { return strings.Repeat("0", max(n-len(s), 0)) + s }
		return 0, 0, 0, "with leading zeros both ends are as long, " + pad(len(high), low) + "-" + pad(len(low), high)
	}
	return from, to, len(low), ""
}

func number(s string) (int, bool) {
	if s == "" || len(s) > maxDigits || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(s)
	return n, err == nil
}

// Natural compares names as people count: web2 is before web10.
func Natural(a, b string) int {
	x, y := a, b
	for x != "" && y != "" {
		n, m := digits(x), digits(y)
		if n == 0 || m == 0 {
			if x[0] != y[0] {
				return cmp.Compare(x[0], y[0])
			}
			x, y = x[1:], y[1:]
			continue
		}
		p, q := strings.TrimLeft(x[:n], "0"), strings.TrimLeft(y[:m], "0")
		if c := cmp.Or(cmp.Compare(len(p), len(q)), cmp.Compare(p, q)); c != 0 {
			return c
		}
		x, y = x[n:], y[m:]
	}
	return cmp.Or(cmp.Compare(len(x), len(y)), cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
}

// digits is how many of them s begins with.
func digits(s string) int { return len(s) - len(strings.TrimLeft(s, "0123456789")) }
