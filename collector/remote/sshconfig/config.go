package sshconfig

import (
	"strconv"
	"strings"
	"time"
)

// Config is the effective configuration of one host: values by lower-case keyword, in order. Keywords that may
// repeat (identityfile, certificatefile) have several values, the others one.
type Config map[string][]string

// Parse reads what `ssh -G` prints: a keyword and its value on each line. Lines without a value set the keyword
// to the empty string; nothing is an error, because a later ssh may print what this one does not.
func Parse(out []byte) Config {
	c := Config{}
	for line := range strings.Lines(string(out)) {
		key, value, _ := strings.Cut(strings.TrimRight(line, "\r\n"), " ")
		if key == "" {
			continue
		}
		// Not every version prints all keywords in lower case (canonicalizePermittedcnames).
		key = strings.ToLower(key)
		c[key] = append(c[key], strings.Clone(strings.TrimSpace(value))) // a few values are kept, the rest need not be
	}
	return c
}

// Get is the first value of a keyword, empty where it is not set.
func (c Config) Get(keyword string) string {
	if v := c[keyword]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// All are the values of a keyword that may repeat, without empty ones and without the word "none".
func (c Config) All(keyword string) []string {
	var all []string
	for _, v := range c[keyword] {
		if v != "" && v != "none" {
			all = append(all, v)
		}
	}
	return all
}

// Yes reports whether a keyword is on. ssh prints some as yes and no, others as true and false.
func (c Config) Yes(keyword string) bool {
	switch c.Get(keyword) {
	case "yes", "true":
		return true
	}
	return false
}

// Set reports whether a keyword has a value that is not "none".
func (c Config) Set(keyword string) bool {
	v := c.Get(keyword)
	return v != "" && v != "none"
}

// Seconds is a keyword's value as a duration; ssh prints times in seconds, whatever unit they were written in. It is
// 0 where the keyword is missing, "none" or no number.
func (c Config) Seconds(keyword string) time.Duration {
	n, err := strconv.ParseInt(c.Get(keyword), 10, 32)
	if err != nil || n < 0 {
		return 0
	}
	return time.Duration(n) * time.Second
}

// Changed reports whether a keyword differs from what ssh says without any configuration.
func (c Config) Changed(defaults Config, keyword string) bool {
	return strings.Join(c[keyword], "\n") != strings.Join(defaults[keyword], "\n")
}
