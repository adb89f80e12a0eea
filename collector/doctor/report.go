package doctor

// Report is what an examination came to.
type Report struct {
	Checks   []Checked
	Findings []Finding
}

// Checked is how a check came out on a target.
type Checked struct {
	ID, Target string
	Result     Result
	Reason     string
}

// Finding is what a check found on one target or several: the same evidence and remedy on several are one finding.
type Finding struct {
	ID          string
	Severity    Severity
	Targets     []string
	Says        string
	Evidence    []Evidence
	Consequence string
	Remedy      string
	Link        string
}

// Examine runs checks over targets.
func Examine(checks []Check, targets []*Target) Report {
	var r Report
	for i := range checks {
		for _, t := range targets {
			a := checks[i].run(t)
			r.Checks = append(r.Checks, Checked{checks[i].ID, t.Name, a.Result, a.Reason})
		}
	}
	return r
}
