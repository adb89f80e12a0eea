package actions

import (
	"fmt"
	"slices"
	"strings"

	"pumatop/collector"
	"pumatop/collector/probe"
	"pumatop/collector/puma"
)

// roads are the ways that can carry an action, the best first. A signal comes last where systemd knows more of the
// process, and first where systemd would only pass it on.
func roads(k Kind) []Via {
	switch k {
	case Start:
		return []Via{ViaSystemd}
	case Refork:
		return []Via{ViaControl, ViaSignal, ViaSystemd}
	case AddWorker, RemoveWorker:
		return []Via{ViaSignal, ViaSystemd}
	case Recycle:
		return []Via{ViaSignal}
	case Collect:
		return []Via{ViaControl}
	case Stop: // systemd starts again what it was not asked to stop
		return []Via{ViaSystemd, ViaControl, ViaSignal}
	}
	return []Via{ViaControl, ViaSystemd, ViaSignal}
}

// obstacle is why a way is closed. The zero value is an open way.
type obstacle struct {
	reason, remedy string
	exit           int
}

func (o obstacle) closed() bool { return o.reason != "" }

// wayTo is the first open way of an action to a target, or why there is none.
func wayTo(k Kind, only Via, s collector.Snapshot) (Via, obstacle) {
	var first obstacle
	for _, via := range roads(k) {
		if only != AnyWay && only != via {
			continue
		}
		o := obstacleOn(via, k, s)
		if !o.closed() {
			return via, obstacle{}
		}
		if !first.closed() || o.exit > first.exit {
			first = o
		}
	}
	if !first.closed() {
		return AnyWay, obstacle{fmt.Sprintf("there is no way to %s through %s", k, only), "leave --via out", ExitUnhealthy}
	}
	return AnyWay, first
}

func obstacleOn(via Via, k Kind, s collector.Snapshot) obstacle {
	if s.Unseen && via != ViaControl {
		return unseenObstacle
	}
	switch via {
	case ViaControl:
		return controlObstacle(k, s)
	case ViaSystemd:
		return systemdObstacle(k, s)
	case ViaSignal:
		return signalObstacle(s)
	case AnyWay:
	}
	return obstacle{}
}

func controlObstacle(k Kind, s collector.Snapshot) obstacle {
	switch {
	case s.State == collector.NoControl:
		return obstacle{"no control app to ask: " + s.Reason, s.Remedy, ExitUnhealthy}
	case s.Facts().Settings.Control.DataOnly:
		return obstacle{"its control app is data_only: it answers figures and takes no commands", "use --via systemd", ExitUnhealthy}
	case k == Refork && !controlReforks(s.Facts().Version):
		return obstacle{"the control app of Puma " + s.Version() + " has no refork", "send URG to the master", ExitUnhealthy}
	}
	return obstacle{}
}

// controlReforks reports whether the control app of a version has /refork: it was lost in 5.0.3 and is back in 5.6.5.
func controlReforks(v puma.Version) bool {
	return v.AtLeast(5, 6, 5) || v.AtLeast(5, 0, 0) && !v.AtLeast(5, 0, 3)
}

func systemdObstacle(k Kind, s collector.Snapshot) obstacle {
	u := s.Facts().Unit
	switch {
	case s.Facts().Container.ID != "":
		return obstacle{"it runs in container " + s.Facts().Container.Short() + ", which systemd does not know", "leave --via out", ExitUnhealthy}
	case u.Name == "":
		return obstacle{"no systemd unit is known for it", "", ExitUnhealthy}
	case u.Scope == probe.UserScope && s.Facts().PID != 0 && !s.Facts().MaySignal:
		return obstacle{"its unit belongs to the user manager of " + s.Facts().User, "log in as " + s.Facts().User, ExitUnhealthy}
	case wrapped(s) && (k == Reload || verbOf(k) == ""):
		return obstacle{fmt.Sprintf("the main process of unit %s is %d, a wrapper: its signals do not reach Puma, which is %d", u.Name, u.MainPID, s.Facts().PID),
			"let ExecStart exec Puma", ExitUnhealthy}
	case k != Reload:
		return obstacle{}
	}
	switch readExecReload(u) {
	case reloadMissing:
		return obstacle{"unit " + u.Name + " has no ExecReload: systemd cannot reload it",
			"add ExecReload=/bin/kill -USR1 $MAINPID to [Service], then systemctl daemon-reload", ExitUnhealthy}
	case reloadFreezes:
		return obstacle{"ExecReload of unit " + u.Name + " reloads nothing, and may freeze Puma: " + u.ExecReload,
			"make it ExecReload=/bin/kill -USR1 $MAINPID, then systemctl daemon-reload", ExitUnhealthy}
	case reloadStops:
		return obstacle{"ExecReload of unit " + u.Name + " may stop Puma: " + u.ExecReload,
			"make it ExecReload=/bin/kill -USR1 $MAINPID, then systemctl daemon-reload", ExitUnhealthy}
	case reloadsFull:
		return obstacle{"ExecReload of unit " + u.Name + " restarts in full: " + u.ExecReload,
			"make it ExecReload=/bin/kill -USR1 $MAINPID, or accept a full restart with --or-restart", ExitNotPhased}
	case reloadsPhased, reloadUnread:
	}
	return obstacle{}
}

