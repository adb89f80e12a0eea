package main

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"sync"

	"pumatop/actions"
	"pumatop/actions/audit"
	"pumatop/collector/clean"
)

// errReadOnly refuses what a read-only session should not have come to.
var errReadOnly = errors.New("this pumatop is read-only")

// lazyLog makes its file with the first record: to watch a fleet leaves nothing behind.
type lazyLog struct {
	getenv   func(string) string
	readOnly bool
	mu       sync.Mutex
	log      *audit.Log
}

// auditLog is where a session records what it does. Off keeps no record, as --no-audit has it; that of a read-only
// session takes none, so that nothing is done.
func auditLog(getenv func(string) string, readOnly, off bool) actions.Auditor {
	if off && !readOnly {
		return nil
	}
	return &lazyLog{getenv: getenv, readOnly: readOnly}
}

// Write opens the file where that has not been done. What went wrong is tried again with the next record: somebody may
// have made room.
func (l *lazyLog) Write(r actions.Record) error {
	if l.readOnly {
		return errReadOnly
	}
	log, err := l.open()
	if err != nil {
		return err
	}
	return log.Write(r)
}

func (l *lazyLog) open() (*audit.Log, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.log != nil {
		return l.log, nil
	}
	path, err := audit.Path(l.getenv)
	if err != nil {
		return nil, err
	}
	l.log, err = audit.Open(path)
	return l.log, err
}

// signature is what all records of this process have in common.
func signature(getenv func(string) string) actions.Record {
	from, err := os.Hostname()
	if err != nil {
		from = "unknown"
	}
	return actions.Record{User: operator(getenv), From: clean.Line(from), PID: os.Getpid(), Pumatop: version}
}

// operator is the login that pumatop runs as, and who became it.
func operator(getenv func(string) string) string {
	name := fmt.Sprintf("uid %d", os.Getuid())
	if u, err := user.Current(); err == nil && u.Username != "" {
		name = u.Username
	}
	for _, variable := range []string{"SUDO_USER", "DOAS_USER"} {
		if before := getenv(variable); before != "" && before != name {
			return clean.Line(fmt.Sprintf("%s (%s)", name, before))
		}
	}
	return clean.Line(name)
}
