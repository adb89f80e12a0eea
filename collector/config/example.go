package config

import (
	"fmt"
	"reflect"
	"strings"
)

const exampleHead = `# pumatop's configuration. What stands behind a # without a space counts once that is taken away.
#
# .pumatop.yml in the directory of the project or above it lies over ~/.config/pumatop/config.yml, and that over
# /etc/pumatop/config.yml, value by value. Keys that begin with x- are yours, for anchors.
`

// Example is a file with every key and what it is for; all but its hosts is commented out. It is made from the structs.
func Example() string {
	e := example{seen: map[string]bool{}}
	e.b.WriteString(exampleHead)
	e.mapping(reflect.TypeFor[Config](), 0)
	return e.b.String()
}

// example writes the keys of the structs.
type example struct {
	b strings.Builder
	// seen are the keys that hosts are reached and restarted by, which are told once, at the top.
	seen map[string]bool
}

func (e *example) line(depth int, format string, args ...any) {
	e.b.WriteString(strings.Repeat("  ", depth) + fmt.Sprintf(format, args...) + "\n")
}

func (e *example) mapping(t reflect.Type, depth int) {
	inherits := false
	for _, f := range fieldsOf(t) {
		if len(f.index) > 1 && e.seen[f.name] {
			inherits = true
			continue
		}
		e.seen[f.name] = e.seen[f.name] || len(f.index) > 1
		if depth == 0 {
			e.b.WriteString("\n")
		}
		e.line(depth, "# %s", describe(f))
		e.key(f, depth)
	}
	if inherits {
		e.line(depth, "# and all that a group may say on how its hosts are reached and restarted, for every group")
	}
}

// key writes one key with a value that it may have.
func (e *example) key(f field, depth int) {
	switch {
	case f.name == "environments":
		e.line(depth, "environments:")
		e.line(depth+1, "production:")
		e.mapping(reflect.TypeFor[Environment](), depth+2)
	case f.name == "groups":
		e.line(depth, "groups:")
		e.line(depth+1, "web:")
		e.mapping(reflect.TypeFor[Group](), depth+2)
	case f.name == "hosts":
		e.line(depth, `hosts:`)
		e.line(depth+1, `- "web[01-12].example.com"`)
		e.line(depth+1, "- host: %s", mustField(reflect.TypeFor[Host](), "host").tag.Get("eg"))
		e.line(depth+2, "# %s", mustField(reflect.TypeFor[Host](), "name").doc)
		e.line(depth+2, "#name: %s", mustField(reflect.TypeFor[Host](), "name").tag.Get("eg"))
	case f.typ.Kind() == reflect.Struct:
		e.line(depth, "#%s:", f.name)
		for _, inner := range fieldsOf(f.typ) {
			alternative := "" // of the sources of a token one counts
			if f.typ == reflect.TypeFor[Token]() && inner.name != "env" {
				alternative = "# "
			}
			e.line(depth, "#  %s%s: %s # %s", alternative, inner.name, inner.tag.Get("eg"), describe(inner))
		}
	default:
		e.line(depth, "#%s: %s", f.name, sample(f))
	}
}

// sample is a value for a key.
func sample(f field) string {
	if eg := f.tag.Get("eg"); eg != "" {
		return eg
	}
	return "true"
}

// describe says what a key is for, and what it may be.
func describe(f field) string {
	text := f.doc
	if one := f.tag.Get("oneof"); one != "" {
		text += ": " + either(strings.Fields(one))
	}
	if low := f.tag.Get("min"); low != "" && f.typ.Kind() != reflect.Pointer {
		text += ", " + between(low, f.tag.Get("max"))
	}
	if trust := f.tag.Get("trust"); trust != "" {
		text += "; in a project's file only once it is trusted"
	}
	return text
}

func mustField(t reflect.Type, name string) field {
	f, _ := fieldOf(t, name)
	return f
}
