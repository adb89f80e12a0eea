package config

import (
	"os"
	"testing"
)

// A truth value is one however YAML lets it be written: what is shut in other letters is as shut.
func TestShutInOtherLetters(t *testing.T) {
	t.Parallel()
	for _, yes := range []string{"true", "True", "TRUE", "!!bool True"} {
		t.Run(yes, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t)
			p.file("home/.config/pumatop/config.yml", "read_only: "+yes+"\nenvironments: {a: {protected: "+yes+"}}")
			p.file("home/shop/.pumatop.yml", "read_only: false\nenvironments: {a: {protected: false, groups: {web: {hosts: [h]}}}}")
			l := p.load()
			if !l.Config.ReadOnly || !l.Config.Environments["a"].Protected {
				t.Errorf("read_only %t, protected %t: a project's file has opened what the operator's has shut", l.Config.ReadOnly, l.Config.Environments["a"].Protected)
			}
			if text, _, _ := l.Text("read_only"); text != "true" {
				t.Errorf("the text is %q", text)
			}
		})
	}
	for _, no := range []string{"false", "False", "FALSE"} {
		p := newPlace(t)
		p.file("home/.config/pumatop/config.yml", "environments: {a: {allow_stop: "+no+"}}")
		p.file("home/shop/.pumatop.yml", "environments: {a: {allow_stop: true}}")
		if p.load().Config.Environments["a"].AllowStop {
			t.Errorf("allow_stop: %s of the operator's file is opened by a project's", no)
		}
	}
}

// A link in another clone does not lend it what the file that it leads to is trusted with: what that names with a
// relative path would be another thing there.
func TestTrustIsNotLent(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.file("home/shop/.pumatop.yml", "environments: {a: {token: {command: [bin/token]}, groups: {web: {hosts: [h]}}}}")
	trustIt(t, p)
	if want := p.path("home/shop/bin/token"); p.load().Config.Environments["a"].Token.Command[0] != want {
		t.Errorf("the command is %q, want that of the project, wherever pumatop is started", p.load().Config.Environments["a"].Token.Command)
	}
	p.mkdir("home/evil/app")
	if err := os.Symlink(p.path("home/shop/.pumatop.yml"), p.path("home/evil/.pumatop.yml")); err != nil {
		t.Fatal(err)
	}
	o := p.options()
	o.Dir = p.path("home/evil/app")
	l, err := Load(o)
	if err != nil || len(l.Withheld) != 1 {
		t.Errorf("%v, %v: the link is trusted", l.Withheld, err)
	}
}
