package actions_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pumatop/actions"
	"pumatop/collector/pumatest"
)

// TestResizedMeanwhile: a worker more or less than before is somebody's wish, as Puma's log says.
func TestResizedMeanwhile(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"3.12.6", "4.3.12", "5.6.9", "8.0.2"} {
		for _, signal := range []string{"TTIN", "TTOU"} {
			t.Run(version+" "+signal, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					fleet := pumatest.FleetOf(pumatest.NewHost("web1", 1, pumatest.Config{
						Version: version, Workers: 4, Uptime: time.Hour, Releases: []pumatest.Release{{Name: "1", Boot: 2 * time.Second}}}))
					o := watchOver(t, fleet, 0, "web1")
					run := o.runner.Start(o.plan(t, actions.Reload, false, nil, "web1/shop"))
					for run.Progress().Steps[0].Replaced == 0 {
						time.Sleep(100 * time.Millisecond)
					}
					fleet.Host("web1").Puma(0).Signal(signal)
					v := *finish(t, run).Steps[0].Verdict
					all := v.Summary + "\n" + strings.Join(v.Evidence, "\n")
					want := map[string]string{"TTIN": "worker 4 was added meanwhile", "TTOU": "1 worker was removed meanwhile, as the log says"}[signal]
					if v.Word != actions.Verified || !strings.Contains(all, want) {
						t.Errorf("verdict %s\n%s\n%s", v.Word, all, fmt.Sprint(v.Log))
					}
				})
			})
		}
	}
}
