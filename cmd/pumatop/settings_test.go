package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"pumatop/collector/config"
)

// surrounded is a command line with its variables and its three configuration files.
type surrounded struct {
	args                  []string
	variables             map[string]string
	system, user, project string
}

// settled is what comes of it.
func (s surrounded) settled(t *testing.T) (*flags, *pflag.FlagSet, error) {
	t.Helper()
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if text != "" {
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		return path
	}
	system := file("etc/config.yml", s.system)
	file("home/.config/pumatop/config.yml", s.user)
	file("home/shop/.pumatop.yml", s.project)
	getenv := func(name string) string {
		if name == "HOME" {
			return filepath.Join(dir, "home")
		}
		return s.variables[name]
	}
	f := &flags{}
	fl := pflag.NewFlagSet("test", pflag.ContinueOnError)
	fl.DurationVarP(&f.interval, "interval", "i", 0, "")
	fl.StringVarP(&f.sshConfig, "ssh-config", "F", "", "")
	fl.StringVar(&f.transport, "transport", "", "")
	f.policy.addFlags(fl)
	fl.AddFlagSet(screenFlags(f))
	if err := fl.Parse(s.args); err != nil {
		t.Fatal(err)
	}
	var err error
	if f.loaded, err = config.Load(config.Options{Dir: filepath.Join(dir, "home/shop"), System: system, Getenv: getenv, Lists: configLists()}); err != nil {
		t.Fatal(err)
	}
	return f, fl, f.settle(fl, getenv)
}

// TestSettings: for every setting the flag counts before the variable, that before the project's file, the user's and the
// system's. Each place says something else, and the strongest is taken away, one after another.
func TestSettings(t *testing.T) {
	t.Parallel()
	for flag, values := range map[string][5]string{
		"interval": {"1s", "2s", "3s", "4s", "5s"}, "transport": {"native", "openssh", "native", "auto", "openssh"},
		"ssh-config": {"/a", "/b", "", "/d", "/e"}, "via": {"control", "systemd", "signal", "control", "systemd"},
		"theme": {"dark", "light", "auto", "dark", "light"}, "color": {"16", "256", "none", "truecolor", "16"},
		"ascii": {"true", "false", "true", "false", "true"}, "no-mouse": {"true", "false", "true", "false", "true"},
		"screen-reader": {"true", "false", "true", "false", "true"},
		"batch":         {"1", "2", "30%", "4", "5"}, "canary": {"1", "2", "3", "4", "5"}, "max-unavailable": {"1", "2", "3%", "4", "5"},
		"pause": {"1s", "2s", "3s", "4s", "5s"}, "bell": {"true", "false", "true", "false", "true"},
		"desktop": {"auto", "osc9", "osc777", "off", "auto"}, "progress": {"on", "off", "auto", "on", "off"},
	} {
		for strongest, want := range values {
			var s surrounded
			for place, value := range values {
				if place >= strongest && value != "" {
					s.say(place, flag, value)
				}
			}
			if want == "" { // a project's file may not say it
				want = values[strongest+1]
			}
			f, fl, err := s.settled(t)
			if got := fl.Lookup(flag).Value.String(); err != nil || got != want {
				t.Errorf("%s from place %d is %s, %v, want %s by %s", flag, strongest, got, err, want, f.given[flag])
			}
		}
	}
}

// say lets one place say something: the flag, the variable, the project, the user or the system.
func (s *surrounded) say(place int, flag, value string) {
	for _, known := range settings() {
		if known.flag != flag {
			continue
		}
		if known.denied && place > 0 {
			value = map[string]string{"true": "false", "false": "true"}[value]
		}
		switch place {
		case 0:
			s.args = []string{"--" + flag + "=" + value}
		case 1:
			s.variables = map[string]string{known.variable: value}
		default:
			*[]*string{&s.project, &s.user, &s.system}[place-2] = nested(known.key, value)
		}
	}
}

// TestSaferSettings: whoever shuts, none of the others opens, and the refusal says who it was.
func TestSaferSettings(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name     string
		in       surrounded
		readOnly string // who said so
		allow    bool
	}{
		{"a project cannot open", surrounded{user: "read_only: true", project: "read_only: false"}, "~/.config/pumatop/config.yml:1", false},
		{"nor can a flag", surrounded{args: []string{"--read-only=false"}, system: "read_only: true"}, "etc/config.yml:1", false},
		{"nor an environment", surrounded{user: "read_only: true", project: "environment: a\nenvironments: {a: {read_only: false}}"}, "~/.config/pumatop/config.yml:1", false},
		{"an environment shuts", surrounded{args: []string{"--environment", "a"}, project: "environments: {a: {read_only: true}}"}, ".pumatop.yml:1", false},
		{"another one does not", surrounded{args: []string{"--environment", "b"}, project: "environments: {a: {read_only: true}}"}, "", false},
		{"stopping", surrounded{project: "environment: a\nenvironments: {a: {allow_stop: true}}"}, "", true},
		{"no stopping", surrounded{user: "environments: {a: {allow_stop: false}}", project: "environment: a\nenvironments: {a: {allow_stop: true}}"}, "", false},
	} {
		f, _, err := tc.in.settled(t)
		if err != nil || f.readOnly != (tc.readOnly != "") || !strings.HasSuffix(string(f.readOnlyBy), tc.readOnly) || f.allowStop != tc.allow {
			t.Errorf("%s: read-only %t by %q, allow-stop %t, %v", tc.name, f.readOnly, f.readOnlyBy, f.allowStop, err)
		}
	}
}

// TestEnter: an argument that names the environment brings that one's settings, and drops those of the other.
func TestEnter(t *testing.T) {
	t.Parallel()
	in := surrounded{project: "environment: a\nenvironments: {a: {interval: 1s, read_only: true}, b: {via: signal, protected: true}}"}
	f, fl, err := in.settled(t)
	if err != nil || f.environment != "a" || f.interval.String() != "1s" || !f.readOnly {
		t.Fatalf("%+v, %v", f.policy, err)
	}
	err = f.enter(fl, "b", func(string) string { return "" })
	if err != nil || f.environment != "b" || f.interval != 0 || f.readOnly || f.via != "signal" || !f.protected {
		t.Errorf("%+v every %s, %v", f.policy, f.interval, err)
	}
	if err := f.enter(fl, "a", func(string) string { return "" }); err == nil {
		t.Error("two environments are named, and nothing is said")
	}
}

// TestConfigExample: all of the example counts with the columns and themes that there are, once it is not commented out.
func TestConfigExample(t *testing.T) {
	t.Parallel()
	text := regexp.MustCompile(`(?m)^ *# [^ ].*\n`).ReplaceAllString(config.Example(), "")
	s := surrounded{user: regexp.MustCompile(`(?m)^( *)#( *)([a-z_]+:)`).ReplaceAllString(text, "$1$2$3")}
	f, _, err := s.settled(t)
	if err != nil || len(f.loaded.Config.Columns) == 0 || !f.protected {
		t.Errorf("%+v, %v", f.loaded.Config, err)
	}
}

// nested is a setting as a file has it: "alerts.bell" stands in a map of its own.
func nested(key, value string) string {
	if of, inner, found := strings.Cut(key, "."); found {
		return of + ": { " + inner + ": " + value + " }\n"
	}
	return key + ": " + value + "\n"
}
