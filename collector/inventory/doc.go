// Package inventory tells which hosts are meant: by arguments, by the configuration, and by the files that a team has already
// for Capistrano, Ansible or Kamal.
//
// The readers of other tools' files make a [config.Config] of them, so that there is one way from a name to a host,
// and `pumatop config import` has but to write it out. They read text and run nothing; what they cannot follow they
// name, see [Gap].
package inventory
