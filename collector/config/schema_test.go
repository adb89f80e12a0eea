package config

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"
)

// compiled is the schema as an editor takes it.
func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := Schema(words())
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("pumatop.schema.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("pumatop.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// judge is what the schema says of a file; ok is false where the file is no YAML to begin with.
func judge(schema *jsonschema.Schema, text string) (err error, ok bool) {
	var document any
	if yaml.Unmarshal([]byte(text), &document) != nil {
		return nil, false
	}
	return schema.Validate(document), true
}

// TestSchema: the schema takes what the decoder takes, and refuses what it refuses as far as a schema can know.
func TestSchema(t *testing.T) {
	t.Parallel()
	schema := compiled(t)
	for _, tc := range broken {
		if err, ok := judge(schema, tc.text); ok && (err == nil) != tc.schemaTakesIt {
			t.Errorf("%s: the schema says %v of\n%s", tc.name, err, tc.text)
		} else if !ok && !tc.schemaTakesIt {
			t.Errorf("%s: is no YAML for the schema", tc.name)
		}
	}
	for name, text := range good(t) {
		if _, problems := decodeText(text); problems != nil {
			t.Errorf("%s: %v", name, problems)
		}
		if err, ok := judge(schema, text); err != nil || !ok {
			t.Errorf("the schema says %v of %s", err, name)
		}
	}
}

// good are the files of testdata/good, and the example with and without its comments.
func good(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{"the example": Example(), "all of the example": everyLine(Example())}
	paths, err := filepath.Glob("testdata/good/*.yml")
	if err != nil || len(paths) < 4 {
		t.Fatal(paths, err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		out[path] = string(text)
	}
	return out
}

// everyLine lets what is commented out count.
func everyLine(example string) string {
	return regexp.MustCompile(`(?m)^( *)#( *)([a-z_]+:)`).ReplaceAllString(commentless(example), "$1$2$3")
}

// commentless drops the comments that are sentences.
func commentless(example string) string {
	return regexp.MustCompile(`(?m)^ *# [^ ].*\n`).ReplaceAllString(example, "")
}

// TestExample: the example has every key of the structs once at least, with a value of the right kind.
func TestExample(t *testing.T) {
	t.Parallel()
	text := Example()
	for _, typ := range []reflect.Type{
		reflect.TypeFor[Config](), reflect.TypeFor[Environment](), reflect.TypeFor[Group](), reflect.TypeFor[Host](),
		reflect.TypeFor[Token](), reflect.TypeFor[SSH](), reflect.TypeFor[Thresholds](), reflect.TypeFor[Limits](),
	} {
		for _, f := range fieldsOf(typ) {
			if !regexp.MustCompile(`[\s#{-]` + f.name + `:`).MatchString(text) {
				t.Errorf("the example does not name %s of %s", f.name, typ.Name())
			}
			if f.doc == "" || strings.HasSuffix(f.doc, ".") {
				t.Errorf("%s of %s is described as %q", f.name, typ.Name(), f.doc)
			}
		}
	}
	c, problems := decodeText(everyLine(text))
	if problems != nil {
		t.Fatal(problems)
	}
	production := c.Environments["production"]
	if !production.Protected || production.Groups["web"].Via != "systemd" || production.Groups["web"].Token.Env == "" || len(c.Columns) == 0 {
		t.Errorf("the example comes to %+v", c)
	}
}
