package query

import (
	"testing"

	"pumatop/collector"
)

// TestMissing: workers are missing of those that it had when it was whole, or of those that it has while that is unknown.
func TestMissing(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		wanted int
		raw    string
	}{{5, "3"}, {2, "0"}, {1, "0"}, {0, "1"}} {
		r := target("web1/shop", "web1", "shop", func(s *collector.Snapshot) {
			if s.Wanted = c.wanted; c.wanted == 0 {
				s.Workers = append(s.Workers, collector.Worker{})
			}
		})
		if raw := Find("missing").Raw(r); raw != c.raw {
			t.Errorf("of %d wanted %s are missing, want %s", c.wanted, raw, c.raw)
		}
	}
}

// TestRunningCountsOnce: a release counts once wherever its workers stand, and the old one is named.
func TestRunningCountsOnce(t *testing.T) {
	t.Parallel()
	r := target("web1/shop", "web1", "shop", func(s *collector.Snapshot) {
		for _, n := range []string{"1", "2", "1"} {
			s.Workers = append(s.Workers, collector.Worker{Release: "/srv/shop/releases/" + n})
		}
	})
	if dir, distinct := r.Running(); dir != "/srv/shop/releases/1" || distinct != 2 {
		t.Errorf("%s, %d distinct", dir, distinct)
	}
}

// TestAskingComesFirst: of hosts that connect, one that waits for a person is before those that do not.
func TestAskingComesFirst(t *testing.T) {
	t.Parallel()
	rows := []Row{{Host: &collector.HostStatus{Name: "early"}}, {Host: &collector.HostStatus{Name: "late", Waiting: "passphrase"}}}
	Sort(rows, func(r Row) Row { return r }, nil)
	if rows[0].ID() != "late" {
		t.Errorf("%s is first", rows[0].ID())
	}
}
