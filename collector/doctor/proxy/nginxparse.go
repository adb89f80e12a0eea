package proxy

import (
	"path"
	"strings"
)

// directive is one of nginx's or Apache's, with its block where it has one.
type directive struct {
	Place
	name  string
	args  []string
	block []*directive
	// isBlock is whether it has a block; end is the line that closes it.
	isBlock bool
	end     int
}

// nginxParser reads one file and those that it includes, in their places.
type nginxParser struct {
	b      *builder
	prefix string // what relative paths are relative to
	stack  []string
}

// file parses a file.
func (p *nginxParser) file(name string, from Place) []*directive {
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
	l := &nginxLexer{text: text, line: 1}
	out := p.block(l, name, 0, nil)
	p.stack = p.stack[:len(p.stack)-1]
	return out
}

// block reads directives up to the brace that closes the block of in, or to the end of the file where that is nil.
func (p *nginxParser) block(l *nginxLexer, name string, nesting int, in *directive) (out []*directive) {
	var words []word
	for {
		w, why, ok := l.next()
		switch {
		case !ok:
			p.ended(name, w.line, why, in != nil || len(words) > 0)
			return out
		case w.end == 0:
			words = append(words, w)
			continue
		case w.end == '}' && in != nil:
			in.end = w.line
			return out
		case w.end == '}':
			continue
		}
		if len(words) == 0 && w.end == '{' {
			words = []word{{line: w.line}} // a block of nothing
		}
		if d := p.directive(words, name); d != nil {
			if w.end == '{' && !p.body(d, l, name, nesting) {
				return out
			}
			out = append(out, p.included(d)...)
			if p.b.spent(d.Place) {
				return out
			}
		}
		words = nil
	}
}

// ended says where a file ends too early, unless it is its beginning only.
func (p *nginxParser) ended(name string, line int, why string, within bool) {
	if why == "" && within {
		why = "the file ends within a block or a directive"
	}
	if why != "" && !p.b.files[name].Cut {
		p.b.gap(p.b.place(name, line), why)
	}
}

func (p *nginxParser) directive(words []word, name string) *directive {
	if len(words) == 0 {
		return nil
	}
	d := &directive{Place: p.b.place(name, words[0].line), name: words[0].text}
	for _, w := range words[1:] {
		d.args = append(d.args, w.text)
	}
	return d
}

func (p *nginxParser) body(d *directive, l *nginxLexer, name string, nesting int) bool {
	d.isBlock = true
	if strings.HasSuffix(d.name, "_by_lua_block") {
		return l.lua()
	}
	if nesting >= maxNesting {
		p.b.gap(d.Place, "blocks are nested deeper than is read")
		return false
	}
	d.block = p.block(l, name, nesting+1, d)
	return true
}

// included is what a directive comes to: itself, or what it includes.
func (p *nginxParser) included(d *directive) []*directive {
	if d.name != "include" || len(d.args) != 1 {
		return []*directive{d}
	}
	if len(p.stack) >= maxDepth {
		p.b.gap(d.Place, "files are included deeper than is read")
		return nil
	}
	pattern := d.args[0]
	if !path.IsAbs(pattern) {
		pattern = path.Join(p.prefix, pattern)
	}
	if usual[path.Base(pattern)] {
		if _, ok := p.b.files[pattern]; !ok {
			return nil
		}
	}
	var out []*directive
	for _, name := range p.b.matching(path.Clean(pattern)) {
		out = append(out, p.file(name, d.Place)...)
	}
	return out
}

// usual are files of nginx's own packages that say nothing of where requests go.
var usual = map[string]bool{
	"mime.types": true, "fastcgi_params": true, "fastcgi.conf": true, "uwsgi_params": true, "scgi_params": true, "proxy_params": true,
}
