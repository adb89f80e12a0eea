package wildcard_test

import (
	"strings"
	"testing"

	"pumatop/collector/remote/wildcard"
)

func TestList(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		patterns, name string
		want           bool
	}{
		{"web1", "web1", true},
		{"web1", "web11", false},
		{"web1", "WEB1", false},
		{"web?", "web1", true},
		{"web?", "web", false},
		{"web*", "web", true},
		{"*.example", "a.b.example", true},
		{"*.example", "a.example.org", false},
		{"a*b*c", "aXbYbZc", true},
		{"a*b*c", "aXcYb", false},
		{"*", "", true},
		{"", "", true},
		{"", "web1", false},
		{"db1 web*", "web1", true},
		{"* !web1", "web1", false},
		{"!web1 *", "web1", false},
		{"!web1", "web2", false},
		{strings.Repeat("*a", 200), strings.Repeat("a", 199), false}, // at once, not in 2^199 steps
	} {
		if got := wildcard.List(strings.Split(c.patterns, " "), c.name); got != c.want {
			t.Errorf("%q matches %q: %t", c.patterns, c.name, got)
		}
	}
}
