package main

import (
	"errors"
	"os"
	"os/user"

	"pumatop/actions"
	"pumatop/collector/clean"
)

// signature is what every record of this process has in common: who acts, from where.
func signature(getenv func(string) string) actions.Record {
	host, _ := os.Hostname()
	return actions.Record{User: clean.Line(actor(login(getenv), getenv)), From: clean.Line(host), PID: os.Getpid(), Pumatop: version}
}

// login is the name that this process runs under.
func login(getenv func(string) string) string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return getenv("USER")
}

// actor names the person behind another login too, as far as sudo and doas say.
func actor(login string, getenv func(string) string) string {
	for _, name := range []string{"SUDO_USER", "DOAS_USER"} {
		if person := getenv(name); person != "" && person != login {
			return person + " as " + login
		}
	}
	return login
}

// audit opens the audit for a command; nil where nothing will be sent or nobody wants a record.
func (o actOptions) audit() (actions.Auditor, error) {
	if o.dryRun || o.noAudit {
		return nil, nil //nolint:nilnil // no record is what was asked for
	}
	a, err := openAudit(os.Getenv)
	if err == nil {
		return a, nil
	}
	remedy := ""
	if r := interface{ Remedy() string }(nil); errors.As(err, &r) {
		remedy = r.Remedy()
	}
	return nil, &refusedError{"nothing is done that cannot be recorded: " + err.Error(), remedy}
}

// openAudit keeps no record yet.
func openAudit(func(string) string) (actions.Auditor, error) { return nil, nil }
