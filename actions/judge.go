package actions

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"pumatop/collector"
	"pumatop/collector/puma"
)

// verdict fills in what every verdict has.
func (t *Trial) verdict(word Word, summary string) Verdict {
	v := Verdict{
		Target: t.step.Target, Word: word, Action: t.step.Kind, Via: t.step.Via, Observed: t.step.Observed, At: t.now.At, Exit: word.Exit(), Summary: summary,
		PhaseBefore: t.before.Stats.Phase, PhaseAfter: t.fresh.Stats.Phase, ImageChanged: t.replaced() && t.kind != Start,
		Workers: t.replacements(),
		Release: Release{Before: t.before.Releases(), Current: t.now.Facts().Current},
		Cost: Cost{Seconds: t.now.At.Sub(t.asked).Seconds(), LowestCapacity: t.lowest, Of: t.expected,
			HighestQueue: t.queue, QueueBefore: waiting(t.before), Killed: t.killed},
		Evidence: slices.Clone(t.notes),
	}
	if !t.doneAt.IsZero() {
		v.Cost.Seconds = t.doneAt.Sub(t.asked).Seconds()
	}
	if t.now.Probed.After(t.asked) {
		v.Release.After = t.now.Releases()
		v.Release.Revision = revisions(t.now)
	}
	v.Cost.PerWorker = perWorker(v.Workers)
	if t.step.blind() { // the phase and the queue are figures of the control app
		v.PhaseBefore, v.PhaseAfter, v.Cost.HighestQueue = puma.Count{}, puma.Count{}, puma.Count{}
	}
	if t.log.fellBack != "" {
		v.Evidence = append(v.Evidence, "its log says: "+t.log.fellBack)
	}
	return v
}

// perWorker is the mean time that a replacement took.
func perWorker(workers []Replacement) float64 {
	sum, n := 0.0, 0
	for _, r := range workers {
		if r.Seconds > 0 {
			sum, n = sum+r.Seconds, n+1
		}
	}
	if n == 0 {
		return 0
	}
	return sum / float64(n)
}

// revisions are the distinct revisions that the workers run.
func revisions(s collector.Snapshot) string {
	var out []string
	for _, w := range s.Workers {
		if w.Revision != "" && !slices.Contains(out, w.Revision) {
			out = append(out, w.Revision)
		}
	}
	return strings.Join(out, " and ")
}

// replacements are the slots by index.
func (t *Trial) replacements() []Replacement {
	var out []Replacement
	for index, k := range t.slots {
		r := Replacement{Index: index, OldPID: k.old.PID, NewPID: k.pid}
		if k.pid != 0 && !k.lastSeen.IsZero() {
			r.Seconds = k.booted.Sub(k.drainFrom).Seconds()
		}
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b Replacement) int { return a.Index - b.Index })
	return out
}

// done judges a restart that has ended: was it the one that was asked, and does it run the code it should?
func (t *Trial) done() Verdict {
	v := t.verdict(Verified, "")
	v.Summary = t.doneWords(v)
	t.prove(&v)
	if !t.releasesRead() {
		v.Release.After = nil // a part of them would pass for all
	}
	if t.notAsAsked() {
		v.Word, v.Exit = RestartedInstead, RestartedInstead.Exit()
		v.Reason, v.Remedy = t.whyReplaced()
		return v
	}
	if old := t.oldReleases(); len(old) > 0 && t.kind.renews() {
		v.Word, v.Exit = OldCode, OldCode.Exit()
		v.Reason, v.Remedy = t.whyOld(old)
	}
	return v
}

// notAsAsked reports another image that what was asked does not account for. Where another container has taken the place,
// the request went with the one before.
func (t *Trial) notAsAsked() bool {
	if !t.replaced() {
		return false
	}
	if t.step.Observed {
		return t.kind != Restart && t.kind != Start || t.log.fellBack != "" || t.restarts > 0
	}
	return t.kind != Restart && t.kind != Start || t.elsewhere != "" || t.endedMeanwhile()
}

// whyReplaced tells a restart in full that Puma made of the request from a master that ended.
func (t *Trial) whyReplaced() (reason, remedy string) {
	if t.elsewhere != "" {
		return "another container has taken its place, " + t.elsewhere + ": what was asked went with the one before", "look whether a deploy was under way"
	}
	was, is := t.before.Facts().PID, t.now.Facts().PID
	if t.step.Observed && t.restarts > 0 && t.log.fellBack == "" {
		return endedAnd(t.now)
	}
	if !t.step.Observed && t.endedMeanwhile() {
		return t.whyEndedMeanwhile()
	}
	if t.restarts > 0 || was != 0 && is != 0 && was != is || t.now.Facts().Container.StartedAgain(t.before.Facts().Container) {
		return "the master ended and was started anew where " + t.askedWords() + " was asked", whyEnded(t.now)
	}
	if t.kind != Reload && !t.step.Observed {
		return "Puma restarted in full meanwhile: nobody asked that here", "its log says who else was at work"
	}
	return "Puma restarted in full where a phased restart was asked: every worker at once",
		restartedRemedy
}

