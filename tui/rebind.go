package tui

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// KeyNames are the names under which bindings can be given other keys: their words, with a hyphen for a blank.
func KeyNames() []string {
	var names []string
	for _, b := range allKeys() {
		if name := b.name(); name != "" && len(b.keys) > 0 && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// name is the binding's name in a configuration.
func (b *binding) name() string { return strings.ReplaceAll(b.word, " ", "-") }

// KeyError is a configuration of keys that cannot be.
type KeyError struct{ Text, Fix string }

func (e *KeyError) Error() string { return e.Text }

// Remedy is what to write instead.
func (e *KeyError) Remedy() string { return e.Fix }

// CheckKeys refuses keys that no terminal sends, that nothing has the name of, or that would do two things on one screen.
func CheckKeys(keys map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(keys)) {
		switch key := keys[name]; {
		case !slices.Contains(KeyNames(), name):
			return &KeyError{fmt.Sprintf("no key is called %q", name), "use one of " + strings.Join(KeyNames(), ", ")}
		case !isKey(key):
			return &KeyError{fmt.Sprintf("keys: %s: %q is no key", name, key), "write a character, f2 to f12, ctrl+r, alt+r, tab, enter, space or the like"}
		}
	}
	table := rebound(allKeys(), keys)
	for i := range table {
		for j := range table[:i] {
			a, b := &table[j], &table[i]
			if a.on&b.on == 0 || a.name() == b.name() {
				continue
			}
			for _, key := range a.keys {
				if slices.Contains(b.keys, key) {
					return &KeyError{fmt.Sprintf("keys: %s would be for %s and for %s", key, a.called(), b.called()), "give one of them another key"}
				}
			}
		}
	}
	return nil
}

// called is a binding in an error.
func (b *binding) called() string {
	if name := b.name(); name != "" {
		return name
	}
	return b.help
}

// isKey reports a key as Bubble Tea names it, with - as good as + behind a modifier.
func isKey(key string) bool {
	key = normalKey(key)
	for _, modifier := range []string{"ctrl+", "alt+", "shift+"} {
		key = strings.TrimPrefix(key, modifier)
	}
	if n := len([]rune(key)); n == 1 {
		return key >= "!" && key != "\x7f"
	}
	return isFunctionKey(key) || slices.Contains([]string{"space", "tab", "enter", "esc", "up", "down", "left", "right", "home", "end", "pgup", "pgdown", "insert", "delete", "backspace"}, key)
}

// isFunctionKey reports f1 to f12.
func isFunctionKey(key string) bool {
	n, err := strconv.Atoi(strings.TrimPrefix(key, "f"))
	return err == nil && key == fmt.Sprintf("f%d", n) && n >= 1 && n <= 12
}

// normalKey is a key in Bubble Tea's spelling.
func normalKey(key string) string {
	for _, modifier := range []string{"ctrl", "alt", "shift"} {
		if rest, ok := strings.CutPrefix(key, modifier+"-"); ok && rest != "" {
			return modifier + "+" + rest
		}
	}
	return key
}

// rebound is the table with other keys for some bindings. What ctrl-c does it does whatever else does it, too.
func rebound(table []binding, keys map[string]string) []binding {
	for i := range table {
		if key, ok := keys[table[i].name()]; ok && len(table[i].keys) > 0 {
			own := []string{normalKey(key)}
			if slices.Contains(table[i].keys, "ctrl+c") && own[0] != "ctrl+c" {
				own = append(own, "ctrl+c")
			}
			table[i].keys, table[i].shows = own, ""
		}
	}
	return table
}
