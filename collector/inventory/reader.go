package inventory

import (
	"cmp"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"pumatop/collector/clean"
	"pumatop/collector/config"
)

const (
	maxFile  = 4 << 20 // of a file that is read
	maxFiles = 2000
	maxGaps  = 1000
	maxNodes = 500_000 // of a YAML document, aliases written out
	maxDepth = 100
)

// reader reads the files of one tool and keeps what it could not follow.
type reader struct {
	fsys  fs.FS
	files []string
	gaps  []Gap
	nodes int
}

// regular reports whether path is a file that can be read to its end.
func (r *reader) regular(path string) bool {
	info, err := fs.Stat(r.fsys, path)
	return err == nil && info.Mode().IsRegular()
}

// text reads a file; it is empty where there is none.
func (r *reader) text(path string) (string, error) {
	if !r.regular(path) {
		return "", nil
	}
	f, err := r.fsys.Open(path)
	if err != nil {
		r.gap(at(path, 0), path, "the file cannot be read")
		return "", nil
	}
	defer f.Close()
	if !slices.Contains(r.files, path) {
		r.files = append(r.files, path)
	}
	if len(r.files) > maxFiles {
		return "", fmt.Errorf("read %s: more than %d files", clean.Line(path), maxFiles)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	switch {
	case err != nil:
		return "", fmt.Errorf("read %s: %w", clean.Line(path), err)
	case len(text) > maxFile:
		r.gap(at(path, 0), path, fmt.Sprintf("the file is longer than %d MB", maxFile>>20))
		return "", nil
	}
	return strings.ToValidUTF8(string(text), "\ufffd"), nil
}

func at(path string, line int) config.Origin {
	return config.Origin{Layer: config.Imported, File: path, Line: line}
}

// gap keeps what could not be followed, once.
func (r *reader) gap(where config.Origin, text, why string) {
	g := Gap{At: where, Text: clean.Short(strings.TrimSpace(text), 80), Why: clean.Line(why)}
	if len(r.gaps) < maxGaps && !slices.Contains(r.gaps, g) {
		r.gaps = append(r.gaps, g)
	}
}

// document is the mapping that a YAML file has at its top; nil where it has another thing, or none.
func (r *reader) document(path, text string) (*yaml.Node, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
		return nil, err
	}
	r.nodes = 0
	if len(doc.Content) == 0 {
		return nil, nil
	}
	if top := doc.Content[0]; top.Kind == yaml.MappingNode {
		return top, nil
	}
	return nil, nil
}

// pair is a key of a mapping with its value.
type pair struct {
	key   string
	line  int
	value *yaml.Node
}

// pairs are those of a mapping with what it merges in by <<, of which each key counts once.
func (r *reader) pairs(n *yaml.Node) []pair { return r.merged(n, 0) }

func (r *reader) merged(n *yaml.Node, depth int) []pair {
	n = resolved(n)
	if n == nil || n.Kind != yaml.MappingNode || depth > maxDepth {
		return nil
	}
	var own, below []pair
	for i := 0; i+1 < len(n.Content); i += 2 {
		if r.nodes++; r.nodes > maxNodes {
			break
		}
		key, value := n.Content[i], resolved(n.Content[i+1])
		if key.Value != "<<" {
			own = append(own, pair{key.Value, key.Line, value})
			continue
		}
		from := []*yaml.Node{value}
		if value != nil && value.Kind == yaml.SequenceNode {
			from = value.Content
		}
		for _, f := range from {
			below = append(below, r.merged(f, depth+1)...)
		}
	}
	if len(below) == 0 {
		return own
	}
	known := make(map[string]bool, len(own)+len(below))
	for _, p := range own {
		known[p.key] = true
	}
	for _, p := range below {
		if !known[p.key] {
			known[p.key] = true
			own = append(own, p)
		}
	}
	return own
}

// items are those of a sequence, or what stands alone in its place.
func (r *reader) items(n *yaml.Node) []*yaml.Node {
	n = resolved(n)
	switch {
	case n == nil, isNull(n):
		return nil
	case n.Kind != yaml.SequenceNode:
		return []*yaml.Node{n}
	}
	var all []*yaml.Node
	for _, c := range n.Content {
		if r.nodes++; r.nodes <= maxNodes {
			all = append(all, resolved(c))
		}
	}
	return all
}

// child is a value of a mapping.
func (r *reader) child(n *yaml.Node, key string) *yaml.Node {
	for _, p := range r.pairs(n) {
		if p.key == key {
			return p.value
		}
	}
	return nil
}

func resolved(n *yaml.Node) *yaml.Node {
	for i := 0; n != nil && n.Kind == yaml.AliasNode && i < maxDepth; i++ {
		n = n.Alias
	}
	return n
}

func isNull(n *yaml.Node) bool {
	return n == nil || n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null"
}

// isText reports whether n is a single value.
func isText(n *yaml.Node) bool { return n != nil && n.Kind == yaml.ScalarNode && !isNull(n) }

// done is what was read, with the gaps in the order of their lines.
func (r *reader) done(tool string, environments map[string]config.Environment) Import {
	slices.SortStableFunc(r.gaps, func(a, b Gap) int {
		return cmp.Or(strings.Compare(a.At.File, b.At.File), cmp.Compare(a.At.Line, b.At.Line))
	})
	return Import{Tool: tool, Files: r.files, Config: config.Config{Environments: environments}, Gaps: r.gaps}
}
