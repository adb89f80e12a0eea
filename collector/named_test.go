package collector_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"pumatop/collector"
	"pumatop/collector/puma"
	"pumatop/collector/pumatest"
)

// controlAt names the control app of the simulated shop.
func controlAt(app, token string, fallback bool) []collector.Control {
	return []collector.Control{{App: app, Address: puma.Address{Network: puma.Unix, Name: "/srv/shop/shared/tmp/sockets/pumactl.sock"},
		Token: puma.NewToken(token), Fallback: fallback}}
}

func oneShop(c pumatest.Config) *pumatest.Fleet {
	c.App, c.Token, c.Uptime, c.Workers = "shop", "s3cret", time.Hour, 3
	return pumatest.FleetOf(pumatest.NewHost("web1", 1, c))
}

// TestForwardingAlone: figures in full, the rest unknown and said so, and a host that is not asked for commands again and
// again.
func TestForwardingAlone(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"3.12.6", "5.6.9", "8.0.2"} {
		synctest.Test(t, func(t *testing.T) {
			fleet := oneShop(pumatest.Config{Version: version})
			host := fleet.Host("web1")
			host.RefuseCommands(true)
			c := collectNamed(t, fleet.Options(), nil, controlAt("puma", "s3cret", true), "web1")
			s := await(t, c, "web1/puma", time.Minute, is(collector.Serving))
			figuresAlone(t, s, version)
			before := host.Server().Sessions()
			time.Sleep(5 * time.Minute)
			if n := host.Server().Sessions() - before; n > 11 {
				t.Errorf("%s: %d sessions in 5 minutes", version, n)
			}
			h := c.Fleet().Hosts[0]
			if h.Err != "" || len(h.Notes) != 1 || h.Notes[0].Text != "the host could not be probed: the login runs no commands" {
				t.Errorf("%s: %+v", version, h)
			}
			host.Puma(0).Signal("USR2")
			await(t, c, "web1/puma", time.Minute, func(s collector.Snapshot) bool { return s.Restarts == 1 && s.State == collector.Serving })
			time.Sleep(time.Minute)
			if s := c.Fleet().Targets[0]; s.Restarts != 1 || s.State != collector.Serving || s.Phased.Evidence != "its configuration and its log are not seen" {
				t.Errorf("%s: %d restarts, %s, phased %+v", version, s.Restarts, s.State, s.Phased)
			}
		})
	}
}

// figuresAlone holds a target to what its figures tell, and to no more. From Puma 6 on they have the version.
func figuresAlone(t *testing.T, s collector.Snapshot, version string) {
	t.Helper()
	if !s.Unseen || len(s.Workers) != 3 || s.Load.Max != puma.Of(15) || !s.Load.InUse.Known || !s.Load.Backlog.Known || !s.Stats.Phase.Known {
		t.Errorf("%s: %+v", version, s)
	}
	if len(s.Releases()) != 0 || s.Load.Memory.Known || s.Facts().Unit.Name != "" || s.Phased.Answer != puma.Unknown || s.Facts().PID != 0 {
		t.Errorf("%s: more is told than can be known: %+v", version, s)
	}
	if knows := version == "8.0.2"; (s.Version() == version) != knows || (s.Facts().Version.String() == version) != knows {
		t.Errorf("%s: version %q, %q", version, s.Version(), s.Facts().Version)
	}
}

