package capistrano

import (
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"pumatop/collector/clean"
	"pumatop/collector/config"
	"pumatop/collector/inventory"
	"pumatop/collector/ruby"
)

// root stands for the project's directory, which only the machine that deploys knows.
const root = "/(project)"

// Bounds of what is followed.
const (
	maxLoads = 16 // files that load files
	maxFiles = 200
)

// source is a file that was parsed.
type source struct {
	body  []ruby.Sentence
	lines []string
}

// read parses a file of the project. It is nil where there is none, or none that can be read; ok tells the first.
func (p *project) read(name string) (src *source, ok bool) {
	if src, ok := p.parsed[name]; ok {
		return src, src != nil
	}
	p.parsed[name] = nil
	if !fs.ValidPath(name) || len(p.parsed) > maxFiles {
		return nil, false
	}
	info, err := fs.Stat(p.fsys, name)
	if err != nil || !info.Mode().IsRegular() {
		if err != nil && !isMissing(err) {
			p.failed = fmt.Errorf("read Capistrano's files: %w", err)
		}
		return nil, false
	}
	text, err := p.text(name)
	if err != nil {
		p.failed = fmt.Errorf("read Capistrano's files: %w", err)
		return nil, false
	}
	src = &source{}
	p.parsed[name] = src
	p.files = append(p.files, name)
	if len(text) > ruby.MaxSize {
		p.gap(name, 1, "the file is longer than 1 MB and is not read")
		return src, true
	}
	src.lines = strings.Split(text, "\n")
	src.body = ruby.Parse(ruby.Tokenize(strings.TrimPrefix(text, "\ufeff"), 1))
	return src, true
}

func (p *project) text(name string) (string, error) {
	f, err := p.fsys.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, ruby.MaxSize+1))
	return string(text), err
}

// follow reads a file and follows it, and reports whether it is there.
func (s *stage) follow(name string) bool {
	if len(s.loading) >= maxLoads || slices.Contains(s.loading, name) {
		return true
	}
	src, ok := s.read(name)
	if !ok {
		return false
	}
	s.loaded = append(s.loaded, name)
	s.loading = append(s.loading, name)
	s.reader.Load(path.Join(root, name), src.body)
	s.loading = s.loading[:len(s.loading)-1]
	return true
}

// loadable is the file of the project that a load, require or import names: by a path from the project's directory, or
// from that of the file for require_relative.
func (s *stage) loadable(c ruby.Call, name string) (string, bool) {
	switch inside, ok := strings.CutPrefix(name, root+"/"); {
	case ok:
		name = inside
	case path.IsAbs(name) || strings.HasPrefix(name, "~"):
		return "", false
	case c.Name == "require_relative":
		name = path.Join(path.Dir(fileOf(c)), name)
	}
	name = path.Clean(name)
	for _, candidate := range []string{name, name + ".rb"} {
		if info, err := fs.Stat(s.fsys, candidate); fs.ValidPath(candidate) && err == nil && info.Mode().IsRegular() {
			return candidate, true
		}
	}
	return name, false
}

// fileOf is the file that a call stands in, from the project's directory.
func fileOf(c ruby.Call) string { return strings.TrimPrefix(c.File, root+"/") }

// origin is where a line is.
func (p *project) origin(file string, line int) config.Origin {
	at := config.Origin{Layer: config.Imported, File: file, Line: max(line, 1), Column: 1}
	if text := p.line(file, line); text != "" {
		at.Column = len(text) - len(strings.TrimLeft(text, " \t")) + 1
	}
	return at
}

func (p *project) line(file string, line int) string {
	if src := p.parsed[file]; src != nil && line > 0 && line <= len(src.lines) {
		return strings.TrimRight(src.lines[line-1], " \t\r")
	}
	return ""
}

// maxGaps bounds what is told of one project.
const maxGaps = 500

// gap notes a line that cannot be followed, once for each reason.
func (p *project) gap(file string, line int, why string) {
	g := inventory.Gap{At: p.origin(file, line), Text: shown(p.line(file, line)), Why: clean.Short(why, 200)}
	if len(p.gaps) < maxGaps && !slices.Contains(p.gaps, g) {
		p.gaps = append(p.gaps, g)
	}
}

// shown is a line as it may be shown: what follows a word for a secret is left out.
func shown(line string) string {
	line = clean.Short(strings.TrimSpace(line), 160)
	lower := strings.ToLower(line)
	for _, word := range []string{"passw", "passphrase", "secret", "token", "api_key", "key_data"} {
		if i := strings.Index(lower, word); i >= 0 && len(lower) == len(line) {
			return line[:i+len(word)] + "…"
		}
	}
	return line
}

// sortedGaps are the gaps in the order of the files and lines.
func (p *project) sortedGaps() []inventory.Gap {
	slices.SortStableFunc(p.gaps, func(a, b inventory.Gap) int {
		if n := slices.Index(p.files, a.At.File) - slices.Index(p.files, b.At.File); n != 0 {
			return n
		}
		return a.At.Line - b.At.Line
	})
	return p.gaps
}

// glob is Dir.glob: the files of the project that a pattern names, with ** for any folders.
func (p *project) glob(pattern string) []ruby.Value {
	pattern = path.Clean(strings.TrimPrefix(pattern, root+"/"))
	names, _ := fs.Glob(p.fsys, pattern)
	if dir, last, ok := strings.Cut(pattern, "/**/"); ok && fs.ValidPath(dir) && !strings.Contains(last, "/") {
		names = p.below(dir, last)
	}
	out := []ruby.Value{}
	for _, name := range names[:min(len(names), maxFiles)] {
		out = append(out, ruby.Literally(name))
	}
	return out
}

// below are the files under dir, however deep, whose name has the pattern.
func (p *project) below(dir, pattern string) (names []string) {
	seen := 0
	_ = fs.WalkDir(p.fsys, dir, func(name string, d fs.DirEntry, err error) error {
		if seen++; err != nil || seen > 5000 || len(names) >= maxFiles {
			return fs.SkipAll
		}
		if ok, _ := path.Match(pattern, d.Name()); ok && !d.IsDir() {
			names = append(names, name)
		}
		return nil
	})
	return names
}
