package main_test

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/token"
	"slices"
	"strings"
)

func checkPackage(pkg string, files []source) []string {
	var out []string
	documented, vars := false, map[string]*ast.ValueSpec{}
	for _, s := range files {
		if s.test {
			continue
		}
		documented = documented || s.ast.Doc != nil
		for _, spec := range specs(s, token.VAR) {
			for _, name := range spec.Names {
				vars[name.Name] = spec
			}
		}
	}
	if !documented && slices.ContainsFunc(files, func(s source) bool { return !s.test }) {
		out = append(out, pkg+": package has no documentation")
	}
	for _, s := range files {
		if s.lines > maxFileLines {
			out = append(out, fmt.Sprintf("%s: %d lines, at most %d", s.path, s.lines, maxFileLines))
		}
		out = append(out, checkFuncs(s)...)
		if !s.test {
			out = slices.Concat(out, checkImports(s), checkPure(s), checkDocs(s), checkVars(s), checkAssigned(s, vars))
		}
	}
	return out
}

func checkImports(s source) []string {
	var out []string
	allowed, listed := arrows()[s.pkg]
	if !listed {
		return []string{s.path + ": package " + s.pkg + " is not in the table of arrows"}
	}
	forTests := strings.HasPrefix(s.pkg, "cmd/") || slices.Contains(onlyForTests(), module+"/"+s.pkg)
	for _, i := range s.ast.Imports {
		path := strings.Trim(i.Path.Value, `"`)
		first, _, _ := strings.Cut(path, "/")
		outside := strings.Contains(first, ".") || first == module
		if outside && !slices.ContainsFunc(allowed, func(a string) bool { return covers(a, path) }) {
			out = append(out, s.complain(i, "%s may not import %s", s.pkg, path))
		}
		if slices.Contains(onlyForTests(), path) && !forTests {
			out = append(out, s.complain(i, "%s %s", path, onlyForTestsHint))
		}
	}
	return out
}

// covers reports whether the pattern a of arrows takes in the import path.
func covers(a, path string) bool {
	below, tree := strings.CutSuffix(a, "/...")
	return a == anyImport || path == below || tree && strings.HasPrefix(path, below+"/")
}

func checkPure(s source) []string {
	if s.pkg != "tui" {
		return nil
	}
	var out []string
	banned := notInTUI()
	for _, i := range s.ast.Imports {
		path := strings.Trim(i.Path.Value, `"`)
		if names, ok := banned[path]; ok && names == "" {
			out = append(out, s.complain(i, "tui may not import %s", path))
		}
	}
	ast.Inspect(s.ast, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if x, ok := sel.X.(*ast.Ident); ok && x.Obj == nil && slices.Contains(strings.Fields(banned[x.Name]), sel.Sel.Name) {
			out = append(out, s.complain(n, "tui may not use %s.%s: time comes in with messages", x.Name, sel.Sel.Name))
		}
		return true
	})
	return out
}

func checkFuncs(s source) []string {
	var out []string
	for _, d := range s.ast.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		name := funcName(f)
		limit := maxFuncLines
		if slices.Contains(tableFuncs(), s.pkg+"."+name) {
			limit = maxTableLines
		}
		if n := funcLines(s, f); n > limit {
			out = append(out, s.complain(f, "%s is %d lines long, at most %d", name, n, limit))
		}
		if c := complexity(f); c > maxComplexity {
			out = append(out, s.complain(f, "%s has a cyclomatic complexity of %d, at most %d", name, c, maxComplexity))
		}
		if name == "init" {
			out = append(out, s.complain(f, "init hides work that nobody asked for"))
		}
	}
	return out
}

// funcLines is how long f is from its first line to its last.
func funcLines(s source, f *ast.FuncDecl) int {
	span := func(n ast.Node) int { return s.fset.Position(n.End()).Line - s.fset.Position(n.Pos()).Line }
	lines := span(f.Type)
	if f.Body != nil {
		lines += span(f.Body) + 1
	}
	if !s.test {
		return lines
	}
	ast.Inspect(f, func(n ast.Node) bool {
		if c, ok := n.(*ast.CompositeLit); ok {
			lines -= span(c)
			return false
		}
		return true
	})
	return lines
}

// complexity is McCabe's number as gocyclo counts it: one and one more for each branch.
func complexity(f *ast.FuncDecl) int {
	c := 1
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.IfStmt, *ast.ForStmt, *ast.RangeStmt:
			c++
		case *ast.CaseClause:
			c += min(len(n.List), 1)
		case *ast.CommClause:
			if n.Comm != nil {
				c++
			}
		case *ast.BinaryExpr:
			if n.Op == token.LAND || n.Op == token.LOR {
				c++
			}
		}
		return true
	})
	return c
}

