// Command shot makes pictures of a terminal program: it runs it on a pseudo-terminal of its own and carries out scripts, as
// package pumatop/cmd/internal/shot has them.
//
//	shot [-o DIR] [-px N] SCRIPT...
//
// It is for looking at the program while it is being changed. The pictures of screenshots/ come from .ci/screenshots, where
// time is virtual.
package main
