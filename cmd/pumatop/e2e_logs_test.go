//go:build lab

package main

import (
	"encoding/csv"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestLogsOnTheLab: a system unit's journal and a user unit's, as one, in the order of time; they go on where they are
// followed, and a restart is in them.
func TestLogsOnTheLab(t *testing.T) {
	t.Parallel()
	take(t, "web1", "web3")
	r := pumatop(t, "logs", "-n", "20", "web1", "web3")
	var last string
	for line := range strings.Lines(r.out) {
		if when := line[:16]; when < last { // to the second: a journal keeps the order in which lines came
			t.Errorf("%s comes after %s", when, last)
		} else {
			last = when
		}
	}
	for _, want := range []string{"  web1/puma  [", "  web3/puma  [", "booted in", "Use Ctrl-C to stop"} {
		if !strings.Contains(r.out, want) || r.exit != 0 {
			t.Errorf("exit %d, no %q in\n%s%s", r.exit, want, r.out, r.err)
		}
	}
	if r := pumatop(t, "logs", "-n", "0", "web1"); r.out != "" || r.exit != 0 {
		t.Errorf("no line was wanted: exit %d, %q", r.exit, r.out)
	}
}

// TestExecOnTheLab runs commands where the release lies, as the owner of it, and leaves nothing behind.
func TestExecOnTheLab(t *testing.T) {
	t.Parallel()
	take(t, "web1", "web3")
	r := pumatop(t, "exec", "web1", "web3", "--", `pwd; id -un; echo "it's" >&2; exit 3`)
	if n := strings.Count(r.out, "/srv/shop/releases/"); n != 2 || strings.Count(r.out, "deploy\n") != 2 || r.exit != 3 {
		t.Errorf("exit %d\n%s", r.exit, r.out)
	}
	if strings.Count(r.err, "it's") != 2 || strings.Count(r.err, "exit 3") != 2 {
		t.Errorf("stderr: %s", r.err)
	}
	r = pumatop(t, "exec", "--limit", "2s", "web1", "--", "sleep 4321")
	if r.exit != 255 || !strings.Contains(r.err, "ended after 2s") {
		t.Errorf("exit %d: %s", r.exit, r.err)
	}
	for deadline := time.Now().Add(20 * time.Second); strings.Contains(lab(t, "root", "web1", "ps", "-eo", "args"), "sleep 4321"); {
		if time.Now().After(deadline) {
			t.Fatal("the command goes on although nobody listens any more")
		}
		time.Sleep(100 * time.Millisecond)
	}
	if r := pumatop(t, "exec", "--read-only", "web1", "--", "true"); r.exit != 3 || r.out != "" {
		t.Errorf("read-only: exit %d, %s", r.exit, r.out)
	}
}

// TestCSVOnTheLab is read back by Go's own reader.
func TestCSVOnTheLab(t *testing.T) {
	t.Parallel()
	take(t, "web1", "web3")
	r := pumatop(t, "status", "-o", "csv", "--sort", "target", "web1", "web3")
	rows, err := csv.NewReader(strings.NewReader(r.out)).ReadAll()
	if err != nil || len(rows) != 3 {
		t.Fatalf("%d rows, %v\n%s", len(rows), err, r.out)
	}
	target, puma := slices.Index(rows[0], "target"), slices.Index(rows[0], "puma")
	if rows[1][target] != "web1/puma" || rows[2][target] != "web3/puma" || rows[2][puma] == "" {
		t.Errorf("rows %q", rows)
	}
}
