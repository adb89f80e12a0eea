package puma

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"pumatop/collector/clean"
)

// TestRawText: what Puma said, in its order, without what a terminal would act on and without the token.
func TestRawText(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]struct {
		lines []string
		wrong string
	}{
		`{"backlog":0, "running":1,"b":{"z":1,"a":[]} }`: {[]string{"{", `  "backlog": 0,`, `  "running": 1,`, `  "b": {`, `    "z": 1,`, `    "a": []`, "  }", "}"}, ""},
		`{"started_at":"s3cret`:                          {[]string{`{"started_at":"[token]`}, "decode stats"},
		"<html>\r\n\x1b[31mtoken=abc def</html>\n":       {[]string{"<html>", "token=[token] def</html>"}, "decode stats"},
		"": {[]string{""}, "decode stats"},
	} {
		p := &fakePuma{answers: []string{response(200, body)}}
		raw, err := NewClient(p.dial, NewToken("s3cret")).RawText(t.Context())
		if err != nil || !slices.Equal(raw.Lines, want.lines) || raw.Bytes != len(body) || raw.Cut || (raw.Wrong == nil) != (want.wrong == "") {
			t.Errorf("%q: %q, %v, %v", body, raw.Lines, raw.Wrong, err)
		}
	}
	p := &fakePuma{answers: []string{response(200, singleStats)}}
	if raw, err := NewClient(p.dial, Token{}).RawText(t.Context()); err != nil || raw.Wrong != nil || raw.Lines[0] != "{" {
		t.Errorf("%+v, %v", raw, err)
	}
	p = &fakePuma{answers: []string{"HTTP/1.0 403 Forbidden\r\ncontent-length: 18\r\n\r\nInvalid auth token"}}
	if _, err := NewClient(p.dial, Token{}).RawText(t.Context()); !errors.Is(err, ErrForbidden) {
		t.Error(err)
	}
}

func FuzzRawText(f *testing.F) {
	for _, body := range []string{singleStats, `{"a":"token=x`, "\x1b]0;x\a", strings.Repeat("é", 3000)} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		raw := rawText([]byte(body), NewToken("s3cret-token"))
		for _, l := range raw.Lines {
			if l != clean.Line(l) || strings.Contains(l, "s3cret-token") {
				t.Errorf("%q", l)
			}
		}
	})
}
