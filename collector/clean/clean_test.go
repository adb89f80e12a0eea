package clean

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestLine(t *testing.T) {
	for _, tc := range []struct{ name, in, want string }{
		{"plain", "web1.example.com", "web1.example.com"},
		{"colour", "a\x1b[31mred\x1b[m b", "ared b"},
		{"cut colour", "x\x1b[31", "x"},
		{"title", "x\x1b]0;evil\x07y", "xy"},
		{"title with string terminator", "x\x1b]0;evil\x1b\\y", "xy"},
		{"unterminated title ends with the line", "x\x1b]0;evil\ny", "x y"},
		{"lone escape", "x\x1b", "x"},
		{"device string", "x\x1bPq;1", "x"},
		{"tab", "a\tb", "a       b"},
		{"bell", "a\ab", "a�b"},
		{"line breaks", "a\r\nb", "a  b"},
		{"invalid UTF-8", "a\xffb", "a�b"},
		{"direction override", "a\u202eb", "ab"},
		{"joined family", "👨\u200d👩", "👨👩"},
		{"variation selector", "⚠\ufe0f", "⚠"},
		{"C1", "a\u009b31mb", "a�31mb"},
		{"umlaut and CJK stay", "Grüße 日本", "Grüße 日本"},
	} {
		if got := Line(tc.in); got != tc.want {
			t.Errorf("%s: Line(%q) = %q, want %q", tc.name, tc.in, got, tc.want)
		}
	}
}

func TestLinesKeepsInnerEmptyOnes(t *testing.T) {
	got := Lines("a\r\n\nb\x1b[2J\n")
	if want := "a||b"; strings.Join(got, "|") != want {
		t.Errorf("got %q, want %q", strings.Join(got, "|"), want)
	}
	if Lines("\n") != nil {
		t.Error("an empty text has lines")
	}
}

func TestShort(t *testing.T) {
	if got := Short("Grüße aus", 6); got != "Grüße…" {
		t.Errorf("got %q", got)
	}
}

func FuzzLine(f *testing.F) {
	for _, s := range []string{"x\x1b[31", "\x1b]0;t\x07", "\x1b\x1b", "a\tb", "\xff\xfe", "\u202e\ufeff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		out := Line(s)
		if !utf8.ValidString(out) {
			t.Fatalf("Line(%q) is not valid UTF-8: %q", s, out)
		}
		for _, r := range out {
			if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
				t.Fatalf("Line(%q) keeps %U", s, r)
			}
		}
		if Line(out) != out {
			t.Fatalf("Line is not stable on %q", s)
		}
	})
}
