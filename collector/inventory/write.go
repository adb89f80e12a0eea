package inventory

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"pumatop/collector/clean"
	"pumatop/collector/config"
)

// Write writes imports out as one configuration, with comments that say where each part is from. Of two environments with
// one name the first counts; [Shadowed] names the other.
func Write(w io.Writer, imports []Import) error {
	top := &yaml.Node{Kind: yaml.MappingNode}
	written := map[string]bool{}
	for _, in := range imports {
		for _, name := range slices.SortedFunc(maps.Keys(in.Config.Environments), Natural) {
			if written[name] {
				continue
			}
			written[name] = true
			env := in.Config.Environments[name]
			add(top, name, encode(reflect.ValueOf(env)), "from "+in.Tool+"'s "+strings.Join(filesOf(env), ", "))
		}
	}
	doc := &yaml.Node{Kind: yaml.MappingNode}
	add(doc, "environments", top, "")
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(doc); err != nil {
		return fmt.Errorf("write the configuration: %w", err)
	}
	if _, err := w.Write(b.Bytes()); err != nil {
		return fmt.Errorf("write the configuration: %w", err)
	}
	return nil
}

// filesOf are the files that have hosts of an environment.
func filesOf(env config.Environment) []string {
	var files []string
	for _, g := range env.Groups {
		for _, h := range g.Hosts {
			if f := clean.Line(h.At.File); !slices.Contains(files, f) {
				files = append(files, f)
			}
		}
	}
	slices.Sort(files)
	return files
}

func add(to *yaml.Node, key string, value *yaml.Node, comment string) {
	to.Content = append(to.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: key, HeadComment: comment}, value)
}

// encode writes a value by the tags of its fields, without what is not said.
func encode(v reflect.Value) *yaml.Node {
	switch v.Kind() {
	case reflect.Struct:
		n := &yaml.Node{Kind: yaml.MappingNode}
		encodeFields(n, v)
		return n
	case reflect.Map:
		n := &yaml.Node{Kind: yaml.MappingNode}
		keys := v.MapKeys()
		slices.SortFunc(keys, func(a, b reflect.Value) int { return Natural(a.String(), b.String()) })
		for _, key := range keys {
			add(n, key.String(), encode(v.MapIndex(key)), "")
		}
		return n
	case reflect.Slice:
		if hosts, ok := v.Interface().([]config.Host); ok {
			return encodeHosts(hosts)
		}
		n := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
		for i := range v.Len() {
			n.Content = append(n.Content, encode(v.Index(i)))
		}
		return n
	case reflect.Pointer:
		return encode(v.Elem())
	case reflect.Int64:
		if d, ok := v.Interface().(time.Duration); ok {
			return &yaml.Node{Kind: yaml.ScalarNode, Value: d.String()}
		}
	}
	n := &yaml.Node{}
	if err := n.Encode(v.Interface()); err != nil {
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null"}
	}
	return n
}

func encodeFields(to *yaml.Node, v reflect.Value) {
	for i := range v.NumField() {
		key, inline, _ := strings.Cut(v.Type().Field(i).Tag.Get("yaml"), ",")
		switch {
		case key == "-" || v.Field(i).IsZero():
		case inline != "":
			encodeFields(to, v.Field(i))
		default:
			add(to, key, encode(v.Field(i)), "")
		}
	}
}

// encodeHosts writes those in one list that are but texts, and each other by itself.
func encodeHosts(hosts []config.Host) *yaml.Node {
	list := &yaml.Node{Kind: yaml.SequenceNode}
	short := true
	for _, h := range Fold(hosts) {
		one := encode(reflect.ValueOf(h))
		if len(one.Content) == 2 {
			one = one.Content[1]
			one.Style = 0
		} else {
			short = false
			one.Style = yaml.FlowStyle
		}
		list.Content = append(list.Content, one)
	}
	if short && len(hosts) <= 4 {
		list.Style = yaml.FlowStyle
	}
	return list
}
