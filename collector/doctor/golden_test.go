package doctor

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pumatop/collector/probe"
	"pumatop/collector/puma"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestPumaConfigurations examines the configurations in testdata/puma, of many people's styles, and compares with what each
// is to yield: every finding with its evidence and remedy, and what is unknown with its reason. target.txt says what is known
// of the Puma beside its text; see target.
func TestPumaConfigurations(t *testing.T) {
	t.Parallel()
	dirs, _ := filepath.Glob("testdata/puma/*")
	if len(dirs) < 25 {
		t.Fatalf("%d configurations", len(dirs))
	}
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			compare(t, filepath.Join(dir, "findings.txt"), outline(Examine(pumaChecks(), []*Target{readTarget(t, dir)})))
		})
	}
}

// compare holds text against a golden file.
func compare(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s\ngot\n%s\nwant\n%s", file, got, want)
	}
}

// outline is a report as a golden file has it.
func outline(r Report) string {
	var b strings.Builder
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "%s %s: %s\n", f.Severity, f.ID, f.Says)
		for _, e := range f.Evidence {
			switch {
			case e.Line > 0:
				fmt.Fprintf(&b, "  %s:%d: %s\n", e.File, e.Line, e.Text)
			default:
				fmt.Fprintf(&b, "  %s%s: %s\n", e.File, e.Command, e.Text)
			}
		}
		for line := range strings.Lines(f.Remedy) {
			b.WriteString("  > " + line)
		}
	}
	for _, c := range r.Checks {
		if c.Result == Unknown {
			fmt.Fprintf(&b, "unknown %s: %s\n", c.ID, c.Reason)
		}
	}
	return b.String()
}

const shopConfig = "/srv/shop/shared/config/puma.rb"

// readTarget makes the target that testdata describes: a Puma of two workers in a unit, on a host with four cores and 8 GB,
// whose control app and state file are where the text certainly has them.
func readTarget(t *testing.T, dir string) *Target { return readChanged(t, dir, nil) }

// readChanged is readTarget after somebody has changed files, lines of target.txt among them, and restarted Puma.
func readChanged(t *testing.T, dir string, change map[string]string) *Target {
	t.Helper()
	host := &Host{
		Login: "deploy", Cores: puma.Of(4), Memory: puma.Of(8 << 30), Somaxconn: puma.Of(4096), Files: map[string]File{},
		Sockets: map[string]Inode{}, Masters: map[int]Master{}, Units: map[UnitKey]map[string]string{{Name: "shop.service"}: {"TriggeredBy": ""}},
	}
	target := &Target{Name: "web1/shop", Host: host, Puma: probe.Puma{
		PID: 1000, App: "shop", User: "deploy", CurrentLink: "/srv/shop/current", Current: "/srv/shop/releases/2", Release: "/srv/shop/releases/2",
		ConfigPath: shopConfig,
		Unit:       probe.Unit{Name: "shop.service", Scope: probe.SystemScope, Type: "notify", ExecStart: "/usr/bin/puma -C " + shopConfig, Fragment: "/etc/systemd/system/shop.service"},
	}}
	d := described{target: target, master: Master{Cwd: "/srv/shop/releases/2", Env: map[string]string{}, EnvKnown: true, Gems: map[string]string{}}, workers: 2}
	for _, line := range lines(t, filepath.Join(dir, "target.txt")) {
		word, _, _ := strings.Cut(line, " ")
		if rest, ok := change[word]; ok {
			line = word + " " + rest
		}
		if change == nil || word != "banner" && word != "newer" {
			d.line(t, line)
		}
	}
	base := filepath.Dir(target.Puma.ConfigPath)
	files, _ := filepath.Glob(filepath.Join(dir, "*.rb"))
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Join(base, filepath.Base(file))
		if _, told := host.Files[name]; !told {
			host.Files[name] = File{Path: name, Text: string(text)}
		}
		if text, ok := change[name]; ok {
			host.Files[name] = File{Path: name, Text: text}
		}
	}
	if n := target.config().settings.Workers.Count(); change != nil && n.Known {
		d.workers = int(n.N)
	}
	host.Masters[1000] = d.master
	d.finish()
	return target
}

func lines(t *testing.T, file string) []string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(text)), "\n")
}

// described is a target that is being read.
type described struct {
	target  *Target
	master  Master
	workers int
}

// line takes one fact: "version 6.6.0", "workers 0", "env PWD=/srv/shop/current", "environment unread", "gem pg 1.5",
// "start bundle exec puma", "banner no", "slowest 45s", "config denied", "newer", "stopped".
func (d *described) line(t *testing.T, line string) {
	t.Helper()
	p := &d.target.Puma
	word, rest, _ := strings.Cut(line, " ")
	switch word {
	case "version":
		v, ok := puma.ParseVersion(rest)
		if !ok {
			t.Fatal(line)
		}
		p.Version = v
	case "workers":
		d.workers, _ = strconv.Atoi(rest)
	case "env":
		name, value, _ := strings.Cut(rest, "=")
		d.master.Env[name] = value
	case "environment":
		d.master.EnvKnown = false
	case "gem":
		name, version, _ := strings.Cut(rest, " ")
		d.master.Lock, d.master.Gems[name] = "/srv/shop/releases/2/Gemfile.lock", version
	case "start":
		p.Unit.ExecStart = rest
	case "socket":
		d.target.Host.Units[UnitKey{Name: p.Unit.Name}] = map[string]string{"TriggeredBy": rest}
	case "banner":
		p.Phased = puma.Phased{Answer: puma.Answer(rest), From: puma.FromLog, Evidence: "Restarts: phased: " + rest + " (journal)"}
	case "slowest":
		d.target.Slowest, _ = time.ParseDuration(rest)
	case "path":
		p.ConfigPath = rest
	case "config":
		d.target.Host.Files[p.ConfigPath] = File{Path: p.ConfigPath, Err: rest}
	case "newer":
		d.master.Newer = []string{p.ConfigPath}
	default:
		t.Fatal(line)
	}
}

