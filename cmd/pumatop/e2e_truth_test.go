//go:build lab

package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// look is what a host itself shows of its Puma: /proc, links and files, nothing that pumatop reports.
type look struct {
	host, current string
	master        int
	image         string // of the state file, which every new image writes anew
	workers       map[int]process
}

type process struct {
	index   int
	release string
}

// A worker has the master's title from its fork until it gives itself one, which in a crash loop is often seen: a master
// is what no other master has begun.
const lookScript = `title() { { tr "\000" " " <"$1/cmdline"; } 2>/dev/null; }
cd /srv/shop; echo current $(readlink -f current); echo image $(stat -c %i.%y shared/tmp/pids/puma.state 2>&1)
for p in /proc/[0-9]*; do
  title=$(title $p) || continue
  case $title in
    "puma: cluster worker "*) title=${title#puma: cluster worker }; echo worker ${p#/proc/} ${title%%:*} $(readlink $p/cwd) ;;
    "puma "[0-9]*)
      parent=$(sed -n "s/^PPid:[^0-9]*//p" $p/status) || continue
      case $(title /proc/$parent) in
        "puma "[0-9]*) ;;
        *) echo master ${p#/proc/} ;;
      esac ;;
  esac
done`

// lookAt looks at a host, from the inside.
func lookAt(t *testing.T, host string) look {
	t.Helper()
	l := look{host: host, workers: map[int]process{}}
	for line := range strings.Lines(lab(t, "root", host, "sh", "-c", lookScript)) {
		words := append(strings.Fields(line), "", "", "")
		n, _ := strconv.Atoi(words[1])
		switch words[0] {
		case "current":
			l.current = words[1]
		case "image":
			l.image = strings.Join(words[1:], " ")
		case "master":
			l.master = n
		case "worker":
			index, _ := strconv.Atoi(words[2])
			l.workers[n] = process{index, words[3]}
		}
	}
	return l
}

// kept are the workers that are still there.
func (l look) kept(now look) []int {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(l.workers)), func(pid int) bool { _, there := now.workers[pid]; return !there })
}

// verifiedIsTrue fails the test where a host does not show what a verdict of verified says of it.
func verifiedIsTrue(t *testing.T, before look, v verdictDoc) {
	t.Helper()
	now := lookAt(t, before.host)
	kept, was, is := len(before.kept(now)), len(before.workers), len(now.workers)
	wanted := wantedWorkers(t, before.host)
	type shape struct {
		kept, workers   int
		master, another bool // another master, another image
	}
	systemd := v.Via == "systemd"
	want, known := map[string]shape{
		"reload": {0, max(was, wanted), false, false}, "restart": {0, wanted, systemd, true}, "start": {0, wanted, true, true},
		"refork": {1, was, false, false}, "add-worker": {was, was + 1, false, false}, "remove-worker": {was - 1, was - 1, false, false},
		"recycle": {was - 1, was, false, false}, "gc": {was, was, false, false}, "stop": {0, 0, true, true},
	}[v.Action]
	got := shape{kept, is, before.master != now.master, before.image != now.image}
	if v.Action == "stop" { // some versions leave the state file
		got.another = true
	}
	if v.Observed && v.Action == "restart" || before.master == 0 { // by whatever way, or between two starts of systemd
		got.master = want.master
	}
	if !known || got != want {
		t.Errorf("a false verified: %s of %s shows %+v, want %+v\nbefore %+v\nnow    %+v\nverdict %+v", v.Action, before.host, got, want, before, now, v)
	}
	if v.Action == "stop" {
		return
	}
	if renews := slices.Contains([]string{"reload", "restart", "start"}, v.Action); renews {
		runsCurrentOnly(t, now, v)
	}
	if now.master == 0 {
		t.Errorf("a false verified: %s has no master after %s", before.host, v.Action)
	}
	serves(t, now)
}

// wantedWorkers is how many workers a host's settings ask for.
func wantedWorkers(t *testing.T, host string) int {
	t.Helper()
	for _, setting := range strings.Fields(hostFile(t, host, "settings")) {
		if n, found := strings.CutPrefix(setting, "WORKERS="); found {
			workers, err := strconv.Atoi(n)
			if err != nil {
				t.Fatal(err)
			}
			return workers
		}
	}
	return 2
}

// runsCurrentOnly holds what the workers run against what current points to, and against what the verdict says.
func runsCurrentOnly(t *testing.T, now look, v verdictDoc) {
	t.Helper()
	for pid, w := range now.workers {
		if w.release != now.current {
			t.Errorf("a false verified: worker %d of %s runs %s, current is %s", pid, now.host, w.release, now.current)
		}
	}
	if v.Release.After != now.current || v.Release.Current != now.current {
		t.Errorf("verdict's releases are %+v, current of %s is %s", v.Release, now.host, now.current)
	}
	if len(now.workers) == 0 { // single mode has no workers to name
		return
	}
	for _, w := range v.Workers {
		if p, there := now.workers[number(w.NewPID)]; !there || p.index != w.Index {
			t.Errorf("verdict's worker %d has pid %d, %s has %v", w.Index, number(w.NewPID), now.host, now.workers)
		}
	}
	if len(v.Workers) != len(now.workers) && len(v.Workers) > 0 {
		t.Errorf("verdict has %d workers, %s has %d", len(v.Workers), now.host, len(now.workers))
	}
}

// serves asks the application itself, through nginx: the answer names the process and the release that gave it.
func serves(t *testing.T, now look) {
	t.Helper()
	answer := lab(t, "root", now.host, "curl", "-s", "-m", "10", "http://127.0.0.1/")
	var release string
	var pid int
	if _, err := fmt.Sscanf(answer, "release %s pid %d", &release, &pid); err != nil {
		t.Errorf("a false verified: %s does not serve: %q", now.host, answer)
		return
	}
	if w, there := now.workers[pid]; len(now.workers) > 0 && (!there || base(w.release) != release) || len(now.workers) == 0 && pid != now.master {
		t.Errorf("a false verified: process %d of %s answers from %s, it has %+v", pid, now.host, release, now)
	}
}
