package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// writeCompletable writes a configuration and one of ssh's to complete from.
func writeCompletable(t *testing.T, home string) {
	t.Helper()
	for name, text := range map[string]string{
		".pumatop.yml": "environments:\n  production:\n    groups:\n      web: { hosts: [\"web[1-3].example.com\"] }\n" +
			"  staging:\n    groups:\n      canary: { hosts: [stage1] }\n",
		".ssh/config": "Host bastion db*\nHost `touch${IFS}x`\n",
	} {
		path := filepath.Join(home, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestCompletes asks as the scripts of the shells do.
func TestCompletes(t *testing.T) {
	home := t.TempDir()
	writeCompletable(t, home)
	t.Setenv("HOME", home)
	t.Chdir(home)
	const web = "web1.example.com web2.example.com web3.example.com"
	for _, test := range []struct{ line, want string }{
		{"status|", "production staging @web @canary " + web + " stage1 bastion :4"},
		{"status|production|", "@web " + web + " bastion :4"},
		{"ssh|--environment|staging|", "@canary stage1 bastion :4"},
		{"logs|-F|none|b", ":4"},
		{"reload|ops@w", "ops@web1.example.com ops@web2.example.com ops@web3.example.com :4"},
		{"st", "status stop staging stage1 :4"},
		{"exec|web1|--|", ":4"},
		{"exec|w", web + " :4"},
		{"version|", ":4"},
		{"man|", ":16"},
		{"config|tr", "trust :4"},
		{"completion|", "bash zsh fish :4"},
		{"--environment|", "production staging :4"},
		{"reload|--confirm|p", "production :4"},
		{"--columns|target,backl", "target,backlog :6"},
		{"--columns|backlog,backl", ":6"},
		{"--sort|target,-backl", "target,-backlog :6"},
		{"--filter|rel", "release: :6"},
		{"--filter|release:o", "release:old :6"},
		{"audit|--verdict|stuck,crash", "stuck,crash-loop :6"},
		{"status|-o|", "table wide json jsonl csv prometheus :4"},
		{"check|--unreachable|", "critical unknown :4"},
		{"logs|-o|", "text jsonl :4"},
		{"doctor|-o|", "text json markdown :4"},
		{"doctor|--severity|", "blocks risks security advice :4"},
		{"doctor|--only|capistrano.l", "capistrano.load-hooks capistrano.lingering capistrano.linked-dirs :6"},
		{"doctor|--skip|puma,capistrano.li", "puma,capistrano.lingering puma,capistrano.linked-dirs :6"},
		{"doctor|--project|", ":16"},
		{"exec|-o|", "text json :4"},
		{"reload|-o|", "text json jsonl :4"},
		{"config|show|-o|", "yaml json :4"},
		{"--theme|", "auto dark light contrast contrast-dark contrast-light colorblind colorblind-dark colorblind-light ansi mono :4"},
		{"--color|", "auto truecolor 256 16 none :4"},
		{"--transport|", "auto native openssh :4"},
		{"reload|--via|", "control systemd signal :4"},
		{"wait|--release|", "current :4"},
		{"status|web1|--become|", "web1= :6"},
		{"--config|", ":0"},
		{"status|-F|", ":0"},
		{"--interval|", ":4"},
	} {
		if got := completed(t, test.line); got != test.want {
			t.Errorf("%s: %q, want %q", test.line, got, test.want)
		}
	}
	if err := os.WriteFile(".pumatop.yml", []byte("environments: [\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := completed(t, "status|"); got != ":4" {
		t.Errorf("with a broken configuration: %q", got)
	}
}

// completed is what there is to complete a line with, whose words are joined by |, without its descriptions.
func completed(t *testing.T, line string) string {
	t.Helper()
	var out, errOut bytes.Buffer
	if code := run(append([]string{"__completeNoDesc"}, strings.Split(line, "|")...), nil, &out, &errOut); code != 0 {
		t.Errorf("%s: exit %d: %s", line, code, &errOut)
	}
	return strings.Join(strings.Fields(out.String()), " ")
}
