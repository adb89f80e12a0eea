package main

import (
	"errors"
	"fmt"
	"strings"

	"pumatop/collector/clean"
	"pumatop/collector/inventory"
	"pumatop/collector/remote/sshconfig"
)

// firstSteps is what to type for somebody who typed nothing, where nothing says what is meant; another error stays as it is.
func (f *flags) firstSteps(err error) error {
	var usage *usageError
	if !errors.As(err, &usage) || usage.text != (&inventory.NothingError{}).Error() {
		return err
	}
	where := "no .pumatop.yml is here or above, none of Capistrano, Kamal or Ansible is here, and there is no configuration of yours"
	for _, file := range f.loaded.Files {
		if file.Exists {
			where = file.Name + " names no environment"
		}
	}
	hosts := "hosts as ssh knows them"
	if names := sshconfig.Hosts(f.sshConfig); len(names) > 0 {
		hosts += ", by your ssh configuration: " + someOf(names, 3)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "nothing says which hosts: %s\n\n", where)
	for _, step := range [...][2]string{
		{"pumatop web1 web2", hosts},
		{"pumatop local", "the Pumas of this machine"},
		{"pumatop demo", "a simulated fleet, to try every key without any server"},
		{"pumatop config example > .pumatop.yml", "a configuration to begin with, every key explained"},
		{"pumatop --help", "what else there is"},
	} {
		fmt.Fprintf(&b, "%-39s%s\n", step[0], step[1])
	}
	return &usageError{text: usage.text, hint: strings.TrimRight(b.String(), "\n")}
}

// someOf are the first n names, and how many there are beside them.
func someOf(names []string, n int) string {
	rest := ""
	if len(names) > n {
		names, rest = names[:n], fmt.Sprintf(" and %d more", len(names)-n)
	}
	return clean.Short(strings.Join(names, ", "), 100) + rest
}
