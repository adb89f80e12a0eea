// Package pumatest is a fleet that does not exist: simulated hosts with simulated Pumas, for tests and for
// `pumatop demo`. Nothing that reads or acts on it can tell: a [Host] is an SSH server in this process, its probe
// output and its control sockets carry the bytes of real ones, and pumatop reaches it through the code that reaches
// real hosts.
//
// # What holds
//
// A [Puma] behaves as the recorded versions do, 3.12 to 8.0: what /stats has in which order and spacing, when a phase
// rises and a worker leaves, when a figure is still missing, how long an old Puma takes to notice, what a broken
// release does to it, and what the log says meanwhile. Tests hold it to the recordings: the bodies in keys and
// spelling, the restarts in the order of what can be observed, and under fork_worker the log line by line. A [Host]
// carries out the commands of a script that act, systemctl and kill, and answers as systemd and a shell do. Left out
// are the refork that Puma begins by itself after a thousand requests, workers that hang at work, TLS and JRuby.
//
// # Time
//
// Nothing runs by itself. A host catches up with the clock whenever somebody looks, event by event, each at its own
// moment: so a thousand hosts cost what is asked of them, a test runs on the virtual time of testing/synctest, and
// the same seed and the same actions give the same history. Randomness comes from the seed alone. (Keys of hosts do
// not: they are real.)
//
// # Presets
//
// [NewFleet] is the fleet of the demo. Each of its first hosts has a weakness of its own, chosen so that every verdict
// that pumatop can come to is one keypress away; the hosts beyond are healthy.
package pumatest
