// Package sshconfig finds out how the user's own ssh would reach a host.
//
// The authority is the installed client itself: `ssh -G` prints the configuration after Host, Match (exec included),
// Include and canonical names, at about 6 ms a host. Every re-implementation in Go that was tried either refuses
// files that Fedora ships or, worse, applies blocks that do not match (facts: ssh.md §4.1). Where no ssh is
// installed an evaluator of this package stands in ([Evaluate]); it is held to what ssh itself makes of a corpus of
// configurations (testdata/corpus), and a block whose condition it cannot judge does not apply and leaves a warning,
// never the reverse.
//
// Two things `ssh -G` leaves to its caller: tokens in file names ([Config.Expand]) and the question whether a list of
// algorithms is the user's wish or a default compiled in. The second is answered by comparison with
// `ssh -F none -G` ([Client.Defaults]), because imposing an old client's defaults on a newer library would give up
// the library's better algorithms.
package sshconfig
