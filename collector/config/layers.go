package config

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// Variable names a file in place of all others, as --config does.
const Variable = "PUMATOP_CONFIG"

// systemFile is the system's.
const systemFile = "/etc/pumatop/config.yml"

// projectNames are what a project's file is called.
var projectNames = []string{".pumatop.yml", ".pumatop.yaml"}

// Options are where files are looked for.
type Options struct {
	// Dir is the working directory, empty for that of the process.
	Dir string
	// Getenv is [os.Getenv] where it is nil.
	Getenv func(string) string
	// Named is the file of --config; the one of [Variable] counts where it is empty.
	Named string
	// Token names what gives hosts a token beside the files, a variable or a flag. Empty is nothing.
	Token string
	// System is the system's file where it is not /etc/pumatop/config.yml.
	System string
	// Lists are the words that a setting may take whose values other packages know, by the values tag: columns, themes,
	// colors, keys. One that is missing takes every word.
	Lists map[string][]string
}

func (o Options) getenv(name string) string {
	if o.Getenv == nil {
		return os.Getenv(name)
	}
	return o.Getenv(name)
}

// File is one that was looked for.
type File struct {
	Layer Layer
	// Path is absolute, Name what messages call it.
	Path, Name string
	// Exists is whether it was read.
	Exists bool
	// Trusted is whether its commands count; those of a project's file do once the operator has said so.
	Trusted bool
	// SHA256 of its content, in hexadecimal.
	SHA256 string
	stamp  stamp
}

// finder looks for the files.
type finder struct {
	Options
	dir, home string
}

func newFinder(o Options) (finder, error) {
	f := finder{Options: o, dir: o.Dir, home: o.getenv("HOME")}
	var err error
	if f.dir == "" {
		f.dir, err = os.Getwd()
	} else {
		f.dir, err = filepath.Abs(f.dir)
	}
	if err != nil {
		return f, fmt.Errorf("find the working directory: %w", err)
	}
	return f, nil
}

// candidates are the files that count, the weakest first, whether they are there or not. Of a project's there are
// several, the nearest first.
func (f finder) candidates() []File {
	if named := cmp.Or(f.Named, f.getenv(Variable)); named != "" {
		if !filepath.IsAbs(named) {
			named = filepath.Join(f.dir, named)
		}
		return []File{f.file(Named, named)}
	}
	out := []File{f.file(System, cmp.Or(f.System, systemFile))}
	if dir := userDir(f.getenv, "XDG_CONFIG_HOME", ".config"); dir != "" {
		out = append(out, f.file(User, filepath.Join(dir, "config.yml")))
	}
	for _, dir := range f.above() {
		for _, name := range projectNames {
			out = append(out, f.file(Project, filepath.Join(dir, name)))
		}
	}
	return out
}

func (f finder) file(layer Layer, path string) File {
	return File{Layer: layer, Path: path, Name: f.name(path)}
}

// name is what messages call a file: as it is seen from the working directory, or from home.
func (f finder) name(path string) string {
	if rest, ok := strings.CutPrefix(path, f.dir+"/"); ok {
		return rest
	}
	if rest, ok := strings.CutPrefix(path, f.home+"/"); ok && f.home != "" {
		return "~/" + rest
	}
	return path
}

// above are the directories that a project's file may be in: the working directory and those above it, up to home, to the
// root or to the end of the file system. One in which everybody may write, /tmp, is nobody's project and is passed by.
func (f finder) above() []string {
	var out []string
	var device uint64
	for dir := f.dir; ; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if err != nil {
			return out
		}
		if s, ok := info.Sys().(*syscall.Stat_t); ok {
			if here := uint64(s.Dev); len(out) > 0 && here != device {
				return out
			} else {
				device = here
			}
		}
		if info.Mode()&fs.ModeSticky == 0 || info.Mode().Perm()&0o002 == 0 {
			out = append(out, dir)
		}
		if dir == f.home || dir == filepath.Dir(dir) {
			return out
		}
	}
}

// userDir is pumatop's directory below an XDG one. As that specification wants it, a path that is not absolute counts as
// not set; a Mac has no other place.
func userDir(getenv func(string) string, variable, below string) string {
	if dir := getenv(variable); filepath.IsAbs(dir) {
		return filepath.Join(dir, "pumatop")
	}
	if home := getenv("HOME"); filepath.IsAbs(home) {
		return filepath.Join(home, below, "pumatop")
	}
	return ""
}

// read reads the files that are there, of a project's the nearest, and says what is wrong with those that may not count.
func (f finder) read() (files []File, texts [][]byte, problems Errors) {
	var project string
	for _, file := range f.candidates() {
		if file.Layer == Project && project != "" && filepath.Dir(file.Path) != project {
			file.stamp = stampOf(file.Path) // it would count if the nearer one went
			files, texts = append(files, file), append(texts, nil)
			continue
		}
		file.stamp = stampOf(file.Path)
		text, err := readFile(file)
		var wrong *Error
		switch {
		case errors.Is(err, fs.ErrNotExist) && file.Layer != Named, errors.Is(err, syscall.ENOTDIR) && file.Layer != Named:
		case errors.As(err, &wrong):
			problems = append(problems, wrong)
		case err != nil:
			problems = append(problems, &Error{At: Origin{Layer: file.Layer, File: file.Path, Name: file.Name}, Text: "cannot be read: " + reason(err), Fix: readFix(file)})
		default:
			file.Exists = true
			if file.Layer == Project && project != "" {
				problems = append(problems, &Error{At: Origin{Layer: Project, File: file.Path, Name: file.Name},
					Text: "there is a " + projectNames[0] + " beside it: one of them is enough"})
			}
		}
		if file.Layer == Project && (file.Exists || wrong != nil) {
			project = filepath.Dir(file.Path)
		}
		files, texts = append(files, file), append(texts, text)
	}
	return files, texts, problems
}

// reason is an error without the path, which stands before it already.
func reason(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}

// readFix is what to do about a file that cannot be read.
func readFix(f File) string {
	if f.Layer == Named {
		return "--config or " + Variable + " names it: /dev/null is no configuration"
	}
	return "make it readable, or remove it"
}
