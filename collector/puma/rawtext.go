package puma

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"

	"pumatop/collector/clean"
)

// RawText is an answer to /stats for people to read: what Puma said, in its order and its words.
type RawText struct {
	// Lines are its JSON, indented, or where it is none its text; sanitised and without the token.
	Lines []string
	// Bytes is how long the answer was; Cut is whether lines were left out of the text.
	Bytes int
	Cut   bool
	// Wrong is why no figures can be read from it; nil where they can.
	Wrong error
}

// Bounds of what is shown: more than a cluster of a thousand workers has, and less than a hostile answer could.
const (
	maxRawLines = 40_000
	maxRawLine  = 4_000
)

// RawText asks for the figures. Its errors are those of Stats but for what cannot be read, which is in the text.
func (c *Client) RawText(ctx context.Context) (RawText, error) {
	a, err := c.read(ctx, statsRequest)
	if err != nil {
		return RawText{}, err
	}
	defer a.release()
	_, wrong := Decode(a.body)
	t := rawText(a.body, c.token)
	t.Wrong = signedBy(a.server, c.token, wrong)
	return t, nil
}

func rawText(body []byte, token Token) RawText {
	t := RawText{Bytes: len(body)}
	var indented bytes.Buffer
	text := string(body)
	if json.Indent(&indented, bytes.TrimSpace(body), "", "  ") == nil {
		text = indented.String()
	}
	if token.IsSet() {
		text = strings.ReplaceAll(text, token.secret(), redacted)
	}
	lines := strings.Split(strings.TrimRight(text, "\r\n"), "\n")
	if len(lines) > maxRawLines {
		lines, t.Cut = lines[:maxRawLines], true
	}
	for i, l := range lines {
		if len(l) > maxRawLine {
			l, t.Cut = strings.ToValidUTF8(l[:maxRawLine], ""), true
		}
		lines[i] = clean.Line(redact(strings.TrimSuffix(l, "\r")))
	}
	t.Lines = lines
	return t
}
