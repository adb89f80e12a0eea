package query

import "pumatop/collector"

// Row is one line of the fleet: a target, or a host that has none.
type Row struct {
	// Target is nil for a host without a target, Host for a row of which only the target is known.
	Target *collector.Snapshot
	Host   *collector.HostStatus
}