// finish makes what a probe would have found beside the text.
func (d *described) finish() {
	p, h := &d.target.Puma, d.target.Host
	s := d.target.config().settings
	if !d.master.EnvKnown || s.Opaque.IsSet() {
		p.Settings = s
	}
	d.target.Stats = puma.Stats{Mode: puma.Single}
	if d.workers > 0 {
		d.target.Stats = puma.Stats{Mode: puma.Cluster, Handles: puma.Of(d.workers)}
	}
	if p.Phased.Answer == "" {
		p.Phased = puma.PhasedFromVersion(p.Version, d.workers)
		if said, ok := puma.PhasedFromSettings(s, p.Version, p.ConfigPath); ok {
			p.Phased = said
		}
	}
	if s.StatePath.Certain() {
		p.StatePath = s.StatePath.Text
		h.Sockets[p.StatePath] = inode(p.StatePath, "-rw-r--r--")
		p.Control, _ = s.Control.Address("/srv/shop/releases/2")
		p.Token = s.Control.Token
		if !s.Control.NoToken {
			p.Token = puma.NewToken("0123456789abcdef")
		}
	}
	if p.Control.Network == puma.Unix {
		mode := "srwxrwxrwx"
		if strings.Contains(s.Control.Text, "umask=0117") || s.Control.Umask && !p.Version.AtLeast(5, 0, 0) {
			mode = "srw-rw----"
		}
		h.Sockets[p.Control.Name] = inode(p.Control.Name, mode)
	}
}

func inode(name, mode string) Inode {
	return Inode{Path: name, Mode: mode, User: "deploy", Group: "deploy", Dir: "drwxr-xr-x", DirUser: "deploy", DirGroup: "deploy", Reach: puma.Yes}
}

// TestRemediesOfPuma does what each remedy says, and looks again: the finding is gone.
func TestRemediesOfPuma(t *testing.T) {
	t.Parallel()
	mended := map[string]bool{}
	dirs, _ := filepath.Glob("testdata/puma/*")
	for _, dir := range dirs {
		target := readTarget(t, dir)
		for _, f := range Examine(pumaChecks(), []*Target{target}).Findings {
			if strings.HasPrefix(f.Remedy, "# no release mends it") {
				continue
			}
			change := map[string]string{}
			mend(target.Host.Files, f.Remedy, change)
			if len(change) == 0 && !strings.Contains(f.Remedy, "restart") {
				t.Errorf("%s: nothing to do in\n%s", f.ID, f.Remedy)
			}
			mended[f.ID] = true
			for _, again := range Examine(pumaChecks(), []*Target{readChanged(t, dir, change)}).Findings {
				if again.ID == f.ID {
					t.Errorf("%s in %s: %s is still there, as %q, after\n%s", f.ID, dir, f.Says, again.Says, f.Remedy)
				}
			}
		}
	}
	for _, c := range pumaChecks() {
		if !mended[c.ID] && c.ID != "puma.versions" { // which takes several targets
			t.Errorf("no configuration has %s", c.ID)
		}
	}
}

var (
	insteadOf  = regexp.MustCompile(`(?m)^# (/\S+), lines? (\d+)(?: to (\d+))?, instead of\n((?:#   .*\n)+)`)
	oneMore    = regexp.MustCompile(`(?m)^# (/\S+), one line more(?:, behind line .*)?\n`)
	gemVersion = regexp.MustCompile(`gem "puma", "(?:>= )?([0-9.]+)"`)
	execStart  = regexp.MustCompile(`(?m)^ExecStart=(.*)$`)
)

// mend changes files as a person would who follows a remedy.
func mend(files map[string]File, remedy string, change map[string]string) {
	if m := gemVersion.FindStringSubmatch(remedy); m != nil {
		change["version"] = m[1]
	}
	if m := execStart.FindStringSubmatch(remedy); m != nil {
		change["start"] = m[1]
	}
	text := func(name string) string {
		if _, ok := change[name]; !ok {
			change[name] = files[name].Text
		}
		return change[name]
	}
	blocks := insteadOf.FindAllStringSubmatchIndex(remedy, -1)
	for _, at := range slices.Backward(blocks) { // from the end, so that the numbers hold
		part := func(i int) string { return remedy[at[2*i]:at[2*i+1]] }
		first, _ := strconv.Atoi(part(2))
		last := first
		if at[6] >= 0 {
			last, _ = strconv.Atoi(part(3))
		}
		all := strings.Split(text(part(1)), "\n")
		change[part(1)] = strings.Join(slices.Concat(all[:first-1], upToComment(remedy[at[1]:]), all[last:]), "\n")
	}
	if at := oneMore.FindStringSubmatchIndex(remedy); at != nil {
		name := remedy[at[2]:at[3]]
		change[name] = text(name) + strings.Join(upToComment(remedy[at[1]:]), "\n") + "\n"
	}
}

// upToComment are the lines to paste: those before the next heading.
func upToComment(remedy string) []string {
	var out []string
	for line := range strings.SplitSeq(strings.TrimSuffix(remedy, "\n"), "\n") {
		if strings.HasPrefix(line, "# then ") || strings.HasPrefix(line, "# /") {
			break
		}
		out = append(out, line)
	}
	return out
}
