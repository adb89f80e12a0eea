package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"pumatop/collector/clean"
)

// longestCheck is how many problems are told one by one: monitoring systems cut off what is longer than some kilobytes.
const longestCheck = 40

// text is the outcome in a sentence, without the severity.
func (o checked) text() string {
	serving := fmt.Sprintf("%d of %d targets serving", o.serving, o.targets)
	switch {
	case o.serving == o.targets && o.targets == 1:
		serving = "1 target serving"
	case o.serving == o.targets:
		serving = fmt.Sprintf("%d targets serving", o.targets)
	}
	if len(o.problems) == 0 {
		return serving
	}
	if o.targets == 0 && o.problems[0].target == "" { // there was no check
		return o.problems[0].text
	}
	text := o.problems[0].words()
	if more := len(o.problems) - 1; more > 0 {
		text += fmt.Sprintf("; %d more", more)
	}
	return text + "; " + serving
}

func (p problem) words() string { return p.target + ": " + p.text }

// writePlugin prints an outcome as monitoring plugins do: a line with performance data behind a bar, and what is wrong on
// lines of its own after it.
func writePlugin(w io.Writer, o checked) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s | %s\n", pluginLine(o.severity, o.text()), o.performance())
	for i, p := range o.problems {
		if i == longestCheck {
			fmt.Fprintf(&b, "and %d more\n", len(o.problems)-i)
			break
		}
		text := p.words()
		if p.remedy != "" {
			text += ": " + p.remedy
		}
		fmt.Fprintf(&b, "%s %s\n", strings.ToUpper(p.severity.String()), onOneLine(text))
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("print the result: %w", err)
	}
	return nil
}

func pluginLine(s severity, text string) string {
	return "PUMATOP " + strings.ToUpper(s.String()) + " - " + onOneLine(text)
}

// onOneLine keeps a text from passing for performance data, or for more lines than one.
func onOneLine(text string) string { return strings.ReplaceAll(clean.Line(text), "|", "¦") }

// performance is the performance data: each figure where it is worst, however many targets there are, U where it is not
// known of any.
func (o checked) performance() string {
	fields := []string{
		fmt.Sprintf("targets=%d;;;0", o.targets),
		fmt.Sprintf("serving=%d;;;0;%d", o.serving, o.targets),
	}
	for _, m := range o.measured {
		value, most := "U", ""
		if m.value != nil {
			value = trimmed(*m.value) + m.figure.unit
		}
		if m.figure.unit == "%" {
			most = ";100"
		}
		fields = append(fields, fmt.Sprintf("%s=%s;%s;%s;0%s", m.figure.name, value, m.limits.warning.text, m.limits.critical.text, most))
	}
	return strings.Join(fields, " ")
}

// The types below are the JSON of `pumatop check`, which scripts rely on: fields are added, never renamed.

type checkDocument struct {
	At       time.Time     `json:"at"`
	State    string        `json:"state"` // ok, warning, critical or unknown
	Exit     int           `json:"exit"`
	Text     string        `json:"text"`
	Targets  int           `json:"targets"`
	Serving  int           `json:"serving"`
	Problems []problemJSON `json:"problems"`
	Figures  []figureJSON  `json:"figures"`
}

type problemJSON struct {
	State  string   `json:"state"`
	Target string   `json:"target"`
	Figure *string  `json:"figure"` // null where it is the target's state
	Value  *float64 `json:"value"`
	Text   string   `json:"text"`
	Remedy *string  `json:"remedy"`
}

type figureJSON struct {
	Name     string   `json:"name"`
	Value    *float64 `json:"value"`
	Unit     *string  `json:"unit"`
	Target   *string  `json:"target"` // where it is worst
	Warning  *string  `json:"warning"`
	Critical *string  `json:"critical"`
}

func checkOf(o checked, at time.Time) checkDocument {
	doc := checkDocument{At: at.UTC(), State: o.severity.String(), Exit: int(o.severity), Text: o.text(), Targets: o.targets, Serving: o.serving,
		Problems: []problemJSON{}, Figures: []figureJSON{}}
	for _, p := range o.problems {
		doc.Problems = append(doc.Problems, problemJSON{p.severity.String(), p.target, text(p.figure), p.value, p.text, text(p.remedy)})
	}
	for _, m := range o.measured {
		doc.Figures = append(doc.Figures, figureJSON{m.figure.name, m.value, text(m.figure.unit), text(m.target),
			text(m.limits.warning.text), text(m.limits.critical.text)})
	}
	return doc
}
