package main

import (
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"
)

// reach are the hosts of the command line that are not reached as `ssh NAME` would, until a configuration file has them.
type reach struct{ commands, become []string }

func (r *reach) addFlags(p *pflag.FlagSet) {
	p.StringArrayVar(&r.commands, "command", nil,
		"`NAME='docker exec -i web sh'`: TARGET NAME is reached through a command of this machine that is a shell there")
	p.StringArrayVar(&r.become, "become", nil,
		"`[NAME=]USER` that scripts and control sockets are of on the host, through sudo -n; without NAME on every host")
}

// apply gives each target its way. A name that is no target's is a slip of the pen.
func (r *reach) apply(targets []wanted) error {
	for _, text := range r.commands {
		name, command, ok := strings.Cut(text, "=")
		if !ok || name == "" {
			return usagef("write --command web='docker exec -i web sh'", "cannot read --command %s: no name", strconv.Quote(text))
		}
		words, err := splitWords(command)
		if err != nil {
			return err
		}
		w, err := named(targets, "--command", name)
		if err != nil {
			return err
		}
		w.options.Command = words
	}
	everywhere := ""
	for _, text := range r.become {
		name, user, ok := strings.Cut(text, "=")
		if !ok {
			everywhere = text
			continue
		}
		w, err := named(targets, "--become", name)
		if err != nil {
			return err
		}
		w.options.Become = user
	}
	for i := range targets {
		if targets[i].options.Become == "" {
			targets[i].options.Become = everywhere
		}
	}
	return nil
}

func named(targets []wanted, flag, name string) (*wanted, error) {
	i := slices.IndexFunc(targets, func(w wanted) bool { return w.host == name || w.name == name })
	if i < 0 {
		return nil, usagef("name it as a TARGET too, or mend the name", "%s names %s, which is no target", flag, strconv.Quote(name))
	}
	return &targets[i], nil
}

// splitWords takes a command apart as a POSIX shell does, with its quotes and without its expansions: what would be one
// is refused, since it would not come about.
func splitWords(s string) ([]string, error) {
	var words []string
	var word []byte
	began := false
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == ' ' || c == '\t':
			if began {
				words, word, began = append(words, string(word)), nil, false
			}
			continue
		case strings.IndexByte("$`;|&<>()\n", c) >= 0 || c == '#' && !began:
			return nil, usagef("quote it, or put the command line into sh -c '…'", "the command has a %q that no shell will see", c)
		}
		began = true
		part, rest, ok := wordPart(s[i:])
		if !ok {
			return nil, usagef("close the quote", "the command has an unfinished quote: %s", strconv.Quote(s))
		}
		word = append(word, part...)
		i = len(s) - len(rest) - 1
	}
	if began {
		words = append(words, string(word))
	}
	if len(words) == 0 {
		return nil, usagef("write --command web='docker exec -i web sh'", "the command is empty")
	}
	return words, nil
}

// wordPart takes one character or one quoted piece off s. It is not ok where a quote is not closed, or where a shell
// would expand something in double quotes.
func wordPart(s string) (part, rest string, ok bool) {
	switch s[0] {
	case '\'':
		return strings.Cut(s[1:], "'")
	case '\\':
		if len(s) < 2 {
			return "", "", false
		}
		return s[1:2], s[2:], true
	case '"':
	default:
		return s[:1], s[1:], true
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return b.String(), s[i+1:], true
		case s[i] == '$' || s[i] == '`':
			return "", "", false
		case s[i] == '\\' && i+1 < len(s) && strings.IndexByte("$`\"\\", s[i+1]) >= 0:
			i++
		}
		b.WriteByte(s[i])
	}
	return "", "", false
}