// TestNamedControlApps: what is named counts where the host shows nothing, and nowhere else.
func TestNamedControlApps(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name     string
		config   pumatest.Config
		mute     bool
		controls []collector.Control
		id       collector.TargetID
		state    collector.State
		unseen   bool
		stage    string
		reason   string
	}{
		{name: "beside a Puma that is found", controls: controlAt("puma", "", true), id: "web1/shop", state: collector.Serving},
		{name: "for a Puma without a control app", config: pumatest.Config{NoControl: true}, controls: []collector.Control{
			{App: "shop", Address: puma.Address{Network: puma.Unix, Name: "/run/other.sock"}}},
			id: "web1/shop", state: collector.NoControl, reason: "nothing listens on the control socket: /run/other.sock, and its workers are there"},
		{name: "at a socket that the probe does not find", controls: []collector.Control{
			{App: "other", Address: puma.Address{Network: puma.Unix, Name: "/run/other.sock"}}},
			id: "web1/other", state: collector.Unreachable, unseen: true, stage: "forward", reason: "no connection to /run/other.sock: open failed"},
		{name: "one that was found under another name", controls: controlAt("puma", "s3cret", false), id: "web1/shop", state: collector.Serving},
		{name: "with a wrong token", mute: true, controls: controlAt("shop", "wrong", false), id: "web1/shop", state: collector.NoControl, unseen: true,
			stage: "token", reason: "the control app refuses the token that was given"},
		{name: "without a token", mute: true, controls: controlAt("shop", "", false), id: "web1/shop", state: collector.NoControl, unseen: true,
			stage: "token", reason: "the control app wants a token and none was given"},
		{name: "nobody there", config: pumatest.Config{Stopped: true}, mute: true, controls: controlAt("shop", "s3cret", false), id: "web1/shop",
			state: collector.Unreachable, unseen: true, stage: "forward", reason: "no connection to /srv/shop/shared/tmp/sockets/pumactl.sock: open failed; " +
				"why cannot be asked, and there is no relay: the login runs no commands"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				fleet := oneShop(tc.config)
				fleet.Host("web1").RefuseCommands(tc.mute)
				c := collectNamed(t, fleet.Options(), nil, tc.controls, "web1")
				time.Sleep(time.Minute)
				s, ok := c.Fleet().Target(tc.id)
				if !ok || s.State != tc.state || s.Unseen != tc.unseen || s.Stage != tc.stage || s.Reason != tc.reason {
					t.Errorf("%s, unseen %v, stage %q: %q; %s", s.State, s.Unseen, s.Stage, s.Reason, s.Remedy)
				}
				if want := 1; tc.id != "web1/other" && len(c.Fleet().Targets) != want {
					t.Errorf("%d targets", len(c.Fleet().Targets))
				}
			})
		})
	}
}

// TestNamedAndFoundIsOneTarget: what the operator calls "puma" and the probe "shop" is one Puma, whichever is known first.
func TestNamedAndFoundIsOneTarget(t *testing.T) {
	t.Parallel()
	for _, fallback := range []bool{true, false} {
		t.Run(fmt.Sprintf("fallback %v", fallback), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				fleet := oneShop(pumatest.Config{})
				fleet.Host("web1").RefuseCommands(true)
				c := collectNamed(t, fleet.Options(), nil, controlAt("puma", "s3cret", fallback), "web1")
				await(t, c, "web1/puma", time.Minute, func(s collector.Snapshot) bool { return s.State == collector.Serving && s.Unseen })
				for _, refuses := range []bool{false, true} {
					fleet.Host("web1").RefuseCommands(refuses)
					time.Sleep(5 * time.Minute)
					if f := c.Fleet(); len(f.Targets) != 1 || f.Targets[0].ID != "web1/shop" || f.Targets[0].State != collector.Serving {
						t.Errorf("refuses commands %v: %d targets, %s %s", refuses, len(f.Targets), f.Targets[0].ID, f.Targets[0].State)
					}
				}
			})
		})
	}
}

// TestCommandsComeBack: a target that was named becomes one like any other when the host can be looked at.
func TestCommandsComeBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fleet := oneShop(pumatest.Config{})
		fleet.Host("web1").RefuseCommands(true)
		c := collectNamed(t, fleet.Options(), nil, controlAt("shop", "s3cret", true), "web1")
		await(t, c, "web1/shop", time.Minute, func(s collector.Snapshot) bool { return s.State == collector.Serving && s.Unseen })
		fleet.Host("web1").RefuseCommands(false)
		s := await(t, c, "web1/shop", time.Minute, func(s collector.Snapshot) bool {
			return s.State == collector.Serving && !s.Unseen && s.Load.Memory.Known
		})
		if s.Restarts != 0 || s.Phased.Answer != puma.Yes || len(s.Releases()) != 1 {
			t.Errorf("%d restarts, phased %+v, releases %v", s.Restarts, s.Phased, s.Releases())
		}
		fleet.Host("web1").RefuseCommands(true)
		time.Sleep(2 * time.Minute)
		if s := c.Fleet().Targets[0]; s.State != collector.Serving || s.Unseen {
			t.Errorf("%s, unseen %v: %s", s.State, s.Unseen, s.Reason)
		}
	})
}
