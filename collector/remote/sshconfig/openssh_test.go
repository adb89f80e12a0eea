//go:build lab

package sshconfig_test

import (
	"strings"
	"testing"

	"pumatop/collector/remote/sshconfig"
)

// TestAgainstOpenSSH asks the installed ssh what it makes of the corpus.
func TestAgainstOpenSSH(t *testing.T) {
	client, err := sshconfig.NewClient("")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range corpus() {
		if c.warns != "" {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			q := c.write(t)
			theirs, err := client.Ask(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			ours, _, err := sshconfig.Evaluate(q)
			if err != nil {
				t.Fatal(err)
			}
			for _, keyword := range []string{
				"hostname", "user", "port", "identityfile", "certificatefile", "userknownhostsfile", "globalknownhostsfile",
				"hostkeyalias", "proxyjump", "proxycommand", "stricthostkeychecking",
			} {
				a, b := strings.Join(ours[keyword], "|"), strings.Join(theirs[keyword], "|")
				if keyword == "identityfile" && c.want[keyword] == "" {
					continue // the defaults differ by version
				}
				if a != b {
					t.Errorf("%s: ours is %q, ssh's %q", keyword, a, b)
				}
			}
			for keyword, want := range c.want {
				if got := strings.Join(theirs[keyword], "|"); got != want {
					t.Errorf("%s: ssh says %q, expected was %q", keyword, got, want)
				}
			}
		})
	}
}
