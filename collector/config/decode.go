package config

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// decoder fills structs with values, and says all that is wrong with these.
type decoder struct {
	// lists are what the values tag names: columns, themes, colors, keys.
	lists map[string][]string
	home  string
	// withheld are the settings that do not count, by the path of their level.
	withheld map[string][]string
	// origins are where each scalar and list was written, by its path.
	origins  map[string]Origin
	problems Errors
}

func (d *decoder) complain(at Origin, format string, args ...any) {
	d.problems = append(d.problems, &Error{At: at, Text: fmt.Sprintf(format, args...)})
}

// config decodes a whole file.
func (d *decoder) config(v *value) Config {
	var c Config
	d.origins = map[string]Origin{}
	if v == nil {
		v = &value{kind: mapping}
	}
	d.decode(v, "", field{name: "the configuration", typ: reflect.TypeFor[Config]()}, reflect.ValueOf(&c).Elem())
	return c
}

// decode puts a value into out, which is of the field's type.
func (d *decoder) decode(v *value, path string, f field, out reflect.Value) {
	switch f.typ.Kind() {
	case reflect.Pointer:
		inner := reflect.New(f.typ.Elem())
		before := len(d.problems)
		d.decode(v, path, elementOf(f), inner.Elem())
		if len(d.problems) == before {
			out.Set(inner)
		}
	case reflect.Struct:
		d.structure(v, path, f, out)
	case reflect.Map:
		d.table(v, path, f, out)
	case reflect.Slice:
		d.origins[path] = v.at
		if v.kind != list {
			d.complain(v.at, "%s has to be a list, as [a, b], not %s", f.name, shape(v))
			return
		}
		out.Set(reflect.MakeSlice(f.typ, len(v.list), len(v.list)))
		for i, item := range v.list {
			d.decode(item, path+"["+strconv.Itoa(i)+"]", elementOf(f), out.Index(i))
			if i == 0 && isProgram(item, f) {
				out.Index(i).SetString(absolute(item.node.Value, item.at.File, d.home))
			}
		}
	default:
		d.origins[path] = v.at
		d.scalar(v, f, out)
	}
}

// structure decodes a mapping whose keys are known.
func (d *decoder) structure(v *value, path string, f field, out reflect.Value) {
	if hasReach(f.typ) {
		out.FieldByName("Untrusted").Set(reflect.ValueOf(d.withheld[path]))
	}
	if at := out.FieldByName("At"); at.IsValid() {
		at.Set(reflect.ValueOf(v.at))
	}
	if v.kind != mapping {
		d.inPlaceOf(v, path, f, out)
		return
	}
	for _, e := range v.entries {
		inner, ok := fieldOf(f.typ, e.key)
		switch {
		case ok:
			d.decode(e.value, join(path, e.key), inner, out.FieldByIndex(inner.index))
		case !isComment(e.key):
			d.unknown(e, f.typ)
		}
	}
	if short, ok := shortOf(f.typ); ok && v.get(short.name) == nil {
		d.complain(v.at, "an entry of hosts has no %s", short.name)
	}
	d.together(v, f, out)
}

// inPlaceOf decodes what stands where a mapping was to be: nothing, or a text where one is enough.
func (d *decoder) inPlaceOf(v *value, path string, f field, out reflect.Value) {
	short, ok := shortOf(f.typ)
	switch {
	case v.kind == scalar && ok:
		d.decode(v, join(path, short.name), short, out.FieldByIndex(short.index))
	case ok:
		d.complain(v.at, "%s has to be a list of texts or mappings, and one of them is %s", f.name, shape(v))
	case !v.isNull():
		d.complain(v.at, "%s has to be a mapping, not %s", f.name, shape(v))
	}
}

// together is what the values of one mapping have to be to each other.
func (d *decoder) together(v *value, f field, out reflect.Value) {
	switch made := out.Interface().(type) {
	case Limits:
		if made.Warning != nil && made.Critical != nil && *made.Warning > *made.Critical {
			d.complain(v.at, "the warning of %s lies above its critical: %v is reached after %v", f.name, *made.Warning, *made.Critical)
		}
	case Token:
		d.oneSource(made, v.at)
	}
}

// oneSource refuses a token that comes from two places.
func (d *decoder) oneSource(t Token, at Origin) {
	var named []string
	for name, there := range map[string]bool{"env": t.Env != "", "file": t.File != "", "command": len(t.Command) > 0} {
		if there {
			named = append(named, name)
		}
	}
	if len(named) > 1 {
		d.complain(at, "token has %d sources: leave one of env, file and command", len(named))
	}
}

func (d *decoder) unknown(e entry, t reflect.Type) {
	text := "unknown key " + quote(e.key)
	if near := meant(e.key, namesOf(t)); near != "" {
		text += near
	} else if where := belongs(e.key); where != "" {
		text = fmt.Sprintf("%s does not stand here · it belongs to %s", quote(e.key), where)
	}
	d.complain(e.at, "%s", text)
}

