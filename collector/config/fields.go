package config

import (
	"reflect"
	"slices"
	"strings"
)

// field is one key of a mapping of the file, as the struct's tags tell.
type field struct {
	name, doc string
	// index leads to it from the struct, through those that are inline.
	index []int
	typ   reflect.Type
	tag   reflect.StructTag
}

// fieldsOf are the keys of a struct, those of inline structs in their places.
func fieldsOf(t reflect.Type) []field {
	var out []field
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		switch {
		case options == "inline":
			for _, inner := range fieldsOf(f.Type) {
				inner.index = append([]int{i}, inner.index...)
				out = append(out, inner)
			}
		case name != "" && name != "-":
			out = append(out, field{name, f.Tag.Get("doc"), []int{i}, f.Type, f.Tag})
		}
	}
	return out
}

// namesOf are the keys of a struct.
func namesOf(t reflect.Type) []string {
	var out []string
	for _, f := range fieldsOf(t) {
		out = append(out, f.name)
	}
	return out
}

// fieldOf is the key of that name.
func fieldOf(t reflect.Type, name string) (field, bool) {
	fields := fieldsOf(t)
	i := slices.IndexFunc(fields, func(f field) bool { return f.name == name })
	if i < 0 {
		return field{}, false
	}
	return fields[i], true
}

// shortOf is the key that a text in place of the struct's mapping stands for.
func shortOf(t reflect.Type) (field, bool) {
	fields := fieldsOf(t)
	i := slices.IndexFunc(fields, func(f field) bool { return f.tag.Get("short") != "" })
	if i < 0 {
		return field{}, false
	}
	return fields[i], true
}

// hasReach reports a level: a struct that says how hosts are reached.
func hasReach(t reflect.Type) bool {
	if t.Kind() != reflect.Struct {
		return false
	}
	f, ok := t.FieldByName("Reach")
	return ok && f.Anonymous
}

// isComment reports a key that is there for its anchors.
func isComment(key string) bool { return strings.HasPrefix(key, "x-") }

// belongs says what a key belongs to that does not stand where it was written.
func belongs(key string) string {
	for _, level := range []struct {
		t    reflect.Type
		what string
	}{
		{reflect.TypeFor[Config](), "the top of the file"}, {reflect.TypeFor[Environment](), "an environment"},
		{reflect.TypeFor[Group](), "a group"}, {reflect.TypeFor[Host](), "a host"}, {reflect.TypeFor[SSH](), "ssh"},
		{reflect.TypeFor[Token](), "token"}, {reflect.TypeFor[Thresholds](), "thresholds"},
	} {
		if slices.Contains(namesOf(level.t), key) {
			return level.what
		}
	}
	return ""
}

// elementOf is the key of a list's or mapping's elements: what its tags ask is asked of each.
func elementOf(f field) field {
	f.typ = f.typ.Elem()
	return f
}
