// Command shot makes the screenshots: it runs a terminal program on a pseudo-terminal of its own, presses keys, waits
// for what should appear and writes what the screen shows as PNG files. It makes them from the real program, so they
// cannot drift from it, and needs no desktop.
//
//	shot [-o DIR] [-px N] SCRIPT...
//
// A script is lines of a verb and its argument; # begins a comment line. First the head:
//
//	size 120x34            columns and rows of the terminal
//	theme light            the terminal's colours, dark where not said; a program that asks for them is answered
//	env NO_COLOR=1         one more variable in the program's environment
//	patience 20s           how long a wait may take, 10s where not said
//	run pumatop demo       the program and its arguments, the last line of the head
//
// then the steps:
//
//	wait TEXT              until TEXT, the rest of the line, stands somewhere on the screen
//	gone TEXT              until it does not
//	press j j enter        keys, by their names
//	type web2              characters
//	size 80x24             another size of the terminal
//	snap fleet.png         write the screen, once it has come to rest, into DIR
//
// There is no sleep: a script waits for what it needs to see, and fails with the screen where that does not come.
//
// Characters come from the system's fonts, JetBrains Mono with DejaVu for what it lacks. Blocks, braille and box
// lines are drawn as figures instead, because in an image the glyphs of any font leave seams between cells.
package main
