package actions

import (
	"fmt"
	"time"

	"pumatop/collector"
	"pumatop/collector/puma"
)

// systemd's watchdog ends Puma, with every request, when it has not heard of it for WatchdogSec. Puma pings at every half of
// that while its master is up, and so in a drain too, but the first time only after a half; and READY after a full restart is
// no ping. So from the last ping of the image before to the first of the new one pass up to half of WatchdogSec, the boot, and
// half of WatchdogSec: a boot of a fifth of it is ended twice in five times, seconds after every worker has served (Puma 6.6
// and 8.0, systemd 257; puma#3329). A start by systemd is another matter: its watchdog waits for READY and counts that.

// watched reports whether systemd's watchdog counts during a full restart of a master that loads the application itself.
func watched(via Via, s collector.Snapshot) bool {
	return s.Facts().Unit.Watchdog > 0 && via != ViaSystemd && s.Phased.Answer != puma.Yes
}

// watchdogObstacle refuses a full restart that the watchdog would end whenever it began.
func watchdogObstacle(via Via, s collector.Snapshot) obstacle {
	u := s.Facts().Unit
	if !watched(via, s) || u.BootTime < u.Watchdog/2 {
		return obstacle{}
	}
	return obstacle{fmt.Sprintf("WatchdogSec of unit %s is %s, its last boot took %s, and Puma pings only %s after that: systemd would kill it in a full restart",
		u.Name, u.Watchdog, tenths(u.BootTime), u.Watchdog/2), "use --via systemd, whose watchdog waits for the boot, or raise WatchdogSec", ExitUnhealthy}
}

// rarely is the part of full restarts, in percent, that may end so without a word before.
const rarely = 5

// watchdogWarning says how many full restarts the watchdog ends: those that begin too long after a ping.
func watchdogWarning(via Via, s collector.Snapshot) []string {
	u := s.Facts().Unit
	if !watched(via, s) {
		return nil
	}
	percent := 200 * u.BootTime / u.Watchdog
	if percent < rarely {
		return nil
	}
	return []string{fmt.Sprintf("systemd's watchdog would kill it in %d of 100 full restarts: its last boot took %s, and WatchdogSec is %s; not with --via systemd",
		percent, tenths(u.BootTime), u.Watchdog)}
}

func tenths(d time.Duration) time.Duration { return d.Round(100 * time.Millisecond) }

// threatened reports that systemd's watchdog may yet end the new image, though every worker serves: the time since the last
// ping may run out before its first. Systems that do not say when that was are waited for.
func (t *Trial) threatened() bool {
	u := t.now.Facts().Unit
	if u.Watchdog == 0 || !t.replaced() || t.outlived() {
		return false
	}
	return u.Quiet == 0 || !t.now.Probed.Add(u.Watchdog-u.Quiet).After(t.firstPing())
}

// outlived reports that the new image answered when it was due to have pinged.
func (t *Trial) outlived() bool {
	return t.now.Facts().Unit.Watchdog > 0 && t.replaced() && t.fresh.Answered.After(t.firstPing())
}

// served notes that the new image was seen whole, and how often it had been started by then.
func (t *Trial) served() {
	if !t.whole && t.replaced() && t.doneFor >= 2 && t.now.Probed.After(t.doneAt) {
		t.whole, t.startedThen = true, t.restarts
	}
}

// endedAgain reports that what was restarted served, ended, and was started anew by who keeps it.
func (t *Trial) endedAgain() bool {
	return t.kind == Restart && (t.third && t.restarts > 0 || t.whole && t.restarts > t.startedThen)
}

// whyEndedAgain is where to look, and at what first.
func (t *Trial) whyEndedAgain() string {
	u := t.now.Facts().Unit
	if u.Watchdog == 0 {
		return whyEnded(t.now)
	}
	return fmt.Sprintf("its unit's log says whether that was the watchdog (WatchdogSec %s): --via systemd restarts without that danger", u.Watchdog)
}

// lateness is by how much a busy host may put a ping off: a tenth of WatchdogSec, and seconds at most.
func lateness(watchdog time.Duration) time.Duration { return min(watchdog/10, 5*time.Second) }

// firstPing is until when the new image has pinged, if it has not been ended: its master was up when it first answered.
func (t *Trial) firstPing() time.Time {
	up := t.up
	if up.IsZero() {
		up = t.doneAt
	}
	watchdog := t.now.Facts().Unit.Watchdog
	return up.Add(watchdog/2 + lateness(watchdog))
}
