package query

import (
	"fmt"
	"strings"
)

// NameError is a name of a column that there is not.
type NameError struct {
	Name string
	// Nearest is the column that was probably meant; empty where none is near.
	Nearest string
}

// Error says which name it is.
func (e *NameError) Error() string { return fmt.Sprintf("no column is called %q", e.Name) }

// Remedy names the nearest column, or all of them.
func (e *NameError) Remedy() string {
	if e.Nearest != "" {
		return e.Nearest + " may be meant"
	}
	return "columns are " + strings.Join(columnNames(), ", ")
}

func unknownColumn(name string) *NameError {
	return &NameError{Name: name, Nearest: nearest(name, columnNames())}
}

// FilterError is a word of a filter that cannot be read.
type FilterError struct {
	// Filter is the text and Column where in it the word is wrong, in characters from 1.
	Filter string
	Column int
	// Problem says what is wrong.
	Problem string
	remedy  string
}

// Error says what is wrong and where.
func (e *FilterError) Error() string {
	return fmt.Sprintf("filter %q, column %d: %s", e.Filter, e.Column, e.Problem)
}

// Remedy says what to write instead.
func (e *FilterError) Remedy() string { return e.remedy }

func columnNames() []string {
	names := make([]string, 0, len(columns))
	for _, c := range columns {
		names = append(names, string(c.ID))
	}
	return names
}

// nearest is the word that a mistyped one is likely to be: at most every third letter is another. Of two as near it is the
// first. A beginning of a word is near, whatever is left out.
func nearest(typed string, words []string) string {
	typed = strings.ToLower(typed)
	if typed == "" {
		return ""
	}
	best, least := "", max(len(typed)/3, 1)+1
	for _, w := range words {
		if len(typed) > 1 && strings.HasPrefix(w, typed) {
			return w
		}
		if d := distance(typed, w); d < least {
			best, least = w, d
		}
	}
	return best
}

// distance is how many letters are to be added, left out, replaced or exchanged with their neighbour.
func distance(a, b string) int {
	if len(a) > 40 || len(b) > 40 {
		return 40
	}
	var before, last, row [42]int
	for j := range len(b) + 1 {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
