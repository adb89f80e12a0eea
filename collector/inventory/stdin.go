package inventory

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxInput is how much of the standard input is read.
const maxInput = 1 << 20

// readNames reads names, one or more a line; # begins a comment.
func readNames(in io.Reader) ([]term, error) {
	if in == nil {
		return nil, nil
	}
	text, err := io.ReadAll(io.LimitReader(in, maxInput+1))
	if err != nil {
		return nil, fmt.Errorf("read names from the standard input: %w", err)
	}
	if len(text) > maxInput {
		return nil, &NothingError{Text: "the standard input is longer than 1 MB"}
	}
	var all []term
	line := 0
	for s := range strings.Lines(string(text)) {
		line++
		s, _, _ = strings.Cut(s, "#")
		if s = strings.TrimSpace(s); s == "" {
			continue
		}
		terms, err := split(s)
		if err == nil {
			_, err = evaluate(nil, terms, checkOnly)
		}
		var syntax *SyntaxError
		if errors.As(err, &syntax) {
			syntax.Line = line
		}
		if err != nil {
			return nil, err
		}
		if all = append(all, terms...); len(all) > maxHosts {
			return nil, &LimitError{Text: "the standard input"}
		}
	}
	return all, nil
}

// checkOnly finds nothing, but what is wrong with a term.
func checkOnly(t term) ([]pick, error) {
	_, err := t.targets()
	return nil, err
}
