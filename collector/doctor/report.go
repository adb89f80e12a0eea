package doctor

import (
	"cmp"
	"fmt"
	"slices"
)

// Report is what an examination came to.
type Report struct {
	// Checks are every check on every target, in the order of the checks and then of the targets.
	Checks []Checked
	// Findings are sorted, the worst first, then by id.
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
	seen := map[string]int{}
	for i := range checks {
		for _, t := range targets {
			a := checks[i].answer(t)
			r.Checks = append(r.Checks, Checked{checks[i].ID, t.Name, a.Result, a.Reason})
			if a.Result != Found {
				continue
			}
			f := checks[i].finding(a)
			key := fmt.Sprintf("%q", []any{f.ID, f.Severity, f.Says, f.Evidence, f.Consequence, f.Remedy})
			at, again := seen[key]
			if !again {
				at = len(r.Findings)
				seen[key] = at
				r.Findings = append(r.Findings, f)
			}
			if at := &r.Findings[at].Targets; !slices.Contains(*at, t.Name) {
				*at = append(*at, t.Name)
			}
		}
	}
	slices.SortStableFunc(r.Findings, func(a, b Finding) int {
		return cmp.Or(a.Severity.compare(b.Severity), cmp.Compare(a.ID, b.ID))
	})
	return r
}

// answer runs the check; one that panics on what a host said is no reason to lose all the others.
func (c Check) answer(t *Target) (a Answer) {
	defer func() {
		if p := recover(); p != nil {
			a = unknown(fmt.Sprintf("the check itself failed: %v", p))
		}
	}()
	return c.run(t)
}

func (c Check) finding(a Answer) Finding {
	return Finding{
		ID: c.ID, Severity: cmp.Or(a.Severity, c.Severity), Says: a.Says, Evidence: a.Evidence,
		Consequence: cmp.Or(a.Consequence, c.Consequence), Remedy: a.Remedy, Link: c.Link,
	}
}

func (s Severity) compare(t Severity) int {
	all := Severities()
	return cmp.Compare(slices.Index(all, s), slices.Index(all, t))
}

// From keeps the findings that are as bad as least, or worse.
func (r Report) From(least Severity) Report {
	r.Findings = slices.DeleteFunc(slices.Clone(r.Findings), func(f Finding) bool { return !f.Severity.Reaches(least) })
	return r
}

// About keeps what bears on one target.
func (r Report) About(target string) Report {
	r.Checks = slices.DeleteFunc(slices.Clone(r.Checks), func(c Checked) bool { return c.Target != target })
	r.Findings = slices.DeleteFunc(slices.Clone(r.Findings), func(f Finding) bool { return !slices.Contains(f.Targets, target) })
	return r
}

// Worst is the severity of the worst finding; ok is false where there is none.
func (r Report) Worst() (s Severity, ok bool) {
	if len(r.Findings) == 0 {
		return "", false
	}
	return r.Findings[0].Severity, true
}
