// Package prompt is how pumatop asks a person while it connects: for passphrases, passwords, second factors, and
// whether an unknown host key is the right one.
//
// Whoever needs an answer ([Asker]) blocks on it; whoever has the person in front of him answers. Between the two stands
// a [Queue], which the screen shows one question at a time, or a front end of the command line. Nobody answers for the
// person: without an Asker a question is an error, and what was declined is not asked again by itself.
//
// # Secrets
//
// A [Secret] cannot be printed. It goes from the person to the login that asked for it and stays nowhere else; what is
// kept within a run is what it opened, a key that can sign, and for OpenSSH, which opens its keys itself, the passphrase. Questions are safe to show: their text is cleaned where
// it comes from a server, and what a server says is never mixed with pumatop's own words.
package prompt
