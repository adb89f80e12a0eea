package main

import (
	"errors"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"pumatop/collector/clean"
	"pumatop/collector/config"
	"pumatop/collector/inventory"
	"pumatop/collector/query"
	"pumatop/tui"
)

// setting is one plain value with all that can give it. The flag counts before the variable, that before the
// configuration's environment, and that before the top of the configuration.
type setting struct {
	flag, variable, key string
	// denied is a flag that says no where the variable and the configuration say yes: --no-mouse.
	denied bool
	// word is what the configuration says where the flag is meant: reduced.
	word string
}

// settings are those that flags have. Whoever the hosts are for, --environment is settled before the others.
func settings() []setting {
	return []setting{
		{flag: "interval", variable: "PUMATOP_INTERVAL", key: "interval"},
		{flag: "ssh-config", variable: "PUMATOP_SSH_CONFIG", key: "ssh_config"},
		{flag: "transport", variable: transportVariable, key: "transport"},
		{flag: "via", variable: viaVariable, key: "via"},
		{flag: "allow-stop", variable: allowStopVariable, key: "allow_stop"},
		{flag: "theme", variable: "PUMATOP_THEME", key: "theme"},
		{flag: "color", variable: "PUMATOP_COLOR", key: "color"},
		{flag: "ascii", variable: "PUMATOP_ASCII", key: "ascii"},
		{flag: "reduced-motion", variable: "PUMATOP_REDUCED_MOTION", key: "motion", word: "reduced"},
		{flag: "screen-reader", variable: "PUMATOP_SCREEN_READER", key: "screen_reader"},
		{flag: "remember", variable: "PUMATOP_REMEMBER", key: "remember"},
		{flag: "no-mouse", variable: "PUMATOP_MOUSE", key: "mouse", denied: true},
		{flag: "bell", variable: "PUMATOP_BELL", key: "alerts.bell"},
		{flag: "desktop", variable: "PUMATOP_DESKTOP", key: "alerts.desktop"},
		{flag: "progress", variable: "PUMATOP_PROGRESS", key: "alerts.progress"},
		{flag: "batch", variable: "PUMATOP_BATCH", key: "batch"},
		{flag: "canary", variable: "PUMATOP_CANARY", key: "canary"},
		{flag: "max-unavailable", variable: "PUMATOP_MAX_UNAVAILABLE", key: "max_unavailable"},
		{flag: "pause", variable: "PUMATOP_PAUSE", key: "pause"},
		{flag: "columns", variable: "PUMATOP_COLUMNS", key: columnsKey},
		{flag: "sort", variable: "PUMATOP_SORT", key: "sort"},
		{flag: "filter", variable: "PUMATOP_FILTER", key: "filter"},
	}
}

// columnsKey is the one of them that is a list in a file.
const columnsKey = "columns"

// origin is who gave a value: a flag, a variable, or a line of a file. It is empty for one that nobody gave.
type origin string

// byFlag is given on the command line.
const byFlag origin = "flag"

// settle takes for every flag that was not given what the variables and the configuration say. It can be called again
// with another configuration or environment.
func (f *flags) settle(fl *pflag.FlagSet, getenv func(string) string) error {
	if f.given == nil {
		f.given = map[string]origin{}
		fl.Visit(func(flag *pflag.Flag) { f.given[flag.Name] = byFlag })
	}
	if err := f.settleEnvironment(getenv); err != nil {
		return err
	}
	for _, s := range settings() {
		flag := fl.Lookup(s.flag)
		if flag == nil || f.given[s.flag] == byFlag {
			continue
		}
		text, from := s.say(f, getenv)
		if from == "" {
			if f.given[s.flag] != "" { // it was, before the configuration changed
				_ = flag.Value.Set(flag.DefValue)
				flag.Changed = false
			}
			delete(f.given, s.flag)
			continue
		}
		if err := s.set(flag, text, from); err != nil {
			return err
		}
		f.given[s.flag], flag.Changed = from, true
	}
	return f.settleSafety(fl, getenv)
}

// say is what the variable says, else the configuration.
func (s setting) say(f *flags, getenv func(string) string) (string, origin) {
	if text := getenv(s.variable); text != "" {
		return text, origin(s.variable)
	}
	if s.flag == "color" && getenv("NO_COLOR") != "" {
		return "none", "NO_COLOR"
	}
	if text, at, ok := f.configured(s.key); ok {
		if s.word != "" {
			text = strconv.FormatBool(text == s.word)
		}
		return text, origin(at.String())
	}
	return "", ""
}

// configured is what the configuration says of the environment, else at its top.
func (f *flags) configured(key string) (string, config.Origin, bool) {
	if key == columnsKey {
		at, ok := f.loaded.Origin(columnsKey)
		return strings.Join(f.loaded.Config.Columns, ","), at, ok && len(f.loaded.Config.Columns) > 0
	}
	if f.environment != "" && key != "color" { // that of an environment is its own, in the header
		if text, at, ok := f.loaded.Text("environments", f.environment, key); ok {
			return text, at, true
		}
	}
	return f.loaded.Text(strings.Split(key, ".")...)
}