func checkDocs(s source) []string {
	var out []string
	need := func(name *ast.Ident, doc ...*ast.CommentGroup) {
		obvious := name.Name == "Error" || name.Name == "Unwrap"
		if name.IsExported() && !obvious && cmp.Or(doc...) == nil {
			out = append(out, s.complain(name, "%s has no doc comment", name.Name))
		}
	}
	for _, d := range s.ast.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if receiver := receiverType(d); receiver == "" || ast.IsExported(receiver) {
				need(d.Name, d.Doc)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					need(spec.Name, spec.Doc, spec.Comment, lone(d))
				case *ast.ValueSpec:
					for _, name := range spec.Names {
						need(name, spec.Doc, spec.Comment, d.Doc)
					}
				}
			}
		}
	}
	return out
}

// lone is the comment of a declaration that is not a group: a group's comment does not document its types.
func lone(d *ast.GenDecl) *ast.CommentGroup {
	if d.Lparen.IsValid() {
		return nil
	}
	return d.Doc
}

// checkVars lets through the package-level variables that are constants in all but name: interface assertions,
// sentinel errors, compiled patterns, embedded files, tables, and the version that the linker sets. A sync.Pool is let
// through too: whether it keeps anything is nothing that a program can see.
func checkVars(s source) []string {
	var out []string
	for _, spec := range specs(s, token.VAR) {
		embed := spec.Doc != nil && slices.ContainsFunc(spec.Doc.List, func(c *ast.Comment) bool { return strings.HasPrefix(c.Text, "//go:embed ") })
		for i, name := range spec.Names {
			constant := name.Name == "_" || embed || s.ast.Name.Name == "main" && name.Name == "version"
			if !constant && (i >= len(spec.Values) || !immutable(spec.Values[i])) {
				out = append(out, s.complain(name, "%s is a package-level variable", name.Name))
			}
		}
	}
	return out
}

func immutable(value ast.Expr) bool {
	switch v := value.(type) {
	case *ast.CompositeLit:
		t, ok := v.Type.(*ast.SelectorExpr)
		return !ok || fmt.Sprint(t.X) != "sync" && fmt.Sprint(t.X) != "atomic" || t.Sel.Name == "Pool"
	case *ast.CallExpr:
		f, ok := v.Fun.(*ast.SelectorExpr)
		if !ok {
			_, conversion := v.Fun.(*ast.ArrayType)
			return conversion
		}
		known := []string{"errors.New", "fmt.Errorf", "regexp.MustCompile", "strings.NewReplacer", "netip.MustParsePrefix"}
		return slices.Contains(known, fmt.Sprint(f.X)+"."+f.Sel.Name)
	}
	return false
}

// checkAssigned finds what is written to a package-level variable, which makes even a table a mutable global.
func checkAssigned(s source, vars map[string]*ast.ValueSpec) []string {
	var out []string
	written := func(e ast.Expr) {
		for {
			switch x := e.(type) {
			case *ast.IndexExpr:
				e = x.X
				continue
			case *ast.Ident:
				spec := vars[x.Name]
				if spec != nil && (x.Obj == nil || x.Obj.Decl == spec) {
					out = append(out, s.complain(x, "%s is a package-level variable and is written to", x.Name))
				}
			}
			return
		}
	}
	ast.Inspect(s.ast, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for _, e := range n.Lhs {
				written(e)
			}
		case *ast.IncDecStmt:
			written(n.X)
		}
		return true
	})
	return out
}

// specs are the package-level declarations of one kind; a lone declaration's comment becomes its spec's.
func specs(s source, kind token.Token) []*ast.ValueSpec {
	var out []*ast.ValueSpec
	for _, d := range s.ast.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != kind {
			continue
		}
		for _, spec := range g.Specs {
			v := spec.(*ast.ValueSpec)
			v.Doc = cmp.Or(v.Doc, lone(g))
			out = append(out, v)
		}
	}
	return out
}

func receiverType(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return ""
	}
	t := f.Recv.List[0].Type
	if star, ok := t.(*ast.StarExpr); ok {
		t = star.X
	}
	if generic, ok := t.(*ast.IndexExpr); ok {
		t = generic.X
	}
	return fmt.Sprint(t)
}

func funcName(f *ast.FuncDecl) string {
	if r := receiverType(f); r != "" {
		return r + "." + f.Name.Name
	}
	return f.Name.Name
}
