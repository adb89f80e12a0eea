package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"pumatop/collector"
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
	fleet, hosts, err := resolve(f.configuration(), args, in)
	if err != nil {
		return nil, err
	}
	f.fleet = fleet
	if err := f.reach.apply(hosts); err != nil {
		return nil, err
	}
	return hosts, f.controls.apply(hosts, os.Getenv)
}

// configuration is what the files say, with the environments of other tools beneath.
func (f *flags) configuration() config.Config { return config.Config{} }

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
