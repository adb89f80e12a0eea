package main

import (
	"errors"
	"reflect"
	"testing"

	"github.com/charmbracelet/colorprofile"

	"pumatop/collector"
	"pumatop/collector/inventory"
)

func TestParseTargets(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		args []string
		want []wanted
	}{
		{"a host", []string{"web1"}, []wanted{{host: "web1", name: "web1", all: true}}},
		{"login and port stay for ssh, the login is not shown", []string{"deploy@web1:2222"}, []wanted{{host: "deploy@web1:2222", name: "web1:2222", all: true}}},
		{"one app", []string{"web1/shop"}, []wanted{{host: "web1", name: "web1", apps: []string{"shop"}}}},
		{"two apps of one host are one connection", []string{"web1/shop", "web1/blog"},
			[]wanted{{host: "web1", name: "web1", apps: []string{"shop", "blog"}}}},
		{"an app and the whole host is the whole host", []string{"web1/shop", "web1"}, []wanted{{host: "web1", name: "web1", all: true, apps: []string{"shop"}}}},
		{"a state file", []string{"web1:/srv/shop/puma.state"}, []wanted{{host: "web1", name: "web1", statePaths: []string{"/srv/shop/puma.state"}}}},
		{"two logins are told apart", []string{"web1", "deploy@web1", "me@web2"},
			[]wanted{{host: "web1", name: "web1", all: true}, {host: "deploy@web1", name: "deploy@web1", all: true}, {host: "me@web2", name: "web2", all: true}}},
		{"IPv6", []string{"[::1]:22/shop"}, []wanted{{host: "[::1]:22", name: "[::1]:22", apps: []string{"shop"}}}},
	} {
		got, err := parseTargets(tc.args)
		for i := range got {
			got[i].from = inventory.Host{}
		}
		if err != nil || !reflect.DeepEqual(got, tc.want) {
			t.Errorf("%s: %+v, %v, want %+v", tc.name, got, err, tc.want)
		}
	}
	for _, bad := range []string{"", "/", "web1/", "web1/a/b", "-F", "user@"} {
		var usage *usageError
		if _, err := parseTargets([]string{bad}); !errors.As(err, &usage) || usage.hint == "" {
			t.Errorf("%q: %v, want a usage error with a hint", bad, err)
		}
	}
}

// TestAllAsked: a fleet is whole when every host of the command line is in it, and has been asked.
func TestAllAsked(t *testing.T) {
	t.Parallel()
	asked, waiting := collector.HostStatus{Asked: true}, collector.HostStatus{}
	for _, tc := range []struct {
		hosts []collector.HostStatus
		want  bool
	}{
		{nil, false},
		{[]collector.HostStatus{asked}, false},
		{[]collector.HostStatus{asked, waiting}, false},
		{[]collector.HostStatus{asked, asked}, true},
	} {
		if got := allAsked(collector.Fleet{Hosts: tc.hosts}, 2); got != tc.want {
			t.Errorf("%+v of two hosts: %t", tc.hosts, got)
		}
	}
}

// TestColourAndCharacters: NO_COLOR counts with any value, a flag beats it, and a terminal that is not known to have
// UTF-8 gets ASCII.
func TestColourAndCharacters(t *testing.T) {
	t.Parallel()
	env := func(pairs ...string) func(string) string {
		return func(name string) string {
			for i := 0; i+1 < len(pairs); i += 2 {
				if pairs[i] == name {
					return pairs[i+1]
				}
			}
			return ""
		}
	}
	for _, tc := range []struct {
		color   string
		getenv  func(string) string
		profile colorprofile.Profile
		fixed   bool
	}{
		{"auto", env(), 0, false},
		{"auto", env("NO_COLOR", "yes"), colorprofile.ASCII, true},
		{"auto", env("NO_COLOR", "0"), colorprofile.ASCII, true},
		{"16", env("NO_COLOR", "1"), colorprofile.ANSI, true},
		{"none", env(), colorprofile.ASCII, true},
	} {
		profile, fixed, err := profileOf(tc.color, tc.getenv)
		if err != nil || profile != tc.profile || fixed != tc.fixed {
			t.Errorf("profileOf(%q) = %v, %v, %v", tc.color, profile, fixed, err)
		}
	}
	if _, _, err := profileOf("blue", env()); err == nil {
		t.Error("an unknown colour is taken")
	}
	for _, tc := range []struct {
		env   []string
		ascii bool
	}{
		{[]string{"LANG", "de_DE.UTF-8"}, false},
		{[]string{"LANG", "en_US.utf8"}, false},
		{[]string{"LC_ALL", "C", "LANG", "de_DE.UTF-8"}, true},
		{[]string{"LANG", "de_DE.ISO-8859-1"}, true},
		{[]string{"TERM", "linux", "LANG", "de_DE.UTF-8"}, true},
		{nil, false},
	} {
		if got := asciiTerminal(env(tc.env...)); got != tc.ascii {
			t.Errorf("asciiTerminal(%q) = %v", tc.env, got)
		}
	}
}
