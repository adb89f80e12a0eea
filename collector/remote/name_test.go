package remote

import (
	"errors"
	"os/exec"
	"strings"
	"testing"
)

func TestParseAddress(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]address{
		"web1":                  {host: "web1"},
		"deploy@web1":           {user: "deploy", host: "web1"},
		"web1:2222":             {host: "web1", port: "2222"},
		"deploy@web1:2222":      {user: "deploy", host: "web1", port: "2222"},
		"me@corp@web1":          {user: "me@corp", host: "web1"},
		"[::1]":                 {host: "::1"},
		"deploy@[fe80::1%e]:22": {user: "deploy", host: "fe80::1%e", port: "22"},
		"fe80::1":               {host: "fe80::1"},
		"web_1.example.com":     {host: "web_1.example.com"},
		"local":                 {host: "local"},
		"bücher.example":        {host: "bücher.example"},
	} {
		want.text = text
		if got, err := parseAddress(text); got != want || err != nil {
			t.Errorf("%s: got %+v, %v", text, got, err)
		}
	}
}

// Names come from inventories and reach commands: what OpenSSH refuses since CVE-2023-51385 never gets to it.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	p := NewPool(Options{})
	t.Cleanup(p.Close)
	for _, text := range []string{
		"", "-oProxyCommand=touch x", "deploy@-oX", "-l@web1", "a;b", "x$(id)", "x`id`", "web1\nweb2", "web 1", "a'b",
		`a"b`, "a|b", "a&b", "<x", "a>b", "\x1b[2Jweb1", "web1\x00", "web1:", "web1:0", "web1:65536", "web1:ssh", "web1:-1",
		"@web1", "[::1", "[::1]x", "[::1]:", "we\u200bb1", strings.Repeat("a", 256), "*", "a/b", "~", "a\\b", "a=b",
	} {
		_, err := p.Host(text)
		var config *ConfigError
		if !errors.As(err, &config) {
			t.Errorf("%q: got %v", text, err)
			continue
		}
		if strings.ContainsAny(err.Error(), "\x1b\n\x00\u200b") {
			t.Errorf("%q: the error repeats it: %q", text, err)
		}
		if _, ok := RetryAfter(err, 0, 0.5); ok || Remedy(err) == "" {
			t.Errorf("%q: would be retried, or has no remedy", text)
		}
	}
}

// quote makes one word of anything, for every shell that a host's /bin/sh may be.
func TestQuote(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "a b", "it's", "$(id)", "`id`", "a\nb", "-n", `\`, "ü", "'", "''", "\x1b[0m", "*"} {
		out, err := exec.CommandContext(t.Context(), "/bin/sh", "-c", "printf %s "+quote(s)).Output()
		if string(out) != s || err != nil {
			t.Errorf("%q became %q, %v", s, out, err)
		}
	}
}

func FuzzParseAddress(f *testing.F) {
	for _, s := range []string{"deploy@[::1]:22", "web1:2222", "-x", "a@b@c:1", "[", "]:", "local"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a, err := parseAddress(text)
		if err != nil {
			return
		}
		for _, s := range []string{a.host, a.user} {
			if strings.HasPrefix(s, "-") || strings.ContainsAny(s, " \t\r\n\x00'\"$`;&|<>(){}*?!#\\") {
				t.Errorf("%q passed as %+v", text, a)
			}
		}
	})
}
