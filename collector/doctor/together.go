package doctor

import (
	"cmp"
	"fmt"
	"slices"
)

// With is the report with what another one says. What that has checked takes the place of what this one knew of it.
func (r Report) With(newer Report) Report {
	again := map[[2]string]bool{}
	for _, c := range newer.Checks {
		again[[2]string{c.ID, c.Target}] = true
	}
	out := Report{Checks: slices.Clone(newer.Checks), Findings: slices.Clone(newer.Findings)}
	for _, c := range r.Checks {
		if !again[[2]string{c.ID, c.Target}] {
			out.Checks = append(out.Checks, c)
		}
	}
	for _, f := range r.Findings {
		f.Targets = slices.DeleteFunc(slices.Clone(f.Targets), func(t string) bool { return again[[2]string{f.ID, t}] })
		if len(f.Targets) == 0 {
			continue
		}
		at := slices.IndexFunc(out.Findings, func(o Finding) bool { return o.key() == f.key() })
		if at < 0 {
			out.Findings = append(out.Findings, f)
			continue
		}
		f.Targets = append(f.Targets, out.Findings[at].Targets...)
		slices.Sort(f.Targets)
		out.Findings[at] = f
	}
	out.sort()
	return out
}

// sort orders the checks as they are told, and the findings by how bad they are.
func (r *Report) sort() {
	order := map[string]int{}
	for i, c := range Checks() {
		order[c.ID] = i
	}
	slices.SortStableFunc(r.Checks, func(a, b Checked) int {
		return cmp.Or(cmp.Compare(order[a.ID], order[b.ID]), cmp.Compare(a.Target, b.Target))
	})
	slices.SortStableFunc(r.Findings, func(a, b Finding) int {
		return cmp.Or(a.Severity.compare(b.Severity), cmp.Compare(a.ID, b.ID))
	})
}

// key is what makes two findings the same but for their targets.
func (f Finding) key() string {
	return fmt.Sprintf("%q", []any{f.ID, f.Severity, f.Says, f.Evidence, f.Consequence, f.Remedy})
}

// Unanswered are checks that came to no answer, for one reason.
type Unanswered struct {
	Reason       string
	IDs, Targets []string
}

// Unknowns are the checks that came to no answer, those of one reason together.
func (r Report) Unknowns() []Unanswered {
	var out []Unanswered
	for _, c := range r.Checks {
		if c.Result != Unknown {
			continue
		}
		i := slices.IndexFunc(out, func(u Unanswered) bool { return u.Reason == c.Reason })
		if i < 0 {
			i, out = len(out), append(out, Unanswered{Reason: c.Reason})
		}
		if !slices.Contains(out[i].IDs, c.ID) {
			out[i].IDs = append(out[i].IDs, c.ID)
		}
		if !slices.Contains(out[i].Targets, c.Target) {
			out[i].Targets = append(out[i].Targets, c.Target)
		}
	}
	return out
}
