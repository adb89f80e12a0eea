package doctor

import (
	"errors"
	"io"
	"io/fs"
	"path"
	"regexp"
	"strings"
	"sync"

	"pumatop/collector/clean"
	"pumatop/collector/ruby"
)

// Project is an application's directory on the operator's own machine: what Capistrano reads there.
type Project struct {
	// Dir is the directory, Files what was read of it by path relative to Dir: Capfile, config/deploy.rb, config/deploy/*.rb,
	// lib/capistrano/tasks/*.rake.
	Dir   string
	Files map[string]File
	// Gems are versions of gems by name, from Gemfile.lock.
	Gems map[string]string
	// Stage is the stage that is examined; where it is empty, or there is no such file, it is the only one, or production.
	Stage string

	lines    map[string][]string
	once     sync.Once
	followed *deployment
}

// Bounds of what is read of a project.
const (
	maxProjectFiles = 200
	maxProjectWalk  = 5000
)

// deployFolders are where Capistrano's files are, but for the Capfile.
var deployFolders = []string{"config", "cap", "lib/capistrano", "lib/tasks"}

// LocalProject reads an application's directory, which is shown as dir. It is nil where no Capfile is there, and no
// config/deploy.rb. A file that may not be read is in it with the reason.
func LocalProject(fsys fs.FS, dir string) *Project {
	p := &Project{Dir: clean.Line(dir), Files: map[string]File{}, Gems: map[string]string{}, lines: map[string][]string{}}
	p.read(fsys, "Capfile")
	seen := 0
	for _, folder := range deployFolders {
		_ = fs.WalkDir(fsys, folder, func(name string, d fs.DirEntry, err error) error {
			if seen++; err != nil || seen > maxProjectWalk || len(p.Files) >= maxProjectFiles {
				return fs.SkipAll
			}
			switch path.Ext(name) {
			case ".rb", ".rake", ".cap":
				if !d.IsDir() {
					p.read(fsys, name)
				}
			}
			return nil
		})
	}
	if _, ok := p.Files["Capfile"]; !ok {
		if _, ok := p.Files["config/deploy.rb"]; !ok {
			return nil
		}
	}
	if lock := readProjectFile(fsys, "Gemfile.lock"); lock.Err == "" {
		p.Gems = lockedGems(lock.Text)
	}
	return p
}

// read keeps a file, unless it is not there.
func (p *Project) read(fsys fs.FS, name string) {
	if f := readProjectFile(fsys, name); f.Err != missingFile {
		p.Files[name], p.lines[name] = f, strings.Split(f.Text, "\n")
	}
}

// missingFile is the Err of a file that is not there.
const missingFile = "it is not there"

func readProjectFile(fsys fs.FS, name string) File {
	f := File{Path: name}
	info, err := fs.Stat(fsys, name)
	if err == nil && !info.Mode().IsRegular() {
		f.Err = "it is no file"
		return f
	}
	var file fs.File
	if err == nil {
		file, err = fsys.Open(name)
	}
	if err == nil {
		defer file.Close()
		var text []byte
		text, err = io.ReadAll(io.LimitReader(file, ruby.MaxSize+1))
		f.Cut = len(text) > ruby.MaxSize
		f.Text = strings.TrimPrefix(string(text[:min(len(text), ruby.MaxSize)]), "\ufeff")
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		f.Err = missingFile
	case err != nil:
		f.Err = clean.Short(err.Error(), 200)
	}
	return f
}

var lockedGem = regexp.MustCompile(`(?m)^    ([A-Za-z0-9_.-]+) \(([0-9][0-9A-Za-z.-]*)\)`)

// lockedGems reads a Gemfile.lock.
func lockedGems(text string) map[string]string {
	gems := map[string]string{}
	for _, m := range lockedGem.FindAllStringSubmatch(text, -1) {
		gems[m[1]] = m[2]
	}
	return gems
}

// line is a line of a file as it may be shown: what follows a word for a secret is left out.
func (p *Project) line(file string, n int) string {
	lines := p.lines[file]
	if n < 1 || n > len(lines) {
		return ""
	}
	text := clean.Short(strings.TrimSpace(lines[n-1]), 160)
	lower := strings.ToLower(text)
	for _, word := range []string{"passw", "passphrase", "secret", "token", "api_key", "key_data"} {
		if i := strings.Index(lower, word); i >= 0 && len(lower) == len(text) {
			return text[:i+len(word)] + "…"
		}
	}
	return text
}

// at is a line as evidence.
func (p *Project) at(file string, line int) Evidence {
	return Evidence{File: file, Line: line, Text: p.line(file, line)}
}
