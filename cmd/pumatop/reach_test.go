package main

import (
	"errors"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// The words are those that a shell makes, which is asked.
func TestSplitWords(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"docker exec -i web sh", "  kubectl  exec -i\tweb-0 -- sh ", `incus exec 'my box' -- sh`, `a "b c" d`, `a\ b c`, `'' ""`,
		`x'y'"z"`, `"a\"b\\c\d"`, `'$HOME;'`, `a#b`, `\$x \; \#`, `"it's"`, `é 'ü'`, `a\\b`,
	} {
		got, err := splitWords(s)
		out, failed := exec.CommandContext(t.Context(), "/bin/sh", "-c", `set -f; set -- `+s+`; printf '%s\1' "$@"`).Output()
		if failed != nil {
			t.Fatal(failed)
		}
		want := strings.Split(strings.TrimSuffix(string(out), "\x01"), "\x01")
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%q is %q, %v; the shell has %q", s, got, err, want)
		}
	}
	for _, s := range []string{"", "  ", "a 'b", `a "b`, `a\`, "docker exec $(id) sh", "a | b", "a; b", "a\nb", "a &", "a >b", "(a)", "`a`", `"$x"`, "a #b"} {
		var usage *usageError
		if got, err := splitWords(s); !errors.As(err, &usage) || usage.hint == "" {
			t.Errorf("%q is %q, %v", s, got, err)
		}
	}
}

func FuzzSplitWords(f *testing.F) {
	f.Add(`docker exec -i 'a b' "c\"d" e\ f`)
	f.Fuzz(func(t *testing.T, s string) {
		words, err := splitWords(s)
		if err != nil {
			return
		}
		quoted := make([]string, len(words))
		for i, w := range words {
			quoted[i] = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
		}
		if again, err := splitWords(strings.Join(quoted, " ")); err != nil || !slices.Equal(again, words) {
			t.Errorf("%q is %q, and quoted %q, %v", s, words, again, err)
		}
	})
}

func TestReach(t *testing.T) {
	t.Parallel()
	f := flags{reach: reach{commands: []string{"box=docker exec -i web sh"}, become: []string{"puma", "web2=deploy"}}}
	targets, err := f.targets([]string{"box", "deploy@web1/shop", "web2"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := targets[0].options; !slices.Equal(got.Command, []string{"docker", "exec", "-i", "web", "sh"}) || got.Become != "puma" {
		t.Errorf("box: %+v", got)
	}
	if got := targets[1].options; got.Command != nil || got.Become != "puma" {
		t.Errorf("web1: %+v", got)
	}
	if got := targets[2].options; got.Become != "deploy" {
		t.Errorf("web2: %+v", got)
	}
	for _, bad := range []reach{
		{commands: []string{"docker exec -i web sh"}}, {commands: []string{"=sh"}}, {commands: []string{"other=sh"}},
		{commands: []string{"box="}}, {become: []string{"other=puma"}},
	} {
		f.reach = bad
		var usage *usageError
		if _, err := f.targets([]string{"box"}, nil); !errors.As(err, &usage) || usage.hint == "" {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}
