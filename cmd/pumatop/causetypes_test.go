package main_test

import (
	"go/ast"
	"os"
	"strings"
	"testing"

	"pumatop/collector/cause"
)

// TestErrorsAreCauses: every error type of the packages that fail says how far it came and what to do. What
// has to be found in the error below is named here.
func TestErrorsAreCauses(t *testing.T) {
	t.Parallel()
	all := repository(t)
	inner := map[string]string{
		"collector/remote quiet":        "FailedAt Remedy", // these five are the causes of others, in words
		"collector/remote masterError":  "FailedAt Remedy",
		"collector/remote proxyError":   "FailedAt Remedy",
		"collector/remote declined":     "FailedAt Remedy",
		"collector/remote refused":      "FailedAt Remedy",
		"collector/puma exchangeError":  "FailedAt Remedy",
		"collector/remote errSilent":    "Remedy", // a connection that ended is made again
		"collector/remote lostError":    "Remedy",
		"collector/remote JumpError":    "Remedy", // that of the host on the way
		"collector/puma DialError":      "Remedy", // these three: that of what could not be reached
		"collector controlError":        "Remedy",
		"collector/puma NotSentError":   "FailedAt Remedy",
		"collector/puma MaybeSentError": "FailedAt Remedy", // what became of it is judged from what is seen
	}
	checked := 0
	for _, pkg := range []string{"collector/remote", "collector/puma", "collector"} {
		methods := map[string]map[string]bool{}
		for _, s := range all[pkg] {
			if s.test {
				continue
			}
			for _, d := range s.ast.Decls {
				if f, ok := d.(*ast.FuncDecl); ok && f.Recv != nil {
					name := receiver(f)
					if methods[name] == nil {
						methods[name] = map[string]bool{}
					}
					methods[name][f.Name.Name] = true
				}
			}
		}
		for name, has := range methods {
			if !has["Error"] {
				continue
			}
			checked++
			for _, method := range []string{"FailedAt", "Remedy"} {
				if !has[method] && !strings.Contains(inner[pkg+" "+name], method) {
					t.Errorf("%s.%s has no %s", pkg, name, method)
				}
			}
		}
	}
	if checked < 20 {
		t.Errorf("%d error types", checked)
	}
}

// receiver is the type that a method is of.
func receiver(f *ast.FuncDecl) string {
	switch r := f.Recv.List[0].Type.(type) {
	case *ast.StarExpr:
		if id, ok := r.X.(*ast.Ident); ok {
			return id.Name
		}
	case *ast.Ident:
		return r.Name
	}
	return ""
}

// TestREADMENamesTheStages holds the README to the table of stages.
func TestREADMENamesTheStages(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "`stage` is how far the way to the figures led:")
	rest, _, _ = strings.Cut(rest, "\n\n")
	at := 0
	for _, s := range cause.Stages() {
		i := strings.Index(rest[at:], "`"+string(s)+"`")
		if i < 0 {
			t.Fatalf("the README has no stage %s, or not in its place:\n%s", s, rest)
		}
		at += i
	}
}
