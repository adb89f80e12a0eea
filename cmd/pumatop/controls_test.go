package main

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"pumatop/collector"
	"pumatop/collector/puma"
)

// TestControls: a URL is for whichever host needs it, a name in front is for one target; the token is in a variable or a
// file.
func TestControls(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("from-file\nmore\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	socket := puma.Address{Network: puma.Unix, Name: "/run/puma/pumactl.sock"}
	variable := puma.NewToken("from-variable")
	for _, tc := range []struct {
		name    string
		c       controls
		targets []string
		want    [][]collector.Control // of each host
		refused string
	}{
		{name: "none", targets: []string{"web1"}, want: [][]collector.Control{nil}},
		{name: "for all", c: controls{urls: []string{"unix:///run/puma/pumactl.sock"}}, targets: []string{"web1", "web2/shop"}, want: [][]collector.Control{
			{{App: "puma", Address: socket, Token: variable, Fallback: true}}, {{App: "shop", Address: socket, Token: variable, Fallback: true}}}},
		{name: "for one, with a query", c: controls{urls: []string{"web2/shop=unix:///run/puma/pumactl.sock?umask=0117"}}, targets: []string{"web1", "deploy@web2"},
			want: [][]collector.Control{nil, {{App: "shop", Address: socket, Token: variable}}}},
		{name: "for one without an app", c: controls{urls: []string{"web1=tcp://127.0.0.1:9293", "web1/other=tcp://127.0.0.1:9294"}, tokenFile: file}, targets: []string{"web1"},
			want: [][]collector.Control{{
				{App: "puma", Address: puma.Address{Network: puma.TCP, Name: "127.0.0.1:9293"}, Token: puma.NewToken("from-file")},
				{App: "other", Address: puma.Address{Network: puma.TCP, Name: "127.0.0.1:9294"}, Token: puma.NewToken("from-file")}}}},
		{name: "a host that is none", c: controls{urls: []string{"web9/shop=unix:///c"}}, targets: []string{"web1"}, refused: "--control is for web9, which is no target"},
		{name: "no URL", c: controls{urls: []string{"/run/puma/pumactl.sock"}}, targets: []string{"web1"}, refused: `cannot use --control "/run/puma/pumactl.sock"`},
		{name: "a path that leads nowhere", c: controls{urls: []string{"unix://tmp/c.sock"}}, targets: []string{"web1"}, refused: "cannot use --control"},
		{name: "empty", c: controls{urls: []string{""}}, targets: []string{"web1"}, refused: "it names no address"},
		{name: "a token that is not there", c: controls{urls: []string{"unix:///c"}, tokenFile: file + "x"}, targets: []string{"web1"}, refused: "cannot read the token"},
		{name: "an empty token", c: controls{urls: []string{"unix:///c"}, tokenFile: empty}, targets: []string{"web1"}, refused: "there is no token in"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			hosts, err := parseTargets(tc.targets)
			if err != nil {
				t.Fatal(err)
			}
			err = tc.c.apply(hosts, func(name string) string {
				return map[string]string{controlTokenVariable: "from-variable"}[name]
			})
			if tc.refused != "" {
				var usage *usageError
				if !errors.As(err, &usage) || usage.hint == "" || !strings.Contains(err.Error(), tc.refused) {
					t.Errorf("%v, want %q", err, tc.refused)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			for i, want := range tc.want {
				if !reflect.DeepEqual(hosts[i].controls, want) {
					t.Errorf("%s: %+v, want %+v", hosts[i].name, hosts[i].controls, want)
				}
			}
		})
	}
}
