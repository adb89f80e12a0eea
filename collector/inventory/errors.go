package inventory

import (
	"fmt"
	"strconv"
	"strings"

	"pumatop/collector/clean"
	"pumatop/collector/config"
)

const targetHint = "TARGET is HOST, HOST/APP, HOST:/path/puma.state, @GROUP or an environment; HOST may have ranges, web[01-12]"

// SyntaxError is a text that names no hosts.
type SyntaxError struct {
	Text string
	// Column counts characters from 1; 0 is the whole text.
	Column int
	Why    string
	// At is where the text is written; zero for an argument. Line is that of the standard input.
	At   config.Origin
	Line int
}

func (e *SyntaxError) Error() string {
	where := ""
	if e.Column > 0 {
		where = fmt.Sprintf("column %d: ", e.Column)
	}
	return fmt.Sprintf("%scannot read target %s: %s%s", place(e.At, e.Line), quoted(e.Text), where, e.Why)
}

// Remedy is what to write instead.
func (*SyntaxError) Remedy() string { return targetHint }

// LimitError is a text that stands for too many hosts.
type LimitError struct {
	Text string
	At   config.Origin
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("%s%s stands for more than %d hosts", place(e.At, 0), quoted(e.Text), maxHosts)
}

// Remedy is what to do instead.
func (*LimitError) Remedy() string { return "name fewer, or look at the range again" }

// UnknownError is the name of a group or an environment that there is not.
type UnknownError struct {
	// Kind is "group", "environment" or "host".
	Kind, Name string
	// Environment is where a group was looked for; empty is everywhere.
	Environment string
	// Known are the names that there are, Nearest the one that may be meant.
	Known   []string
	Nearest string
	// Elsewhere is an environment that has the group.
	Elsewhere string
}

func (e *UnknownError) Error() string {
	in := ""
	if e.Environment != "" {
		in = " in " + clean.Short(e.Environment, 40)
	}
	return fmt.Sprintf("there is no %s %s%s", e.Kind, quoted(e.Name), in)
}

// Remedy names what there is.
func (e *UnknownError) Remedy() string {
	mark := ""
	if e.Kind == kindGroup {
		mark = "@"
	}
	switch {
	case e.Nearest != "":
		return fmt.Sprintf("did you mean %s%s?", mark, e.Nearest)
	case e.Elsewhere != "":
		return fmt.Sprintf("%s has it: pumatop %s %s%s", e.Elsewhere, e.Elsewhere, mark, e.Name)
	case len(e.Known) == 0:
		return fmt.Sprintf("no configuration has any %s; pumatop config example shows how to write one", e.Kind)
	}
	return "there are " + enumerate(mark, e.Known)
}

// ChoiceError is a command line that leaves open which environment is meant.
type ChoiceError struct {
	// Text is what is in several of them; empty where nothing was named.
	Text  string
	Known []string
}

func (e *ChoiceError) Error() string {
	if e.Text == "" {
		return "no environment named"
	}
	return fmt.Sprintf("%s is in %s", quoted(e.Text), enumerate("", e.Known))
}

// Remedy is how to choose.
func (e *ChoiceError) Remedy() string {
	first := clean.Line(e.Known[0])
	if e.Text == "" {
		return fmt.Sprintf("there are %s: pumatop %s, or environment: %s in the configuration", enumerate("", e.Known), first, first)
	}
	return fmt.Sprintf("name the environment, too: pumatop %s %s", first, clean.Short(e.Text, 80))
}

// MixedError is a command line with hosts of two environments.
type MixedError struct{ One, Other, First, Second string }

func (e *MixedError) Error() string {
	if e.One == "" {
		return fmt.Sprintf("%s and %s are two environments", clean.Short(e.First, 40), clean.Short(e.Second, 40))
	}
	return fmt.Sprintf("%s is of %s and %s of %s", quoted(e.One), clean.Short(e.First, 40), quoted(e.Other), clean.Short(e.Second, 40))
}

// Remedy is what to do instead.
func (*MixedError) Remedy() string {
	return "open one environment at a time: what is done to one is not meant for the other"
}

// ConflictError is a host that two lines say different things of.
type ConflictError struct {
	Host, Field string
	One, Other  config.Origin
	// Groups are those of the two lines.
	Groups [2]string
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf("%s%s has another %s in group %s than in %s%s", place(e.Other, 0), clean.Short(e.Host, 80), e.Field,
		clean.Short(e.Groups[1], 40), clean.Short(e.Groups[0], 40), behind(e.One))
}

// Remedy is what to change.
func (e *ConflictError) Remedy() string {
	if e.Field == fieldName {
		return "give the host one name"
	}
	return "say the same in both groups, or name the host in one of them"
}

// NameError is a name that two hosts have, or that does not fit its entry.
type NameError struct {
	Name, Why string
	At        config.Origin
}

func (e *NameError) Error() string {
	return fmt.Sprintf("%sthe name %s %s", place(e.At, 0), quoted(e.Name), e.Why)
}

// Remedy is what to change.
func (*NameError) Remedy() string {
	return "give each host a name of its own, with the ranges that the hosts have"
}

// NothingError is a command line that names no host, or leaves none over.
type NothingError struct{ Text string }

func (e *NothingError) Error() string {
	if e.Text == "" {
		return "no target named"
	}
	return e.Text
}

// Remedy is what to write.
func (e *NothingError) Remedy() string {
	if e.Text == "" {
		return "name hosts as ssh knows them, web1 web2, or have a configuration name them: pumatop config example · to see it without any: pumatop demo"
	}
	return "pumatop --help shows what may stand as TARGET"
}

func quoted(s string) string { return strconv.Quote(clean.Short(s, 80)) }

// place is how a message begins that is about a line.
func place(at config.Origin, line int) string {
	switch {
	case line > 0:
		return fmt.Sprintf("standard input:%d: ", line)
	case at.File == "":
		return ""
	}
	return clean.Line(at.String()) + ": "
}

// behind is a line in brackets.
func behind(at config.Origin) string {
	if s := strings.TrimSuffix(place(at, 0), ": "); s != "" {
		return " (" + s + ")"
	}
	return ""
}

// enumerate writes a few names in a row.
func enumerate(mark string, names []string) string {
	const most = 12
	var b strings.Builder
	for i, name := range names {
		if i == most {
			fmt.Fprintf(&b, " and %d more", len(names)-most)
			break
		}
		if i > 0 && i == len(names)-1 {
			b.WriteString(" and ")
		} else if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(mark + clean.Short(name, 40))
	}
	return b.String()
}
