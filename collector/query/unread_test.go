package query

import (
	"testing"

	"pumatop/collector"
)

// TestPartsThatAreUnknown: what is known of some workers alone is said of none but those that it condemns.
func TestPartsThatAreUnknown(t *testing.T) {
	t.Parallel()
	unread := func(others string) Row {
		return target("web1/shop", "web1", "shop", func(s *collector.Snapshot) {
			s.Workers[0].Release, s.Workers[1].Release = others, ""
			s.Workers[1].CPU = collector.Rate{}
		})
	}
	const current, old = "/srv/shop/releases/2", "/srv/shop/releases/1"
	for _, tc := range []struct {
		row    Row
		filter string
		holds  bool
	}{
		{unread(current), "release:current", false},
		{unread(current), "!release:current", false},
		{unread(current), "release:old", false},
		{unread(current), "!release:old", false},
		{unread(current), "release:mixed", false},
		{unread(current), "!release:mixed", false},
		{unread(old), "release:old", true},
		{unread(old), "release:current", false},
		{unread(current), "cpu:unknown", true},
		{unread(current), "cpu<50", false},
		{target("web1/shop", "web1", "shop", nil), "release:current", true},
		{target("web1/shop", "web1", "shop", nil), "!release:mixed", true},
		{target("web1/shop", "web1", "shop", nil), "cpu:40", true},
	} {
		f, err := Parse(tc.filter)
		if err != nil {
			t.Fatal(err)
		}
		if f.Match(tc.row) != tc.holds {
			t.Errorf("%s: %v", tc.filter, !tc.holds)
		}
	}
}
