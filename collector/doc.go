// Package collector keeps the newest snapshot of every Puma of a fleet.
//
// For each host one actor connects, probes what runs there, polls the control socket of each Puma, and samples
// memory and listen queues; see [Host] for what it needs of a connection. What it learns of a target goes through a
// pure fold (track) that makes immutable snapshots, and [sight.classify] alone decides states.
//
// The promises:
//
//   - Failure is data: a failed poll yields a snapshot too, which keeps the older figures and says how old they are.
//   - One host never delays another. Each takes its own steps, every call has a deadline, and a reader that does not
//     keep up misses fleets rather than hold up polls.
//   - One request in flight per control socket: Puma's control server has one thread.
//   - It never gives up polling, with pauses that grow; only what does harm by being repeated (a refused login, a
//     changed host key) waits for a person.
//   - What is known of an image of the master, above all whether it can restart phased, is forgotten with the image.
//
// A target in a container is what runs in its service's newest container: when that is another one, everything known of
// the one before is forgotten but its history, for pids are the same in all of them. The row of an older container ends
// with it.
//
// From a login to the first figures it is five round trips, one after another: to open a session, to start a shell in it, to send it
// the probe and read what it found, to open the control socket, and to ask there. None can be left out: where the socket is and with which token,
// only the host knows. The sampler starts beside the first poll.
//
// A target is polled at its own moment of the interval, by a hash of its name. Up to sixteen hosts share one moment, against
// what was planned: on ten hosts most of what pumatop costs is being woken, for each answer of each host, and polled together
// they cost less than half. See beat.
//
// What was is kept small: a day of a target's figures takes little more than half of what its ten minutes would, two seconds apart and unpacked, because
// steps get coarser the further back they are, blocks of points are packed to a byte each, and what does not change takes
// nothing. See [History]; what happened to a target is marked in it.
//
// Times: everything that a host said is by its own clock, and Snapshot.Offset is the difference to ours; Age and
// Uptime of a worker are worked out on the host's side.
package collector
