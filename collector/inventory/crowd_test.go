package inventory

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"pumatop/collector/config"
)

// TestCrowd: as many hosts as are allowed come through every way, and one more through none.
func TestCrowd(t *testing.T) {
	t.Parallel()
	cfg := config.Config{Environments: map[string]config.Environment{"p": {Groups: map[string]config.Group{
		"a": {Hosts: entries(1, "web[00001-10000]")}, "b": {Hosts: entries(2, "web[00001-10000/2]")}}}}}
	var names strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&names, "web%05d\n", i+1)
	}
	for _, tc := range []struct {
		args []string
		want int
	}{
		{[]string{"p"}, 10_000}, {[]string{"@b"}, 5_000}, {[]string{"-"}, 10_000}, {[]string{"web[00001-10000]!@b"}, 5_000},
		{[]string{"other[1-10000]"}, 10_000},
	} {
		f, err := Resolve(cfg, tc.args, strings.NewReader(names.String()))
		if err != nil || len(f.Hosts) != tc.want {
			t.Errorf("%q: %d hosts, %v", tc.args, len(f.Hosts), err)
		}
	}
	if _, err := Resolve(cfg, []string{"@a", "one-more"}, nil); err == nil || err.Error() != `"one-more" stands for more than 10000 hosts` {
		t.Errorf("one more: %v", err)
	}
	in, err := ReadAnsible(fstest.MapFS{"hosts": {Data: []byte("[production]\n" + names.String() + "one-more\n[all:vars]\nansible_user=deploy\n")}})
	if err != nil || len(in.Gaps) != 1 || in.Gaps[0].String() != "hosts:10002: one-more: the inventory has too many hosts" {
		t.Errorf("%v, %v", in.Gaps, err)
	}
	if hosts, err := Hosts(in.Config, "production"); err != nil || len(hosts) != 10_000 {
		t.Errorf("%d hosts, %v", len(hosts), err)
	}
}
