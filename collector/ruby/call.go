package ruby

import (
	"path"
	"strings"
)

// name reads what begins with a word: a variable, a constant and its method, or a call.
func (r *Reader) name(tokens []Token) (Value, []Token) {
	word, rest := tokens[0].Text, tokens[1:]
	if v, ok := r.Variables[word]; ok {
		return v, rest
	}
	switch word {
	case "true", "false":
		return boolean(word == "true"), rest
	case "nil":
		return Value{Kind: Nil, Text: word, Literal: true}, rest
	case "__FILE__":
		return place(r.File, tokens[0].Line), rest
	case "__dir__":
		return place(path.Dir(r.File), tokens[0].Line), rest
	case "lambda", "proc":
		if b, rest := takeBlock(rest); b != nil {
			return r.Lambda(b), rest
		}
	case "not":
		return negate(r.Expression(rest)), []Token{}
	case "Integer", "Float", "String", "Pathname", "Array":
		if len(rest) > 0 && rest[0].isOp("(") {
			inside, rest := Group(rest)
			return r.convert(word, r.Values(inside)), rest
		}
	}
	if c := word[0]; c >= 'A' && c <= 'Z' {
		return r.constant(tokens)
	}
	return r.bare(tokens)
}

func (r *Reader) convert(to string, args []Value) Value {
	switch {
	case len(args) == 0:
		return Value{}
	case to == "Array":
		return NewList(args[0].All())
	}
	return args[0]
}

// bare reads a call on nothing.
func (r *Reader) bare(tokens []Token) (Value, []Token) {
	c := Call{Name: tokens[0].Text, Line: tokens[0].Line}
	args, b, rest := takeArguments(tokens[1:])
	c.Args, c.Block = r.Values(args), b
	if (c.Name == "format" || c.Name == "sprintf") && len(c.Args) > 0 && c.Args[0].IsText() {
		return format(c.Args[0], c.Args[1:]), rest
	}
	return r.call(c), rest
}

// takeArguments splits what follows a method's name into its arguments, its block and the rest.
func takeArguments(tokens []Token) (args []Token, b *Block, rest []Token) {
	switch {
	case len(tokens) == 0:
		return nil, nil, tokens
	case tokens[0].isOp("(") && !tokens[0].Space:
		args, rest = Group(tokens)
	case tokens[0].Space && startsValue(tokens[0], at(tokens, 1)):
		args, rest = tokens, []Token{}
		for i, t := range topLevel(tokens) {
			if t.Kind == TokenBlock && t.Block.Word == "do" {
				args, rest = tokens[:i], tokens[i:]
				break
			}
		}
	default:
		rest = tokens
	}
	b, rest = takeBlock(rest)
	return args, b, rest
}

func at(tokens []Token, n int) Token {
	if n >= len(tokens) {
		return Token{}
	}
	return tokens[n]
}

// takeBlock splits off a block that tokens begin with.
func takeBlock(tokens []Token) (*Block, []Token) {
	switch {
	case len(tokens) == 0:
	case tokens[0].Kind == TokenBlock && tokens[0].Block.Word == "do":
		return tokens[0].Block, tokens[1:]
	case tokens[0].isOp("{"):
		inside, rest := Group(tokens)
		return braced(inside, tokens[0].Line), rest
	}
	return nil, tokens
}

// call asks the text's own methods, then the host.
func (r *Reader) call(c Call) Value {
	c.File, c.Doubt = r.File, r.doubt
	if m, ok := r.methods[c.Name]; ok {
		return r.invoke(m, c.Args)
	}
	if r.Host != nil {
		if v, ok := r.Host.Call(c); ok {
			return v
		}
	}
	if c.Block != nil {
		r.blind(c.Block, Not(c.Line, "what "+c.Name+" does with its block is not followed"))
	}
	if len(c.Args) == 0 {
		return Not(c.Line, "nothing here says what "+c.Name+" is")
	}
	return Not(c.Line, "what "+c.Name+" returns is not followed")
}

// maxName bounds the name of a constant.
const maxName = 200

