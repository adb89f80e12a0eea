package tui

import (
	"context"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"pumatop/actions"
	"pumatop/collector"
	"pumatop/collector/doctor"
)

// sampleReport is what a doctor may say of the hand-made fleet.
func sampleReport() doctor.Report {
	const shop = "/srv/shop/shared/config/puma.rb"
	r := doctor.Report{Findings: []doctor.Finding{
		{ID: "puma.preload", Severity: doctor.Blocks, Targets: []string{"web5/puma"}, Says: "preload_app! is on",
			Evidence:    []doctor.Evidence{{File: shop, Line: 7, Text: "preload_app!"}},
			Consequence: "Puma restarts in full where a phased restart is asked for.",
			Remedy:      "# " + shop + ", line 7, instead of\n#   preload_app!\npreload_app! false\n", Link: "https://github.com/puma/puma/blob/master/docs/restart.md"},
		{ID: "nginx.fail-timeout", Severity: doctor.Risks, Targets: []string{"web1/puma", "web2/puma"}, Says: "fail_timeout is 10 s by default for the only server of shop",
			Evidence:    []doctor.Evidence{{File: "/etc/nginx/sites-enabled/shop", Line: 2, Text: "server unix:/srv/shop/shared/tmp/sockets/puma.sock;"}},
			Consequence: "One refused connection, and nginx answers 502 for ten seconds.",
			Remedy:      "server unix:/srv/shop/shared/tmp/sockets/puma.sock fail_timeout=0;\n", Link: "https://nginx.org/en/docs/http/ngx_http_upstream_module.html"},
		{ID: "nginx.fail-timeout", Severity: doctor.Risks, Targets: []string{"web4/admin"}, Says: "fail_timeout is 10 s by default for the only server of admin",
			Consequence: "One refused connection, and nginx answers 502 for ten seconds.", Remedy: "server unix:/srv/admin/shared/tmp/sockets/puma.sock fail_timeout=0;\n",
			Link: "https://nginx.org/en/docs/http/ngx_http_upstream_module.html"},
		{ID: "puma.socket-mode", Severity: doctor.Security, Targets: []string{"web1/puma", "web2/puma", "web5/puma"}, Says: "every user of the host may connect to the control socket",
			Evidence:    []doctor.Evidence{{Command: "ls -l /srv/shop/shared/tmp/sockets/pumactl.sock", Text: "srwxrwxrwx deploy deploy"}},
			Consequence: "Every user of the host may stop Puma.", Remedy: "umask=0117\n", Link: "https://puma.io/"},
	}}
	for _, target := range []string{"web1/puma", "web2/puma", "web4/admin", "web5/puma", "web6/puma"} {
		for _, id := range []string{"puma.preload", "nginx.fail-timeout", "puma.socket-mode", "systemd.inactive"} {
			c := doctor.Checked{ID: id, Target: target, Result: doctor.OK}
			if target == "web6/puma" {
				c.Result, c.Reason = doctor.Unknown, "the host runs no commands for us: exit status 1"
			}
			r.Checks = append(r.Checks, c)
		}
	}
	return r
}

// examined gives the screen a doctor who has said all that.
func examined(o *Options) {
	o.Doctor = func(context.Context, []collector.TargetID) (doctor.Report, time.Time) { return sampleReport(), noon }
}

// openedDoctor opens the screen on what was found 12 seconds ago.
func (s *screen) openedDoctor() {
	s.press("d")
	var of []collector.TargetID
	for _, t := range s.fleet.latest.Targets {
		of = append(of, t.ID)
	}
	s.send(examinedMsg{s.doctor.number, of, sampleReport(), noon.Add(-12 * time.Second)})
}

