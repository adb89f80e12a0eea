//go:build lab

package remote

import (
	"testing"

	"pumatop/collector/remote/sshconfig"
)

// The installed ssh, too, prints nothing that has no row: a new OpenSSH shows up here.
func TestKeywordsOfTheInstalledSSH(t *testing.T) {
	client, err := sshconfig.NewClient("")
	if err != nil {
		t.Fatal(err)
	}
	for name := range client.Defaults(t.Context()) {
		if _, ok := lookUp(name); !ok {
			t.Errorf("%s is in no row", name)
		}
	}
}
