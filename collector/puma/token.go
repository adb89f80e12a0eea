package puma

import (
	"fmt"
	"log/slog"
	"unique"
)

// Token is the secret of a control app, kept as the raw text that Puma compares. It cannot be printed: every way
// of formatting, logging or encoding it yields a placeholder, so that it cannot reach an error, a log or a screen. Two
// are equal if their texts are.
type Token struct {
	// raw is behind a pointer because package fmt passes over the methods of what stands in an unexported field and
	// prints the contents: of this, an address.
	raw unique.Handle[string]
}

// redacted stands wherever a token would be printed.
const redacted = "[token]"

// NewToken keeps the raw text of a token. Empty, "none" and ":none" (Puma up to 3.12) mean that none is set.
func NewToken(raw string) Token {
	switch raw {
	case "", "none", ":none":
		return Token{}
	}
	return Token{raw: unique.Make(raw)}
}

// secret is the text; the only places for it are a request and what hides it from an answer.
func (t Token) secret() string {
	if !t.IsSet() {
		return ""
	}
	return t.raw.Value()
}

// IsSet reports whether requests have to carry the token.
func (t Token) IsSet() bool { return t.raw != unique.Handle[string]{} }

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
