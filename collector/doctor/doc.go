// Package doctor tells whether targets are ready for deploys without downtime, and if not, which line to change.
//
// It reads and judges; it reaches nothing. [Reading] is what a host is asked, [ParseHost] what it answered, [LocalProject]
// the files of an application on the operator's own machine. What they hold goes through the [Checks], each a pure function
// over one [Target]: it finds that all is well, or a [Finding] with its evidence, or that it cannot know, with the reason.
// What depends on code, on the environment or on a file that may not be read is unknown, never a guess.
//
// Everything that a host or a file says is foreign: it is sanitised where it enters and bounded in length.
package doctor
