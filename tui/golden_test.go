package tui

import (
	"fmt"
	"testing"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"
)

// TestFrames compares each scene with the frame that was looked at and found right. Run with -update to accept new
// ones, and look at the difference.
func TestFrames(t *testing.T) {
	t.Parallel()
	everySize := map[string]bool{"fleet": true, "target": true, "sheet": true, "sheet-protected": true, "rollout": true, "rollout-many": true, "others": true, "palette": true, "audit": true, "logs": true, "verdict": true, "help": true, "events": true, "raw": true,
		"ask-passphrase": true, "ask-password": true, "ask-challenge": true, "ask-key": true}
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

// TestStyledFrames holds what the frames look like in each palette.
func TestStyledFrames(t *testing.T) {
	t.Parallel()
	looks := []struct {
		name    string
		profile colorprofile.Profile
		opts    func(*Options)
	}{
		{"dark", colorprofile.TrueColor, func(o *Options) { o.Theme = Dark }},
		{"light", colorprofile.TrueColor, func(o *Options) { o.Theme = Light }},
		{"16", colorprofile.ANSI, func(*Options) {}},
		{"none", colorprofile.ASCII, func(*Options) {}},
		{"ascii", colorprofile.ASCII, func(o *Options) { o.ASCII = true }},
	}
	for _, sc := range scenes() {
		if sc.name != "troubled" && sc.name != "sheet-full" {
			continue
		}
		for _, l := range looks {
			t.Run(sc.name+"-"+l.name, func(t *testing.T) {
				t.Parallel()
				s := sc.show(t, 80, 24, l.opts)
				s.send(profile(l.profile))
				golden.RequireEqual(t, []byte(s.View().Content))
			})
		}
	}
}
