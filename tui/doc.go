// Package tui is what the operator sees: the fleet, one target, the sheet before an action, the rollout after it, what
// others began, and the audit.
//
// It is one tea.Model. Screens and overlays are plain values within it, and what is shown is a few facts that do not
// depend on one another: the screen, the overlay, the cursor, the marks, the filter, the order. Update decides and
// View draws; neither does I/O, reads a clock or rolls dice. Data comes as immutable fleets through Feed, progress
// through Run, the time through ticks: each by a command that waits for one message and is then asked again.
//
// # Promises
//
// The screen writes no outcome. Whether a restart happened is in the verdicts of actions, which judges what the
// collector observed; the screen repeats them.
//
// What is not known is drawn as unknown or as nothing, never as 0, and what is old is dim and says how old it is.
//
// The cursor, the marks and a sheet hold target ids. A target that vanishes selects nothing: the cursor never passes
// to whatever took its line. Until the first key the cursor rests on the first line, because nobody chose anything.
//
// A sheet is frozen when it opens, rests on Cancel, and is deaf to consent until no key has come for 200 ms: keys
// that were typed ahead, or pasted into a terminal without bracketed paste, would otherwise confirm what nobody has read. A paste does
// nothing outside the lines of the filter and the palette, where it is text. What a key on the sheet changes, the way or the
// size of the batches, is planned anew, and what was typed before is void; those keys are no letters, because the name of
// a protected environment may have any.
//
// Leaving a screen stops nothing. What runs out of sight stands in the header, and so does a bad verdict until the place
// where it is told has been looked at. A run that is over may go on to wait for a lost target: it holds nothing up.
//
// What others began is never taken for ours: it has its own title, asks nothing when we leave, and puts itself away.
//
// # Questions of hosts
//
// What a host asks before it lets pumatop in is answered in an overlay, one question at a time. It never opens over a
// dashboard in use: the header says that hosts wait, and P shows the first. Only before anything else is to be seen, and
// before the first key, it opens by itself.
//
// An answer goes to the question that it was typed for, by its number, or to none: when another one takes its place, what
// was typed is void. Each question is deaf in its first moment, and then even esc is no answer. After an answer the
// overlay stays until the host lets us in or asks again, so that nobody types a password into the screen below.
//
// What is typed is bytes that are overwritten, in one place, and drawn as dots. What a server says stands behind a bar;
// all that does not is pumatop's.
//
// # Drawing
//
// Bubble Tea calls View after every message, on the goroutine that also runs Update, so a frame is kept until
// something changes. Frames are written by a pen, cell by cell, with escape sequences computed once per theme:
// Lip Gloss styles rendered per cell cost fifteen times as much, and the bubbles' table renders in Update and selects
// by line number. Only the lines in sight are formatted. Sorting and filtering happen once per fleet or key. Package paint
// brings frames to the terminal.
//
// A chart's columns begin at multiples of their length, so that what stands in one moves to the left and keeps its shape.
// A column is the peak of its time, of requests their mean; what is unknown is blank and nought is a line.
//
// The pen cannot write past the edge of the terminal. Bubble Tea would cut such a line without a word; here it would
// hide what should have been left out on purpose.
//
// Colours mean states and nothing else, one accent apart; each state also has a glyph and a word, so that a terminal
// without colours says the same.
package tui
