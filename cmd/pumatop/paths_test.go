package main

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pumatop/cmd/internal/shot"
)

// mostKeys is how many keys an operator presses at most for any of these questions.
const mostKeys = 6

// TestQuestionsOfTheNight asks the demo what an operator who never saw it asks, and presses what the footer and the help
// name. Each answer is a pattern of the screen.
func TestQuestionsOfTheNight(t *testing.T) {
	seal(t)
	t.Setenv("TMPDIR", t.TempDir()) // a demo beside this one has a directory of its own
	for _, tc := range []struct {
		question string
		keys     string // each with a blank behind it
		answer   string
	}{
		{"which target has a backlog", "s b enter",
			`BACKLOG[^\n]*\n[^\n]*search1\.shop/sea[^\n]*20/20 +(100%)? +[1-9]`},
		{"which one runs old code", "x", `web1\.shop/shop[^\n]*→`},
		{"which release it runs, and which it should", "G enter", `release  \d{14} → \d{14}, run by 0 of 4`},
		{"why one cannot be reloaded phased", "j j r", `full restart, phased is not possible: "Restarts: \(✔\) hot \(✖\) phased`},
		{"what the last restart did", "G k r y e", `web1\.shop/shop[^\n]*verified`},
		{"how to reload two in order", "G space k space r", `web1\.shop/shop first, then one after another[^~]*type 2 to reload`},
	} {
		keys := strings.Fields(tc.keys)
		if len(keys) > mostKeys {
			t.Errorf("%s takes %d keys", tc.question, len(keys))
		}
		for _, size := range [][2]int{{80, 24}, {120, 40}, {200, 60}} {
			t.Run(fmt.Sprintf("%s/%dx%d", tc.question, size[0], size[1]), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { askDemo(t, size, keys, regexp.MustCompile(tc.answer)) })
			})
		}
	}
}

// askDemo presses the keys in a demo that has just begun, and waits for the answer.
func askDemo(t *testing.T, size [2]int, keys []string, answer *regexp.Regexp) {
	t.Helper()
	demo := shot.Script{Columns: size[0], Rows: size[1], Argv: []string{"pumatop", "demo", "--seed", "1", "--interval", "1s"}}
	onStage(t, demo, func(ctx context.Context, x *virtual) {
		ctx, stop := context.WithTimeout(ctx, 2*time.Minute)
		defer stop()
		err := x.Wait(ctx, func(text string) bool { return strings.Contains(text, "11 serving") })
		if err == nil {
			time.Sleep(10 * time.Second) // the demo reads its logs meanwhile
			err = x.Press(ctx, keys...)
		}
		if err == nil {
			err = x.Wait(ctx, answer.MatchString)
		}
		if err != nil {
			t.Errorf("no %s: %v; the screen is\n%s", answer, err, x.Text())
		}
	})
}
