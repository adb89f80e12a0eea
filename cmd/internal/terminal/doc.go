// Package terminal runs a program as a person's terminal would: on a pseudo-terminal, with an emulator behind it that
// draws what the program writes and answers what it asks. Screenshots and the tests of the whole program are made
// with it.
//
// Nothing in it sleeps. A caller waits for what the screen has to show, and looks at it again only when the program
// has written; Settle, which waits for a moment of silence, is for pictures and for keys that show nothing.
package terminal
