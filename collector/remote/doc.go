// Package remote reaches hosts: through SSH as the user's own ssh would, or this machine under the name "local". It
// knows sockets and scripts; what is behind them is for others to know.
//
// A [Pool] shares connections, a [Host] is one machine. [Host.Connect] makes one attempt, the caller decides when to
// make the next ([Host.RetryAfter]); [Host.Done] tells when a connection has ended.
//
// # What it promises
//
//   - One connection per login, kept, however many callers and names it has; at most 64 handshakes at once and 4 at one
//     address. A stock sshd drops some of ten (MaxStartups).
//   - Every call returns when its context ends, also on a path that has gone dead. x/crypto's own calls wait for ever.
//   - A dead connection is found: after 10 s of silence the server has 5 s for a sign of life (ServerAliveInterval and
//     ServerAliveCountMax replace both), 3 s after [Host.Suspect]. Then everything blocked on it returns [ErrLost].
//   - A session is the first thing on every connection. sshd before 10.1 leaves Nagle's algorithm on until one starts,
//     and nine of ten polls would take 44 ms instead of 0.5.
//   - A forwarded channel that opens after its caller has gone is closed at once: a silent connection would block
//     Puma's control server for everybody, up to 30 s.
//   - A refused login, a host key that is not trusted and a bad configuration are never tried again by themselves:
//     OpenSSH locks out whole addresses for that (PerSourcePenalties).
//   - What the configuration wants and is not supported is an error ([UnsupportedError]) where it decides on who is
//     reached or trusted, never left out.
//   - Errors are typed, cleaned, and have a [Remedy]. Nothing of a script, a key or a passphrase gets into one.
//
// # Whom it trusts
//
// Host keys are judged as OpenSSH judges them (package knownhosts), by the configuration that OpenSSH itself reports
// (package sshconfig). The one difference is on the safe side: with StrictHostKeyChecking no, ssh goes on when a key
// has changed, and pumatop does not. Algorithms are those of x/crypto without SHA-1, unless the user's configuration
// says otherwise; an old ssh's compiled-in lists are not imposed.
//
// # How scripts run
//
// The command is always `exec /bin/sh -s`, because the login's own shell parses it, and may be fish or csh. The script
// goes to its stdin, in braces, so that sh has read all of it before it runs any, and ps shows nothing of it. Its
// output begins at a marker: what start-up files print is no part of it, and where the marker does not come, the
// login did not run a shell ([NoShellError]). A host does not end what a connection has started when that goes away;
// scripts for [Host.Stream] have to end with their stdin.
//
// # Through OpenSSH
//
// Where the configuration wants what x/crypto lacks, or the caller says so ([Transport]), an ssh of the installed OpenSSH
// makes the connection: a master that pumatop starts, in a private directory, and that carries pumatop's channels
// through its control socket. Way, trust and login are that ssh's own business; its questions come to Options.Ask by
// way of SSH_ASKPASS, which is this program again ([Askpass]), and its complaints become the same typed errors. It lives
// no longer than its connection nor than pumatop, however that ends: a shell between the two holds the end of a pipe
// and ends ssh, its helpers and the directory when the other end goes. That is so on Linux and darwin; only killing
// that shell and pumatop both with SIGKILL leaves an ssh behind, until its server goes. Its cost is a process and 2
// to 5 MB of memory a host. [Host.Suspect] does nothing there: ServerAliveInterval (5 s, twice) finds a dead path.
//
// Every keyword of ssh_config(5) has a row in the table keywords, which says what becomes of it.
//
// # What comes later
//
// The inner interface transport is where other ways to a host fit in: a relay where forwarding is forbidden, any command
// that is a shell. Prompts fit into login, which already offers encrypted keys last
// and learns which one the server would take.
package remote
