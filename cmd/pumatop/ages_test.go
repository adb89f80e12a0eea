package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"pumatop/collector"
	"pumatop/collector/query"
)

// TestAgesAreOfNow: figures grow old between two polls, however young they were when they came.
func TestAgesAreOfNow(t *testing.T) {
	t.Parallel()
	target := served("web1")
	f := collector.Fleet{At: target.At.Add(50 * time.Second), Targets: []*collector.Snapshot{target}}
	var metrics, rows bytes.Buffer
	if err := writePrometheus(&metrics, f); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`_target_sample_age_seconds{target="web1/shop",host="web1",app="shop"} 53`,
		`_worker_sample_age_seconds{target="web1/shop",host="web1",app="shop",worker="0"} 52`} {
		if !strings.Contains(metrics.String(), want+"\n") {
			t.Errorf("no %s in\n%s", want, &metrics)
		}
	}
	if age := statusOf(viewOf(f, lens{})).Targets[0].AgeSeconds; age == nil || *age != 50 {
		t.Errorf("in JSON %v", age)
	}
	columns, err := query.ParseColumns("target,age")
	if err != nil {
		t.Fatal(err)
	}
	if err := writeCSV(&rows, viewOf(f, lens{columns: columns})); err != nil || rows.String() != "web1/shop,50\n" {
		t.Errorf("%q, %v", &rows, err)
	}
}
