// Package actions does things to Pumas and tells what became of them.
//
// Said is not done. Puma answers 200 to a phased restart that it carries out as a full one, raises its phase before
// a single worker is replaced, and lists no old worker before the last new one has booted. So an action has three
// parts that do not trust each other: [NewPlan] says from snapshots what Puma will do, [Runner] sends one request
// right after a fresh answer that agrees with the plan, and [Trial] judges every snapshot from then on. The answer to
// the request is evidence like any other and decides nothing.
//
// A verdict is reached by observation alone. The first that holds:
//
//   - crash-loop: two boots failed at one index, or of the master, with none between; or one that the log explains.
//   - not-running: the unit is down, and no failed boot was seen.
//   - restarted-instead: another image of the master where a phased restart was asked, once it is booted.
//   - old-code: done, but a worker's directory is not what `current` points to.
//   - verified: done, in two polls with the same pids, and the releases read again after that.
//   - stuck: nothing changed for longer than a drain or a boot may take, or no answer on a live link for 30 s.
//   - lost, timed-out: at the deadline, by whether the host answered.
//
// What keeps verified true: a pid from before rules it out whatever the phase says; started_at of an answer decides
// whether the image is the same, and signs on the host (state file, master's pid) only where no answer can; a pid that
// the kernel does not know serves nobody though Puma lists it; an answer whose poll began before the request is no
// answer; and one worker seen on an old release is enough for old-code, however many could not be read.
//
// A request that may have been carried out is never repeated.
package actions
