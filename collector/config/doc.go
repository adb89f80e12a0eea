// Package config is what pumatop is told in files: which environments there are, which hosts they have, and how those are
// reached, restarted, judged and drawn.
//
// Three files are laid over one another, value by value: the project's .pumatop.yml, searched upward from the working
// directory, over the user's, over the system's. Every value keeps where it came from, see [Origin]. The structs of this
// package with their tags are the one description of the file: the decoder, the errors, the JSON schema and the
// example are made from them.
//
// A project's file comes with a clone. What would run a command of this machine counts only once the operator trusts
// that file, by its path and content, see [Trust].
package config
