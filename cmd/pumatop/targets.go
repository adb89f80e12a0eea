package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"pumatop/collector"
	"pumatop/collector/clean"
	"pumatop/collector/config"
	"pumatop/collector/inventory"
	"pumatop/collector/remote"
)

// wanted is one host with what is wanted of it.
type wanted struct {
	// host is what ssh is given, [user@]host[:port]; name is how it is shown, without the user unless two hosts would
	// have one name.
	host, name string
	// all is every Puma of the host; else the apps and those that wrote the state files.
	all        bool
	apps       []string
	statePaths []string
	options    remote.HostOptions
	// controls are control apps of it that the command line names.
	controls []collector.Control
	// from is the host of the inventory, with its groups and settings.
	from inventory.Host
	// units are those that its Pumas are known to run in, and untrusted why it is not to be reached.
	units     []string
	untrusted error
}

// resolve reads TARGET arguments against a configuration; none at all are the environment that it opens by itself.
func resolve(cfg config.Config, args []string, in io.Reader) (inventory.Fleet, []wanted, error) {
	fleet, err := inventory.Resolve(cfg, args, in)
	if err != nil {
		return inventory.Fleet{}, nil, usageFrom(err)
	}
	hosts := make([]wanted, 0, len(fleet.Hosts))
	for _, h := range fleet.Hosts {
		hosts = append(hosts, wanted{host: h.Address, name: h.Name, all: h.All, apps: h.Apps, statePaths: h.StatePaths, from: h})
	}
	return fleet, hosts, nil
}

// parseTargets is resolve for hosts that no configuration is asked about.
func parseTargets(args []string) ([]wanted, error) {
	_, hosts, err := resolve(config.Config{}, args, nil)
	return hosts, err
}

// targets finds the hosts of the TARGET arguments, with the ways to them and the control apps that flags name.
func (f *flags) targets(args []string, in io.Reader) ([]wanted, error) {
	if slices.Contains(args, "-") { // which can be read but once
		text, err := io.ReadAll(io.LimitReader(in, pipedMost))
		if err != nil {
			return nil, fmt.Errorf("read the names of hosts: %w", err)
		}
		f.piped = text
	}
	hosts, err := f.again(args)
	if in, ok := inventory.Imported(f.loaded.Config, f.imports, f.fleet.Name); err == nil && ok && len(in.Gaps) > 0 && f.warnings != nil {
		lines, them := fmt.Sprintf("%d lines", len(in.Gaps)), "them"
		if len(in.Gaps) == 1 {
			lines, them = "1 line", "it"
		}
		fmt.Fprintf(f.warnings, "%s comes from %s, with %s that cannot be followed: pumatop config import names %s\n",
			clean.Line(f.fleet.Name), in.Tool, lines, them)
	}
	return hosts, err
}

// pipedMost is how much of the standard input is read; what is cut off is no list of hosts.
const pipedMost = 16 << 20

// again is targets for a configuration that may have changed.
func (f *flags) again(args []string) ([]wanted, error) {
	cfg := f.configuration()
	if f.environment != "" && len(cfg.Environments) > 0 {
		cfg.Environment = f.environment
	}
	fleet, hosts, err := resolve(cfg, args, bytes.NewReader(f.piped))
	if err != nil {
		return nil, err
	}
	f.fleet = fleet
	if err := f.inhabit(cfg); err != nil {
		return nil, err
	}
	if err := f.reach.apply(hosts); err != nil {
		return nil, err
	}
	if err := f.furnish(hosts, os.Getenv); err != nil {
		return nil, err
	}
	return hosts, f.controls.apply(hosts, os.Getenv)
}

// inhabit settles for the environment that the hosts are of. For hosts of none that of the files counts, with what it
// forbids, and one that is shut and would be opened by itself: to type a name is no reason to be less careful, and it may be
// another one of the environment's own hosts.
func (f *flags) inhabit(cfg config.Config) error {
	name := cmp.Or(f.fleet.Name, f.environment)
	if len(cfg.Environments) == 1 {
		for only, env := range cfg.Environments {
			if name == "" && (env.Protected || env.ReadOnly) {
				name = only
			}
		}
	}
	switch {
	case f.parsed == nil || name == "":
		return nil
	case name == f.environment: // which other tools may say something of, who are asked after the files
		return f.settle(f.parsed, os.Getenv)
	}
	return f.enter(f.parsed, name, os.Getenv)
}

// configuration is what the files say, with the environments of other tools beneath. A file that was named stands in
// place of those, too.
func (f *flags) configuration() config.Config {
	if f.configFile == "" && os.Getenv(config.Variable) == "" {
		if f.imports == nil { // hosts can be named without them, and config import says what is wrong
			f.imports, _ = discover(".")
		}
		return inventory.Merge(f.loaded.Config, f.imports)
	}
	return f.loaded.Config
}

// usageError is a command line that cannot be carried out, with what to write instead.
type usageError struct{ text, hint string }

func (e *usageError) Error() string { return e.text }

func usagef(hint, format string, args ...any) error {
	return &usageError{text: fmt.Sprintf(format, args...), hint: hint}
}

// usageFrom is an error that says itself what to do about it.
func usageFrom(err error) error {
	var remedy interface{ Remedy() string }
	if errors.As(err, &remedy) {
		return usagef(remedy.Remedy(), "%v", err)
	}
	return err
}
