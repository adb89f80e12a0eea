// Package config is what pumatop is told in files: which environments there are, which hosts they have, and how those are
// reached, restarted, judged and drawn.
//
// Three files are laid over one another, value by value: the project's .pumatop.yml, searched upward from the working
// directory, over the user's, over the system's. Every value keeps where it came from, see [Origin]. The structs of this
// package with their tags are the one description of the file: the decoder, the errors, the JSON schema and the
// example are made from them.
//
// # Whom a file comes from
//
// A file counts only if nobody but its owner can have written it, and that is the operator or root. A project's file comes
// with a clone all the same. What a stranger could do harm with counts only once the operator trusts that file, by its path
// and content, see [Trust]: commands; other files for ssh; options of ssh, but for those that are known to do no harm; and
// all that decides where a token comes from and where it goes, a token of the operator's own files included. Until then
// such settings are left out, and the hosts of their level are not to be reached, see [Reach.NeedsTrust].
//
// Of read_only, protected and allow_stop the safer value stays, whichever file has it. Values with control characters,
// escape sequences or line breaks are refused, and so are users, units and jump hosts that a shell would act on.
//
// Not held off: a project's file says which hosts there are and what they are called, and looking at them connects to
// them as ssh would, with the operator's keys and after a question for an unknown host key. Which state file and unit are
// meant is its say as well, which the sheet shows before anything is done. A trusted command may name a program of the
// clone, from the directory of the file, and that may change without the file. Its arguments are its own to read: a relative
// path in one is from the directory that pumatop is started in.
package config
