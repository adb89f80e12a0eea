package sshconfig_test

import (
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pumatop/collector/remote/sshconfig"
)

// The corpus is testdata/corpus: each NAME.conf says in its comments which hosts to ask for, and NAME.want what the
// real ssh made of it (9.2, or the one that `since` names), keyword by keyword as far as it differs from no
// configuration at all. TestAgainstOpenSSH, with the tag lab, holds the .want files against the installed ssh.
const corpusDir = "testdata/corpus"

// example is a configuration of the corpus, laid down in a directory of its own.
type example struct {
	name, dir, file string
	asks            []sshconfig.Query
	since           string // the OpenSSH that knows it, where that is not 9.2
	want            string
}

func examples(t *testing.T) []example {
	t.Helper()
	paths, err := filepath.Glob(corpusDir + "/*.conf")
	if err != nil || len(paths) < 60 {
		t.Fatalf("%d examples: %v", len(paths), err)
	}
	var all []example
	for _, path := range paths {
		text := read(t, path)
		x := example{name: strings.TrimSuffix(filepath.Base(path), ".conf"), dir: t.TempDir()}
		x.file = filepath.Join(x.dir, filepath.Base(path))
		lay(t, x.file, strings.ReplaceAll(text, "@DIR@", x.dir))
		includes, err := filepath.Glob(corpusDir + "/include/*")
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range includes {
			lay(t, filepath.Join(x.dir, "include", filepath.Base(i)), read(t, i))
		}
		if err := os.Chmod(filepath.Join(x.dir, "include", "open.conf"), 0o666); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(text) {
			if ask, ok := strings.CutPrefix(line, "# ask "); ok {
				x.asks = append(x.asks, query(strings.TrimSpace(ask), x.file))
			}
			if since, ok := strings.CutPrefix(line, "# since "); ok {
				x.since = strings.TrimSpace(since)
			}
		}
		if len(x.asks) == 0 {
			t.Fatalf("%s: asks for no host", path)
		}
		text, _ = readIf(strings.TrimSuffix(path, ".conf") + ".want")
		x.want = text
		all = append(all, x)
	}
	return all
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := readIf(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func readIf(path string) (string, error) {
	text, err := os.ReadFile(path)
	return string(text), err
}

func lay(t *testing.T, path, text string) {
	t.Helper()
	err := os.MkdirAll(filepath.Dir(path), 0o700)
	if err == nil {
		err = os.WriteFile(path, []byte(text), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// query reads [user@]host[:port], where a name with more than one colon is an address, and what is set with -o behind it.
func query(ask, file string) sshconfig.Query {
	options := strings.Split(ask, " -o ")
	q := sshconfig.Query{Host: options[0], File: file, Set: options[1:]}
	if user, host, ok := strings.Cut(q.Host, "@"); ok {
		q.User, q.Host = user, host
	}
	if strings.Count(q.Host, ":") == 1 {
		q.Host, q.Port, _ = strings.Cut(q.Host, ":")
	}
	return q
}

// told is what a configuration says beyond a plain one, in the form of the .want files.
func (x example) told(t *testing.T, q sshconfig.Query, c, plain sshconfig.Config) string {
	t.Helper()
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, keyword := range sshconfig.Decisive() {
		// Lists of files are one line of ssh's.
		ours, theirs := strings.Join(c[keyword], "|"), strings.Join(plain[keyword], "|")
		if strings.HasSuffix(keyword, "knownhostsfile") {
			ours, theirs = strings.ReplaceAll(ours, "|", " "), strings.ReplaceAll(theirs, "|", " ")
		}
		// Off is printed by some versions and not by others.
		if ours != theirs && (c.Set(keyword) || len(plain[keyword]) > 0 || strings.HasSuffix(keyword, "file")) {
			lines = append(lines, keyword+" "+ours+"\n")
		}
	}
	slices.Sort(lines)
	text := strings.Join(lines, "")
	text = strings.ReplaceAll(text, x.dir, "@DIR@")
	text = strings.ReplaceAll(text, me.HomeDir+"/", "@HOME@/")
	return text
}

// header begins a host's part of a .want file.
func header(q sshconfig.Query) string {
	return "== " + strings.Join(append([]string{strings.TrimPrefix(q.User+"@", "@") + q.Host + strings.TrimSuffix(":"+q.Port, ":")}, q.Set...), " -o ") + "\n"
}

// evaluated is what the evaluator makes of an example.
func (x example) evaluated(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	for _, q := range x.asks {
		b.WriteString(header(q))
		c, warnings, err := sshconfig.Evaluate(t.Context(), q)
		if err != nil {
			b.WriteString("error\n")
			continue
		}
		if len(warnings) > 0 {
			t.Errorf("warns %q", warnings)
		}
		q.File, q.Set = "none", nil
		plain, _, err := sshconfig.Evaluate(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		b.WriteString(x.told(t, q, c, plain))
	}
	return b.String()
}

// TestCorpus holds the evaluator to what ssh itself made of every example.
func TestCorpus(t *testing.T) {
	t.Parallel()
	for _, x := range examples(t) {
		if got := x.evaluated(t); got != x.want {
			t.Errorf("%s:\n%s", x.name, difference(got, x.want))
		}
		if _, err := os.Stat(filepath.Join(x.dir, "ran")); err == nil {
			t.Errorf("%s: a command ran whose block could not apply any more", x.name)
		}
	}
}

// difference is the lines of two texts that the other does not have.
func difference(got, want string) string {
	var b strings.Builder
	lines := strings.SplitAfter(got, "\n")
	wanted := strings.SplitAfter(want, "\n")
	for _, l := range lines {
		if l != "" && !slices.Contains(wanted, l) {
			b.WriteString("  evaluator: " + l)
		}
	}
	for _, l := range wanted {
		if l != "" && !slices.Contains(lines, l) {
			b.WriteString("  ssh:       " + l)
		}
	}
	return b.String()
}
