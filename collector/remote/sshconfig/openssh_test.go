//go:build lab

package sshconfig_test

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"pumatop/collector/remote/sshconfig"
)

// record writes the .want files anew: go test -tags lab -run TestAgainstOpenSSH -record.
var record = flag.Bool("record", false, "write what ssh says")

// TestAgainstOpenSSH asks the installed ssh what it makes of the corpus. What it does not know yet is asked of the
// evaluator alone, and listed.
func TestAgainstOpenSSH(t *testing.T) {
	client, err := sshconfig.NewClient("")
	if err != nil {
		t.Fatal(err)
	}
	version := installed(t)
	for _, x := range examples(t) {
		if since, _ := strconv.ParseFloat(x.since, 64); since > version {
			t.Logf("%s: this ssh is %v, and it takes %v", x.name, version, since)
			continue
		}
		t.Run(x.name, func(t *testing.T) {
			var b strings.Builder
			for _, q := range x.asks {
				b.WriteString(header(q))
				theirs, err := client.Ask(t.Context(), q)
				if err != nil {
					b.WriteString("error\n")
					continue
				}
				q.File, q.Set = "none", nil
				plain, err := client.Ask(t.Context(), q)
				if err != nil {
					t.Fatal(err)
				}
				b.WriteString(x.told(t, q, theirs, plain))
			}
			if *record {
				if err := os.WriteFile(filepath.Join(corpusDir, x.name+".want"), []byte(b.String()), 0o600); err != nil {
					t.Fatal(err)
				}
			} else if b.String() != x.want {
				t.Errorf("ssh says otherwise than recorded:\n%s", difference(b.String(), x.want))
			}
		})
	}
}

// installed is the version of ssh as a number: 9.2.
func installed(t *testing.T) float64 {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "ssh", "-V").CombinedOutput()
	m := regexp.MustCompile(`OpenSSH_(\d+\.\d+)`).FindSubmatch(out)
	if err != nil || m == nil {
		t.Fatalf("ssh -V: %q, %v", out, err)
	}
	v, _ := strconv.ParseFloat(string(m[1]), 64)
	return v
}
