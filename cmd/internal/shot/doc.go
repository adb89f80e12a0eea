// Package shot plays scripts on terminal programs and makes pictures of what their screens show: PNG files, and GIF files of
// what happens in between. It presses keys and waits for what should appear, and needs no desktop.
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
//	hold 2s                let time go by, for who watches a recording
//	snap fleet.png         write the screen, once it has come to rest
//	record reload.gif      from here on record the screen, until the end or the next record
//
// There is no other sleep: a script waits for what it needs to see, and fails with the screen where that does not come.
//
// What a script is played on is a [Screen]: the real program on a pseudo-terminal (cmd/shot), or one whose time is virtual,
// which yields the same bytes each time (cmd/pumatop's TestScreenshots).
//
// Characters come from the system's fonts, JetBrains Mono with DejaVu for what it lacks. Blocks, braille and box
// lines are drawn as figures instead, because in an image the glyphs of any font leave seams between cells.
package shot
