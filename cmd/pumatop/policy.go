package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"pumatop/actions"
	"pumatop/collector/clean"
)

// policy is what the surroundings of a run say of it: flags, variables of the environment, and the configuration.
type policy struct {
	environment string
	// protected wants the environment's name typed before anything is done, readOnly wants nothing done at all.
	protected, readOnly, allowStop bool
	via                            actions.Via
	// readOnlyBy and protectedBy are who has said so.
	readOnlyBy, protectedBy origin
}

// The variables that stand in for flags.
const (
	environmentVariable = "PUMATOP_ENVIRONMENT"
	protectedVariable   = "PUMATOP_PROTECTED"
	readOnlyVariable    = "PUMATOP_READ_ONLY"
	allowStopVariable   = "PUMATOP_ALLOW_STOP"
	viaVariable         = "PUMATOP_VIA"
)

// addFlags adds the flags of every command. --via and --allow-stop stand where they are of use.
func (p *policy) addFlags(fl *pflag.FlagSet) {
	fl.StringVar(&p.environment, "environment", "", "`NAME` of what is looked at; also "+environmentVariable)
	fl.BoolVar(&p.protected, "protected", false, "ask for the environment's name before anything is done; also "+protectedVariable)
	fl.BoolVar(&p.readOnly, "read-only", false, "change nothing on any server; also "+readOnlyVariable)
}

// check refuses what cannot be carried out.
func (p *policy) check() error {
	if !slices.Contains([]actions.Via{actions.AnyWay, actions.ViaControl, actions.ViaSystemd, actions.ViaSignal}, p.via) {
		return usagef("use control, systemd or signal", "there is no way %q", p.via)
	}
	if p.protectedBy == byFlag || p.protectedBy == protectedVariable {
		return p.confirmable()
	}
	return nil // an argument may name the environment that a file protects
}

// confirmable refuses a protected environment that has no name to type. It is asked before anything could be done.
func (p *policy) confirmable() error {
	if p.protected && p.environment == "" {
		return usagef("name it: --environment production, or "+environmentVariable, "a protected environment without a name cannot be confirmed")
	}
	return nil
}

// truth reads a variable that says yes or no.
func truth(name, value string) (bool, error) {
	switch strings.ToLower(value) {
	case "", "no", "off":
		return false, nil
	case "yes", "on":
		return true, nil
	}
	b, err := strconv.ParseBool(value)
	if err != nil {
		return false, usagef("use 1 or 0", "%s is %q", name, value)
	}
	return b, nil
}

// actions is the part of it that plans go by.
func (p policy) actions() actions.Policy {
	return actions.Policy{Environment: p.environment, Protected: p.protected, AllowStop: p.allowStop}
}

// consent is how a person or a script agrees to an action.
type consent struct {
	yes     bool
	confirm string
}

// check refuses what nobody could confirm, before any host is asked.
func (c consent) check(cmd *cobra.Command, p policy, canAsk bool) error {
	word := clean.Line(c.confirm)
	switch {
	case p.readOnly:
		return &refusedError{"nothing is done: this is read-only", p.readOnlyRemedy()}
	case p.confirmable() != nil:
		return p.confirmable()
	case cmd.Flags().Changed("confirm") && p.environment == "":
		return usagef("add --environment "+word+", or leave --confirm out", "--confirm says %q, and the environment has no name", word)
	case cmd.Flags().Changed("confirm") && word != p.environment:
		return usagef("are these the right targets?", "--confirm says %q, the environment is %q", word, p.environment)
	case c.yes && p.protected && word != p.environment:
		return usagef("add --confirm "+p.environment, "%s is protected: --yes alone is not enough", p.environment)
	case !c.yes && !canAsk && p.protected:
		return usagef("add --yes --confirm "+p.environment, "there is no terminal to ask for confirmation")
	case !c.yes && !canAsk:
		return usagef(fmt.Sprintf("add --yes to %s without being asked", cmd.Name()), "there is no terminal to ask for confirmation")
	}
	return nil
}

// readOnlyRemedy is how to end it, by who has said so.
func (p policy) readOnlyRemedy() string {
	switch p.readOnlyBy {
	case "", byFlag:
		return "leave --read-only out"
	case readOnlyVariable:
		return "unset " + readOnlyVariable
	}
	return string(p.readOnlyBy) + " says so"
}

// refusedError is an action that its surroundings do not allow, with what would.
type refusedError struct{ text, remedy string }

func (e *refusedError) Error() string  { return e.text }
func (e *refusedError) Remedy() string { return e.remedy }
