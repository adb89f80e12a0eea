package main_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The limits of the design. Composite literals in tests are tables, which are data, so their lines do not count.
const (
	maxFileLines     = 400
	maxFuncLines     = 60
	maxTableLines    = 80 // of the functions in tableFuncs
	maxComplexity    = 15
	module           = "pumatop"
	visibleTopLevel  = "README.md actions cmd collector go.mod go.sum screenshots tui"
	anyImport        = "*"
	onlyForTestsHint = "is for tests and cmd only"
)

// arrows says what each package may import beside the standard library; a trailing /... takes in what lies below.
func arrows() map[string][]string {
	const crypto = "golang.org/x/crypto/ssh"
	return map[string][]string{
		"collector/clean":                {},
		"collector/crew":                 {},
		"collector/cause":                {"pumatop/collector/clean"},
		"collector/puma":                 {"pumatop/collector/cause", "pumatop/collector/clean", "pumatop/collector/ruby"},
		"collector/prompt":               {},
		"collector/remote":               {crypto + "/...", "pumatop/collector/cause", "pumatop/collector/clean", "pumatop/collector/crew", "pumatop/collector/prompt", "pumatop/collector/remote/..."},
		"collector/remote/wildcard":      {},
		"collector/remote/sshconfig":     {"pumatop/collector/clean", "pumatop/collector/remote/wildcard"},
		"collector/remote/knownhosts":    {crypto, "pumatop/collector/clean", "pumatop/collector/remote/wildcard"},
		"collector/remote/sshtest":       {crypto + "/..."},
		"collector/probe":                {"pumatop/collector/puma", "pumatop/collector/clean"},
		"collector":                      {"pumatop/collector/puma", "pumatop/collector/probe", "pumatop/collector/cause", "pumatop/collector/clean", "pumatop/collector/crew"},
		"collector/ruby":                 {"pumatop/collector/clean"},
		"collector/config":               {"pumatop/collector/clean", "go.yaml.in/yaml/v3"},
		"collector/inventory":            {"pumatop/collector/config", "pumatop/collector/clean", "go.yaml.in/yaml/v3"},
		"collector/inventory/capistrano": {"pumatop/collector/config", "pumatop/collector/inventory", "pumatop/collector/ruby", "pumatop/collector/clean"},
		"collector/doctor":               {"pumatop/collector/puma", "pumatop/collector/probe", "pumatop/collector/ruby", "pumatop/collector/clean", "pumatop/collector/doctor/..."},
		"collector/doctor/proxy":         {"pumatop/collector/clean"},
		"collector/doctor/unitfile":      {"pumatop/collector/clean"},
		"collector/query":                {"pumatop/collector", "pumatop/collector/puma", "pumatop/collector/probe", "pumatop/collector/clean"},
		"collector/pumatest": {"pumatop/collector/puma", "pumatop/collector/probe", "pumatop/collector/remote/...",
			crypto + "/..."},
		"actions/audit": {"pumatop/actions", "pumatop/collector/clean"},
		"actions":       {"pumatop/collector", "pumatop/collector/cause", "pumatop/collector/puma", "pumatop/collector/probe"},
		"tui": {"pumatop/collector", "pumatop/collector/doctor", "pumatop/collector/query", "pumatop/collector/prompt", "pumatop/collector/puma", "pumatop/actions", "charm.land/bubbletea/v2",
			"charm.land/lipgloss/v2/...", "github.com/charmbracelet/x/ansi", "github.com/charmbracelet/colorprofile"},
		"tui/paint":         {"charm.land/bubbletea/v2", "github.com/charmbracelet/x/ansi", "github.com/charmbracelet/colorprofile"},
		"cmd/pumatop":       {anyImport},
		"cmd/shot":          {"pumatop/cmd/internal/shot", "pumatop/cmd/internal/terminal"},
		"cmd/internal/shot": {"pumatop/cmd/internal/terminal", "github.com/charmbracelet/...", "golang.org/x/image/..."},
		"cmd/bench": {"pumatop/cmd/internal/terminal", "pumatop/collector/pumatest", "pumatop/collector/remote/sshtest",
			crypto, "github.com/charmbracelet/...", "github.com/creack/pty"},
		"cmd/internal/terminal": {"github.com/charmbracelet/...", "github.com/creack/pty"},
	}
}

// onlyForTests are packages that nothing but tests, cmd and each other may import.
func onlyForTests() []string {
	return []string{"pumatop/collector/pumatest", "pumatop/collector/remote/sshtest"}
}

// notInTUI are what Update and View may not reach: input and output, the clock, chance.
func notInTUI() map[string]string {
	return map[string]string{
		"os": "", "os/exec": "", "os/signal": "", "net": "", "net/http": "", "math/rand": "", "math/rand/v2": "",
		"crypto/rand": "", "syscall": "", "log": "", "io/fs": "", "time": "Now Since Until After Sleep NewTimer NewTicker Tick",
	}
}

// tableFuncs are the key switches and flag tables: long because they are lists, not because they are involved.
func tableFuncs() []string { return nil }

// source is one parsed file.
type source struct {
	path, pkg string // slash-separated, from the repository's root; pkg is its directory
	test      bool
	lines     int
	fset      *token.FileSet
	ast       *ast.File
}

func (s source) complain(n ast.Node, format string, args ...any) string {
	return fmt.Sprintf("%s:%d: ", s.path, s.fset.Position(n.Pos()).Line) + fmt.Sprintf(format, args...)
}

func parse(t *testing.T, path string, text []byte) source {
	t.Helper()
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, path, text, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	return source{
		path: path, pkg: filepath.ToSlash(filepath.Dir(path)), test: strings.HasSuffix(path, "_test.go"),
		lines: strings.Count(string(text), "\n"), fset: fset, ast: f,
	}
}

