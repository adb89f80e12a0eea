package main

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// family is the samples of one Prometheus metric, which have to stand together.
type family struct {
	name, kind, help string
	samples          []sample
}

// sample is one figure of a family.
type sample struct {
	labels []label
	value  float64
}

type label struct{ name, value string }

// writeExposition prints families in Prometheus's text format. A family without samples is left out, and so is the second
// of two samples with the same labels: one such pair and the whole file is refused by whoever reads it.
func writeExposition(w io.Writer, families []family) error {
	out := bufio.NewWriter(w)
	for _, f := range families {
		seen := map[string]bool{}
		for _, s := range f.samples {
			series := f.name + labelText(s.labels)
			if seen[series] {
				continue
			}
			if len(seen) == 0 {
				fmt.Fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", f.name, helpText(f.help), f.name, f.kind)
			}
			seen[series] = true
			fmt.Fprintf(out, "%s %s\n", series, valueText(s.value))
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("print the metrics: %w", err)
	}
	return nil
}

// labelText writes labels in braces. An empty label is the same as none, and left out.
func labelText(labels []label) string {
	var b strings.Builder
	escape := strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`)
	for _, l := range labels {
		if l.value == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		b.WriteString(l.name + `="` + escape.Replace(strings.ToValidUTF8(l.value, "\uFFFD")) + `"`)
	}
	if b.Len() == 0 {
		return ""
	}
	return "{" + b.String() + "}"
}

func helpText(s string) string { return strings.NewReplacer(`\`, `\\`, "\n", `\n`).Replace(s) }

// valueText writes numbers without an exponent, up to where a float64 no longer has every whole one.
func valueText(v float64) string {
	if v == 0 || math.Abs(v) > 1e-6 && math.Abs(v) < 1<<53 {
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}
