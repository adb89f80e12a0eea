package tui

import (
	"fmt"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"
)

// TestFrames compares each scene with the frame that was looked at and found right. Run with -update to accept new
// ones, and look at the difference.
func TestFrames(t *testing.T) {
	t.Parallel()
	everySize := map[string]bool{"fleet": true, "target": true, "sheet": true, "sheet-protected": true, "rollout": true, "rollout-many": true, "others": true, "palette": true, "audit": true, "logs": true, "verdict": true, "help": true, "events": true, "raw": true,
		"grouped": true, "grouped-folded": true, "columns": true, "columns-chosen": true, "ask-passphrase": true, "ask-password": true, "ask-challenge": true, "ask-key": true, "doctor": true}
	for _, sc := range scenes() {
		sizes := [][2]int{{120, 40}}
		if everySize[sc.name] {
			sizes = [][2]int{{80, 24}, {120, 40}, {200, 60}}
		}
		for _, size := range sizes {
			t.Run(fmt.Sprintf("%s-%dx%d", sc.name, size[0], size[1]), func(t *testing.T) {
				t.Parallel()
				s := sc.show(t, size[0], size[1])
				golden.RequireEqual(t, []byte(ansi.Strip(s.View().Content)))
			})
		}
	}
}
