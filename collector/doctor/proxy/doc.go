// Package proxy reads the configurations of nginx, Apache httpd, HAProxy and Caddy as text, and tells where they send
// requests: [Read] makes a [Config] of the files that were read of one of them, with [Route]s to [Group]s of [Server]s, and
// what of it bears on how long is waited, and for which server after which.
//
// Nothing is ever run, and nothing is guessed: what hangs on a variable, on a condition, or on a file that was not read is
// in [Config.Gaps], with the reason and the line. Each value has the line that says it.
//
// All of it is bounded, whatever the bytes are: files that include each other by a depth and a count, blocks by a depth,
// and the whole by a number of directives, behind which there is a gap.
package proxy
