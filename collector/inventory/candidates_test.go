package inventory

import (
	"fmt"
	"testing"

	"pumatop/collector/config"
)

func TestCandidates(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		cfg  config.Config
		args []string
		want string
	}{
		{config.Config{}, nil, "[{db ssh} {gate ssh}]"},
		{shop(), nil, "[{production environment production} {staging environment staging} {@db group of production} {@web group of production} " +
			"{@canary group of staging} {db db of production} {web01.example.com:2222 web of production} {web02.example.com:2222 web of production} " +
			"{web03.example.com:2222 web of production} {c1 canary of staging} {staging1.example.com web of staging} {gate ssh}]"},
		{shop(), []string{"staging"}, "[{@canary group of staging} {@web group of staging} {c1 canary of staging} {staging1.example.com web of staging} {db ssh} {gate ssh}]"},
	} {
		if got := fmt.Sprint(Candidates(tc.cfg, tc.args, []string{"db", "gate"})); got != tc.want {
			t.Errorf("%q: %s\nwant %s", tc.args, got, tc.want)
		}
	}
}
