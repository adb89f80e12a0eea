package config

import (
	"errors"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Withheld is a setting of a project's file that does not count until the operator trusts it.
type Withheld struct {
	// Key is its path, "environments.production.token.command", Value how it is written.
	Key, Value string
	At         Origin
	// Why is what it could do: "runs a command".
	Why string
}

// String is the setting with its place: "command (.pumatop.yml:7)".
func (w Withheld) String() string { return w.Key + " (" + w.At.String() + ")" }

// harmless are the keywords of ssh_config that a project's file may set without being trusted: they neither run anything
// nor change who is talked to, who is believed and what is shown of the operator.
var harmless = []string{
	"addressfamily", "batchmode", "compression", "connectionattempts", "connecttimeout", "identitiesonly", "ipqos", "loglevel",
	"numberofpasswordprompts", "port", "preferredauthentications", "rekeylimit", "serveralivecountmax", "serveraliveinterval",
	"tcpkeepalive", "user",
}

// plainValue keeps out of those what a shell would act on, and the variables and tokens that ssh would write out.
var plainValue = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.,:@+-]*( [A-Za-z0-9_][A-Za-z0-9_.,:@+-]*)*$`)

// harms reports an option of ssh with which a stranger could do harm.
func harms(keyword, value string) bool {
	return !slices.Contains(harmless, strings.ToLower(keyword)) || !plainValue.MatchString(value)
}

// withhold takes out of a project's values what needs trust, and lists it by the path of the level that it is of.
func (l Loaded) withhold(v *value) (kept *value, levels map[string][]string, all []Withheld) {
	w := withholder{loaded: l, levels: map[string][]string{}}
	kept = w.walk(v, "", "", field{typ: reflect.TypeFor[Config]()})
	return kept, w.levels, w.all
}

type withholder struct {
	loaded Loaded
	levels map[string][]string
	all    []Withheld
}

// walk copies what may stay. level is the path of the innermost struct that hosts are reached by.
func (w *withholder) walk(v *value, path, level string, f field) *value {
	if v == nil {
		return nil
	}
	if hasReach(f.typ) {
		level = path
	}
	out := *v
	switch v.kind {
	case list:
		out.list = nil
		item := f
		if f.typ.Kind() == reflect.Slice {
			item = elementOf(f)
		}
		for i, one := range v.list {
			out.list = append(out.list, w.walk(one, path+"["+strconv.Itoa(i)+"]", level, item))
		}
	case mapping:
		out.entries = nil
		for _, e := range v.entries {
			key, below := join(path, e.key), inner(f, e.key)
			if needsTrust(below, e) {
				one := Withheld{Key: key, Value: w.loaded.inline(e.value, below), At: e.at, Why: below.tag.Get("trust")}
				w.all = append(w.all, one)
				w.levels[level] = append(w.levels[level], one.String())
				continue
			}
			before := len(w.all)
			e.value = w.walk(e.value, key, level, below)
			if len(w.all) > before && len(e.value.entries)+len(e.value.list) == 0 && !hasReach(below.typ) {
				continue // token and ssh, of which nothing is left
			}
			out.entries = append(out.entries, e)
		}
	}
	return &out
}

// needsTrust reports a setting with which a stranger could do harm. Of ssh's options those count one by one.
func needsTrust(f field, e entry) bool {
	if f.tag.Get("trust") == "" {
		return false
	}
	switch f.tag.Get("kind") {
	case "control":
		return e.value.kind != scalar || !localControl.MatchString(e.value.node.Value)
	case "option":
		return f.typ.Kind() != reflect.Map && (e.value.kind != scalar || harms(e.key, e.value.node.Value))
	}
	return true
}

// sentTokens adds to the levels where a project's file says where hosts are, and somebody else gives the token that would be
// sent there: what lends says, or another file. project is what is left of that file, all what the files come to.
func sentTokens(project, all *value, lends string, levels map[string][]string) (out []Withheld) {
	top := field{typ: reflect.TypeFor[Config]()}
	Loaded{}.each(all, "", top, func(path string, v *value, _ field) {
		parent := path[:max(strings.LastIndexByte(path, '.'), 0)]
		if v.at.Layer != Project && (parent == "token" || strings.HasSuffix(parent, ".token")) {
			lends = v.at.String()
		}
	})
	if lends == "" {
		return nil
	}
	Loaded{}.each(project, "", top, func(path string, v *value, f field) {
		dot := strings.LastIndexByte(path, '.')
		if !slices.Contains(directing, path[dot+1:]) || f.tag.Get("doc") == "" {
			return
		}
		one := Withheld{Key: path, Value: Loaded{}.inline(v, f), At: v.at, Why: "is where the token of " + lends + " goes"}
		out = append(out, one)
		levels[path[:max(dot, 0)]] = append(levels[path[:max(dot, 0)]], one.String())
	})
	return out
}

// directing are the keys that say where a token goes.
var directing = []string{"hosts", "socket", "state"}

// NotTrusted is why a host is not reached: settings of a project's file that it needs do not count yet.
type NotTrusted struct{ Settings []string }

func (e *NotTrusted) Error() string {
	return "not trusted: " + strings.Join(e.Settings, ", ")
}

// Remedy is how to trust them.
func (e *NotTrusted) Remedy() string {
	if strings.Contains(strings.Join(e.Settings, ""), ofAnotherTool) {
		return "make it configuration with pumatop config import -w, read that file, then: pumatop config trust"
	}
	return "read that file, then: pumatop config trust"
}

// errNoState is a machine on which nothing can be kept.
var errNoState = errors.New("neither HOME nor XDG_STATE_HOME names a directory")

// NeedsTrust is the error of a host with these settings, or nil.
func (r Reach) NeedsTrust() error {
	if len(r.Untrusted) == 0 {
		return nil
	}
	return &NotTrusted{r.Untrusted}
}
