package main

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pumatop/actions"
	"pumatop/collector/pumatest"
)

// waiting runs `pumatop wait` on targets of a fleet.
func waiting(t *testing.T, fleet *pumatest.Fleet, o waitOptions, targets ...string) (code int, out, steps string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	err := runWait(t.Context(), streams{strings.NewReader(""), &stdout, &stderr}, sessionOn(t, fleet, targets...), o)
	return codeFrom(t, err), stdout.String(), stderr.String()
}

// TestWait judges what somebody else asks for, and sends nothing.
func TestWait(t *testing.T) {
	t.Parallel()
	within := actions.AwaitOptions{Within: 30 * time.Second}
	for _, tc := range []struct {
		name  string
		other func(*pumatest.Puma) // what somebody else does five seconds on
		o     actions.AwaitOptions
		word  actions.Word
		code  int
		says  string
	}{
		{"for a reload", func(p *pumatest.Puma) { p.Signal("USR1") }, within, actions.Verified, 0, "a phased restart was noticed that was not asked for here"},
		{"for one that fails", func(p *pumatest.Puma) { p.DeployNew(pumatest.Broken); p.Signal("USR1") }, within, actions.CrashLoop, 6, "crash loop"},
		{"for none", func(*pumatest.Puma) {}, within, actions.TimedOut, 4, "no restart began within 30s"},
		{"for the release that runs", func(*pumatest.Puma) {}, actions.AwaitOptions{Current: true}, actions.Verified, 0, "already done"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				fleet := shops(2, "a")
				time.AfterFunc(5*time.Second, func() { tc.other(fleet.Host("a").Puma(0)) })
				code, out, steps := waiting(t, fleet, waitOptions{AwaitOptions: tc.o, format: jsonFormat}, "a")
				var doc actionDocument
				if err := json.Unmarshal([]byte(out), &doc); err != nil {
					t.Fatal(err)
				}
				if v := doc.Targets[0]; code != tc.code || v.Verdict != string(tc.word) || !v.Observed || v.Via != nil || v.Request != nil || v.Batch != nil {
					t.Errorf("exit %d\n%s", code, out)
				}
				if !strings.Contains(out+steps, tc.says) {
					t.Errorf("%q is not in\n%s\n%s", tc.says, out, steps)
				}
			})
		})
	}
}

// TestWaitForSeveral: who cannot be reached, or is not there, holds nobody else up, and is not forgotten.
func TestWaitForSeveral(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fleet := shops(2, "a", "b")
		time.AfterFunc(5*time.Second, func() { fleet.Host("a").Puma(0).Signal("USR1") })
		code, out, _ := waiting(t, fleet, waitOptions{AwaitOptions: actions.AwaitOptions{Within: time.Minute}, format: linesFormat}, "a/shop", "a/blog", "nohost", "b/blog")
		got := events(t, out)
		got = slices.DeleteFunc(got, func(e string) bool { return strings.HasPrefix(e, "progress") })
		want := []string{"plan a/shop", "plan b", "plan nohost", "plan a/blog", "asked a/shop", "verdict a/shop", "verdict b", "verdict nohost", "verdict a/blog", "done"}
		if code != actions.ExitUnreachable || !slices.Equal(got, want) {
			t.Errorf("exit %d, %q, want %q\n%s", code, got, want, out)
		}
	})
}
