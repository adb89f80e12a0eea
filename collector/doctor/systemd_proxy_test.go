package doctor_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pumatop/collector/doctor"
	"pumatop/collector/probe"
	"pumatop/collector/puma"
)

// updating is whether -update, which the tests of this package share, asks for the archives to be written anew.
func updating() bool {
	f := flag.Lookup("update")
	return f != nil && f.Value.String() == "true"
}

// archive is a host in one file: a head of "key: value" lines, files between "-- path --" lines, and at the end under
// "-- want --" what the checks say. "-- show --" is what systemctl shows of the unit, "-- show NAME --" of another one.
type archive struct {
	path string
	head map[string][]string
	// order are the names of the files; want is not among them.
	order []string
	files map[string]string
	want  string
	raw   string // all before want
}

const wantMark = "-- want --\n"

func readArchive(t *testing.T, path string) archive {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	a := archive{path: path, head: map[string][]string{}, files: map[string]string{}}
	a.raw, a.want, _ = strings.Cut(string(b), wantMark)
	name := ""
	for line := range strings.Lines(a.raw) {
		if s := strings.TrimSuffix(line, "\n"); strings.HasPrefix(s, "-- ") && strings.HasSuffix(s, " --") {
			name = s[3 : len(s)-3]
			a.order = append(a.order, name)
			continue
		}
		if name != "" {
			a.files[name] += line
			continue
		}
		key, value, ok := strings.Cut(strings.TrimSpace(line), ":")
		if ok && !strings.HasPrefix(line, "#") {
			a.head[key] = append(a.head[key], strings.TrimSpace(value))
		}
	}
	return a
}

func (a archive) get(key, otherwise string) string {
	if v := a.head[key]; len(v) > 0 {
		return v[0]
	}
	return otherwise
}

func properties(text string) map[string]string {
	out := map[string]string{}
	for line := range strings.Lines(text) {
		name, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		if old, again := out[name]; again && ok {
			value = old + "\n" + value
		}
		out[name] = value
	}
	return out
}

// report is the host as the probe would print it.
func (a archive) report() probe.Report {
	r := probe.Report{Clock: time.Unix(1790000000, 0), Login: "uid=1500(" + a.get("login", "deploy") + ")"}
	scope := probe.Scope(a.get("scope", "system"))
	manager, group := "", "0::/system.slice/"
	if scope == probe.UserScope {
		manager, group = "1500", "0::/user.slice/user-1500.slice/user@1500.service/app.slice/"
	}
	show := properties(a.files["show"])
	if name := show["Id"]; name != "" {
		group += name
		r.Units = append(r.Units, probe.RawUnit{Scope: scope, Manager: manager, Properties: show})
		if v := a.get("linger", ""); v != "" {
			r.Lingers = map[string]bool{"1500": v == "yes"}
		}
	} else {
		group = "0::/user.slice/user-1500.slice/session-3.scope"
	}
	title := a.get("title", "")
	if title == "" {
		return r
	}
	p := probe.RawProcess{PID: 100, Title: title, UID: 1500, User: a.get("user", "deploy"), Cwd: a.get("cwd", "/"), Cgroup: []string{group}}
	for _, name := range a.order {
		if path, ok := strings.CutPrefix(name, "puma.rb "); ok {
			p.Config = probe.TextFile{Verdict: "read", Path: path, Lines: strings.Split(a.files[name], "\n")}
		}
	}
	if link := strings.Fields(a.get("current", "")); len(link) == 2 {
		p.Links = []probe.CurrentLink{{From: "unit", Named: link[0], Link: link[0], Target: link[1]}}
	}
	r.Processes = append(r.Processes, p)
	return r
}

