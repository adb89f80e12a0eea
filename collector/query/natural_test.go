package query

import (
	"slices"
	"testing"
)

func TestNaturalOrder(t *testing.T) {
	t.Parallel()
	want := []string{"", "1", "web", "web/admin", "web01/puma", "web1/puma", "web2/puma", "web10/puma", "web10b", "web99999999999999999999", "web100000000000000000000", "web-1"}
	slices.SortFunc(want, Natural)
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortFunc(got, Natural)
	if !slices.Equal(got, want) {
		t.Errorf("the order depends on where it began: %q and %q", want, got)
	}
	for _, pair := range [][2]string{{"web2/puma", "web10/puma"}, {"web9", "web10b"}, {"a2b10", "a2b11"}, {"web99999999999999999999", "web100000000000000000000"}, {"web01", "web1"}} {
		if Natural(pair[0], pair[1]) >= 0 || Natural(pair[1], pair[0]) <= 0 {
			t.Errorf("%s does not come before %s", pair[0], pair[1])
		}
	}
}

// FuzzNaturalOrder holds that the order is one: no two names are equal but the same, and a pair turns around.
func FuzzNaturalOrder(f *testing.F) {
	f.Add("web2", "web10", "web1")
	f.Add("01", "1", "001")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		if (Natural(a, b) == 0) != (a == b) || Natural(a, b) != -Natural(b, a) {
			t.Errorf("%q and %q: %d and %d", a, b, Natural(a, b), Natural(b, a))
		}
		if Natural(a, b) <= 0 && Natural(b, c) <= 0 && Natural(a, c) > 0 {
			t.Errorf("%q, %q, %q do not stand in a row", a, b, c)
		}
	})
}
