package main

import (
	"errors"
	"testing"

	"github.com/spf13/pflag"

	"pumatop/actions"
)

// TestPolicy: a flag wins over its variable, but of read-only and protected the safer one does.
func TestPolicy(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		args []string
		env  map[string]string
		want policy
	}{
		{"nothing", nil, nil, policy{}},
		{"variables", nil, map[string]string{environmentVariable: "production", protectedVariable: "1", readOnlyVariable: "true", allowStopVariable: "yes", viaVariable: "systemd"},
			policy{"production", true, true, true, actions.ViaSystemd, readOnlyVariable, protectedVariable}},
		{"flags win", []string{"--environment", "staging", "--via", "control", "--allow-stop=false"},
			map[string]string{environmentVariable: "production", allowStopVariable: "1", viaVariable: "systemd"}, policy{environment: "staging", via: actions.ViaControl}},
		{"the safer wins", []string{"--read-only=false", "--protected=false"}, map[string]string{environmentVariable: "x", protectedVariable: "1", readOnlyVariable: "1"},
			policy{environment: "x", protected: true, readOnly: true, readOnlyBy: readOnlyVariable, protectedBy: protectedVariable}},
		{"no is no", []string{"--protected", "--environment", " a\x1b[2J "}, map[string]string{readOnlyVariable: "0", allowStopVariable: "false"}, policy{environment: "a", protected: true, protectedBy: byFlag}},
	} {
		var f flags
		p := &f.policy
		fl := pflag.NewFlagSet("test", pflag.ContinueOnError)
		p.addFlags(fl)
		fl.StringVar((*string)(&p.via), "via", "", "")
		fl.BoolVar(&p.allowStop, "allow-stop", false, "")
		if err := fl.Parse(tc.args); err != nil {
			t.Fatal(err)
		}
		if err := f.settle(fl, func(name string) string { return tc.env[name] }); err != nil || *p != tc.want {
			t.Errorf("%s: %+v, %v, want %+v", tc.name, *p, err, tc.want)
		}
	}
	for _, env := range []map[string]string{{protectedVariable: "1"}, {readOnlyVariable: "perhaps"}, {viaVariable: "pigeon"}} {
		var f flags
		fl := pflag.NewFlagSet("test", pflag.ContinueOnError)
		f.policy.addFlags(fl)
		fl.StringVar((*string)(&f.via), "via", "", "")
		var usage *usageError
		if err := f.settle(fl, func(name string) string { return env[name] }); !errors.As(err, &usage) || usage.hint == "" {
			t.Errorf("%v: %v, want a usage error with a hint", env, err)
		}
	}
}
