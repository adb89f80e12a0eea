package config

import "reflect"

// merge lays one file's values over another's: mappings key by key, all else whole. Of read_only and the like the safer
// value stays, whichever file it is in, so that a project cannot take back what the operator has shut.
func merge(under, over *value, f field) *value {
	switch {
	case under == nil:
		return over
	case over == nil:
		return under
	case f.tag.Get("safer") != "":
		if under.node.Value == f.tag.Get("safer") {
			return under
		}
		return over
	case over.isNull() && under.kind == mapping:
		return under
	case under.kind != mapping || over.kind != mapping || f.tag.Get("merge") == "whole":
		return over
	}
	out := &value{at: over.at, kind: mapping}
	for _, e := range under.entries {
		e.value = merge(e.value, over.get(e.key), inner(f, e.key))
		out.entries = append(out.entries, e)
	}
	for _, e := range over.entries {
		if under.get(e.key) == nil {
			out.entries = append(out.entries, e)
		}
	}
	return out
}

// inner is the field of a key below f, or the zero one where the key is nobody's.
func inner(f field, key string) field {
	for f.typ.Kind() == reflect.Pointer {
		f.typ = f.typ.Elem()
	}
	switch f.typ.Kind() {
	case reflect.Map:
		inner := elementOf(f)
		inner.name, inner.tag = key, elementTag(f)
		return inner
	case reflect.Struct:
		if found, ok := fieldOf(f.typ, key); ok {
			return found
		}
	}
	return field{name: key, typ: reflect.TypeFor[any]()}
}
