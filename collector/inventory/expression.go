package inventory

import (
	"net/netip"
	"strings"
	"unicode/utf8"
)

// maxHosts bounds what one expression, one inventory and one fleet may come to.
const maxHosts = 10_000

// maxArgument is the length of the longest text that is read as an expression.
const maxArgument = 64 << 10

// operations are what ClusterShell calls extended patterns, from left to right and without precedence. Whitespace joins
// too.
const (
	union        = ','
	difference   = '!'
	intersection = '&'
	symmetric    = '^'
)

// term is one operand: what stands between two operators, with its ranges as written.
type term struct {
	op     byte
	text   string
	column int
	// whole is the text that the term is part of, for errors.
	whole string
}

func (t term) fail(offset int, why string) error {
	column := 0
	if offset >= 0 {
		column = t.column + utf8.RuneCountInString(t.text[:min(offset, len(t.text))])
	}
	return &SyntaxError{Text: t.whole, Column: column, Why: why}
}

// split takes an expression apart at the operators that are outside of brackets. It may begin with one, which then goes
// on from what stood before the expression. All that follows :/ is a path.
func split(text string) ([]term, error) {
	if len(text) > maxArgument {
		return nil, &SyntaxError{Text: text, Why: "it is too long"}
	}
	s := splitter{text: text, op: union}
	for s.at < len(text) {
		if err := s.next(); err != nil {
			return nil, err
		}
	}
	if err := s.end(len(text)); err != nil {
		return nil, err
	}
	switch {
	case s.waits:
		return nil, s.fail(len(text), "nothing stands after the "+string(s.op))
	case len(s.terms) == 0:
		return nil, s.fail(-1, "it names no host")
	}
	return s.terms, nil
}

// splitter is where split has got to: the term that begins at start, after op.
type splitter struct {
	text      string
	at, start int
	op        byte
	waits     bool // for the operand of an operator
	terms     []term
}

func (s *splitter) fail(offset int, why string) error {
	return term{text: s.text, column: 1, whole: s.text}.fail(offset, why)
}

// next takes one character, one bracket or one path.
func (s *splitter) next() error {
	switch c := s.text[s.at]; c {
	case union, difference, intersection, symmetric:
		had := len(s.terms)
		if err := s.end(s.at); err != nil {
			return err
		}
		first := had == 0 && len(s.terms) == 0
		if s.waits || first && c == union {
			return s.fail(s.at, "nothing stands before the "+string(c))
		}
		s.op, s.waits = c, true
		s.at++
		s.start = s.at
	case ' ', '\t':
		if err := s.end(s.at); err != nil {
			return err
		}
		s.at++
		s.start = s.at
	case '[':
		end, err := s.bracket()
		if err != nil {
			return err
		}
		s.at = end
	case ']':
		return s.fail(s.at, "there is no bracket to close")
	case ':':
		if s.at++; strings.HasPrefix(s.text[s.at:], "/") && s.at-1 > s.start {
			s.at = len(s.text)
		}
	default:
		s.at++
	}
	return nil
}

// bracket is where the bracket that begins here has ended.
func (s *splitter) bracket() (int, error) {
	n := strings.IndexAny(s.text[s.at+1:], "[]")
	if n < 0 || s.text[s.at+1+n] == '[' {
		return 0, s.fail(s.at, "the bracket is not closed")
	}
	return s.at + n + 2, nil
}

// end makes a term of what stands before i.
func (s *splitter) end(i int) error {
	if s.start >= i {
		return nil
	}
	text := s.text[s.start:i]
	s.terms = append(s.terms, term{s.op, text, 1 + utf8.RuneCountInString(s.text[:s.start]), s.text})
	if len(s.terms) > maxHosts {
		return &LimitError{Text: s.text}
	}
	s.start, s.op, s.waits = i, union, false
	return nil
}

// addressEnd is where an IPv6 address in brackets ends that begins at i of text, else 0: it stands at the beginning or
// after the user.
func addressEnd(text string, i int) int {
	if i > 0 && text[i-1] != '@' {
		return 0
	}
	inside, _, ok := strings.Cut(text[i+1:], "]")
	host, _, _ := strings.Cut(inside, "%")
	if a, err := netip.ParseAddr(host); !ok || err != nil || !a.Is6() {
		return 0
	}
	return i + len(inside) + 2
}
