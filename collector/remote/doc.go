// Package remote reaches hosts: through SSH as the user's own ssh would, through any command that is a shell there, or
// this machine under the name "local". It knows sockets and scripts; what is behind them is for others to know.
//
// A [Pool] shares connections, a [Host] is one machine. [Host.Connect] makes one attempt, the caller decides when to
// make the next ([Host.RetryAfter]); [Host.Done] tells when a connection has ended.
//
// # What it promises
//
//   - One connection per login, kept, however many callers and names it has; at most 64 handshakes at once and 4 at one
//     address. A stock sshd drops some of ten (MaxStartups). A host that has not said anything yet counts among 256 others:
//     the dead hosts of a fleet do not hold up the living.
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
// # Who is asked
//
// The first connection of an attempt asks nothing. What it lacks, the passphrase of a key that the server would take, a yes
// to its host key, a password, is asked of Options.Ask after it has been closed, and the next connection has the answer:
// while somebody thinks no server waits and no place among the handshakes is taken. Only what a server itself asks comes
// while it waits, for 90 s in all, on a connection that was made for it. A passphrase opens a key for the whole pool, and
// the key stays with it; nothing else that is typed is kept. What was declined is declined for every attempt, until a
// host that was told so is connected anew. [Host.Waiting] says what an attempt waits for, a touch of a key included.
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
// to 5 MB of memory a host, and that it takes no key that was opened here: each ssh asks for a passphrase itself, one at
// a time for one file, and what is declined is declined for all. Its questions have the same 90 s, since the server waits.
// An ssh before 8.5 is not let ask: a server's question looks there like one of ssh's own.
// Of StrictHostKeyChecking no it is told accept-new; a jump host's ssh cannot be told, so that where the jump host has
// it, OpenSSH is not used. What a ProxyCommand of the user's trusts is its own business. [Host.Suspect] does nothing there: ServerAliveInterval (5 s, twice) finds a dead path.
//
// Every keyword of ssh_config(5) has a row in the table keywords, which says what becomes of it.
//
// # How sockets are reached
//
// By a channel of SSH each, as long as the server forwards. Where it does not, the first refusal on a connection is looked
// into by a script, since OpenSSH refuses a missing socket and forwarding as such in the same words; if the socket opens
// on the host, all further connections go through a relay: one long script, in a session of its own beside the six that
// others share, which is ruby, python3, perl, curl or socat, the first that the host has. Requests go to its stdin alone.
// So they do to abstract sockets, which no SSH server forwards to, and to those of another user ([HostOptions.Become]).
// The connection keeps to that until it ends, and [Host.Notes] say so. A host that is reached by a command
// ([HostOptions.Command]) has no other way.
//
// A relay's connection costs two round trips, like a channel: one to connect, whose errors are those of DialUnix, and
// one for the request. So what was not sent is known not to be sent. What curl and socat relay is one whole GET after the
// other, and whether somebody listens only the request finds out.
package remote
