package doctor

import "slices"

// Severity says what a finding leads to, the worst first.
type Severity string

// The severities.
const (
	// Blocks: no phased restart is possible, or it would not do what it is for.
	Blocks Severity = "blocks"
	// Risks: requests may be lost or wait, now or at the next restart.
	Risks Severity = "risks"
	// Security: somebody may do what they should not.
	Security Severity = "security"
	// Advice: it works, and would work better.
	Advice Severity = "advice"
)

// Severities are all of them, the worst first.
func Severities() []Severity { return []Severity{Blocks, Risks, Security, Advice} }

// Reaches reports whether s is as bad as another one, or worse.
func (s Severity) Reaches(least Severity) bool {
	all := Severities()
	return slices.Index(all, s) <= slices.Index(all, least)
}

// Evidence is what was seen and where: a line of a file, or what a command printed.
type Evidence struct {
	File    string // path on the host; empty where a command told
	Line    int    // from 1; 0 where no line is meant
	Command string // as a person would type it
	Text    string // the line, or the part of the output that matters
}

// maxEvidence bounds a line of evidence, in characters.
const maxEvidence = 300

// Check looks at one thing of a target.
type Check struct {
	// ID is "area.what", as flags and JSON have it: puma.preload.
	ID string
	// Severity is that of its findings, unless a finding has another.
	Severity Severity
	// Asks is the question in a few words, for a heading: "phased restart possible".
	Asks string
	// Consequence is what a finding leads to, in one or two sentences; Link is where Puma's, systemd's or the proxy's own
	// documentation says so.
	Consequence, Link string
	// run judges a target.
	run func(*Target) Answer
}

// Result says how a check came out.
type Result string

// The results.
const (
	OK      Result = "ok"
	Found   Result = "finding"
	Unknown Result = "unknown"
)

// Answer is how a check came out on one target.
type Answer struct {
	Result Result
	// Reason is why it is not known, or why there is nothing to look at: "no nginx on this host".
	Reason string
	// Says is the finding in one sentence, Evidence what it rests on, Remedy what to do, ready to paste: lines of a file or
	// commands, with comments where they go.
	Says     string
	Evidence []Evidence
	Remedy   string
	// Severity and Consequence replace those of the check where they are not empty.
	Severity    Severity
	Consequence string
}

// ok, notHere, unknown and found make answers.
func ok(evidence ...Evidence) Answer { return Answer{Result: OK, Evidence: evidence} }

func notHere(reason string) Answer { return Answer{Result: OK, Reason: reason} }

func unknown(reason string) Answer { return Answer{Result: Unknown, Reason: reason} }

func found(says, remedy string, evidence ...Evidence) Answer {
	return Answer{Result: Found, Says: says, Remedy: remedy, Evidence: evidence}
}

// Checks are all checks, in the order in which they are told: by area, and what blocks first. It is never changed.
func Checks() []Check {
	return slices.Concat(pumaChecks(), systemdChecks(), proxyChecks(), capistranoChecks(), hostChecks())
}
