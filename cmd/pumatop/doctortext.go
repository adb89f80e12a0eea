package main

import (
	"fmt"
	"io"
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"pumatop/collector/doctor"
)

// writeDoctor prints findings for people: the worst first, each with where it is, what was seen, what it leads to and what to
// write instead.
func writeDoctor(w io.Writer, e examination, color string) error {
	p, out := newTint(w, color)
	d := doctorText{tint: p, width: widthOf(w)}
	for i, f := range e.Findings {
		again := i > 0 && e.Findings[i-1].ID == f.ID && e.Findings[i-1].Severity == f.Severity && e.Findings[i-1].Consequence == f.Consequence
		d.finding(f, again)
	}
	d.unknown(e)
	for _, a := range e.absent {
		d.wrap("✖ "+a.Target+": ", "    ", a.Error)
		if a.Remedy != nil {
			d.wrap("    ", "    ", *a.Remedy)
		}
	}
	if len(e.absent) > 0 {
		d.b.WriteString("\n")
	}
	d.wrap("", "", tallyOf(e))
	_, err := io.WriteString(out, d.b.String())
	return err
}

type doctorText struct {
	tint  tint
	width int
	b     strings.Builder
}

// wrap writes a sentence, first before its first line and rest before the others.
func (d *doctorText) wrap(first, rest, text string) {
	lines := strings.Split(ansi.Wrap(text, max(d.width-max(lipgloss.Width(first), lipgloss.Width(rest)), 20), ""), "\n")
	for i, line := range lines {
		lead := rest
		if i == 0 {
			lead = first
		}
		d.b.WriteString(strings.TrimRight(lead+line, " ") + "\n")
	}
}

// finding writes one; again is whether the one before was of the same check, and said what it leads to.
func (d *doctorText) finding(f doctor.Finding, again bool) {
	glyph := map[doctor.Severity]string{doctor.Blocks: "✖", doctor.Risks: "▲", doctor.Security: "$", doctor.Advice: "i"}[f.Severity]
	if !again {
		d.b.WriteString(d.tint.severity(f.Severity, glyph+" "+f.ID) + "  " + severityWords(f.Severity, 1) + "\n")
		d.wrap("  ", "  ", f.Consequence)
		d.b.WriteString(d.tint.faint("  "+f.Link) + "\n\n")
	}
	d.wrap("  ", "  ", some(f.Targets, 12)+": "+f.Says)
	for _, seen := range f.Evidence {
		d.wrap("    seen  ", "          ", where(seen))
	}
	if f.Remedy != "" {
		d.b.WriteString("\n")
		for line := range strings.Lines(strings.TrimRight(f.Remedy, "\n") + "\n") { // never wrapped: it is pasted
			d.b.WriteString("    " + line)
		}
	}
	d.b.WriteString("\n")
}

// where is what was seen, and where.
func where(e doctor.Evidence) string {
	switch {
	case e.File != "" && e.Line > 0:
		return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Text)
	case e.File != "":
		return e.File + ": " + e.Text
	case e.Command != "":
		return "$ " + e.Command + ": " + e.Text
	}
	return e.Text
}

func (d *doctorText) unknown(e examination) {
	gone := map[string]bool{}
	for _, a := range e.absent {
		gone[a.Error] = true // told by itself
	}
	first := true
	for _, u := range e.Unknowns() {
		if gone[u.Reason] {
			continue
		}
		if first {
			d.b.WriteString("? unknown\n")
			first = false
		}
		d.wrap("  ", "    ", some(u.IDs, 4)+" on "+some(u.Targets, 4)+": "+u.Reason)
	}
	if !first {
		d.b.WriteString("\n")
	}
}

// severity colours what stands for one: red, amber, and nothing for advice.
func (p tint) severity(s doctor.Severity, text string) string {
	color := map[doctor.Severity]string{doctor.Blocks: "1", doctor.Risks: "3", doctor.Security: "3"}[s]
	if !p.on || color == "" {
		return text
	}
	return lipgloss.NewStyle().Bold(true).Foreground(lipgloss.Color(color)).Render(text)
}

// doctorMarkdown is what one pastes into a ticket.
func doctorMarkdown(e examination) string {
	var b strings.Builder
	fmt.Fprintf(&b, "## pumatop doctor, %s\n\n%s.\n", e.at.UTC().Format("2006-01-02 15:04 UTC"), tallyOf(e))
	for _, f := range e.Findings {
		fmt.Fprintf(&b, "\n### `%s`: %s\n\n", f.ID, severityWords(f.Severity, 1))
		targets := make([]string, len(f.Targets))
		for i, t := range f.Targets {
			targets[i] = code(t)
		}
		fmt.Fprintf(&b, "On %s: %s.\n\n%s\n", strings.Join(targets, ", "), prose(f.Says), prose(f.Consequence))
		if len(f.Evidence) > 0 {
			b.WriteString("\nSeen:\n\n")
		}
		for _, seen := range f.Evidence {
			switch {
			case seen.File != "" && seen.Line > 0:
				fmt.Fprintf(&b, "- %s: %s\n", code(fmt.Sprintf("%s:%d", seen.File, seen.Line)), code(seen.Text))
			case seen.File+seen.Command != "":
				fmt.Fprintf(&b, "- %s: %s\n", code(seen.File+seen.Command), code(seen.Text))
			default:
				fmt.Fprintf(&b, "- %s\n", code(seen.Text))
			}
		}
		if f.Remedy != "" {
			fence := strings.Repeat("`", max(longest(f.Remedy, '`')+1, 3))
			fmt.Fprintf(&b, "\nRemedy:\n\n%s\n%s\n%s\n", fence, strings.TrimRight(f.Remedy, "\n"), fence)
		}
		fmt.Fprintf(&b, "\n[Documentation](%s)\n", f.Link)
	}
	if all := e.Unknowns(); len(all) > 0 {
		b.WriteString("\n### Unknown\n\n")
		for _, u := range all {
			fmt.Fprintf(&b, "- %s on %s: %s\n", code(some(u.IDs, 6)), code(some(u.Targets, 6)), prose(u.Reason))
		}
	}
	return b.String()
}

// code is a text as code in a line of Markdown, whatever backticks it has.
func code(s string) string {
	if s == "" {
		return "(nothing)"
	}
	n := longest(s, '`')
	if n == 0 {
		return "`" + s + "`"
	}
	fence := strings.Repeat("`", n+1)
	return fence + " " + s + " " + fence
}

// prose is a sentence in which nothing is Markdown.
func prose(s string) string {
	return strings.NewReplacer(`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "<", `\<`, "[", `\[`, "#", `\#`, "|", `\|`, "~", `\~`).Replace(s)
}

// longest is the length of the longest run of a character.
func longest(s string, of rune) int {
	most, run := 0, 0
	for _, r := range s {
		if r == of {
			run++
			most = max(most, run)
			continue
		}
		run = 0
	}
	return most
}
