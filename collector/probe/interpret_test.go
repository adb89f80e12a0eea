package probe

import (
	"testing"

	"pumatop/collector/puma"
)

// TestConfigurationThatThisImageMayNotHaveRead: puma.rb decides only what the running image read, and the command line
// beats it.
func TestConfigurationThatThisImageMayNotHaveRead(t *testing.T) {
	t.Parallel()
	master := RawProcess{PID: 40, Title: "puma 6.6.0 (unix:///p.sock) [shop]", Cgroup: []string{"0::/system.slice/puma.service"},
		Config: TextFile{Verdict: "read", Path: "/srv/puma.rb", Lines: []string{"workers 2", "preload_app! false"}}}
	worker := RawProcess{PID: 41, Title: "puma: cluster worker 0: 40 [shop]"}
	unit := func(start string) RawUnit {
		return RawUnit{Scope: SystemScope, Properties: map[string]string{"Id": "puma.service", "LoadState": "loaded", "ActiveState": "active", "ExecStart": start}}
	}
	newer := master
	newer.ConfigNewer = true
	for _, tc := range []struct {
		name   string
		master RawProcess
		start  string
		want   puma.Answer
	}{
		{"read by this image", master, "puma -C /srv/puma.rb", puma.Yes},
		{"written since", newer, "puma -C /srv/puma.rb", puma.Unknown},
		{"beaten by the command line", master, "puma --preload -C /srv/puma.rb", puma.No},
	} {
		h, err := Parse(Report{Processes: []RawProcess{tc.master, worker}, Units: []RawUnit{unit(tc.start)}}.Encode())
		if err != nil || len(h.Pumas) != 1 {
			t.Fatalf("%s: %d Pumas, %v", tc.name, len(h.Pumas), err)
		}
		if got := h.Pumas[0].Phased; got.Answer != tc.want {
			t.Errorf("%s: %s (%s), want %s", tc.name, got.Answer, got.Evidence, tc.want)
		}
	}
}
