package puma

import (
	"path"
	"strings"
)

// call reads the methods of ENV, File and Dir that configurations use.
func (e *evaluator) call(receiver string, rest []token) (value, []token) {
	if len(rest) > 0 && rest[0].is(tokenOp, "[") { // ENV["X"]: anything, or nothing
		_, rest = group(rest)
		return unread, emptyNotNil(rest)
	}
	if len(rest) < 2 || !rest[0].is(tokenOp, ".") {
		return unread, nil
	}
	method, rest := receiver+"."+rest[1].text, rest[2:]
	var args [][]token
	if len(rest) > 0 && rest[0].is(tokenOp, "(") {
		var inside []token
		inside, rest = group(rest)
		args = arguments(inside)
	} else if len(rest) > 0 && rest[0].space && bracket(rest[0]) == 0 && rest[0].kind != tokenOp { // without parentheses
		args, rest = arguments(rest), nil
	}
	if method == "ENV.fetch" {
		return e.fetch(args, rest)
	}
	return e.file(method, args), emptyNotNil(rest)
}

// fetch is ENV.fetch("X", fallback) or ENV.fetch("X") { fallback }.
func (e *evaluator) fetch(args [][]token, rest []token) (value, []token) {
	if len(args) == 2 {
		return e.expression(args[1]).likely(), emptyNotNil(rest)
	}
	if len(rest) > 0 && rest[0].is(tokenOp, "{") {
		inside, rest := group(rest)
		return e.expression(inside).likely(), emptyNotNil(rest)
	}
	return unread, emptyNotNil(rest)
}

// emptyNotNil tells "nothing is left" from "the rest cannot be read", which is nil.
func emptyNotNil(tokens []token) []token {
	if tokens == nil {
		return []token{}
	}
	return tokens
}

// file is what the path functions of Ruby return.
func (e *evaluator) file(method string, args [][]token) value {
	var values []value
	for _, a := range args {
		values = append(values, e.expression(a))
	}
	switch method {
	case "Dir.pwd", "Dir.getwd":
		return place(e.here)
	case "File.join":
		return joined(values)
	case "File.dirname":
		if len(values) == 1 && values[0].known {
			values[0].text = path.Dir(values[0].text)
			return values[0]
		}
	case "File.expand_path", "File.absolute_path", "File.realpath":
		return e.expand(values)
	}
	return unread
}

// joined is File.join.
func joined(values []value) value {
	out := literal("")
	for i, v := range values {
		if i > 0 {
			out.text = strings.TrimRight(out.text, "/") + "/"
			v.text = strings.TrimLeft(v.text, "/")
		}
		out = concat(out, v)
	}
	return out
}

// expand is File.expand_path(name, directory).
func (e *evaluator) expand(values []value) value {
	if len(values) == 0 || !values[0].known || strings.HasPrefix(values[0].text, "~") {
		return unread
	}
	name := values[0]
	if !path.IsAbs(name.text) {
		base := place(e.here)
		if len(values) > 1 {
			base = values[1]
		}
		name = joined([]value{base, name})
	}
	if !name.known || !path.IsAbs(name.text) {
		return unread
	}
	name.text = path.Clean(name.text)
	return name
}
