package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pumatop/actions"
	"pumatop/actions/audit"
)

func environ(of map[string]string) func(string) string {
	return func(name string) string { return of[name] }
}

// TestAuditLogIsLazy: nothing is made before there is something to record, and a place that was missing may come.
func TestAuditLogIsLazy(t *testing.T) {
	t.Parallel()
	state := filepath.Join(t.TempDir(), "state")
	getenv := environ(map[string]string{"XDG_STATE_HOME": state})
	record := actions.Record{ID: "1", Event: actions.RecordAsked, Target: "web1/shop"}

	if auditLog(getenv, false, true) != nil {
		t.Error("an audit that is off keeps records")
	}
	if err := auditLog(getenv, true, true).Write(record); !errors.Is(err, errReadOnly) {
		t.Errorf("a read-only session records: %v", err)
	}
	log := auditLog(getenv, false, false)
	if _, err := os.Lstat(state); err == nil {
		t.Error("there is a directory before there is a record")
	}
	if err := os.WriteFile(state, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var remedy interface{ Remedy() string }
	if err := log.Write(record); !errors.As(err, &remedy) || !strings.Contains(remedy.Remedy(), "--no-audit") {
		t.Errorf("a record without a place: %v", err)
	}
	if err := os.Remove(state); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := log.Write(record); err != nil {
			t.Fatal(err)
		}
	}
	path, err := audit.Path(getenv)
	if err != nil {
		t.Fatal(err)
	}
	if trail, err := audit.Read(path, audit.Filter{}); err != nil || trail.Total != 2 {
		t.Errorf("it has %d actions, %v", trail.Total, err)
	}
}

func TestOperator(t *testing.T) {
	t.Parallel()
	plain := operator(environ(nil))
	for before, want := range map[string]string{"": plain, plain: plain, "ana": plain + " (ana)", "a\x1b[2Jna": plain + " (ana)"} {
		if got := operator(environ(map[string]string{"SUDO_USER": before})); got != want {
			t.Errorf("with SUDO_USER %q it is %q, want %q", before, got, want)
		}
	}
	if s := signature(environ(nil)); s.User != plain || s.From == "" || s.PID != os.Getpid() || s.Pumatop != version {
		t.Errorf("the signature is %+v", s)
	}
}

func TestAge(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"30m": 30 * time.Minute, "1h30m": 90 * time.Minute, "7d": 7 * 24 * time.Hour, "999999999d": 36500 * 24 * time.Hour,
		"": 0, "d": 0, "0": 0, "-1h": 0, "-1d": 0, "1.5d": 0, "NaNd": 0, "yesterday": 0,
	} {
		var a age
		if err := a.Set(text); time.Duration(a) != want || (err == nil) != (want > 0) {
			t.Errorf("%q is %s, %v; want %s", text, time.Duration(a), err, want)
		}
	}
}
