package sshconfig

import (
	"strconv"
	"strings"

	"pumatop/collector/remote/wildcard"
)

// split takes a line apart as ssh does: a keyword, then words, with an optional = between, quotes, and # as the
// beginning of a comment. ok is false where a quote is not closed.
func split(line string) (words []string, ok bool) {
	line = strings.TrimSpace(line)
	if line == "" || line[0] == '#' {
		return nil, true
	}
	end := strings.IndexAny(line, " \t=")
	if end < 0 {
		return []string{line}, true
	}
	words = []string{line[:end]}
	rest := strings.TrimLeft(line[end:], " \t")
	if after, found := strings.CutPrefix(rest, "="); found {
		rest = strings.TrimLeft(after, " \t")
	}
	// A command is the rest of its line, quotes and all: they are for its shell.
	if takesRest(strings.ToLower(words[0])) {
		if rest != "" {
			words = append(words, rest)
		}
		return words, true
	}
	for rest != "" && rest[0] != '#' {
		var word string
		if word, rest, ok = nextWord(rest); !ok {
			return nil, false
		}
		words = append(words, word)
		rest = strings.TrimLeft(rest, " \t")
	}
	return words, true
}

func takesRest(keyword string) bool {
	switch keyword {
	case "proxycommand", "localcommand", "remotecommand", "knownhostscommand":
		return true
	}
	return false
}

// Words takes a command apart as ssh does where no shell runs it: at blanks, with quotes, and with a backslash before
// a quote, a backslash or a blank. ok is false where a quote is not closed.
func Words(s string) (words []string, ok bool) {
	for s = strings.TrimLeft(s, " \t"); s != ""; s = strings.TrimLeft(s, " \t") {
		var word string
		if word, s, ok = nextWord(s); !ok {
			return nil, false
		}
		words = append(words, word)
	}
	return words, true
}

// nextWord reads a word with quoted parts.
func nextWord(s string) (word, rest string, ok bool) {
	var b strings.Builder
	quote := byte(0)
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '\\' && i+1 < len(s) && (strings.IndexByte(`"'\`, s[i+1]) >= 0 || quote == 0 && s[i+1] == ' '):
			i++
			b.WriteByte(s[i])
		case quote == 0 && (c == ' ' || c == '\t'):
			return b.String(), s[i:], true
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case quote != 0 && c == quote:
			quote = 0
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), "", quote == 0
}

// seconds turns ssh's times (90, 1m30s, 2h) into what `ssh -G` prints; what is none stays as it is.
func seconds(value string) string {
	total, number := 0, ""
	for _, r := range value {
		if r >= '0' && r <= '9' {
			number += string(r)
			continue
		}
		unit := map[rune]int{'s': 1, 'S': 1, 'm': 60, 'M': 60, 'h': 3600, 'H': 3600, 'd': 86400, 'D': 86400,
			'w': 604800, 'W': 604800}[r]
		n, err := strconv.Atoi(number)
		if unit == 0 || err != nil || n > 1e6 {
			return value
		}
		total, number = total+n*unit, ""
	}
	if number == "" {
		return strconv.Itoa(total)
	}
	n, err := strconv.Atoi(number)
	if err != nil || n > 1e9 {
		return value
	}
	return strconv.Itoa(total + n)
}

// matchHosts reports whether one of the patterns matches and none that is negated does, in letters of either case.
func matchHosts(patterns []string, s string) bool {
	lower := make([]string, len(patterns))
	for i, p := range patterns {
		lower[i] = strings.ToLower(p)
	}
	return wildcard.List(lower, strings.ToLower(s))
}
