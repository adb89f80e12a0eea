package main

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"pumatop/collector"
	"pumatop/collector/cause"
	"pumatop/collector/clean"
	"pumatop/collector/doctor"
	"pumatop/collector/inventory"
	"pumatop/collector/puma"
	"pumatop/tui"
)

const (
	// examinedAtOnce is how many hosts are read at a time.
	examinedAtOnce = 16
	// hostReadTime is how long one host may take to be read.
	hostReadTime = 30 * time.Second
)

// examiner has hosts read for the doctor, each once, and lets the doctor judge. It changes nothing anywhere.
type examiner struct {
	hosts interface {
		RunOn(ctx context.Context, id collector.TargetID, script string) ([]byte, error)
	}
	checks []doctor.Check
	// project is the application's directory of this machine; nil for none.
	project *doctor.Project
}

// examine looks at some targets of a fleet. The others are what they are compared with.
func (e examiner) examine(ctx context.Context, fleet []*collector.Snapshot, of []collector.TargetID) doctor.Report {
	all := make([]*doctor.Target, len(fleet))
	byHost := map[string][]int{}
	for i, s := range fleet {
		all[i] = patient(s)
		if slices.Contains(of, s.ID) {
			byHost[s.Host] = append(byHost[s.Host], i)
		}
	}
	var wg sync.WaitGroup
	places := make(chan struct{}, examinedAtOnce)
	for _, indexes := range byHost {
		wg.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			host, silent := e.read(ctx, fleet, indexes)
			for _, i := range indexes {
				all[i].Host, all[i].Silent = host, silent
			}
		})
	}
	wg.Wait()
	var examined []*doctor.Target
	for i, s := range fleet {
		for j, other := range fleet {
			if i != j && related(s, other) {
				all[i].Peers = append(all[i].Peers, all[j])
			}
		}
		if slices.Contains(of, s.ID) {
			examined = append(examined, all[i])
		}
	}
	slices.SortFunc(examined, func(a, b *doctor.Target) int { return inventory.Natural(a.Name, b.Name) })
	own, deploy := split(e.checks)
	report := doctor.Examine(own, examined)
	if e.project != nil {
		application := &doctor.Target{Name: projectName(e.project), Project: e.project, Peers: all}
		report = report.With(doctor.Examine(deploy, []*doctor.Target{application}))
	}
	return report
}

// split tells the checks of targets from those of the application's own directory.
func split(checks []doctor.Check) (own, deploy []doctor.Check) {
	for _, c := range checks {
		if c.Area() == "capistrano" {
			deploy = append(deploy, c)
		} else {
			own = append(own, c)
		}
	}
	return own, deploy
}

// projectName is what an application's directory is called among the targets.
func projectName(p *doctor.Project) string { return "project:" + filepath.Base(p.Dir) }

// openDirectoryError is returned for a directory that everybody may write in: what lies there is nobody's.
type openDirectoryError struct{ dir string }

func (e *openDirectoryError) Error() string {
	return "everybody may write in " + clean.Line(e.dir) + ", so that what lies there may be anybody's"
}

// Remedy says how it becomes somebody's.
func (e *openDirectoryError) Remedy() string {
	return "close it: chmod o-w " + shellQuote(clean.Line(e.dir))
}

// localProject is the application in a directory; nil where Capistrano has no files there. Its error is an
// [openDirectoryError] for a directory that is not read.
func localProject(dir, stage string) (*doctor.Project, error) {
	named, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	files, err := openProject(dir)
	if err != nil {
		return nil, err
	}
	defer files.Close()
	switch info, err := files.Stat("."); {
	case err != nil:
		return nil, err
	case info.Mode()&0o002 != 0:
		return nil, &openDirectoryError{named}
	}
	p := doctor.LocalProject(files, named)
	if p != nil {
		p.Stage = stage
	}
	return p, nil
}

// patient is a target as the doctor sees it.
func patient(s *collector.Snapshot) *doctor.Target {
	t := &doctor.Target{Name: string(s.ID), Machine: s.Host, Groups: s.Groups, Puma: *s.Facts(), Stats: s.Stats, Failing: cause.Text(s.Err)}
	if s.Phased.Answer != "" {
		t.Puma.Phased = s.Phased
	}
	if t.Failing == "" && s.Answered.IsZero() {
		t.Failing = s.Reason
	}
	return t
}

// related reports whether two targets are meant to be alike: of one group, or of none and with one name.
func related(a, b *collector.Snapshot) bool {
	if len(a.Groups) == 0 && len(b.Groups) == 0 {
		return a.App == b.App
	}
	return slices.ContainsFunc(a.Groups, func(g string) bool { return slices.Contains(b.Groups, g) })
}

// read asks one host; silent is why it says nothing.
func (e examiner) read(ctx context.Context, fleet []*collector.Snapshot, of []int) (h *doctor.Host, silent string) {
	var reading doctor.Reading
	forwarded := doctor.Evidence{}
	for _, i := range of {
		s := fleet[i]
		switch p := s.Facts(); {
		case p.PID > 0 && !s.Unseen:
			reading.Pumas = append(reading.Pumas, *p)
		case p.Unit.Name != "":
			reading.Idle = append(reading.Idle, p.Unit)
		}
		if !s.Answered.IsZero() && s.Facts().Control.Network == puma.Unix {
			forwarded = doctor.Evidence{Command: "GET /stats", Text: "answered through " + s.Facts().Control.String()}
		}
	}
	ctx, cancel := context.WithTimeout(ctx, hostReadTime)
	defer cancel()
	asked := time.Now()
	out, err := e.hosts.RunOn(ctx, fleet[of[0]].ID, reading.Script())
	answered := time.Now()
	if err == nil {
		h, err = doctor.ParseHost(out)
	}
	switch {
	case errors.Is(err, collector.ErrNotConnected):
		return nil, "the host is not connected: " + fleet[of[0]].Reason
	case err != nil:
		return nil, "the host was not read: " + cause.Text(err)
	}
	h.Between(asked, answered)
	if forwarded.Text != "" {
		h.May["forward"] = doctor.Permit{Allowed: puma.Yes, Evidence: forwarded}
	} else if i := slices.IndexFunc(of, func(i int) bool { return fleet[i].Stage == string(cause.Forward) }); i >= 0 {
		h.May["forward"] = doctor.Permit{Allowed: puma.No, Evidence: doctor.Evidence{Command: "ssh -L", Text: fleet[of[i]].Reason}}
	}
	return h, ""
}

// doctor examines for the screen. The application in the working directory is read each time, where it is ours: the
// simulated hosts of the demo are not deployed from it.
func (s *session) doctor(ours bool, stage string) tui.Doctor {
	return func(ctx context.Context, of []collector.TargetID) (doctor.Report, time.Time) {
		e := examiner{hosts: s.collector, checks: doctor.Checks()}
		if ours {
			e.project, _ = localProject(".", stage) // without one there is nothing to say of deploys
		}
		return e.examine(ctx, s.collector.Fleet().Targets, of), time.Now()
	}
}
