// Package probe asks a host about its Pumas: one POSIX sh script on the stdin of `sh -s`, and a parser that makes a
// [Host] of what it prints. A second script, long-lived, samples processes and listen queues; a third follows a log.
// The package reads and writes text only: how a script reaches a host is its caller's affair.
//
// # Promises
//
// The script leaves no file behind, needs no privilege, sends no signal but 0, and starts a number of processes
// that grows with the Pumas of a host and not with their workers: some 30, about 50 ms of CPU, for a host with one. It
// works in dash, bash and busybox's ash. What it may not read it says, and a [Note] says what to do; a Puma of another
// user is found all the same, with what its title and a readable state file tell. Nothing is guessed: a state file
// counts only if the pid in it is the master's, because Puma never deletes one.
//
// # Choices that surprise
//
//   - Pumas are found by their process titles. These are written over the command line of the process, and over all of its
//     environment where they are longer, so neither -C nor PWD is sure to be in /proc: the unit's ExecStart and
//     WorkingDirectory take their place.
//   - A process with a master's title and a Puma for its parent is no master: a forked worker has its master's title
//     until it gives itself its own, and while workers crash there is one most of the time.
//   - Units are looked for on disk as well as asked of systemd. One that was never enabled nor started is known to
//     nobody else, and would be missing just where somebody asks why Puma does not run.
//   - Start-up lines are asked of the journal by the master's pid, which leaves out the thousands of lines that crashing
//     workers write, and up to the time of the state file, which is written right after them. A full restart keeps the
//     pid, so the last start counts.
//   - A control socket in the /tmp of a unit with PrivateTmp is reached as /proc/PID/root/tmp/…, which the process's
//     own user may follow, through sshd too.
//   - A Puma in a container is seen in /proc, its container by its control group. Its engine is asked for that container
//     alone, so that a host without such a Puma is asked nothing, and the same script runs inside by the engine's exec:
//     in the same round trip, its text sent to the host once. What is found there takes the place of what the host
//     shows; of the latter the pids are kept, by which the kernel's figures go.
//   - A container of Kamal's is named by its service, role and destination. The version changes with every deploy, and the
//     target is to be the same. Of two that run, the one made last has the name, as it has for Kamal itself.
//   - Where /proc hides other users' processes (hidepid), the main process of a unit is taken for its Puma: its command
//     line leads to the configuration, and that to a state file with its pid.
//   - The order of a report's records and its units is the host's; [Names] sorts, so that names do not change with it.
//
// # The report
//
// The script prints lines. The first is "pumatop-probe 1", the last "end": without it the connection broke, and
// [Parse] returns [ErrTruncated]. What a login shell prints comes before or after and is passed over. A line is a
// record, its name and fields apart by tabs, the last of them free text; lines that begin with "|" are the body of the
// record before and may hold anything. Empty lines mean nothing. Records of the same pid belong together:
//
//	clock     SECONDS.NANOSECONDS                date +%s.%N
//	ticks     NOW RATE                           the same moment in the kernel's ticks, and how many a second has
//	login     LINE                               id
//	complaint CODE TEXT                          what stood in the way on the host: no-proc, hidepid, manager, engine
//	self      LINE                               of /proc/self/cgroup
//	linger    UID yes|no                         whether a user's manager stays without a session
//	revision  PATH                               body: the REVISION file of a directory that processes run in
//	unit      SCOPE UID                          body: properties, as `systemctl show` prints them
//	title     PID TITLE                          a process with a Puma's title
//	created   PID TICKS                          when it was: field 22 of /proc/PID/stat
//	owner     PID UID USER                       of a master
//	inner     PID PID                            its pid in a namespace of its own
//	box       PID ID                             the container that it is in, another than the script's
//	link      PID cwd|exe PATH                   /proc/PID/cwd, exe
//	cgroup    PID LINE                           of /proc/PID/cgroup
//	config    PID read|denied|missing PATH       body: puma.rb, 64 KiB at most
//	newer     PID                                puma.rb was written after the state file
//	state     PID FROM VERDICT STAMP PATH        body: the state file; see [StateFile]
//	socket    PID VERDICT PATH                   the control socket of the state file; see [RawProcess]
//	listens   PID unix|tcp ADDRESS               a socket it listens on, where no state file tells
//	current   PID FROM                           body: Named, Link, Target, Moved, Revision; see [CurrentLink]
//	journal   PID                                body: the last start-up lines
//	log       PID read|denied|missing PATH       body: the last start-up lines in a log file
//	process   PID hidden|gone|other              one that /proc hides, or that of a state file the caller named
//	container ID ENGINE                          body: NAME=JSON, what the engine says; see [Container]
//	inside    ID                                 body: the report of the script in the container, or an error
//	started   ID                                 body: the last start-up lines that the container wrote
//
// [Report] has them as values. A simulated host fills one in and prints its [Report.Encode]: all that interprets is the
// same for it as for a real host.
//
// # Samples
//
// The sampler's first line is "pumatop-sample 1" with the kernel's ticks a second, its page size, the host's clock and
// the time since its boot. Each request line, see [AppendSampleRequest], is answered by "sample UPTIME", then "stat" (pid,
// state, user and system time and start in ticks, resident pages), "pss" (pid, KiB), "ss" (a line of `ss -xlnt`) and
// "tcp" (a line of /proc/net/tcp, where there is no ss), and "end". The caller has to know that the script runs before
// it writes the first request: a shell may read ahead in the script it is given.
package probe
