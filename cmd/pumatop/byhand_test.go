package main

import (
	"bytes"
	"strings"
	"testing"

	"pumatop/collector"
)

// TestByHandAsks: what is protected is asked for by its name, what is not is not asked about.
func TestByHandAsks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, typed    string
		protected, yes bool
		agreed, asked  bool
	}{
		{"not protected", "", false, false, true, false},
		{"said before", "", true, true, true, false},
		{"its name", "shop\n", true, false, true, true},
		{"yes is not its name", "y\n", true, false, false, true},
		{"nothing", "", true, false, false, true},
	} {
		var errs bytes.Buffer
		h := byHand{verb: "exec", policy: policy{environment: "shop", protected: c.protected}}
		h.yes = c.yes
		targets := []collector.Snapshot{{ID: "web1/puma"}, {ID: "web2/puma"}}
		if is := h.agreed(t.Context(), streams{strings.NewReader(c.typed), nil, &errs}, targets, "rm -r tmp"); is != c.agreed {
			t.Errorf("%s: agreed %v", c.name, is)
		}
		if asked := strings.Contains(errs.String(), "exec on web1/puma, web2/puma: rm -r tmp\nshop is protected"); asked != c.asked {
			t.Errorf("%s: %q is asked", c.name, errs.String())
		}
	}
}