// wrapped reports a unit whose main process is not Puma's master but what started it.
func wrapped(s collector.Snapshot) bool {
	u := s.Facts().Unit
	return s.Facts().PID != 0 && u.MainPID != 0 && u.MainPID != s.Facts().PID
}

// unseenObstacle is in the way of all that goes past the control app of a target that the host does not show.
var unseenObstacle = obstacle{"neither its unit nor its process is seen", "use a login that may run commands and sees them", ExitUnhealthy}

func signalObstacle(s collector.Snapshot) obstacle {
	switch {
	case s.Facts().PID == 0:
		return obstacle{"no process is known to send a signal to", "", ExitUnhealthy}
	case !s.Facts().MaySignal:
		return obstacle{fmt.Sprintf("process %d belongs to %s: this login may not signal it", s.Facts().PID, s.Facts().User),
			"log in as " + s.Facts().User, ExitUnhealthy}
	}
	return obstacle{}
}

// reloading is what `systemctl reload` of a unit makes of its Puma.
type reloading uint8

const (
	reloadUnread  reloading = iota // a command that is not known here
	reloadMissing                  // no ExecReload
	reloadsPhased                  // USR1
	reloadsFull                    // USR2
	reloadFreezes                  // TSTP, which units of capistrano3-puma 5.0 have and systemd's Pumas ignore, or STOP
	reloadStops                    // HUP, which Puma takes for the end where stdout_redirect is not set, or TERM
)

// readExecReload reads the signal that a unit's ExecReload sends, or the command of its pumactl.
func readExecReload(u probe.Unit) reloading {
	words := strings.FieldsFunc(u.ExecReload, func(r rune) bool { return strings.ContainsRune(" \t\"'=;", r) })
	for i, word := range words {
		name := strings.TrimPrefix(strings.TrimLeft(word, "-"), "SIG")
		asSignal := strings.HasPrefix(word, "-") || i > 0 && slices.Contains([]string{"-s", "--signal"}, words[i-1])
		if is, known := signalReloads[name]; known && asSignal {
			return is
		}
		switch word {
		case "phased-restart":
			return reloadsPhased
		case "restart", "hot-restart":
			return reloadsFull
		}
	}
	if u.ExecReload == "" {
		return reloadMissing
	}
	return reloadUnread
}

// signalReloads is what each signal does to a master, by its name and by its number on Linux.
var signalReloads = map[string]reloading{
	"USR1": reloadsPhased, "10": reloadsPhased, "USR2": reloadsFull, "12": reloadsFull,
	"TSTP": reloadFreezes, "20": reloadFreezes, "STOP": reloadFreezes, "19": reloadFreezes,
	"HUP": reloadStops, "1": reloadStops, "TERM": reloadStops, "15": reloadStops, "INT": reloadStops, "2": reloadStops,
}

// unitWarnings are what the unit has in store for an action, or for whoever uses systemctl beside it.
func unitWarnings(k Kind, via Via, s collector.Snapshot) []string {
	u := s.Facts().Unit
	if u.Name == "" {
		return nil
	}
	var out []string
	if k == Reload || k == Restart {
		out = reloadWarnings(k, via, s)
	}
	if u.Scope == probe.UserScope && u.Lingering == puma.No {
		owner := s.Facts().User
		if owner == "" {
			owner = "its user"
		}
		out = append(out, fmt.Sprintf("lingering is off for %s: the unit stops with the last session; loginctl enable-linger %s", owner, owner))
	}
	return out
}

// reloadWarnings are what `systemctl reload` would do to a target, by us or by somebody else.
func reloadWarnings(k Kind, via Via, s collector.Snapshot) []string {
	u := s.Facts().Unit
	switch readExecReload(u) {
	case reloadMissing:
		if via != ViaSystemd && s.Facts().PID != 0 {
			return []string{"unit " + u.Name + " has no ExecReload: systemctl reload would be refused"}
		}
	case reloadFreezes:
		return []string{"systemctl reload of " + u.Name + " reloads nothing, and may freeze Puma: its ExecReload is " + u.ExecReload}
	case reloadStops:
		return []string{"systemctl reload of " + u.Name + " may stop Puma: its ExecReload is " + u.ExecReload}
	case reloadUnread:
		if via == ViaSystemd && k == Reload {
			return []string{"what its ExecReload does is not known: " + u.ExecReload}
		}
	case reloadsPhased, reloadsFull:
	}
	return nil
}
