// Package audit keeps what was asked of Pumas, by whom and with what outcome, in a file of one JSON object a line:
// [actions.Record] is the format.
//
// The line of a request is on the disk before the request goes out, so a request that left no trace cannot have been
// sent; what cannot be written is refused. The verdict is a second line with the same id, and one that is found out
// later a third: nothing is ever changed, and a pumatop that is killed in between leaves a request without a verdict,
// which is shown as just that.
//
// Several pumatops may share the file. Each line goes out in one write at its end, under a lock; one that came out short,
// on a full disk or in a crash, is taken back or else ended before the next, so that it damages no other. A file that
// has grown too large becomes the one older file that is kept. There is no open file between two writes: whoever
// moves the file away, or deletes it, confuses nobody.
//
// What is read is foreign text and cleaned here. Lines that cannot be read are counted, and what a later pumatop may
// have added is passed over.
package audit