// table decodes a mapping whose keys are the operator's.
func (d *decoder) table(v *value, path string, f field, out reflect.Value) {
	d.origins[path] = v.at
	if v.isNull() {
		return
	}
	if v.kind != mapping {
		d.complain(v.at, "%s has to be a mapping, not %s", f.name, shape(v))
		return
	}
	out.Set(reflect.MakeMapWithSize(f.typ, len(v.entries)))
	for _, e := range v.entries {
		if isComment(e.key) {
			continue
		}
		if problem := keyProblem(e.key, f, d.lists); problem != "" {
			d.complain(e.at, "%s", problem)
			continue
		}
		inner := elementOf(f)
		inner.name, inner.tag = e.key, elementTag(f)
		made := reflect.New(inner.typ).Elem()
		d.decode(e.value, join(path, e.key), inner, made)
		out.SetMapIndex(reflect.ValueOf(e.key), made)
	}
}

// elementTag is what a mapping's tags ask of its values: those of keys and names are about its keys.
func elementTag(f field) reflect.StructTag {
	switch f.tag.Get("kind") {
	case "option":
		return f.tag
	case "color":
		return `kind:"color"`
	}
	return ""
}

// scalar decodes one value.
func (d *decoder) scalar(v *value, f field, out reflect.Value) {
	switch {
	case v.kind != scalar:
		d.complain(v.at, "%s has to be %s, not %s", f.name, wants(f), shape(v))
		return
	case v.isNull() && f.tag.Get("kind") == "color":
		d.complain(v.at, "%s is empty: a # begins a comment, so a colour stands in quotes, as '#3a9afc'", f.name)
		return
	case v.isNull():
		d.complain(v.at, "%s is empty: give it a value, or leave it out", f.name)
		return
	case !strings.HasPrefix(v.node.ShortTag(), "!!"):
		d.complain(v.at, "%s begins with a ! for YAML: write it in quotes", f.name)
		return
	}
	switch target := out.Addr().Interface().(type) {
	case *string:
		d.text(v, f, target)
	case *time.Duration:
		made, err := time.ParseDuration(v.node.Value)
		if err != nil {
			d.complain(v.at, "%s has to be a duration, as 2s or 1m30s, not %s", f.name, quote(v.node.Value))
			return
		}
		*target = made
		d.bounds(v, f, func(bound string) int {
			limit, _ := time.ParseDuration(bound)
			return int(made - limit)
		})
	default:
		tag := v.node.ShortTag()
		wrong := out.Kind() == reflect.Bool && tag != "!!bool" || out.Kind() == reflect.Int && tag != "!!int"
		if wrong || v.node.Decode(out.Addr().Interface()) != nil {
			d.complain(v.at, "%s has to be %s, not %s", f.name, wants(f), quote(v.node.Value))
			return
		}
		d.bounds(v, f, func(bound string) int { return compareNumber(out, bound) })
	}
}

// text decodes a text.
func (d *decoder) text(v *value, f field, out *string) {
	text := v.node.Value
	if v.node.ShortTag() != "!!str" && !takesAnyScalar(f) {
		d.complain(v.at, "%s has to be a text, not %s: write it in quotes", f.name, text)
		return
	}
	if problem := textProblem(text, f, d.lists); problem != "" {
		d.complain(v.at, "%s", problem)
		return
	}
	*out = text
	if f.tag.Get("kind") == "path" {
		*out = absolute(text, v.at.File, d.home)
	}
}

// bounds holds a value to the min and max of its field; compare is its distance from a bound.
func (d *decoder) bounds(v *value, f field, compare func(bound string) int) {
	low, high := f.tag.Get("min"), f.tag.Get("max")
	if low != "" && compare(low) < 0 || high != "" && compare(high) > 0 {
		d.complain(v.at, "%s has to be %s, not %s", f.name, between(low, high), v.node.Value)
	}
}

func between(low, high string) string {
	if high == "" {
		return low + " or more"
	}
	return low + " to " + high
}

// compareNumber is how a number stands to a bound. What is not a number is below all.
func compareNumber(number reflect.Value, bound string) int {
	limit, _ := strconv.ParseFloat(bound, 64)
	n := 0.0
	if number.CanInt() {
		n = float64(number.Int())
	} else if number.CanFloat() {
		n = number.Float()
	}
	switch {
	case n >= limit && n <= limit:
		return 0
	case n > limit && n <= maxNumber:
		return 1
	}
	return -1
}

// maxNumber is far above every figure of a Puma; it keeps infinity out.
const maxNumber = 1e15

// wants says what a value has to be.
func wants(f field) string {
	switch f.typ.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Float64:
		return "a number"
	case reflect.Int64:
		return "a duration, as 2s or 1m30s"
	}
	if one := f.tag.Get("oneof"); one != "" {
		return either(strings.Fields(one))
	}
	return "a text"
}

// shape says what was written.
func shape(v *value) string {
	switch {
	case v.kind == list:
		return "a list"
	case v.kind == mapping:
		return "a mapping"
	case v.isNull():
		return "nothing"
	}
	return quote(v.node.Value)
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