// target is what the checks are given.
func (a archive) target(t *testing.T) *doctor.Target {
	t.Helper()
	found, err := probe.Parse(a.report().Encode())
	if err != nil {
		t.Fatal(err)
	}
	target := &doctor.Target{Name: "web1/shop"}
	switch {
	case len(found.Pumas) == 1:
		target.Puma = found.Pumas[0]
	case len(found.Idle) == 1:
		target.Puma = probe.Puma{Unit: found.Idle[0], User: a.get("user", "deploy")}
	default:
		t.Fatalf("%d Pumas, %d idle units", len(found.Pumas), len(found.Idle))
	}
	if v := a.get("phased", ""); v != "" {
		target.Puma.Phased.Answer = puma.Answer(v)
	}
	if v := a.get("control", ""); v != "" {
		if target.Puma.Control, err = puma.ParseAddress(v, "/"); err != nil {
			t.Fatal(err)
		}
	}
	if v := a.get("slowest", ""); v != "" {
		if target.Slowest, err = time.ParseDuration(v); err != nil {
			t.Fatal(err)
		}
	}
	if target.Silent = a.get("silent", ""); target.Silent == "" {
		target.Host = a.host(target)
	}
	return target
}

func (a archive) host(target *doctor.Target) *doctor.Host {
	h := &doctor.Host{
		Login: a.get("login", "deploy"), Files: map[string]doctor.File{}, Units: map[doctor.UnitKey]map[string]string{}, Links: map[string]string{},
		Proxies: map[string][]string{}, Serving: map[string]bool{}, Runtime: a.get("runtime", ""), Masters: map[int]doctor.Master{},
	}
	user := a.get("scope", "system") == "user"
	for _, name := range a.order {
		if unit, ok := strings.CutPrefix(name, "show"); ok {
			shown := properties(a.files[name])
			unit = strings.TrimSpace(unit)
			if unit == "" {
				unit = shown["Id"]
			}
			h.Units[doctor.UnitKey{Name: unit, User: user, Manager: target.Puma.Unit.Manager}] = shown
			continue
		}
		name, text := strings.TrimPrefix(name, "puma.rb "), a.files[name]
		h.Files[name] = doctor.File{Path: name, Text: text}
	}
	for _, v := range a.head["denied"] {
		h.Files[v] = doctor.File{Path: v, Err: "permission denied"}
	}
	for _, v := range a.head["proxy"] {
		words := strings.Fields(v)
		h.Proxies[words[0]] = words[1:]
		h.Serving[words[0]] = len(a.head["stopped"]) == 0
	}
	for _, v := range a.head["socket"] {
		words := strings.Fields(v)
		h.Links[words[0]] = words[1]
	}
	if gems := a.head["gem"]; len(gems) > 0 {
		m := doctor.Master{Lock: "/srv/shop/current/Gemfile.lock", Gems: map[string]string{}}
		for _, g := range gems {
			m.Gems[g] = "1.0"
		}
		h.Masters[target.Puma.PID] = m
	}
	return h
}

// said is what checks say of a target, as the archives have it.
func said(t *testing.T, target *doctor.Target, areas ...string) string {
	t.Helper()
	checks, err := doctor.Choose(doctor.Checks(), areas, nil)
	if err != nil {
		t.Fatal(err)
	}
	r := doctor.Examine(checks, []*doctor.Target{target})
	var b strings.Builder
	for _, c := range r.Checks {
		if c.Result == doctor.Found {
			continue
		}
		fmt.Fprintf(&b, "%s %s", c.Result, c.ID)
		if c.Reason != "" {
			fmt.Fprintf(&b, ": %s", c.Reason)
		}
		b.WriteByte('\n')
	}
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "\n%s %s: %s\n", f.Severity, f.ID, f.Says)
		for _, e := range f.Evidence {
			switch {
			case e.Command != "":
				fmt.Fprintf(&b, "  $ %s: %s\n", e.Command, e.Text)
			case e.Line > 0:
				fmt.Fprintf(&b, "  %s:%d: %s\n", e.File, e.Line, e.Text)
			default:
				fmt.Fprintf(&b, "  %s: %s\n", e.File, e.Text)
			}
		}
		fmt.Fprintf(&b, "  -> %s\n", f.Consequence)
		for line := range strings.Lines(f.Remedy) {
			fmt.Fprintf(&b, "  | %s", line)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// TestArchives holds what the checks say of units and proxies in many styles, word by word.
func TestArchives(t *testing.T) {
	t.Parallel()
	least := map[string]int{"systemd": 10, "nginx": 12, "haproxy": 4, "apache": 4, "caddy": 4}
	for area, n := range least {
		paths, err := filepath.Glob(filepath.Join("testdata", area, "*.txt"))
		if err != nil || len(paths) < n {
			t.Fatalf("%d archives of %s, %v", len(paths), area, err)
		}
		for _, path := range paths {
			t.Run(area+"/"+strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
				t.Parallel()
				a := readArchive(t, path)
				areas := append([]string{area}, strings.Fields(a.get("also", ""))...)
				got := said(t, a.target(t), areas...)
				if updating() {
					if err := os.WriteFile(path, []byte(a.raw+wantMark+got), 0o644); err != nil {
						t.Fatal(err)
					}
					return
				}
				if got != a.want {
					t.Errorf("the checks say\n%s\nthe archive\n%s", got, a.want)
				}
			})
		}
	}
}

