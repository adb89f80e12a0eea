package sshconfig_test

import (
	"os"
	"path/filepath"
	"testing"

	"pumatop/collector/remote/sshconfig"
)

// What ssh -V prints, of several systems.
func TestParseRelease(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]sshconfig.Release{
		"OpenSSH_9.2p1 Debian-2+deb12u10, OpenSSL 3.0.19 27 Jan 2026\n": {Major: 9, Minor: 2},
		"OpenSSH_8.4p1 Debian-5+deb11u3, OpenSSL 1.1.1w  11 Sep 2023\n": {Major: 8, Minor: 4},
		"OpenSSH_10.0p2, LibreSSL 3.3.6\n":                              {Major: 10},
		"OpenSSH_for_Windows_8.1p1, LibreSSL 3.0.2\n":                   {Major: 8, Minor: 1},
		"OpenSSH_9.9p1-hpn18.6.0, OpenSSL 3.5.0 8 Apr 2025\n":           {Major: 9, Minor: 9},
		"Dropbear v2022.83\n":                                           {},
		"ssh: illegal option -- V OpenSSH_9.2\n":                        {},
		"OpenSSH_99999999999999999999.5\n":                              {},
		"":                                                              {},
	} {
		if got := sshconfig.ParseRelease([]byte(text)); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
	for _, tc := range []struct {
		r    sshconfig.Release
		want bool
	}{{sshconfig.Release{}, false}, {sshconfig.Release{Major: 8, Minor: 4}, false}, {sshconfig.Release{Major: 8, Minor: 5}, true}, {sshconfig.Release{Major: 10}, true}} {
		if got := tc.r.AtLeast(8, 5); got != tc.want {
			t.Errorf("%s is at least 8.5: %t", tc.r, got)
		}
	}
}

// The ssh of this machine, once however often it is asked for.
func TestClientRelease(t *testing.T) {
	t.Parallel()
	told := filepath.Join(t.TempDir(), "told")
	client, args := fakeSSH(t, "echo once >>"+told+"; echo 'OpenSSH_8.4p1 Debian-5+deb11u3' >&2")
	for range 2 {
		if got := client.Release(t.Context()); got != (sshconfig.Release{Major: 8, Minor: 4}) {
			t.Errorf("got %s", got)
		}
	}
	if text, err := os.ReadFile(told); args() != "-V" || string(text) != "once\n" {
		t.Errorf("asked with %q, %q, %v", args(), text, err)
	}
}
