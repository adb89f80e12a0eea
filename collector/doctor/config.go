package doctor

import (
	"cmp"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"pumatop/collector/clean"
	"pumatop/collector/puma"
	"pumatop/collector/ruby"
)

// config is what the text of a target's puma.rb says, with the means to point at its lines.
type config struct {
	path     string
	settings puma.Settings
	files    map[string]File
	// newer is whether it, or a file that it evaluates, was written after this Puma read it: what runs may be something else.
	newer bool
	// missing is why nothing of it is known.
	missing string
}

// config reads the configuration of a target, with the files that it evaluates.
func (t *Target) config() config {
	c := config{path: t.Puma.ConfigPath, settings: t.Puma.Settings}
	if t.contained() {
		c.missing = "its configuration lies in its container"
		if c.settings.Lines > 0 {
			c.missing = ""
		}
		return c
	}
	if t.Host != nil {
		c.files = t.Host.Files
		if c.path == "" {
			c.path = t.plannedConfig()
		}
	}
	f, read := c.files[c.path]
	switch {
	case read && f.Err == "" && !f.Cut:
		c.settings = puma.ReadSettingsWith([]byte(f.Text), c.path, func(name string) ([]byte, bool) {
			other, ok := c.files[name]
			return []byte(other.Text), ok && other.Err == "" && !other.Cut
		})
		c.newer = slices.ContainsFunc(t.master().Newer, func(name string) bool {
			return name == c.path || slices.Contains(c.settings.Included, name)
		})
	case read && f.Cut:
		c.settings = puma.Settings{}
		c.missing = c.path + " is longer than what is read of it"
	case c.settings.Lines > 0:
	case read:
		c.missing = c.path + ": " + f.Err
	case c.path == "":
		c.missing = "no puma.rb was found"
	default:
		c.missing = cmp.Or(t.Silent, c.path+" was not read")
	}
	return c
}

// contained reports a Puma whose paths are those of its container.
func (t *Target) contained() bool {
	return t.Puma.Box != "" || t.Puma.Container.ID != "" || t.Puma.FromOutside()
}

// plannedConfig is the file that Puma would read if its unit was started: of those that were asked for the first that is there.
func (t *Target) plannedConfig() string {
	for _, name := range configurations(t.Puma.Unit) {
		if f, ok := t.Host.Files[name]; ok && f.Err != "no such file" {
			return name
		}
	}
	return ""
}

// master is what the host says of the target's process.
func (t *Target) master() Master {
	if t.Host == nil {
		return Master{}
	}
	return t.Host.Masters[t.Puma.PID]
}

// runs reports whether there is a process.
func (t *Target) runs() bool { return t.Puma.PID != 0 }

// at is a setting as evidence.
func (c config) at(s puma.Setting) Evidence {
	file := cmp.Or(s.File, c.path)
	return Evidence{File: file, Line: s.Line, Text: c.line(file, s.Line)}
}

// without says that the file does not have something.
func (c config) without(what string) Evidence {
	return Evidence{File: c.path, Text: fmt.Sprintf("no %s in its %s", what, plural(c.settings.Lines, "line"))}
}

// line is a line of a file, empty where its text is not known, and without the secrets in it.
func (c config) line(file string, n int) string {
	lines := c.statement(puma.Setting{File: file, Line: n})
	if len(lines) == 0 {
		return ""
	}
	return clean.Short(strings.TrimSpace(lines[0]), maxEvidence)
}

// tokenText is a token that stands in a configuration. The script leaves it on its host; who reads a file otherwise may not.
var tokenText = regexp.MustCompile(`((?:auth_token|password)["']?\s*(?::|=>)\s*)("[^"#]*"|'[^']*')`)

// maxStatement bounds the lines of one statement.
const maxStatement = 30

// statement is a setting as it stands: its line, and those that follow up to the end of its brackets.
func (c config) statement(s puma.Setting) []string {
	all := strings.Split(c.files[fileOf(c, s)].Text, "\n")
	if s.Line < 1 || s.Line > len(all) {
		return nil
	}
	var out []string
	depth := 0
	for _, line := range all[s.Line-1 : min(s.Line-1+maxStatement, len(all))] {
		out = append(out, tokenText.ReplaceAllString(line, `$1"[hidden]"`))
		for _, t := range ruby.Tokenize(line, 1) {
			switch {
			case t.Is(ruby.TokenOp, "(") || t.Is(ruby.TokenOp, "{") || t.Is(ruby.TokenOp, "["):
				depth++
			case t.Is(ruby.TokenOp, ")") || t.Is(ruby.TokenOp, "}") || t.Is(ruby.TokenOp, "]"):
				depth--
			}
		}
		if text := strings.TrimSpace(line); depth <= 0 && !strings.HasSuffix(text, ",") && !strings.HasSuffix(text, "\\") {
			return out
		}
	}
	return out[:1]
}

// depends is the reason why a setting is not known though it stands there.
func (c config) depends(s puma.Setting) string {
	why := fmt.Sprintf("line %d of %s depends on what only running it tells", s.Line, fileOf(c, s))
	if text := c.line(fileOf(c, s), s.Line); text != "" {
		why += ": " + text
	}
	return why
}

// unset reports whether the file certainly does not have a setting; else why that is not known, where it is not set.
func (c config) unset(s puma.Setting) (bool, string) {
	switch {
	case c.missing != "":
		return false, c.missing
	case s.IsSet():
		return false, ""
	case c.settings.Opaque.IsSet():
		return false, c.depends(c.settings.Opaque)
	}
	return c.settings.Lines > 0, ""
}

// known reports whether a setting is certainly there; else the reason why nothing can be said of it.
func (c config) known(s puma.Setting) (bool, string) {
	if c.missing != "" {
		return false, c.missing
	}
	if s.IsSet() && !s.Certain() {
		return false, c.depends(s)
	}
	if s.IsSet() && c.settings.Opaque.IsSet() && (c.settings.Opaque.File != s.File || c.settings.Opaque.Line > s.Line) {
		return false, c.depends(c.settings.Opaque)
	}
	if !s.IsSet() && c.settings.Opaque.IsSet() {
		return false, c.depends(c.settings.Opaque)
	}
	return s.IsSet(), ""
}

// shared is the directory where a deploy keeps what outlives a release.
func (t *Target) shared() string {
	for _, p := range []string{t.Puma.CurrentLink, t.Puma.Release, t.Puma.ConfigPath, t.Puma.StatePath} {
		switch {
		case p == "":
		case path.Base(p) == "current":
			return path.Join(path.Dir(p), "shared")
		case strings.Contains(p, "/releases/"):
			return p[:strings.Index(p, "/releases/")] + "/shared"
		case strings.Contains(p, "/shared/"):
			return p[:strings.Index(p, "/shared/")] + "/shared"
		}
	}
	return "/srv/" + cmp.Or(t.Puma.App, "app") + "/shared"
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}