const restartedRemedy = "preload_app! or single mode rules a phased restart out; from Puma 7 on preloading is the default of a cluster"

// askedWords name what was asked of Puma.
func (t *Trial) askedWords() string {
	switch t.step.Kind {
	case Reload:
		return "a phased restart"
	case Refork:
		return "a refork"
	case AddWorker, RemoveWorker:
		return "another number of workers"
	case Recycle:
		return "another worker"
	case Stop:
		return "its end"
	}
	return "a full restart"
}

// furtherRestarts is how many phased restarts or reforks more than ours the phase has counted. Who asked for them is not
// seen: under fork_worker Puma reforks by itself.
func (t *Trial) furtherRestarts(v Verdict) int64 {
	if t.kind == Start || t.replaced() || !v.PhaseBefore.Known || !v.PhaseAfter.Known {
		return 0
	}
	ours := int64(0)
	if t.raisesPhase() {
		ours = 1
	}
	return v.PhaseAfter.N - v.PhaseBefore.N - ours
}

// releasesRead reports whether the directory of every worker was read after the restart.
func (t *Trial) releasesRead() bool {
	s := t.now
	if len(s.Workers) == 0 || !s.Probed.After(t.doneAt) {
		return false
	}
	return !slices.ContainsFunc(s.Workers, func(w collector.Worker) bool { return w.Release == "" })
}

// oldReleases are what workers run that is not current, as far as it was read: one old worker is enough.
func (t *Trial) oldReleases() []string {
	current := t.now.Facts().Current
	if current == "" || !t.now.Probed.After(t.doneAt) {
		return nil
	}
	return slices.DeleteFunc(t.now.Releases(), func(r string) bool { return r == current })
}

func (t *Trial) whyOld(old []string) (reason, remedy string) {
	f := t.now.Facts()
	reason = fmt.Sprintf("workers run %s, current is %s", baseNames(old), path.Base(f.Current))
	moved := f.CurrentMoved.Add(-t.now.Offset)
	switch {
	case f.CurrentMoved.After(t.before.Facts().CurrentMoved) && moved.After(t.asked):
		return reason + fmt.Sprintf(": current moved during the restart, at %s", moved.Local().Format(time.TimeOnly)), "reload again"
	case f.CurrentLink != "" && f.ConfigPath != "":
		return reason + ": Puma goes back to the directory it was started with", fmt.Sprintf(
			"set directory %q in %s, as a string: a resolved path stays in the old release; then restart in full once", f.CurrentLink, f.ConfigPath)
	}
	return reason, "set directory to the current link in puma.rb, then restart in full once"
}

func (t *Trial) crashLoop() Verdict {
	boots := t.boots.Boots()
	since := boots.Since
	failed := t.failedBoots()
	if since.IsZero() {
		since = t.asked
	}
	who := fmt.Sprintf("worker %d", boots.Index)
	switch {
	case boots.Index < 0 && t.step.blind() && t.log.ended > 0:
		who = "a worker, as its log says"
	case boots.Index < 0:
		who = "the master"
	}
	serving := t.serving()
	v := t.verdict(CrashLoop, fmt.Sprintf("%s: at least %s in %s, none booted; capacity %s of %d since %s",
		who, plural(failed, "failed boot"), seconds(t.now.At.Sub(t.asked)), serving, t.expected, since.Local().Format(time.TimeOnly)))
	v.Evidence = append(v.Evidence, fmt.Sprintf("%s: %s seen since the request, none that succeeded", who, plural(failed, "failed boot")))
	v.Log = t.log.all()
	if e, ok := puma.FindBootError(v.Log); ok {
		v.Reason = bootWords(e)
	}
	v.Remedy = t.loopRemedy(serving)
	return v
}

// serving is how many workers serve at this moment: what the newest answer says while the control app answers, none
// without a process, else not known.
func (t *Trial) serving() puma.Count {
	switch {
	case t.step.blind() && t.step.UnderWay:
		return puma.Count{} // which of them had booted was not seen
	case t.now.Linked && t.now.Facts().PID == 0 && t.now.Probed.After(t.lastAnswer()):
		return puma.Of(0)
	case t.now.Linked && t.silent.IsZero() && t.fresh.ID != "":
		return puma.Of(t.fresh.Stats.Booted())
	}
	return puma.Count{}
}

