package puma

import (
	"path"
	"slices"

	"pumatop/collector/ruby"
)

// maxIncluded bounds how often files are evaluated, however they are nested.
const maxIncluded = 20

// include follows what `eval` and `instance_eval` are given, where that is a file whose text is known.
func (r *reader) include(s ruby.Statement, arguments []ruby.Token) bool {
	name, ok := r.readsFile(arguments)
	if !ok || r.texts == nil || slices.Contains(r.within, name) || r.includes >= maxIncluded {
		return false
	}
	r.includes++
	text, ok := r.texts(name)
	if !ok || len(text) > maxSettings {
		return false
	}
	if !slices.Contains(r.settings.Included, name) {
		r.settings.Included = append(r.settings.Included, name)
	}
	outer := r.File
	r.within, r.File = append(r.within, name), name
	r.text(text, s.Conditional)
	r.within, r.File = r.within[:len(r.within)-1], outer
	return true
}

// readsFile reads `File.read(path)`, `IO.read path`: the path where it is certain.
func (r *reader) readsFile(arguments []ruby.Token) (string, bool) {
	args := ruby.Arguments(arguments)
	if len(args) == 0 {
		return "", false
	}
	t, ok := readCall(args[0])
	if !ok {
		return "", false
	}
	if t[0].Is(ruby.TokenOp, "(") && !t[0].Space {
		inside, behind := ruby.Group(t)
		if len(behind) > 0 {
			return "", false
		}
		t = inside
	}
	v := r.Values(t)
	if len(v) == 0 || !v[0].IsText() || !v[0].Literal && r.Here == "" {
		return "", false
	}
	name := v[0].Text
	if !path.IsAbs(name) {
		name = path.Join(r.Here, name)
	}
	return path.Clean(name), path.IsAbs(name)
}

// readCall is what follows `File.read` and the like.
func readCall(t []ruby.Token) ([]ruby.Token, bool) {
	if len(t) > 0 && t[0].Is(ruby.TokenOp, "::") {
		t = t[1:]
	}
	if len(t) < 4 || !t[1].Is(ruby.TokenOp, ".") {
		return nil, false
	}
	of := t[0].Is(ruby.TokenWord, "File") || t[0].Is(ruby.TokenWord, "IO")
	read := t[2].Is(ruby.TokenWord, "read") || t[2].Is(ruby.TokenWord, "binread")
	return t[3:], of && read
}
