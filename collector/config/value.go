package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"

	"go.yaml.in/yaml/v3"

	"pumatop/collector/clean"
)

// The bounds of a file. A fleet of a thousand hosts is a hundredth of them; what is beyond is a slip or an attack.
const (
	largestFile = 1 << 20
	deepest     = 32
	mostValues  = 100_000 // with every alias written out
)

// source is a file that values come from.
type source struct {
	layer      Layer
	path, name string
}

func (s source) at(n *yaml.Node) Origin {
	return Origin{Layer: s.layer, File: s.path, Name: s.name, Line: n.Line, Column: n.Column}
}

// value is a node of a file with its aliases and merge keys resolved: a scalar, a list or a mapping.
type value struct {
	at   Origin
	node *yaml.Node // a scalar's
	list []*value
	// entries are a mapping's, in the order of the file.
	entries []entry
	kind    kind
}

type kind int

const (
	scalar kind = iota
	list
	mapping
)

// entry is a key of a mapping with its value.
type entry struct {
	key   string
	at    Origin
	value *value
}

// get is the value of a key, or nil.
func (v *value) get(key string) *value {
	if v == nil {
		return nil
	}
	for _, e := range v.entries {
		if e.key == key {
			return e.value
		}
	}
	return nil
}

// isNull reports a value that was left empty.
func (v *value) isNull() bool { return v.kind == scalar && v.node.ShortTag() == "!!null" }

// parser makes values of one file.
type parser struct {
	source   source
	made     int
	open     map[*yaml.Node]bool // aliases that are being written out
	problems Errors
}

// errBounds ends a file that is too much.
var errBounds = errors.New("out of bounds")

// yamlLine finds the line in an error of the YAML library.
var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?(?:unmarshal errors:\s*)?`)

// parse reads the bytes of a file. The value is nil where there is nothing in it.
func parse(s source, text []byte) (*value, Errors) {
	p := parser{source: s, open: map[*yaml.Node]bool{}}
	if len(text) > largestFile {
		return nil, Errors{{At: Origin{Layer: s.layer, File: s.path, Name: s.name}, Text: "larger than 1 MB: this is no configuration"}}
	}
	var document, second yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	err := decoder.Decode(&document)
	if errors.Is(err, io.EOF) || err == nil && len(document.Content) == 0 {
		return nil, nil
	}
	if err != nil {
		return nil, Errors{p.syntax(err)}
	}
	if err := decoder.Decode(&second); err == nil {
		p.complain(&second, "a second document begins here: a configuration is one")
		return nil, p.problems
	} else if !errors.Is(err, io.EOF) {
		return nil, Errors{p.syntax(err)}
	}
	v, err := p.value(document.Content[0], 0)
	if err != nil {
		return nil, p.problems
	}
	if v.isNull() && len(p.problems) == 0 {
		return nil, nil
	}
	return v, p.problems
}

// syntax is an error of the YAML library in our words.
func (p *parser) syntax(err error) *Error {
	text := err.Error()
	at := Origin{Layer: p.source.layer, File: p.source.path, Name: p.source.name}
	if m := yamlLine.FindStringSubmatch(text); m != nil {
		at.Line, _ = strconv.Atoi(m[1])
		text = text[len(m[0]):]
	}
	return &Error{At: at, Text: "this is no YAML: " + clean.Line(text)}
}

func (p *parser) complain(n *yaml.Node, format string, args ...any) {
	p.problems = append(p.problems, &Error{At: p.source.at(n), Text: fmt.Sprintf(format, args...)})
}

// value makes a value of a node. Its error is errBounds, after which nothing more is to be read of the file.
func (p *parser) value(n *yaml.Node, depth int) (*value, error) {
	if n.Kind == yaml.AliasNode {
		return p.alias(n, depth)
	}
	if p.made++; p.made > mostValues {
		p.complain(n, "more than %d values: this is no configuration", mostValues)
		return nil, errBounds
	}
	if depth > deepest {
		p.complain(n, "more than %d levels deep: this is no configuration", deepest)
		return nil, errBounds
	}
	v := &value{at: p.source.at(n)}
	switch n.Kind {
	case yaml.SequenceNode:
		v.kind = list
		for _, item := range n.Content {
			made, err := p.value(item, depth+1)
			if err != nil {
				return nil, err
			}
			v.list = append(v.list, made)
		}
	case yaml.MappingNode:
		v.kind = mapping
		return v, p.entries(v, n, depth)
	default:
		v.node = n
		if clean.Line(n.Value) != n.Value {
			p.complain(n, "%s has line breaks or characters that a terminal would act on", quote(n.Value))
			v.node = &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: clean.Line(n.Value)}
		}
		v.node = plainTruth(v.node)
	}
	return v, nil
}

// plainTruth writes True and TRUE as everybody compares them: true.
func plainTruth(n *yaml.Node) *yaml.Node {
	var yes bool
	if n.ShortTag() != "!!bool" || n.Decode(&yes) != nil {
		return n
	}
	plain := *n
	plain.Value = strconv.FormatBool(yes)
	return &plain
}

// alias writes out what the anchor stands for.
func (p *parser) alias(n *yaml.Node, depth int) (*value, error) {
	if p.open[n.Alias] {
		p.complain(n, "*%s stands within itself", clean.Line(n.Value))
		return nil, errBounds
	}
	p.open[n.Alias] = true
	defer delete(p.open, n.Alias)
	return p.value(n.Alias, depth+1)
}

// entries reads a mapping. What << brings gives way to what is written beside it.
func (p *parser) entries(v *value, n *yaml.Node, depth int) error {
	var merged []entry
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, item := n.Content[i], n.Content[i+1]
		if key.Kind == yaml.AliasNode {
			key = key.Alias
		}
		if key.Kind != yaml.ScalarNode {
			p.complain(n.Content[i], "a key has to be a word")
			continue
		}
		made, err := p.value(item, depth+1)
		if err != nil {
			return err
		}
		if key.ShortTag() == "!!merge" {
			merged = append(merged, p.merged(made)...)
			continue
		}
		name := clean.Line(key.Value)
		switch first, twice := seen[name]; {
		case name != key.Value:
			p.complain(key, "the key %s has line breaks or characters that a terminal would act on", quote(name))
		case twice:
			p.complain(key, "%s is there twice, first in line %d", quote(name), first)
		default:
			seen[name] = key.Line
			v.entries = append(v.entries, entry{name, p.source.at(n.Content[i]), made})
		}
	}
	for _, e := range merged {
		if _, there := seen[e.key]; !there {
			seen[e.key] = e.at.Line
			v.entries = append(v.entries, e)
		}
	}
	return nil
}

// merged are the entries that << brings: of one mapping, or of a list of them, of which the first counts.
func (p *parser) merged(v *value) []entry {
	switch {
	case v.kind == mapping:
		return v.entries
	case v.kind == list:
		var all []entry
		for _, item := range v.list {
			if item.kind != mapping {
				v = item
				break
			}
			all = append(all, item.entries...)
		}
		if v.kind == list {
			return all
		}
	}
	p.problems = append(p.problems, &Error{At: v.at, Text: "<< takes a mapping, or a list of them"})
	return nil
}
