// Package paint puts the frames of a Bubble Tea program on the terminal.
//
// Bubble Tea's own renderer draws when a clock says so, of which 120 a second are the most, and then parses, copies and
// compares each cell of the screen however little of it has changed. A cell there has six pointers: 200×60 of them cost 3 to
// 4 ms, and seven times that while garbage is collected, which of a thousand hosts is most of the time. This is where a key
// waited for its frame. Here a frame is drawn when it is there; a line that is as it was costs the comparison of its text, and
// one that is not is read into cells without pointers, of which only those that differ are written.
//
// Bubble Tea keeps the terminal: raw mode, the alternate screen, the mouse, title, colours, and whether there is a cursor. It is
// given a blank view that never changes, and what it writes comes through the Painter, which knows from it when the alternate
// screen is there to be painted on, and paints all of it again, in the same write, after anything that it did not write itself.
package paint
