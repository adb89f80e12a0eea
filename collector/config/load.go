package config

import (
	"crypto/sha256"
	"encoding/hex"
	"reflect"
	"strings"
)

// Loaded is the configuration that counts, with where it comes from.
type Loaded struct {
	Config Config
	// Files are those that were looked for, the weakest first.
	Files []File
	// Withheld are the settings of the project's file that do not count until it is trusted.
	Withheld []Withheld

	origins map[string]Origin
	values  *value
	home    string
	trust   stamp
}

// Origin is where the value of some keys was written: "interval", or "environments", "production", "groups",
// "web", "hosts[0]". It is not ok for a value that no file has.
func (l Loaded) Origin(keys ...string) (Origin, bool) {
	at, ok := l.origins[strings.Join(keys, ".")]
	return at, ok
}

// Text is a single value as it is written, a path made absolute, with where it stands.
func (l Loaded) Text(keys ...string) (string, Origin, bool) {
	v, f := l.values, field{typ: reflect.TypeFor[Config]()}
	for _, key := range keys {
		if v = v.get(key); v == nil {
			return "", Origin{}, false
		}
		f = inner(f, key)
	}
	if v == nil || v.kind != scalar {
		return "", Origin{}, false
	}
	if f.tag.Get("kind") == "path" {
		return absolute(v.node.Value, v.at.File, l.home), v.at, true
	}
	return v.node.Value, v.at, true
}

// Project is the project's file, and whether there is one.
func (l Loaded) Project() (File, bool) {
	for _, f := range l.Files {
		if f.Layer == Project && f.Exists {
			return f, true
		}
	}
	return File{}, false
}

// Load reads the files that count. Its error is [Errors] where they are at fault; Files of the result are filled in then,
// too, and nothing else.
func Load(o Options) (Loaded, error) {
	f, err := newFinder(o)
	if err != nil {
		return Loaded{}, err
	}
	before := trustStamp(o.getenv)
	files, texts, problems := f.read()
	l := Loaded{Files: files, home: f.home, trust: before}
	d := decoder{lists: o.Lists, home: f.home, withheld: map[string][]string{}}
	top := field{typ: reflect.TypeFor[Config]()}
	for i := range files {
		file := &files[i]
		if !file.Exists {
			continue
		}
		sum := sha256.Sum256(texts[i])
		file.SHA256 = hex.EncodeToString(sum[:])
		if file.Trusted, err = file.isTrusted(o.getenv); err != nil {
			return Loaded{Files: files, trust: before}, err
		}
		v, wrong := parse(source{file.Layer, file.Path, file.Name}, texts[i])
		if wrong == nil {
			alone := decoder{lists: o.Lists, home: f.home}
			alone.config(v)
			wrong = alone.problems
		}
		if problems = append(problems, wrong...); len(wrong) > 0 {
			continue
		}
		if !file.Trusted {
			v, d.withheld, l.Withheld = l.withhold(v)
		}
		l.values = merge(l.values, v, top)
		if !file.Trusted {
			l.Withheld = append(l.Withheld, sentTokens(v, l.values, o.Token, d.withheld)...)
		}
	}
	if len(problems) > 0 {
		return Loaded{Files: files, trust: before}, problems
	}
	l.Config = d.config(l.values)
	l.origins = d.origins
	if len(d.problems) > 0 { // each file is right by itself, and what they come to is not
		return Loaded{Files: files, trust: before}, d.problems
	}
	return l, nil
}
