package tui

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"pumatop/collector/doctor"
)

// doctorDetail is all that is known of a row.
func (m *Model) doctorDetail(r *doctorRow, w int) []line {
	switch {
	case r.findings != nil:
		return m.findingsLines(r.findings, w)
	case r.unknown != nil:
		lines := wrapped(tWarn, "unknown: "+r.unknown.Reason, 0, w)
		lines = append(lines, wrapped(tDim, "on "+strings.Join(r.unknown.Targets, ", "), 0, w)...)
		return append(append(lines, nil), m.checkLines(r.unknown.IDs, w)...)
	}
	return append([]line{{{tGood, "nothing found"}}, nil}, m.checkLines(r.fine, w)...)
}

// checkLines are checks with what they ask.
func (m *Model) checkLines(ids []string, w int) []line {
	var lines []line
	for _, c := range doctor.Checks() {
		if slices.Contains(ids, c.ID) {
			lines = append(lines, line{{tText, pad(c.ID, 28)}, {tDim, "  " + cut(c.Asks, max(w-30, 0), m.opts.ASCII)}})
		}
	}
	return lines
}

// findingsLines are findings of one check in full.
func (m *Model) findingsLines(list []*doctor.Finding, w int) []line {
	_, t := m.glyphs.severity(list[0].Severity)
	lines := []line{{{t, severityWord(list[0].Severity, 1)}, {tDim, "  " + list[0].ID}}}
	consequence := ""
	for i, f := range list {
		if i > 0 {
			lines = append(lines, nil)
		}
		lines = append(lines, wrapped(tDim, "on "+strings.Join(f.Targets, ", "), 0, w)...)
		lines = append(lines, wrapped(tText, f.Says, 0, w)...)
		if f.Consequence != consequence {
			consequence = f.Consequence
			lines = append(lines, wrapped(tDim, consequence, 0, w)...)
		}
		for _, e := range f.Evidence {
			lines = append(lines, wrapped(tDim, "seen  "+seenAt(e), 0, w)...)
		}
		lines = append(lines, m.remedyLines(f.Remedy)...)
	}
	return append(lines, nil, line{{tDim, list[0].Link}})
}

// remedyLines are not wrapped: they are lines of a file, and commands.
func (m *Model) remedyLines(remedy string) []line {
	if remedy == "" {
		return nil
	}
	lines := []line{nil}
	for part := range strings.SplitSeq(strings.TrimRight(remedy, "\n"), "\n") {
		look := tFigure
		if strings.HasPrefix(strings.TrimSpace(part), "#") {
			look = tDim
		}
		lines = append(lines, line{{tFaint, string(m.glyphs.side) + " "}, {look, strings.ReplaceAll(part, "\t", "    ")}})
	}
	return lines
}

// seenAt is what was seen, and where.
func seenAt(e doctor.Evidence) string {
	switch {
	case e.File != "" && e.Line > 0:
		return e.File + ":" + strconv.Itoa(e.Line) + "  " + e.Text
	case e.File != "":
		return e.File + "  " + e.Text
	case e.Command != "":
		return "$ " + e.Command + "  " + e.Text
	}
	return e.Text
}

// bearingLines name the findings that an action is to be thought over for.
func bearingLines(g *glyphs, list []doctor.Finding, more int, age time.Duration, w int) []line {
	var lines []line
	for _, f := range list {
		sign, t := g.severity(f.Severity)
		says := f.Says
		if len(f.Targets) == 1 {
			says = f.Targets[0] + ": " + says
		} else {
			says = plural(len(f.Targets), "target") + ": " + says
		}
		lines = append(lines, line{{t, sign + " " + f.ID}, {tDim, cut("  "+says, max(w-textWidth(f.ID)-2, 0), false)}})
	}
	if len(lines) == 0 {
		return nil
	}
	tail := "the doctor said so " + duration(max(age, 0)) + " ago"
	if more > 0 {
		tail += ", and " + strconv.Itoa(more) + " more"
	}
	return append(lines, line{{tDim, "  " + tail}})
}
