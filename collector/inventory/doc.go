// Package inventory tells which hosts are meant: by arguments, by the configuration, and by the files that a team has already
// for Capistrano, Ansible or Kamal.
//
// The readers of other tools' files make a [config.Config] of them, so that there is one way from a name to a host,
// and `pumatop config import` has but to write it out. They read text and run nothing; what they cannot follow they
// name, see [Gap].
//
// # From a name to a host
//
// [Resolve] is the way of the command line: ranges and operators as ClusterShell has them, groups, environments, the
// standard input. [Hosts] is an environment written out, with what its levels say of each host: what is further in counts,
// and an address counts above all for what it says itself.
//
// # Other tools
//
// [Discover] reads what a project's directory has, [Merge] puts it beneath a configuration without what needs trust,
// [Write] writes it out. Ansible's values are those of ansible-inventory, tried with 2.14; of Kamal's merge of destinations
// and its defaults (root, port 22) as much is done as decides on who is reached.
package inventory
