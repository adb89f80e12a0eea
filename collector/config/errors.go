package config

import (
	"fmt"
	"slices"
	"strings"

	"pumatop/collector/clean"
)

// mostErrors are named of one file: a screenful, the rest follows once these are mended.
const mostErrors = 20

// Error is one thing that is wrong with a file.
type Error struct {
	At   Origin
	Text string
	// Fix is what to do, where the text does not say it.
	Fix string
}

func (e *Error) Error() string {
	if e.At == (Origin{}) {
		return e.Text
	}
	return e.At.String() + ": " + e.Text
}

// Remedy is what to do.
func (e *Error) Remedy() string { return e.Fix }

// Errors are all that is wrong, in the order of the files.
type Errors []*Error

func (e Errors) Error() string {
	var lines []string
	for i, one := range e {
		if i == mostErrors {
			lines = append(lines, fmt.Sprintf("and %d more", len(e)-i))
			break
		}
		lines = append(lines, one.Error())
	}
	return strings.Join(lines, "\n")
}

// Remedy is what to do, each thing once.
func (e Errors) Remedy() string {
	var fixes []string
	for _, one := range e {
		if one.Fix != "" && !slices.Contains(fixes, one.Fix) {
			fixes = append(fixes, one.Fix)
		}
	}
	if len(fixes) == 0 {
		return "pumatop config example names every key"
	}
	return strings.Join(fixes, "\n")
}

// longestQuote is how much of a wrong value is repeated.
const longestQuote = 40

// quote is foreign text in a message.
func quote(text string) string { return `"` + clean.Short(text, longestQuote) + `"` }

// Nearest is the one of the candidates that text was probably meant to be, or empty: at most one slip in three
// characters, and no other candidate as near.
func Nearest(text string, candidates []string) string {
	if len(text) > longestQuote {
		return ""
	}
	best, nearest, tie := max(len(text)/3, 1)+1, "", false
	for _, c := range candidates {
		switch d := slips(strings.ToLower(text), strings.ToLower(c)); {
		case d < best:
			best, nearest, tie = d, c, false
		case d == best && nearest != "":
			tie = true
		}
	}
	if tie {
		return ""
	}
	return nearest
}

// slips counts what was left out, added, changed or turned around between two words.
func slips(a, b string) int {
	rows := [3][]int{}
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
	}
	for j := range rows[1] {
		rows[1][j] = j
	}
	for i := 1; i <= len(a); i++ {
		before, last, row := rows[(i+2)%3], rows[i%3], rows[(i+1)%3]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			same := 1
			if a[i-1] == b[j-1] {
				same = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+same)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
	}
	return rows[(len(a)+1)%3][len(b)]
}

// meant is the nearest candidate as the end of a message.
func meant(text string, candidates []string) string {
	if n := Nearest(text, candidates); n != "" {
		return " · did you mean " + n + "?"
	}
	return ""
}

// either lists what is possible: "control, systemd or signal".
func either(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}
