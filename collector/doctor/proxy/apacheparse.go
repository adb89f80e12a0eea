package proxy

import (
	"path"
	"strings"
)

// apacheParser reads Apache's configuration, with what it includes in its place.
type apacheParser struct {
	b *builder
	// root is ServerRoot, which relative paths are relative to.
	root string
	// defines are the variables that the text defines.
	defines map[string]string
	stack   []string
}

// maxDefine is longer than any path or URL that a variable stands for; longer ones stay unknown.
const maxDefine = 1024

// apacheLine is a line, with those that a backslash continues it by.
type apacheLine struct {
	text string
	line int
}

func apacheLines(text string) []apacheLine {
	var out []apacheLine
	var joined strings.Builder
	first := 0
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSuffix(line, "\r")
		if first == 0 {
			first = i + 1
		}
		if rest, ok := strings.CutSuffix(line, `\`); ok {
			joined.WriteString(rest)
			continue
		}
		joined.WriteString(line)
		if s := strings.TrimSpace(joined.String()); s != "" && s[0] != '#' {
			out = append(out, apacheLine{s, first})
		}
		joined.Reset()
		first = 0
	}
	if s := strings.TrimSpace(joined.String()); s != "" && s[0] != '#' {
		out = append(out, apacheLine{s, first})
	}
	return out
}

// apacheWords splits a line as Apache does: quotes begin at a word's start only, and a backslash takes a quote into them.
func apacheWords(s string) []string {
	var out []string
	for s = strings.TrimLeft(s, " \t"); s != ""; s = strings.TrimLeft(s, " \t") {
		quote := s[0]
		if quote != '"' && quote != '\'' {
			n := strings.IndexAny(s, " \t")
			if n < 0 {
				n = len(s)
			}
			out = append(out, s[:n])
			s = s[n:]
			continue
		}
		var w strings.Builder
		i := 1
		for ; i < len(s) && s[i] != quote; i++ {
			if s[i] == '\\' && i+1 < len(s) && (s[i+1] == quote || s[i+1] == '\\') {
				i++
			}
			w.WriteByte(s[i])
		}
		out = append(out, w.String())
		s = s[min(i+1, len(s)):]
	}
	return out
}

func (p *apacheParser) file(name string, from Place) []*directive {
	for _, above := range p.stack {
		if above == name {
			p.b.gap(from, name+" includes itself")
			return nil
		}
	}
	text, ok := p.b.open(name, from)
	if !ok {
		return nil
	}
	p.stack = append(p.stack, name)
	lines := apacheLines(text)
	out, _ := p.block(lines, name, nil, 0)
	p.stack = p.stack[:len(p.stack)-1]
	return out
}

// block reads lines up to the one that closes the section of in, and returns those behind it.
func (p *apacheParser) block(lines []apacheLine, name string, in *directive, nesting int) (out []*directive, rest []apacheLine) {
	for len(lines) > 0 {
		l := lines[0]
		lines = lines[1:]
		at := p.b.place(name, l.line)
		if p.b.spent(at) {
			return out, nil
		}
		text := p.expand(l.text)
		if strings.HasPrefix(text, "</") {
			if in != nil {
				in.end = l.line
				return out, lines
			}
			p.b.gap(at, "a section is closed that was not opened")
			continue
		}
		section := strings.HasPrefix(text, "<")
		if section {
			text = strings.TrimSuffix(strings.TrimSpace(text[1:]), ">")
		}
		words := apacheWords(text)
		if len(words) == 0 {
			continue
		}
		d := &directive{Place: at, name: strings.ToLower(words[0]), args: words[1:], isBlock: section}
		if !section {
			out = append(out, p.plain(d)...)
			continue
		}
		if nesting >= maxNesting {
			p.b.gap(at, "sections are nested deeper than is read")
			return out, nil
		}
		d.block, lines = p.block(lines, name, d, nesting+1)
		out = append(out, d)
	}
	if in != nil && !p.b.files[name].Cut {
		p.b.gap(in.Place, "the section is not closed")
	}
	return out, nil
}

// plain is what a directive without a section comes to.
func (p *apacheParser) plain(d *directive) []*directive {
	switch d.name {
	case "define":
		if len(d.args) > 1 && len(d.args[1]) <= maxDefine {
			p.defines[d.args[0]] = d.args[1]
		}
	case "undefine":
		if len(d.args) > 0 {
			delete(p.defines, d.args[0])
		}
	case "serverroot":
		if len(d.args) > 0 && path.IsAbs(d.args[0]) {
			p.root = d.args[0]
		}
	case "include", "includeoptional":
		return p.include(d)
	case "use":
		p.b.gap(d.Place, "a macro is used, and macros are not read")
	}
	return []*directive{d}
}

func (p *apacheParser) include(d *directive) (out []*directive) {
	if len(d.args) == 0 {
		return nil
	}
	if len(p.stack) >= maxDepth {
		p.b.gap(d.Place, "files are included deeper than is read")
		return nil
	}
	pattern := d.args[0]
	if strings.Contains(pattern, "${") {
		p.b.gap(d.Place, "which file is included is in a variable")
		return nil
	}
	if !path.IsAbs(pattern) {
		pattern = path.Join(p.root, pattern)
	}
	pattern = path.Clean(pattern)
	names := p.b.matching(pattern)
	if _, ok := p.b.files[pattern]; !ok {
		if in := p.b.matching(pattern + "/*"); len(in) > 0 {
			names = in
		} else if d.name == "includeoptional" && !strings.ContainsAny(pattern, "*?[") {
			return nil
		}
	}
	for _, name := range names {
		out = append(out, p.file(name, d.Place)...)
	}
	return out
}

// expand puts in what the text defines; other variables, which come from the environment, stay as they are.
func (p *apacheParser) expand(s string) string {
	var b strings.Builder
	for {
		i := strings.Index(s, "${")
		j := strings.IndexByte(s[max(i, 0):], '}')
		if i < 0 || j < 0 || b.Len() > 8192 {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(s[:i])
		if v, ok := p.defines[s[i+2:i+j]]; ok {
			b.WriteString(v)
		} else {
			b.WriteString(s[i : i+j+1])
		}
		s = s[i+j+1:]
	}
}