func doctorScenes() []scene {
	return []scene{
		{name: "doctor", fleet: production(), opts: examined, play: func(s *screen) { s.openedDoctor(); s.press("j") }},
		{name: "doctor-finding", fleet: production(), opts: examined, play: func(s *screen) { s.openedDoctor(); s.press("j", "enter") }},
		{name: "doctor-unknown", fleet: production(), opts: examined, play: func(s *screen) { s.openedDoctor(); s.press("G", "k") }},
		{name: "doctor-waits", fleet: production(), opts: examined, play: func(s *screen) { s.press("d") }},
		{name: "doctor-target", fleet: production(), opts: examined, play: func(s *screen) {
			s.openedDoctor()
			s.press("esc", "G", "enter", "d")
		}},
		{name: "sheet-doctor", fleet: production(), opts: examined, play: func(s *screen) {
			s.openedDoctor()
			s.press("esc")
			s.openReload(sheetOfTwo())
		}},
	}
}

// TestDoctorFlow goes through the screen as a person does.
func TestDoctorFlow(t *testing.T) {
	t.Parallel()
	var asked [][]collector.TargetID
	s := newScreen(t, 120, 40, production(), func(o *Options) {
		o.Doctor = func(_ context.Context, of []collector.TargetID) (doctor.Report, time.Time) {
			asked = append(asked, of)
			return sampleReport(), noon
		}
	})
	s.send(s.press("d")())
	if len(asked) != 1 || len(asked[0]) != len(s.fleet.latest.Targets) || s.screen != doctorScreen {
		t.Fatalf("d examines %v", asked)
	}
	if what, text := s.copied(); what != "the remedy of puma.preload" || !strings.HasSuffix(text, "preload_app! false\n") {
		t.Errorf("y copies %q: %q", what, text)
	}
	s.press("j")
	if _, text := s.copied(); !strings.HasPrefix(text, "# on web1/puma, web2/puma\nserver unix:/srv/shop/") || !strings.Contains(text, "\n\n# on web4/admin\nserver unix:/srv/admin/") {
		t.Errorf("y copies %q", text)
	}
	s.leavesAndReturns(t)
}

// leavesAndReturns opens a finding, leaves the screen and comes back.
func (s *screen) leavesAndReturns(t *testing.T) {
	t.Helper()
	s.press("enter")
	if !s.doctor.opened {
		t.Error("enter does not open the finding")
	}
	if s.press("esc"); s.doctor.opened || s.screen != doctorScreen {
		t.Error("esc does not close it")
	}
	if s.press("esc"); s.screen != fleetScreen {
		t.Error("another esc does not lead back")
	}
	if cmd := s.press("d"); cmd != nil {
		t.Error("what is known is examined again")
	}
	if cmd := s.press("f5"); cmd == nil || s.doctor.busy.IsZero() {
		t.Error("F5 does not examine again")
	}
	if s.press("f5"); s.doctor.number != 3 {
		t.Errorf("F5 begins examination %d while one is under way", s.doctor.number)
	}
	s.send(examinedMsg{number: 1, report: doctor.Report{}})
	if s.doctor.busy.IsZero() {
		t.Error("an examination that nobody waits for ends the one that is under way")
	}
}

// TestSheetNamesFindings: those that bear on its targets, the worst first, and none for what restarts nothing.
func TestSheetNamesFindings(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40, production(), examined)
	s.openedDoctor()
	of := s.newest("web1/puma", "web5/puma")
	list, more, at := s.bearing(actions.Reload, of)
	if len(list) != 2 || list[0].ID != "puma.preload" || list[1].ID != "nginx.fail-timeout" || len(list[1].Targets) != 1 || more != 0 || !at.Equal(noon.Add(-12*time.Second)) {
		t.Errorf("a reload of %d targets has %+v and %d more of %s", len(of), list, more, at)
	}
	if list, _, _ := s.bearing(actions.AddWorker, of); list != nil {
		t.Errorf("one worker more has %+v", list)
	}
	if list, _, _ := s.bearing(actions.Reload, s.newest("web6/puma")); list != nil {
		t.Errorf("a target of which nothing was found has %+v", list)
	}
}

// TestNoDoctor: where there is none there is no key.
func TestNoDoctor(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40, production())
	if s.send(tea.KeyPressMsg{Code: 'd', Text: "d"}); s.screen != fleetScreen {
		t.Error("d opens a screen without a doctor")
	}
}
