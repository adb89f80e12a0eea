package puma

import (
	"fmt"
	"log/slog"
)

// Token is the secret of a control app, kept as the raw text that Puma compares. It cannot be printed: every way
// of formatting, logging or encoding it yields a placeholder, so that it cannot reach an error, a log or a screen.
type Token struct{ raw string }

// redacted stands wherever a token would be printed.
const redacted = "[token]"

// NewToken keeps the raw text of a token. Empty, "none" and ":none" (Puma up to 3.12) mean that none is set.
func NewToken(raw string) Token {
	switch raw {
	case "none", ":none":
		raw = ""
	}
	return Token{raw: raw}
}

// IsSet reports whether requests have to carry the token.
func (t Token) IsSet() bool { return t.raw != "" }

// String returns a placeholder, never the token.
func (t Token) String() string {
	if !t.IsSet() {
		return "no token"
	}
	return redacted
}

// Format writes the placeholder for every verb, so that %#v and %x print no secret either.
func (t Token) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(t.String())) }

// LogValue is the placeholder.
func (t Token) LogValue() slog.Value { return slog.StringValue(t.String()) }

// MarshalText is the placeholder, for JSON and every other encoder that goes through text.
func (t Token) MarshalText() ([]byte, error) { return []byte(t.String()), nil }
