package main

import (
	"testing"

	"pumatop/collector"
	"pumatop/collector/probe"
)

func TestShellLine(t *testing.T) {
	t.Parallel()
	at := func(dir string, p probe.Puma) collector.Snapshot {
		return collector.Snapshot{Workers: []collector.Worker{{Release: dir}}}.WithFacts(p)
	}
	box := probe.Puma{Container: probe.Container{Engine: "docker", ID: "4f2a"}}
	tests := []struct {
		target collector.Snapshot
		want   string
	}{
		{at("/srv/shop/releases/1", probe.Puma{}), `cd /srv/shop/releases/1; exec "${SHELL:-/bin/sh}" -l`},
		{at("/srv/it's", probe.Puma{}), `cd '/srv/it'\''s'; exec "${SHELL:-/bin/sh}" -l`},
		{at("", probe.Puma{}), `exec "${SHELL:-/bin/sh}" -l`},
		{at("/rails", box), "exec docker exec -it -w /rails 4f2a sh -c 'exec $(command -v bash || echo sh)'"},
		{at("", box), "exec docker exec -it 4f2a sh -c 'exec $(command -v bash || echo sh)'"},
	}
	for _, test := range tests {
		if got := shellLine(test.target); got != test.want {
			t.Errorf("%s, want %s", got, test.want)
		}
	}
}
