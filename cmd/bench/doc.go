// Command bench measures the whole program against a simulated fleet, which runs in a process of its own so that only
// pumatop's cost counts. It needs Linux: the hosts listen on addresses of 127.0.0.0/8, and what a process costs is read
// from /proc. .ci/bench-fleet and .ci/bench-first build what it needs and run it.
//
//	bench fleet -program PUMATOP [-hosts 1000] [-minutes 2]
//	bench idle  -program PUMATOP [-hosts 10] [-interval 2s] [-minutes 2]
//	bench first -program PUMATOP [-hosts 100] [-latency 20ms]
//	bench jump  -program PUMATOP [-hosts 1000]
//	bench serve -dir DIR ...          the simulated hosts, started by the others
//	bench bare  -dir DIR ...          polls with x/crypto and nothing else, started by fleet
//
// # What is measured
//
// fleet: CPU time over wall time, the highest resident memory and the goroutines of a pumatop on a pseudo-terminal
// of 200×60 that polls every host each second; how evenly the hosts are polled, as they themselves see it; and the time
// from a key to the first bytes of the frame that shows it, beside the time in which cat gives a key back on another terminal
// of the same machine: less is not to be had there. The hosts take what pumatop leaves of the processors, as hosts elsewhere
// would take nothing. A twentieth of the hosts is slow: Puma takes 2 s for each
// answer. Another twentieth is dead: a third of these never lets a connection in, a third accepts it and says nothing,
// and a third falls silent once everything is up. When pumatop has left, bare polls the same hosts for a minute: how many
// times that pumatop takes depends less on the machine than either of them.
//
// idle: CPU time over wall time of a pumatop on a few hosts whose keys nobody presses.
//
// first: the time from the start of the program to the frame that shows every host serving, over a slow line, against
// `ssh HOST true` for as many hosts with OpenSSH's client, as many at once as pumatop's own bound.
//
// jump: as many logins as hosts through one jump host.
//
// Nothing fails for being slow. Figures stand beside their goals, and beside how busy the machine was.
package main
