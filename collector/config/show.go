package config

import (
	"fmt"
	"io"
	"reflect"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// Setting is one value that counts: a single one, or a list.
type Setting struct {
	// Key is its path, Value how it is written, paths made absolute.
	Key, Value string
	At         Origin
}

// Settings are all values that a file has, in the order of the keys' mention.
func (l Loaded) Settings() []Setting {
	var out []Setting
	l.each(l.values, "", field{typ: reflect.TypeFor[Config]()}, func(path string, v *value, f field) {
		out = append(out, Setting{path, l.inline(v, f), v.at})
	})
	return out
}

// each visits the single values and the lists.
func (l Loaded) each(v *value, path string, f field, visit func(string, *value, field)) {
	if v == nil {
		return
	}
	if v.kind != mapping {
		if path != "" && !v.isNull() {
			visit(path, v, f)
		}
		return
	}
	for _, e := range v.entries {
		if !isComment(e.key) {
			l.each(e.value, join(path, e.key), inner(f, e.key), visit)
		}
	}
}

// inline writes a value in one line.
func (l Loaded) inline(v *value, f field) string {
	switch v.kind {
	case list:
		return "[" + strings.Join(l.items(v, f), ", ") + "]"
	case mapping:
		var items []string
		for _, e := range v.entries {
			if !isComment(e.key) {
				items = append(items, word(e.key)+": "+l.inline(e.value, inner(f, e.key)))
			}
		}
		return "{" + strings.Join(items, ", ") + "}"
	}
	if v.node.ShortTag() != "!!str" {
		return v.node.Value
	}
	if f.tag.Get("kind") == "path" {
		return word(absolute(v.node.Value, v.at.File, l.home))
	}
	return word(v.node.Value)
}

// items writes those of a list.
func (l Loaded) items(v *value, f field) []string {
	var items []string
	element := f
	if f.typ.Kind() == reflect.Slice {
		element = elementOf(f)
	}
	for i, item := range v.list {
		text := l.inline(item, element)
		if i == 0 && isProgram(item, f) {
			text = word(absolute(item.node.Value, item.at.File, l.home))
		}
		items = append(items, text)
	}
	return items
}

// word is a text in YAML, in quotes where it needs them, also within brackets.
func word(text string) string {
	node := yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text}
	if strings.ContainsAny(text, ",[]{}") {
		node.Style = yaml.DoubleQuotedStyle
	}
	made, err := yaml.Marshal(&node)
	if err != nil {
		return quote(text)
	}
	return strings.TrimSuffix(string(made), "\n")
}

// commentColumn is where the comments begin, if the values leave room.
const commentColumn = 50

// Write prints the configuration as one file, with where each value comes from. Loaded, it comes to the same.
func (l Loaded) Write(w io.Writer) error {
	p := printer{l: l}
	if l.values != nil {
		p.mapping(l.values, 0, field{typ: reflect.TypeFor[Config]()})
	}
	for _, held := range l.Withheld {
		fmt.Fprintf(&p.b, "# not trusted: %s: %s # %s\n", held.Key, held.Value, held.At)
	}
	_, err := io.WriteString(w, p.b.String())
	return err
}

type printer struct {
	l Loaded
	b strings.Builder
}

func (p *printer) line(depth int, text string, at Origin) {
	text = strings.Repeat("  ", depth) + text
	room := max(commentColumn-utf8.RuneCountInString(text), 1)
	fmt.Fprintf(&p.b, "%s%s# %s\n", text, strings.Repeat(" ", room), at)
}

func (p *printer) mapping(v *value, depth int, f field) {
	for _, e := range v.entries {
		if isComment(e.key) || e.value.isNull() {
			continue
		}
		below := inner(f, e.key)
		switch {
		case e.value.kind == mapping && len(e.value.entries) == 0:
			p.line(depth, word(e.key)+": {}", e.value.at)
		case e.value.kind == mapping:
			fmt.Fprintf(&p.b, "%s%s:\n", strings.Repeat("  ", depth), word(e.key))
			p.mapping(e.value, depth+1, below)
		case e.value.kind == list && len(e.value.list) > 0:
			fmt.Fprintf(&p.b, "%s%s:\n", strings.Repeat("  ", depth), word(e.key))
			for i, text := range p.l.items(e.value, below) {
				p.line(depth+1, "- "+text, e.value.list[i].at)
			}
		default:
			p.line(depth, word(e.key)+": "+p.l.inline(e.value, below), e.value.at)
		}
	}
}
