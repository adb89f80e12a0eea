package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/spf13/pflag"

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

// targets finds the hosts of the TARGET arguments, with the ways to them and the control apps that flags name. The
// environment that they are of is then the one of the flags, too.
func (f *flags) targets(fl *pflag.FlagSet, args []string, s streams) ([]wanted, error) {
	if slices.Contains(args, "-") { // which can be read but once
		text, err := io.ReadAll(io.LimitReader(s.in, pipedMost))
		if err != nil {
			return nil, fmt.Errorf("read the names of hosts: %w", err)
		}
		f.piped = text
	}
	f.parsed = fl
	hosts, err := f.again(args)
	if err != nil {
		return nil, err
	}
	if in, ok := inventory.Imported(f.loaded.Config, f.imports, f.fleet.Name); ok && len(in.Gaps) > 0 {
		fmt.Fprintf(s.err, "pumatop: %s is from %s's files, of which %d lines cannot be followed: pumatop config import names them\n",
			clean.Line(f.fleet.Name), in.Tool, len(in.Gaps))
	}
	return hosts, nil
}

// pipedMost is how much of the standard input is read; what is cut off is no list of hosts.
const pipedMost = 16 << 20

// again is targets for a configuration that may have changed.
func (f *flags) again(args []string) ([]wanted, error) {
	cfg := f.configuration()
	if _, ok := cfg.Environments[f.environment]; ok && f.given["environment"] != "" {
		cfg.Environment = f.environment
	}
	fleet, hosts, err := resolve(cfg, args, bytes.NewReader(f.piped))
	if err != nil {
		return nil, err
	}
	f.fleet = fleet
	if err := f.enterFleet(f.parsed); err != nil {
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

// enterFleet makes the environment of the hosts that of the flags. Hosts of none are not of the one that the configuration
// opens by itself.
func (f *flags) enterFleet(fl *pflag.FlagSet) error {
	by := f.given["environment"]
	if f.fleet.Name == "" && (by == "" || by == byFlag || by == environmentVariable) || f.fleet.Name == f.environment {
		return nil
	}
	return f.enter(fl, f.fleet.Name, os.Getenv)
}

// configuration is what the files say, with the environments of other tools beneath it. A file that was named stands in
// place of those, too.
func (f *flags) configuration() config.Config {
	if f.configFile == "" && os.Getenv(config.Variable) == "" && f.imports == nil {
		f.imports, _ = discover(".")
	}
	return inventory.Merge(f.loaded.Config, f.imports)
}

// discover reads what a directory has of other tools.
func discover(dir string) ([]inventory.Import, error) {
	return inventory.Discover(os.DirFS(dir), inventory.ReadKamal, inventory.ReadAnsible)
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
