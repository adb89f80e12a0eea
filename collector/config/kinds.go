package config

import (
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// takesAnyScalar reports texts that may look like numbers or truth values to YAML: 5, 256, no.
func takesAnyScalar(f field) bool {
	return f.tag.Get("oneof") != "" || slices.Contains([]string{"amount", "option", "color"}, f.tag.Get("kind"))
}

var (
	// wordPattern keeps out what a shell would act on, here or on the host: users, units and jump hosts come into commands.
	wordPattern = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.:@%+,\[\]\\/-]*$`)
	// hostPattern does the same for hosts, which a command of the operator's may be given; it leaves ranges and lists of them.
	hostPattern = regexp.MustCompile("^[^-$`;|<>(){}'\"\\\\*?#][^$`;|<>(){}'\"\\\\*?#]*$")
	// colorPattern is a colour of the screen: in hexadecimal, a number to 255 or the name of one of the sixteen.
	colorPattern = regexp.MustCompile(`^(#([0-9A-Fa-f]{3}){1,2}|1?[0-9]{1,2}|2[0-4][0-9]|25[0-5]|(bright-)?(black|red|green|yellow|blue|magenta|cyan|white))$`)
	optionName   = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]*$`)
)

// textProblem says what is wrong with a text, by the tags of its field.
func textProblem(text string, f field, lists map[string][]string) string {
	if one := strings.Fields(f.tag.Get("oneof")); len(one) > 0 && !slices.Contains(one, text) {
		return f.name + " has to be " + either(one) + ", not " + quote(text) + meant(text, one)
	}
	if name := f.tag.Get("values"); name != "" {
		word := strings.TrimPrefix(text, "-")
		if known := lists[name]; known != nil && !slices.Contains(known, word) {
			return "there is no " + strings.TrimSuffix(name, "s") + " " + quote(word) + meant(word, known)
		}
	}
	if f.tag.Get("short") != "" && !hostPattern.MatchString(text) {
		return f.name + " cannot be " + quote(text) + ": that is no host"
	}
	return kindProblem(text, f)
}

// kindProblem says what is wrong with a text of its kind.
func kindProblem(text string, f field) string {
	switch f.tag.Get("kind") {
	case "amount":
		if !isAmount(text) {
			return f.name + " has to be a number or a share, as 2 or 25%, not " + quote(text)
		}
	case "word":
		if text != "" && !wordPattern.MatchString(text) {
			return f.name + " cannot be " + quote(text) + ": there is something in it that a shell could act on"
		}
	case "color":
		if !colorPattern.MatchString(text) {
			return f.name + " has to be a colour, as '#3a9afc', 208 or bright-red, not " + quote(text)
		}
	case "remote":
		if text != "" && text[0] != '/' {
			return f.name + " has to be a path from the root, /srv/…, not " + quote(text)
		}
	case "control":
		if u, err := url.Parse(text); err != nil || !slices.Contains([]string{"unix", "tcp", "ssl"}, u.Scheme) || u.Host+u.Path == "" {
			return f.name + " has to be unix:///path, tcp://127.0.0.1:PORT or ssl://127.0.0.1:PORT, not " + quote(text)
		}
	}
	return ""
}

// keyProblem says what is wrong with a key of the operator's, by the tags of its mapping.
func keyProblem(key string, f field, lists map[string][]string) string {
	if known := lists[f.tag.Get("values")]; known != nil && !slices.Contains(known, key) {
		return "there is no " + strings.TrimSuffix(f.tag.Get("values"), "s") + " " + quote(key) + meant(key, known)
	}
	switch f.tag.Get("kind") {
	case "name":
		if !isName(key) {
			return quote(key) + " cannot be a name of " + f.name + ": use letters, digits, dots, - and _"
		}
	case "option":
		if !optionName.MatchString(key) {
			return quote(key) + " is no keyword of ssh_config"
		}
	}
	return ""
}

// isName reports a name that can be an argument: production, web-eu.
func isName(text string) bool {
	for i, r := range text {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' && (i == 0 || r != '-' && r != '.') {
			return false
		}
	}
	return text != ""
}

// isAmount reports a number of targets, or a share of them.
func isAmount(text string) bool {
	digits, share := strings.CutSuffix(text, "%")
	n, err := strconv.Atoi(digits)
	return err == nil && n > 0 && digits[0] != '+' && (!share || n <= 100)
}

// isProgram reports the first word of a command that names a file: it is one from the file that has the command, and never
// whatever the directory has that pumatop is started in.
func isProgram(word *value, f field) bool {
	return f.tag.Get("kind") == "command" && word.kind == scalar && strings.Contains(word.node.Value, "/")
}

// absolute is a path of this machine: from the directory of the file that names it, or from home after ~.
func absolute(text, file, home string) string {
	switch {
	case text == "" || text == "none" || strings.HasPrefix(text, "%") || strings.HasPrefix(text, "${"):
		return text // ssh's own tokens are ssh's to read
	case text == "~" || strings.HasPrefix(text, "~/"):
		return filepath.Join(home, text[1:])
	case filepath.IsAbs(text):
		return filepath.Clean(text)
	}
	return filepath.Join(filepath.Dir(file), text)
}

// localControl are control apps that nobody but the host itself can listen on, narrowly: what another reader of the address
// might take for something else is not one.
var localControl = regexp.MustCompile(`^(unix://[^?#]*|(tcp|ssl)://(127\.0\.0\.1|localhost|\[::1\]):[0-9]{1,5})$`)
