// Package wildcard matches names as OpenSSH does, in its configuration and in known_hosts alike: * is any run of
// characters, ? exactly one, and a pattern behind ! takes away what the others of its list give.
package wildcard

import "strings"

// List reports whether one of the patterns matches s and none that is negated does. Letters count as they are.
func List(patterns []string, s string) bool {
	found := false
	for _, p := range patterns {
		p, negated := strings.CutPrefix(p, "!")
		if !match(p, s) {
			continue
		}
		if negated {
			return false
		}
		found = true
	}
	return found
}

// match takes at most len(pattern) × len(s) steps, whatever a file says.
func match(pattern, s string) bool {
	p, i := 0, 0
	star, mark := -1, 0 // the last *, and what it has swallowed up to
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, i
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == s[i]):
			p++
			i++
		case star >= 0:
			mark++
			p, i = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