// areas are those that the archives are of.
var areas = []string{"systemd", "nginx", "haproxy", "apache", "caddy"}

// TestEveryFindingIsSeen has each check of units and proxies find something in one of the archives, and be well in another.
func TestEveryFindingIsSeen(t *testing.T) {
	t.Parallel()
	found, well := map[string]bool{}, map[string]bool{}
	for _, area := range areas {
		checks, err := doctor.Choose(doctor.Checks(), []string{area}, nil)
		if err != nil {
			t.Fatal(err)
		}
		paths, err := filepath.Glob(filepath.Join("testdata", area, "*.txt"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			r := doctor.Examine(checks, []*doctor.Target{readArchive(t, path).target(t)})
			for _, c := range r.Checks {
				found[c.ID] = found[c.ID] || c.Result == doctor.Found
				well[c.ID] = well[c.ID] || c.Result == doctor.OK && c.Reason == ""
			}
		}
		for _, c := range checks {
			if !found[c.ID] || !well[c.ID] {
				t.Errorf("%s: an archive has a finding of it %v, one has it well %v", c.ID, found[c.ID], well[c.ID])
			}
		}
	}
}

// TestWhatChecksSay has each check say what it asks, what it leads to and where that is written, and each finding what it rests
// on and what to do.
func TestWhatChecksSay(t *testing.T) {
	t.Parallel()
	checks, err := doctor.Choose(doctor.Checks(), areas, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range checks {
		if c.Asks == "" || c.Consequence == "" || !strings.HasPrefix(c.Link, "https://") {
			t.Errorf("%s: %q, %q, %q", c.ID, c.Asks, c.Consequence, c.Link)
		}
	}
	paths, err := filepath.Glob("testdata/*/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, path := range paths {
		if !slices.Contains(areas, filepath.Base(filepath.Dir(path))) {
			continue
		}
		for _, f := range doctor.Examine(checks, []*doctor.Target{readArchive(t, path).target(t)}).Findings {
			seen++
			if f.Remedy == "" || f.Says == "" || len(f.Evidence) == 0 {
				t.Errorf("%s: %s has %d lines of evidence and the remedy %q", path, f.ID, len(f.Evidence), f.Remedy)
			}
		}
	}
	if seen < 30 {
		t.Errorf("%d findings", seen)
	}
}

// A host tells where sockets are whose paths lead through links.
func TestLinksOfSockets(t *testing.T) {
	t.Parallel()
	h, err := doctor.ParseHost([]byte("\npumatop-doctor 1\nlink\t/srv/shop/current/p.sock\n|/srv/shop/releases/1/p.sock\nproxy\tnginx\t/n\nend\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got := h.Links["/srv/shop/current/p.sock"]; got != "/srv/shop/releases/1/p.sock" || len(h.Links) != 1 {
		t.Errorf("the links are %v", h.Links)
	}
}
