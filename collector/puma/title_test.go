package puma

import (
	"reflect"
	"strings"
	"testing"
)

func TestParseTitle(t *testing.T) {
	t.Parallel()
	v := func(s string) Version {
		version, _ := ParseVersion(s)
		return version
	}
	for _, tc := range []struct {
		in   string
		want Title
	}{
		{
			"puma 3.12.6 (unix:///srv/shop/puma.sock) [20261121190000]",
			Title{Role: RoleMaster, Version: v("3.12.6"), Binds: []string{"unix:///srv/shop/puma.sock"}, Tag: "20261121190000"},
		},
		{
			"puma 8.0.2 (tcp://0.0.0.0:3000,ssl://0.0.0.0:9292?key=a&cert=b) [shop]",
			Title{Role: RoleMaster, Version: v("8.0.2"), Binds: []string{"tcp://0.0.0.0:3000", "ssl://0.0.0.0:9292?key=a&cert=b"}, Tag: "shop"},
		},
		{"puma 7.0.0.pre1 (tcp://0.0.0.0:3000)", Title{Role: RoleMaster, Version: v("7.0.0.pre1"), Binds: []string{"tcp://0.0.0.0:3000"}}},
		{"puma 6.6.1 () [shop]", Title{Role: RoleMaster, Version: v("6.6.1"), Tag: "shop"}},
		{
			"puma 6.6.1 (unix:///srv/a (old)/puma.sock) [a [b]]",
			Title{Role: RoleMaster, Version: v("6.6.1"), Binds: []string{"unix:///srv/a (old)/puma.sock"}, Tag: "a [b]"},
		},
		{"puma: cluster worker 0: 6613 [20261121190000]", Title{Role: RoleWorker, Master: 6613, Tag: "20261121190000"}},
		{"puma: cluster worker 11: 6613", Title{Role: RoleWorker, Index: 11, Master: 6613}},
		{"puma: cluster worker 1: 6613 [shop]   \x00\x00\x00", Title{Role: RoleWorker, Index: 1, Master: 6613, Tag: "shop"}},
		{"puma: cluster worker 1: 6613 [shop]\x00dy.sock", Title{Role: RoleWorker, Index: 1, Master: 6613, Tag: "shop"}},
		{"puma: cluster worker 1: 6613 [\x1b[31mred]", Title{Role: RoleWorker, Index: 1, Master: 6613, Tag: "red"}},
	} {
		got, ok := ParseTitle(tc.in)
		if !ok || !reflect.DeepEqual(got, tc.want) {
			t.Errorf("ParseTitle(%q) = %+v, %v, want %+v", tc.in, got, ok, tc.want)
		}
	}
}

func TestParseTitleOfOthers(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"", "puma", "puma -C config/puma.rb", "puma 6.6.1", "puma 6.6.1 [shop]", "puma x (tcp://0.0.0.0:1) [y]", "puma 6.6.1 (unclosed",
		"ruby /usr/local/bin/puma -C config/puma.rb", "puma: cluster worker", "puma: cluster worker x: 1 [y]",
		"puma: cluster worker 0: 0 [y]", "puma: cluster worker -1: 5 [y]", "pumactl restart", "vim puma 6.6.1 (x) [y]",
	} {
		if got, ok := ParseTitle(s); ok {
			t.Errorf("ParseTitle(%q) = %+v", s, got)
		}
	}
}

func FuzzParseTitle(f *testing.F) {
	f.Add("puma 3.12.6 (unix:///srv/shop/puma.sock) [20261121190000]")
	f.Add("puma: cluster worker 0: 6613 [20261121190000]")
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := ParseTitle(s)
		switch {
		case !ok:
		case got.Role == RoleMaster && got.Version.IsZero(), got.Role == RoleWorker && got.Master <= 0, got.Index < 0:
			t.Fatalf("ParseTitle(%q) = %+v", s, got)
		case strings.ContainsAny(got.Tag+strings.Join(got.Binds, ""), "\x1b\x00\n"):
			t.Fatalf("ParseTitle(%q) keeps control characters: %+v", s, got)
		}
	})
}
