// Package sshtest is an SSH server in the test's own process: what collector/remote is tested against, and what the
// simulated fleet of collector/pumatest stands behind.
//
// It speaks real SSH (golang.org/x/crypto/ssh) and answers as OpenSSH's sshd does where a client can tell the
// difference: every refused streamlocal channel is the same "open failed", keepalive@openssh.com is answered with a
// failure, host certificates are offered only where configured. Its faults are switches: Kill drops every
// connection, SetDeaf swallows every answer as a half-dead host does, Hold delays the banner like a tarpit.
//
// [Server.Dial] connects through memory. Such a connection blocks on conditions, not in the kernel, so a whole
// client and server run in a testing/synctest bubble, on virtual time and with its leak check.
package sshtest
