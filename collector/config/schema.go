package config

import (
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Schema is the JSON Schema (2020-12) of the file, made from the structs. The lists are those of [Options]. It is as strict
// as a schema can be: paths, permissions and what values are to each other only Load knows.
func Schema(lists map[string][]string) ([]byte, error) {
	s := schema{lists: lists, definitions: map[string]any{}}
	top := s.structure(reflect.TypeFor[Config]())
	top["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	top["title"] = "pumatop's configuration"
	top["$defs"] = s.definitions
	return json.MarshalIndent(top, "", "  ")
}

type schema struct {
	lists       map[string][]string
	definitions map[string]any
}

// structure is a mapping whose keys are known.
func (s schema) structure(t reflect.Type) map[string]any {
	properties := map[string]any{}
	for _, f := range fieldsOf(t) {
		made := s.of(f)
		made["description"] = describe(f)
		properties[f.name] = made
	}
	out := map[string]any{
		"type": []string{"object", "null"}, "properties": properties,
		"patternProperties": map[string]any{"^x-": true}, "additionalProperties": false,
	}
	if short, ok := shortOf(t); ok {
		out["type"], out["required"] = "object", []string{short.name}
		return map[string]any{"anyOf": []any{s.of(short), out}}
	}
	return out
}

// of is what a key may hold.
func (s schema) of(f field) map[string]any {
	switch f.typ.Kind() {
	case reflect.Pointer:
		return s.of(elementOf(f))
	case reflect.Struct:
		name := strings.ToLower(f.typ.Name())
		if s.definitions[name] == nil {
			s.definitions[name] = s.structure(f.typ)
		}
		return map[string]any{"$ref": "#/$defs/" + name}
	case reflect.Map:
		return s.table(f)
	case reflect.Slice:
		return map[string]any{"type": "array", "items": s.of(elementOf(f))}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int:
		return s.number(f, "integer")
	case reflect.Float64:
		return s.number(f, "number")
	}
	if f.typ == reflect.TypeFor[time.Duration]() {
		return map[string]any{"type": "string", "pattern": `^([0-9]+(\.[0-9]*)?(ns|us|µs|ms|s|m|h))+$|^0$`}
	}
	return s.text(f)
}

func (s schema) number(f field, kind string) map[string]any {
	out := map[string]any{"type": kind}
	for word, tag := range map[string]string{"minimum": "min", "maximum": "max"} {
		if n, err := strconv.ParseFloat(f.tag.Get(tag), 64); err == nil {
			out[word] = n
		}
	}
	return out
}

// table is a mapping whose keys are the operator's.
func (s schema) table(f field) map[string]any {
	element := elementOf(f)
	element.tag = elementTag(f)
	out := map[string]any{"type": []string{"object", "null"}, "additionalProperties": s.of(element)}
	switch {
	case s.lists[f.tag.Get("values")] != nil:
		names := append(slices.Clone(s.lists[f.tag.Get("values")]), "")
		out["propertyNames"] = map[string]any{"anyOf": []any{map[string]any{"enum": names}, map[string]any{"pattern": "^x-"}}}
	case f.tag.Get("kind") == "name":
		out["propertyNames"] = map[string]any{"pattern": `^[\p{L}\p{Nd}_][\p{L}\p{Nd}_.-]*$`}
	case f.tag.Get("kind") == "option":
		out["propertyNames"] = map[string]any{"pattern": `^x-|` + optionName.String()}
	}
	return out
}

// text is what a text may be.
func (s schema) text(f field) map[string]any {
	if one := strings.Fields(f.tag.Get("oneof")); len(one) > 0 {
		return map[string]any{"enum": withNumbers(one)}
	}
	if known := s.lists[f.tag.Get("values")]; known != nil {
		words := slices.Clone(known)
		if f.name == "sort" {
			for _, w := range known {
				words = append(words, "-"+w)
			}
		}
		return map[string]any{"enum": words}
	}
	switch f.tag.Get("kind") {
	case "amount":
		return map[string]any{"anyOf": []any{map[string]any{"type": "integer", "minimum": 1},
			map[string]any{"type": "string", "pattern": `^0*([1-9][0-9]*|([1-9][0-9]?|100)%)$`}}}
	case "option":
		return map[string]any{"type": []string{"string", "number", "boolean"}}
	case "color":
		return map[string]any{"anyOf": []any{map[string]any{"type": "integer", "minimum": 0, "maximum": 255},
			map[string]any{"type": "string", "pattern": colorPattern.String()}}}
	case "word":
		return map[string]any{"type": "string", "pattern": "^$|" + wordPattern.String()}
	case "remote":
		return map[string]any{"type": "string", "pattern": "^(/|$)"}
	case "control":
		return map[string]any{"type": "string", "pattern": "^(unix|tcp|ssl)://."}
	}
	if f.tag.Get("short") != "" {
		return map[string]any{"type": "string", "pattern": hostPattern.String()}
	}
	return map[string]any{"type": "string"}
}

// withNumbers adds to words those that YAML takes for numbers, as such.
func withNumbers(words []string) []any {
	var out []any
	for _, w := range words {
		out = append(out, w)
		if n, err := strconv.Atoi(w); err == nil {
			out = append(out, n)
		}
	}
	return out
}