func (t *Trial) loopRemedy(serving puma.Count) string {
	if !serving.Known {
		return "roll back or deploy a release that boots, then reload"
	}
	if serving.N == 0 {
		return "nothing serves: roll back or deploy a release that boots, then restart"
	}
	names := baseNames(t.before.Releases())
	if names == "" {
		names = "the code from before"
	}
	return fmt.Sprintf("the other workers still serve %s; roll back or deploy, then reload: Puma stays in the broken release until then", names)
}

func (t *Trial) notRunning() Verdict {
	u := t.now.Facts().Unit
	v := t.verdict(NotRunning, fmt.Sprintf("unit %s is %s (%s), no process", u.Name, u.Active, u.Result))
	v.Evidence = append(v.Evidence, t.lastSeen())
	v.Log = t.log.all()
	v.Remedy = "see its log; reload --or-restart starts it"
	return v
}

func (t *Trial) isStuck(why string) Verdict {
	done, wanted := t.Replaced()
	v := t.verdict(Stuck, fmt.Sprintf("%s; %d of %d workers replaced", why, done, wanted))
	v.Evidence = append(v.Evidence, t.lastSeen())
	v.Log = t.log.all()
	v.Remedy = "look at its log and at the process"
	if t.kind.renews() {
		v.Remedy += "; another reload begins the restart anew"
	}
	if !t.silent.IsZero() {
		v.Remedy = "look at the master: a hook or a stopped process keeps it from answering; where it stays so, restart its unit"
	}
	return v
}

// late is the verdict at the deadline.
func (t *Trial) late() Verdict {
	done, wanted := t.Replaced()
	if t.now.Linked && (t.silent.IsZero() || errors.Is(t.now.Err, collector.ErrNoListener)) {
		v := t.verdict(TimedOut, fmt.Sprintf("%d of %d workers replaced after %s: %s", done, wanted, seconds(t.now.At.Sub(t.asked)), t.Waiting()))
		v.Evidence = append(v.Evidence, t.lastSeen())
		v.Remedy = "what Puma has begun goes on: watch it"
		return v
	}
	v := t.verdict(Lost, fmt.Sprintf("no answer for %s: what became of it is not known", seconds(t.now.At.Sub(t.lastAnswer()))))
	v.Evidence = append(v.Evidence, t.lastSeen())
	v.Reason, v.Remedy = t.now.Reason, "do not ask again before it answers: the request has perhaps been carried out"
	return v
}

// unwatched is the verdict on a target that left the fleet while it was watched.
func (t *Trial) unwatched() Verdict {
	v := t.verdict(Lost, "what became of it is not known: "+collector.ErrUnwatched.Error())
	v.Evidence = append(v.Evidence, t.lastSeen())
	v.Remedy = "what Puma has begun goes on: look at it where it is reached now"
	return v
}

// lockedOut reports a control app that took our token and does not any more, on a host that does not show the new one: a
// token is made by the image of the master, so this one is another, or another Puma's.
func (t *Trial) lockedOut() bool {
	return t.now.Unseen && t.now.Linked && errors.Is(t.now.Err, puma.ErrForbidden)
}

// shutOut is the verdict on a target that can be seen no more.
func (t *Trial) shutOut() Verdict {
	t.note("the control app refuses the token that it took before the request")
	v := t.verdict(Lost, "another token is asked for there: it restarted in full and made a new one, or another Puma has the address; which is not seen")
	v.Evidence = append(v.Evidence, t.lastSeen())
	v.Remedy = "name the new token, and fix it for the next time: auth_token in activate_control_app"
	return v
}

func (t *Trial) lastAnswer() time.Time {
	if t.fresh.ID == "" {
		return t.asked
	}
	return t.fresh.Answered
}

// baseNames are the last parts of paths.
func baseNames(paths []string) string {
	names := make([]string, len(paths))
	for i, p := range paths {
		names[i] = path.Base(p)
	}
	return strings.Join(names, " and ")
}

// interrupted is the verdict of a trial that nobody waits for any longer.
func (t *Trial) interrupted() Verdict {
	done, wanted := t.Replaced()
	v := t.verdict(Interrupted, fmt.Sprintf("pumatop ended while it watched: %d of %d workers replaced so far", done, wanted))
	v.Remedy = "what Puma has begun goes on"
	return v
}

// bootWords is the application's own error in a line: message, class and place as far as the log has them.
func bootWords(e puma.BootError) string {
	if e.Message == "" && e.Class == "" {
		return "raised at " + e.Where + ", this Puma's log does not say what"
	}
	var parts []string
	for _, part := range []string{e.Message, e.Class, e.Where} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, " · ")
}

func plural(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
