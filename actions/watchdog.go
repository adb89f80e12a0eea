package actions

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"pumatop/collector"
	"pumatop/collector/puma"
)

// systemd's watchdog ends Puma, with every request, when it has not heard of it for WatchdogSec. Puma pings at every half of
// that while its master is up, and so in a drain too, but the first time only after a half; and READY after a full restart is
// no ping. So from the last ping of the image before to the first of the new one pass up to half of WatchdogSec, the boot, and
// half of WatchdogSec: a boot of a fifth of it is ended twice in five times, seconds after every worker has served (seen with
// Puma 6.6 and systemd 257; puma#3329). A start by systemd is another matter: its watchdog waits for READY and counts that.

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
	percent := min(200*u.BootTime/u.Watchdog, 100) // the start took the boot of workers too
	if percent < rarely {
		return nil
	}
	return []string{fmt.Sprintf("systemd's watchdog would kill it in up to %d of 100 full restarts: its last boot took %s, and WatchdogSec is %s; not with --via systemd",
		percent, tenths(u.BootTime), u.Watchdog)}
}

func tenths(d time.Duration) time.Duration { return d.Round(100 * time.Millisecond) }

// threatened reports that systemd's watchdog may yet end the new image, though every worker serves.
func (t *Trial) threatened() bool {
	return t.replaced() && mayBeEnded(t.now, t.watchdog(), t.upBy(), t.fresh.Answered)
}

// awaitsPing reports a restart that is done and read, and of which only systemd's watchdog may make another: it is a matter of
// half of WatchdogSec, whatever the deadline is.
func (t *Trial) awaitsPing() bool {
	return t.doneFor >= 2 && t.read() && t.threatened()
}

// outlived reports that the new image answered when it was due to have pinged.
func (t *Trial) outlived() bool {
	return t.replaced() && t.watchdog() > 0 && t.fresh.Answered.After(firstPing(t.watchdog(), t.upBy()))
}

// watchdog is WatchdogSec. A look that the unit's manager did not answer says nothing of it.
func (t *Trial) watchdog() time.Duration {
	return cmp.Or(t.now.Facts().Unit.Watchdog, t.before.Facts().Unit.Watchdog)
}

// upBy is when the new image was up at the latest: its master is before it answers.
func (t *Trial) upBy() time.Time {
	if t.imageUp.IsZero() {
		return t.doneAt
	}
	return t.imageUp
}

// mayBeEnded reports that the time since the last ping may run out before the first of an image that was up at the latest at up,
// and that was last seen at seen. A system that does not say when the last ping was is waited for.
func mayBeEnded(s collector.Snapshot, watchdog time.Duration, up, seen time.Time) bool {
	first := firstPing(watchdog, up)
	if watchdog <= 0 || seen.After(first) {
		return false
	}
	quiet := s.Facts().Unit.Quiet
	return quiet == 0 || !s.Probed.Add(watchdog-quiet).After(first)
}

// firstPing is until when an image has pinged that was up at the latest at up, if it was not ended.
func firstPing(watchdog time.Duration, up time.Time) time.Time {
	return up.Add(watchdog/2 + lateness(watchdog))
}

// lateness is by how much a busy host may put a ping off: a tenth of WatchdogSec, between one second and five.
func lateness(watchdog time.Duration) time.Duration {
	return min(max(watchdog/10, time.Second), 5*time.Second)
}

// served notes that the new image was seen whole, and how often it had been started by then.
func (t *Trial) served() {
	if !t.imageServed && t.replaced() && t.doneFor >= 2 && t.now.Probed.After(t.doneAt) {
		t.imageServed, t.restartsThen = true, t.restarts
	}
}

// endedMeanwhile reports that the master ended in a full restart that Puma makes of itself, and was started anew.
func (t *Trial) endedMeanwhile() bool {
	return t.kind == Restart && (t.endedAgain() || t.otherProcess())
}

// endedAgain reports it of an image that had answered.
func (t *Trial) endedAgain() bool {
	return t.furtherImage && (t.restarts > 0 || t.otherProcess()) || t.imageServed && t.restarts > t.restartsThen
}

// otherProcess reports that the master is another process than the one that was asked to execute itself anew. Which that was is
// known where the look before the request was at the image that answered then, and not at one from before it.
func (t *Trial) otherProcess() bool {
	was, is := t.before.Facts(), t.now.Facts()
	if t.step.Via == ViaSystemd || was.Container.ID != "" || was.PID == 0 || is.PID == 0 || !t.now.Probed.After(t.asked) {
		return false
	}
	since := t.before.Stats.StartedAt
	looked := t.before.Probed.Add(t.before.Offset)
	current := !since.IsZero() && looked.After(since.Add(2*time.Second)) || t.step.blind() && !t.looped
	return current && is.PID != was.PID
}

// whyEndedMeanwhile tells of it, and where to look.
func (t *Trial) whyEndedMeanwhile() (reason, remedy string) {
	reason = "the master ended and was started anew where " + t.askedWords() + " was asked"
	if t.endedAgain() {
		reason = "it answered, then " + reason
	}
	u := t.now.Facts().Unit
	switch {
	case t.watchdog() == 0:
		return reason, whyEnded(t.now)
	case strings.HasPrefix(u.Type, "notify"):
		return reason, fmt.Sprintf("its unit's log says whether that was the watchdog (WatchdogSec %s): --via systemd restarts without that danger", t.watchdog())
	}
	return reason, fmt.Sprintf("its unit's log says whether that was the watchdog (WatchdogSec %s): raise it, or make the unit Type=notify", t.watchdog())
}

// threatened reports the same of a restart that is over: its workers were forked when the master was up.
func (w *waiter) threatened(s collector.Snapshot, seen time.Time) bool {
	up := w.agreedAt
	if forked := oldestStart(s); s.Stats.Mode == puma.Cluster && !forked.IsZero() {
		if by := forked.Add(2*time.Second - s.Offset); by.Before(up) { // a second for each of the two clocks
			up = by
		}
	}
	return mayBeEnded(s, s.Facts().Unit.Watchdog, up, seen)
}
