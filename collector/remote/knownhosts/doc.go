// Package knownhosts reads known_hosts files and judges host keys as OpenSSH does.
//
// It stands in for golang.org/x/crypto/ssh/knownhosts, which was measured against OpenSSH and differs where it hurts
// (facts: ssh.md §3.1): one line it cannot parse disables the whole file; a host of which only the ed25519 or only the RSA key is
// known is reported as attacked, because the server was asked for another type; `@cert-authority *` never matches
// on a port other than 22; a revoked key is called changed.
//
// One pass over the files, [Files.Lookup], yields a [Host]: what to ask the server for ([Host.Algorithms]: known
// types first, the rest after them, so that a replaced key shows as changed and not as "no common algorithm") and
// the verdict on what it answers ([Host.Check]). Lines that cannot be read are skipped and kept for a diagnosis.
package knownhosts
