// Package actions does things to Pumas and tells what became of them.
//
// Said is not done. Puma answers 200 to a phased restart that it carries out as a full one, raises its phase before
// a single worker is replaced, and lists no old worker before the last new one has booted. So an action has three
// parts that do not trust each other: [NewPlan] says from snapshots what Puma will do, [Runner] sends one request
// right after a fresh answer that agrees with the plan, and [Trial] judges every snapshot from then on. The answer to
// the request is evidence like any other and decides nothing.
//
// # Ways
//
// A request goes through the control socket, through systemd or by a signal; roads has the order for each [Kind] and
// obstacleOn why a way is closed. The unit is read before anything is done: what `systemctl reload` of it would do is
// in its ExecReload, and a full restart that its watchdog would end is not begun. systemctl is never waited for.
//
// # Verdicts
//
// A verdict is reached by observation alone. The first that holds:
//
//   - crash-loop: two boots failed at one index, or of the master, with none between; or one that the log explains.
//   - not-running: the unit is down, and no failed boot was seen. After a stop that is verified.
//   - restarted-instead: another image of the master where none was asked, or another master where it was to execute itself
//     anew, once it is booted.
//   - old-code: done, but a worker's directory is not what `current` points to.
//   - verified: done, in two polls with the same pids, and the releases read again after that.
//   - stuck: nothing changed for longer than a drain or a boot may take, or no answer on a live link for 30 s.
//   - lost, timed-out: at the deadline, by whether the host answered.
//
// What *done* is, each Kind has of its own: see [Trial.complete]. A lost target is watched on, and its verdict amended
// when it is back.
//
// What keeps verified true: a pid from before rules it out whatever the phase says; started_at of an answer decides
// whether the image is the same, and signs on the host (state file, master's pid) only where no answer can; a pid that
// the kernel does not know serves nobody though Puma lists it; an answer whose poll began before the request is no
// answer; one worker seen on an old release is enough for old-code, however many could not be read; and a new image that
// systemd's watchdog may yet end is waited for: see [Trial.threatened].
//
// Where no control app answers, the process table and the log take the place of the figures: see sightless. Then a
// phased restart is one only if the log says that it began, and a worker has booted only if the log or the unit says so.
//
// # Others
//
// [Witness] notices restarts that somebody else began, and [Runner.Await] waits for one; both judge by the same trial,
// from what the target was when it last was whole. A restart that was over before anybody looked is judged by when the
// workers started, what they run and what the log says of the last restart.
//
// A request that may have been carried out is never repeated. Every request is recorded before it is sent, and what
// cannot be recorded is not done; see [Auditor].
package actions
