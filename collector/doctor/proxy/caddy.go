package proxy

import (
	"path"
	"strconv"
	"strings"
)

// caddy reads Caddyfiles. Configurations in JSON are not read.
func (b *builder) caddy(roots []string) {
	for _, root := range roots {
		if strings.HasSuffix(root, ".json") {
			b.gap(Place{File: root}, "Caddy's JSON is not read, Caddyfiles are")
			continue
		}
		r := &caddyReader{b: b, snippets: map[string]snippet{}}
		r.walk(r.file(root, Place{File: root}))
	}
}

// snippet is a block to be imported by name, as words: its arguments are put in where it is.
type snippet struct {
	file  string
	words []caddyWord
}

type caddyReader struct {
	b        *builder
	snippets map[string]snippet
	depth    int
}

func (r *caddyReader) file(name string, from Place) []*directive {
	text, ok := r.b.open(name, from)
	if !ok {
		return nil
	}
	l := &caddyLexer{text: strings.TrimPrefix(text, "\ufeff"), line: 1}
	words, why := l.all()
	if why != "" && !r.b.files[name].Cut {
		r.b.gap(r.b.place(name, l.line), why)
	}
	out, _ := r.block(words, name, nil, 0)
	return out
}

// block groups words into lines with their blocks, up to the brace that closes in, and returns the words behind it.
func (r *caddyReader) block(words []caddyWord, name string, in *directive, nesting int) (out []*directive, rest []caddyWord) {
	for len(words) > 0 {
		at := r.b.place(name, words[0].line)
		if r.b.spent(at) || nesting > maxNesting {
			return out, nil
		}
		if words[0].text == "}" && !words[0].quoted {
			if in != nil {
				in.end = words[0].line
				return out, words[1:]
			}
			words = words[1:]
			continue
		}
		line := caddyLine(words)
		words = words[len(line):]
		d := &directive{Place: at}
		if last := line[len(line)-1]; last.text == "{" && !last.quoted {
			d.isBlock = true
			line = line[:len(line)-1]
		}
		for i, w := range line {
			if i == 0 {
				d.name = w.text
				continue
			}
			d.args = append(d.args, w.text)
		}
		if d.isBlock && strings.HasPrefix(d.name, "(") && in == nil {
			n := caddyBody(words)
			r.snippets[strings.Trim(d.name, "()")] = snippet{name, words[:n]}
			words = words[min(n+1, len(words)):]
			continue
		}
		if d.isBlock {
			d.block, words = r.block(words, name, d, nesting+1)
		}
		out = append(out, r.imported(d, name, nesting)...)
	}
	return out, nil
}

// caddyLine are the words of the first line, up to its brace.
func caddyLine(words []caddyWord) []caddyWord {
	n := 1
	for n < len(words) && words[n].line == words[0].line && words[n-1].text != "{" && (words[n].text != "}" || words[n].quoted) {
		n++
	}
	return words[:n]
}

// caddyBody is how many words stand before the brace that closes a block.
func caddyBody(words []caddyWord) int {
	depth := 1
	for i, w := range words {
		switch {
		case w.quoted:
		case w.text == "{":
			depth++
		case w.text == "}":
			depth--
		}
		if depth == 0 {
			return i
		}
	}
	return len(words)
}

// imported is what a line comes to: itself, or the snippet or the files that it imports.
func (r *caddyReader) imported(d *directive, name string, nesting int) (out []*directive) {
	if d.name != "import" || len(d.args) == 0 {
		return []*directive{d}
	}
	if r.depth >= maxDepth {
		r.b.gap(d.Place, "files are imported deeper than is read")
		return nil
	}
	r.depth++
	defer func() { r.depth-- }()
	if s, ok := r.snippets[d.args[0]]; ok {
		r.b.directives += len(s.words)
		out, _ = r.block(withArguments(s.words, d.args[1:]), s.file, nil, nesting+1)
		return out
	}
	pattern := d.args[0]
	if strings.Contains(pattern, "{") {
		r.b.gap(d.Place, "which file is imported is in a variable")
		return nil
	}
	if !path.IsAbs(pattern) {
		pattern = path.Join(path.Dir(name), pattern)
	}
	for _, file := range r.b.matching(path.Clean(pattern)) {
		out = append(out, r.file(file, d.Place)...)
	}
	return out
}

// withArguments puts the arguments of an import into a snippet.
func withArguments(words []caddyWord, args []string) []caddyWord {
	out := make([]caddyWord, len(words))
	for i, w := range words {
		for n, arg := range args {
			if strings.Contains(w.text, "{args") && len(w.text) < 4096 {
				w.text = strings.ReplaceAll(w.text, "{args["+strconv.Itoa(n)+"]}", arg)
				w.text = strings.ReplaceAll(w.text, "{args."+strconv.Itoa(n)+"}", arg)
			}
		}
		out[i] = w
	}
	return out
}

func (r *caddyReader) walk(block []*directive) {
	for _, d := range block {
		if d.name == "reverse_proxy" {
			r.route(d)
			continue
		}
		r.walk(d.block)
	}
}

func (r *caddyReader) route(d *directive) {
	args := d.args
	if len(args) > 0 && (strings.HasPrefix(args[0], "@") || strings.HasPrefix(args[0], "/") || args[0] == "*") {
		args = args[1:]
	}
	g := &Group{Place: d.Place, Settings: Settings{}, End: max(d.end, d.Line)}
	g.add(r, d.Place, args)
	for _, in := range d.block {
		switch in.name {
		case "to":
			g.add(r, in.Place, in.args)
		case "dynamic":
			r.b.gap(in.Place, "the servers are found while Caddy runs")
		case "transport":
			for _, t := range in.block {
				v := t.value()
				v.Name = "transport " + t.name
				g.Settings[v.Name] = v
			}
		default:
			g.Settings[in.name] = in.value()
		}
	}
	if len(g.Servers) > 0 {
		r.b.config.Routes = append(r.b.config.Routes, Route{Place: d.Place, To: g, Settings: g.Settings})
	}
}

func (g *Group) add(r *caddyReader, at Place, upstreams []string) {
	for _, u := range upstreams {
		a := caddyAddress(u)
		if a.IsZero() {
			r.b.gap(at, "where the server is, is not in the text")
			continue
		}
		g.Servers = append(g.Servers, Server{Place: at, Address: a, Settings: Settings{}})
	}
}

// caddyAddress reads an upstream: "unix//path", "http://host:port", "host:port", ":port".
func caddyAddress(s string) Address {
	if strings.ContainsAny(s, "{}") {
		return Address{}
	}
	for _, scheme := range [...]string{"unix/", "unix+h2c/"} {
		if name, ok := strings.CutPrefix(s, scheme); ok {
			return Address{Unix: name}
		}
	}
	if strings.Contains(s, "://") {
		a, _ := webURL(s)
		return a
	}
	a, _ := hostPort(s, "80")
	return a
}