// set gives the flag its value. What a file says has been checked with the file.
func (s setting) set(flag *pflag.Flag, text string, from origin) error {
	text = strings.TrimSpace(text)
	if flag.Value.Type() == "bool" {
		yes, err := truth(string(from), text)
		if err != nil {
			return err
		}
		text = strconv.FormatBool(yes != s.denied)
	}
	if flag.Value.Set(text) != nil {
		hint := map[string]string{"duration": "use a duration, as 2s or 1m30s", "int": "use a number", "N or N%": "use 2 or 25%"}[flag.Value.Type()]
		return usagef(hint, "%s is %s", from, strconv.Quote(clean.Short(text, 40)))
	}
	return nil
}

// settleEnvironment finds out which environment it is.
func (f *flags) settleEnvironment(getenv func(string) string) error {
	if f.given["environment"] != byFlag {
		f.environment = getenv(environmentVariable)
		f.given["environment"] = environmentVariable
		if text, at, ok := f.loaded.Text("environment"); f.environment == "" && ok {
			f.environment, f.given["environment"] = text, origin(at.String())
		}
	}
	if f.environment = strings.TrimSpace(clean.Line(f.environment)); f.environment == "" {
		delete(f.given, "environment")
	}
	return nil
}

// enter makes name the environment, where an argument does: `pumatop production`. It counts as the flag does, which may
// not name another.
func (f *flags) enter(fl *pflag.FlagSet, name string, getenv func(string) string) error {
	if f.given["environment"] == byFlag && f.environment != name {
		return usagef("leave one of them out", "the environment is %s by --environment, and %s by an argument", strconv.Quote(f.environment), strconv.Quote(name))
	}
	f.environment, f.given["environment"] = name, byFlag
	return f.settle(fl, getenv)
}

// settleSafety takes the safest of all that is said on read-only and protected: whoever shuts, none of the others opens.
func (f *flags) settleSafety(fl *pflag.FlagSet, getenv func(string) string) error {
	for _, s := range []struct {
		flag, variable, key string
		on                  *bool
		by                  *origin
	}{
		{"read-only", readOnlyVariable, "read_only", &f.readOnly, &f.readOnlyBy},
		{"protected", protectedVariable, "protected", &f.protected, &f.protectedBy},
	} {
		if flag := fl.Lookup(s.flag); f.given[s.flag] == byFlag && flag != nil && flag.Value.String() == "true" && (*s.by == "" || *s.by == byFlag) {
			*s.by = byFlag
			continue
		}
		*s.on, *s.by = false, ""
		set, err := truth(s.variable, getenv(s.variable))
		if err != nil {
			return err
		}
		if set {
			*s.on, *s.by = true, origin(s.variable)
			continue
		}
		for _, keys := range [][]string{{s.key}, {"environments", f.environment, s.key}} {
			if text, at, ok := f.loaded.Text(keys...); ok && text == "true" {
				*s.on, *s.by = true, origin(at.String())
			}
		}
		if in, ok := f.importedEnvironment(); !*s.on && ok && map[string]bool{"read_only": in.ReadOnly, "protected": in.Protected}[s.key] {
			tool, _ := f.importer()
			*s.on, *s.by = true, origin(tool.Tool+"'s "+clean.Line(f.environment))
		}
	}
	return f.policy.check()
}

// importedEnvironment is the environment where another tool's files say what it is.
func (f *flags) importedEnvironment() (config.Environment, bool) {
	in, ok := f.importer()
	return in.Config.Environments[f.environment], ok
}

func (f *flags) importer() (inventory.Import, bool) {
	return inventory.Imported(f.loaded.Config, f.imports, f.environment)
}

// loadConfig reads the configuration files.
func (f *flags) loadConfig() error {
	loaded, err := config.Load(f.configOptions())
	f.loaded = loaded
	if err == nil {
		err = checkKeys(loaded)
	}
	return err
}

// checkKeys refuses keys that would do two things, or that no terminal sends.
func checkKeys(l config.Loaded) error {
	err := tui.CheckKeys(l.Config.Keys)
	var no *tui.KeyError
	if errors.As(err, &no) {
		at, _ := l.Origin("keys")
		return usagef(no.Fix, "%s: %s", at, no.Text)
	}
	return err
}

// configOptions are where the configuration is looked for.
func (f *flags) configOptions() config.Options {
	o := config.Options{Named: f.configFile, Getenv: os.Getenv, Lists: configLists()}
	if f.controls.tokenFile != "" {
		o.Token = "--control-token-file"
	} else if os.Getenv(controlTokenVariable) != "" {
		o.Token = controlTokenVariable
	}
	return o
}

// configLists are the words that settings may be, which other packages know.
func configLists() map[string][]string {
	var columns []string
	for _, c := range query.Columns() {
		columns = append(columns, string(c.ID))
	}
	return map[string][]string{"columns": columns, "themes": themeNames(), "colors": tui.ColorNames(), "keys": tui.KeyNames()}
}
