package puma

// Answer is yes, no, or unknown: never a guess.
type Answer string

// The answers.
const (
	Yes     Answer = "yes"
	No      Answer = "no"
	Unknown Answer = "unknown"
)

// Phased says whether a phased restart is possible, and what says so. /stats does not tell; the zero value is not
// used: an unread target is Unknown with the reason as evidence.
type Phased struct {
	Answer Answer
	// Evidence is what was seen and where, in one line: `"Restarts: (✔) hot (✖) phased" in the journal`.
	Evidence string
	// From is the kind of that evidence.
	From PhasedSource
}

// PhasedSource ranks the evidence: what Puma printed at its start beats what its configuration says, and that
// beats the rules of its version.
type PhasedSource string

// The sources, best first.
const (
	FromMode    PhasedSource = "mode"    // single mode has no phased restart
	FromLog     PhasedSource = "log"     // the start-up lines of this image
	FromConfig  PhasedSource = "config"  // the text of puma.rb
	FromVersion PhasedSource = "version" // the defaults of this version
)