// constant reads a constant and the method called on it.
func (r *Reader) constant(tokens []Token) (Value, []Token) {
	name, line := tokens[0].Text, tokens[0].Line
	tokens = tokens[1:]
	for len(tokens) > 1 && tokens[0].isOp("::") && tokens[1].Kind == TokenWord {
		if len(name) > maxName {
			return Not(line, "the name is too long"), nil
		}
		name += "::" + tokens[1].Text
		tokens = tokens[2:]
	}
	if len(tokens) > 0 && tokens[0].isOp("[") && !tokens[0].Space { // ENV["X"]: anything, or nothing
		inside, rest := Group(tokens)
		return r.onConstant(name+"[]", r.Values(inside), nil, line), rest
	}
	if len(tokens) > 0 && tokens[0].isOp("(") && !tokens[0].Space {
		args, b, rest := takeArguments(tokens)
		return r.onConstant(name, r.Values(args), b, line), rest
	}
	if len(tokens) < 2 || !tokens[0].isOp(".") {
		return r.call(Call{Name: name, Line: line}), tokens
	}
	args, b, rest := takeArguments(tokens[2:])
	return r.onConstant(name+"."+tokens[1].Text, r.Values(args), b, line), rest
}

// onConstant is what the methods of ENV, File and Dir return that configurations use; others are the host's.
func (r *Reader) onConstant(method string, args []Value, b *Block, line int) Value {
	switch method {
	case "ENV[]", "ENV.fetch":
		return r.environment(args, b, line)
	case "Proc.new":
		if b != nil {
			return r.Lambda(b)
		}
	case "Pathname.new":
		if len(args) == 1 {
			return args[0]
		}
	case "Dir.pwd", "Dir.getwd":
		return place(r.Here, line)
	case "Dir.home":
		if r.Home != "" && len(args) == 0 {
			return Literally(r.Home)
		}
	case "File.join":
		return joined(args)
	case "File.dirname":
		if len(args) == 1 && args[0].IsText() {
			args[0].Text = path.Dir(args[0].Text)
			return args[0]
		}
	case "File.expand_path", "File.absolute_path", "File.realpath":
		return r.expand(args, line)
	}
	return r.call(Call{Name: method, Args: args, Block: b, Line: line})
}

// environment is ENV["X"], ENV.fetch("X", fallback) or ENV.fetch("X") { fallback }.
func (r *Reader) environment(args []Value, b *Block, line int) Value {
	why := "it depends on an environment variable"
	if len(args) > 0 && args[0].IsText() {
		if r.Home != "" && args[0].Text == "HOME" {
			return Literally(r.Home)
		}
		why = "it depends on the environment variable " + args[0].Text
	}
	switch {
	case len(args) == 2:
		return args[1].likely(line, why)
	case b != nil:
		return r.yield(b).likely(line, why)
	}
	return Not(line, why)
}

// joined is File.join.
func joined(values []Value) Value {
	out := Literally("")
	for i, v := range values {
		if i > 0 {
			out.Text = strings.TrimRight(out.Text, "/") + "/"
			v.Text = strings.TrimLeft(v.Text, "/")
		}
		out = concat(out, v)
	}
	return out
}

// expand is File.expand_path(name, directory).
func (r *Reader) expand(values []Value, line int) Value {
	if len(values) == 0 || !values[0].IsText() {
		return Not(line, NewList(values).Why)
	}
	name := values[0]
	if strings.HasPrefix(name.Text, "~") {
		if r.Home == "~" && (name.Text == "~" || strings.HasPrefix(name.Text, "~/")) {
			return name
		}
		return Not(line, "it depends on whose home directory it is")
	}
	if !path.IsAbs(name.Text) {
		base := place(r.Here, line)
		if len(values) > 1 {
			base = values[1]
		}
		name = joined([]Value{base, name})
	}
	if r.Home != "" && strings.HasPrefix(name.Text, r.Home+"/") {
		return name
	}
	if !name.Known() || !path.IsAbs(name.Text) {
		return Not(line, "it depends on where the program is started")
	}
	name.Text = path.Clean(name.Text)
	return name
}