// repository parses every Go file of the checkout, whatever its build tags, by package.
func repository(t *testing.T) map[string][]source {
	t.Helper()
	root := os.DirFS("../..")
	packages := map[string][]source{}
	err := fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != "." && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".")):
			return fs.SkipDir
		case d.IsDir() || filepath.Ext(path) != ".go":
			return nil
		}
		text, err := fs.ReadFile(root, path)
		if err != nil {
			return err
		}
		s := parse(t, path, text)
		packages[s.pkg] = append(packages[s.pkg], s)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return packages
}

// TestArchitecture holds the rules of the design over every Go file of the repository.
func TestArchitecture(t *testing.T) {
	t.Parallel()
	packages := repository(t)
	for _, pkg := range slices.Sorted(maps.Keys(packages)) {
		for _, complaint := range checkPackage(pkg, packages[pkg]) {
			t.Error(complaint)
		}
	}
}

// TestTopLevel holds the repository's visible face: what lies in its root is what the design lists.
func TestTopLevel(t *testing.T) {
	t.Parallel()
	entries, err := os.ReadDir("../..")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if n := e.Name(); !strings.HasPrefix(n, ".") && n != "pumatop" { // the binary that go build leaves is ignored by git
			names = append(names, n)
		}
	}
	if got := strings.Join(names, " "); got != visibleTopLevel {
		t.Errorf("top level is  %s\nand should be %s", got, visibleTopLevel)
	}
}

// TestChecksBite shows that each check finds what it is there for, and what it lets pass.
func TestChecksBite(t *testing.T) {
	t.Parallel()
	long := "func f() {\n" + strings.Repeat("\t_ = 0\n", maxFuncLines-2) + "}\n"
	tests := []struct{ name, path, text, want string }{
		{"arrow", "collector/puma/a.go", `import _ "golang.org/x/crypto/ssh"`, "may not import golang.org/x/crypto/ssh"},
		{"arrow below", "collector/remote/a.go", `import _ "golang.org/x/crypto/ssh/agent"`, ""},
		{"arrow beside", "collector/remote/a.go", `import _ "golang.org/x/crypto/sshx"`, "may not import"},
		{"arrow in a test", "collector/puma/a_test.go", `import _ "golang.org/x/crypto/ssh"`, ""},
		{"unlisted", "collector/new/a.go", "", "not in the table"},
		{"test package", "cmd/pumatop/a.go", `import _ "pumatop/collector/pumatest"`, ""},
		{"os in tui", "tui/a.go", `import _ "os"`, "may not import os"},
		{"clock in tui", "tui/a.go", "import \"time\"\nvar _ = time.Now", "may not use time.Now"},
		{"duration in tui", "tui/a.go", "import \"time\"\nconst a = time.Second", ""},
		{"package", "tui/a.go", "-", "package has no documentation"},
		{"func", "tui/a.go", "func A() {}", "A has no doc comment"},
		{"method", "tui/a.go", "type a int\nfunc (a) B() {}", ""},
		{"exported method", "tui/a.go", "// A is.\ntype A int\nfunc (*A) B() {}", "B has no doc comment"},
		{"type in a group", "tui/a.go", "// All.\ntype (\n\tA int\n)", "A has no doc comment"},
		{"const group", "tui/a.go", "// All.\nconst (\n\tA = 1\n\tB = 2\n)", ""},
		{"const alone", "tui/a.go", "const A = 1", "A has no doc comment"},
		{"init", "tui/a.go", "func init() {}", "init hides"},
		{"longest function", "tui/a.go", long, ""},
		{"long function", "tui/a.go", strings.Replace(long, "{\n", "{\n\n", 1), "61 lines long"},
		{"long table in a test", "tui/a_test.go", "func f() {\n_ = []int{" + strings.Repeat("1,\n", 70) + "}\n}", ""},
		{"complex", "tui/a.go", "func f(a bool) {\n" + strings.Repeat("if a && a {}\n", 8) + "}", "complexity of 17"},
		{"switch", "tui/a.go", "func f(a int) {\nswitch a {\ncase 1:\ncase 2, 3:\ndefault:\n}\n}", ""},
		{"long file", "tui/a.go", strings.Repeat("// a\n", 400), "at most 400"},
		{"variable", "tui/a.go", "var a int", "package-level variable"},
		{"pointer", "tui/a.go", "type b struct{}\nvar a = &b{}", "package-level variable"},
		{"mutex", "tui/a.go", "import \"sync\"\nvar a = sync.Mutex{}", "package-level variable"},
		{"pool", "tui/a.go", "import \"sync\"\nvar a = sync.Pool{}", ""},
		{"table", "tui/a.go", `var a = map[string]int{"b": 1}`, ""},
		{"table written", "tui/a.go", "var a = []int{1}\nfunc f() { a[0] = 2 }", "a is a package-level variable and is written"},
		{"table shadowed", "tui/a.go", "var a = []int{1}\nfunc f(a []int) { a[0] = 2 }", ""},
		{"sentinel", "tui/a.go", "import \"errors\"\nvar errA = errors.New(\"a\")", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			head := "// Package a is.\npackage a\n"
			if tt.text == "-" {
				head, tt.text = "package a", ""
			}
			s := parse(t, tt.path, []byte(head+tt.text+"\n"))
			got := strings.Join(checkPackage(s.pkg, []source{s}), "\n")
			if tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
				t.Errorf("complaints are %q, want %q", got, tt.want)
			}
		})
	}
}
