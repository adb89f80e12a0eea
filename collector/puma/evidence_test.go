package puma

import (
	"slices"
	"strings"
	"testing"
)

func version(t testing.TB, s string) Version {
	t.Helper()
	v, ok := ParseVersion(s)
	if !ok {
		t.Fatalf("version %q", s)
	}
	return v
}

// owner is the pid of the master in a recorded log, by its bracket or by the line that names it; 0 in a log without.
func owner(log []string) int {
	for _, line := range log {
		switch l := ParseLogLine(line); {
		case l.Kind == LogStarting && l.PID != 0:
			return l.PID
		case l.Kind == LogMasterPID:
			return l.Subject
		}
	}
	return 0
}

func TestPhasedFromRecordedLogs(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name     string
		answer   Answer
		evidence string
	}{
		{"3.12.6-phased-restart", Yes, `"Phased restart available" in the start-up log`},
		{"4.3.12-phased-broken", Yes, `"Phased restart available" in the start-up log`},
		{"5.0.4-fork-worker", Yes, `"Phased restart available" in the start-up log`},
		{"5.6.9-phased-restart", Yes, `"Restarts: (✔) hot (✔) phased" in the start-up log`},
		{"6.4.3-phased-restart", Yes, `"Restarts: (✔) hot (✔) phased" in the start-up log`},
		{"6.6.1-fork-worker", Yes, `"Restarts: (✔) hot (✔) phased (✔) refork" in the start-up log`},
		{"7.0.4-phased-restart", Yes, `"Restarts: (✔) hot (✔) phased (✖) refork" in the start-up log`},
		{"8.0.2-phased-restart", Yes, `"Restarts: (✔) hot (✔) phased (✖) refork" in the start-up log`},
		{"3.12.6-preload-phased", No, `"Preloading application" in the start-up log`},
		{"4.3.12-preload-phased", No, `"Preloading application" in the start-up log`},
		{"5.6.9-preload-phased", No, `"Restarts: (✔) hot (✖) phased" in the start-up log`},
		{"8.0.2-preload-phased", No, `"Restarts: (✔) hot (✖) phased (✖) refork" in the start-up log`},
		{"3.12.6-single", No, `"Puma starting in single mode..." in the start-up log`},
		{"5.6.9-single", No, `"Puma starting in single mode..." in the start-up log`},
		{"8.0.2-single", No, `"Puma starting in single mode..." in the start-up log`},
	} {
		log := recordedLog(t, tc.name)
		text, _, _ := strings.Cut(tc.name, "-")
		v, pid := version(t, text), owner(log)
		got, ok := PhasedFromLog(log, v, pid)
		if want := (Phased{tc.answer, tc.evidence, FromLog}); !ok || got != want {
			t.Errorf("%s: %+v, %v, want %+v", tc.name, got, ok, want)
		}
		if pid != 0 {
			if got, ok := PhasedFromLog(log, v, pid+1); ok {
				t.Errorf("%s: says %+v of another process", tc.name, got)
			}
		}
		if got, ok := PhasedFromLog(log, Version{Major: 9, Minor: 9}, pid); ok && tc.name != "3.12.6-single" {
			t.Errorf("%s: says %+v of another version", tc.name, got)
		}
	}
	log := recordedLog(t, "8.0.2-preload-broken")
	if got, ok := PhasedFromLog(log, version(t, "8.0.2"), owner(log)); ok {
		t.Errorf("says %+v of a process that has ended", got)
	}
}

func TestPhasedFromLogLastImage(t *testing.T) {
	t.Parallel()
	start := "[7] Puma starting in cluster mode..."
	puma6 := []string{start, `[7] * Puma version: 6.6.1 ("Return to Forever")`, "[7] *     Restarts: (✔) hot (✔) phased (✖) refork", "[7] Use Ctrl-C to stop"}
	preloading := []string{start, `[7] * Puma version: 6.6.1 ("Return to Forever")`, "[7] *     Restarts: (✔) hot (✖) phased (✖) refork", "[7] * Preloading application"}
	puma4 := []string{start, "[7] * Version 4.3.12 (ruby 3.1.2-p20), codename: Mysterious Traveller", "[7] * Process workers: 2"}
	began := "[7] - Starting phased worker restart, phase: 1"
	fellBack := "[7] * phased-restart called but not available, restarting normally."
	restarting := "[7] * Restarting..."
	for _, tc := range []struct {
		name    string
		log     []string
		version string
		want    Answer // empty: not told
	}{
		{"preload was turned on", slices.Concat(puma6, []string{restarting}, preloading), "6.6.1", No},
		{"preload was turned off", slices.Concat(preloading, []string{fellBack, restarting}, puma6), "6.6.1", Yes},
		{"the next image is on its way", slices.Concat(puma6, []string{restarting}), "6.6.1", ""},
		{"the process has ended", slices.Concat(puma6, []string{"[7] - Goodbye!"}), "6.6.1", ""},
		{"another process has ended", slices.Concat(puma6, []string{"[8] - Goodbye!"}), "6.6.1", Yes},
		{"Puma was updated, the new start is not in the log", puma6, "7.0.4", ""},
		{"the version is not known", puma6, "", Yes},
		{"it fell back", slices.Concat(puma6, []string{fellBack}), "6.6.1", No},
		{"it fell back, the start is not in the log", []string{fellBack}, "6.6.1", No},
		{"it fell back and a new image begins", []string{fellBack, restarting}, "6.6.1", ""},
		{"another fell back", slices.Concat(puma6, []string{strings.Replace(fellBack, "7", "8", 1)}), "6.6.1", Yes},
		{"up to 5.0, cut off before it says", puma4, "4.3.12", ""},
		{"up to 5.0, all there and not said", slices.Concat(puma4, []string{"[7] * Listening on tcp://0.0.0.0:3000"}), "4.3.12", No},
		{"from 5.1 on, not said", []string{start, `[7] * Puma version: 6.6.1 ("x")`, "[7] Use Ctrl-C to stop"}, "6.6.1", ""},
		{"a phased restart has begun", []string{began}, "6.6.1", Yes},
		{"that line may be a refork's", []string{began}, "6.4.3", ""},
		{"and is not before 6.0", []string{began}, "5.6.9", Yes},
		{"nothing", nil, "6.6.1", ""},
		{"only an application's lines", []string{"Started GET /", "* Restarting..."}, "6.6.1", ""},
	} {
		v, _ := ParseVersion(tc.version)
		got, ok := PhasedFromLog(tc.log, v, 7)
		if ok != (tc.want != "") || got.Answer != tc.want {
			t.Errorf("%s: %+v, %v", tc.name, got, ok)
		}
		if strings.Contains(got.Evidence, "\n") || ok && (got.Evidence == "" || got.From != FromLog) {
			t.Errorf("%s: evidence %+v", tc.name, got)
		}
	}
}

func TestPhasedFromSettings(t *testing.T) {
	t.Parallel()
	const file = "/srv/shop/shared/config/puma.rb"
	for _, tc := range []struct {
		text, version string
		want          Answer
		evidence      string
	}{
		{"workers 2\npreload_app!\n", "4.3.12", No, "preload_app! in line 2 of " + file},
		{"preload_app! true", "8.0.2", No, "preload_app! in line 1 of " + file},
		{"preload_app!\npreload_app! false", "8.0.2", Yes, "preload_app! false in line 2 of " + file},
		{"preload_app!(false)", "6.6.1", Yes, "preload_app! false in line 1 of " + file},
		{"preload_app! false unless ENV['PRELOAD']", "6.6.1", "", ""},
		{"if ENV['X']\n  preload_app!\nend", "4.3.12", "", ""},
		{"ENV['X'] && preload_app!", "4.3.12", "", ""},
		{"%w[a].each { preload_app! }", "4.3.12", "", ""},
		{"preload_app! ENV['X'] == '1'", "4.3.12", "", ""},
		{"preload_app! false\neval File.read('x')", "4.3.12", "", ""},
		{"plugin :heroku\npreload_app! false", "4.3.12", Yes, "preload_app! false in line 2 of " + file},

		{"workers 2", "4.3.12", Yes, "no preload_app! in " + file + ", and Puma 4.3.12 does not preload without it"},
		{"# preload_app!\nworkers 2", "3.12.6", Yes, "no preload_app! in " + file + ", and Puma 3.12.6 does not preload without it"},
		{"", "4.3.12", "", ""},
		{"workers 2", "", "", ""},
		{"workers 2\nplugin :heroku", "4.3.12", "", ""},
		{"workers 2\nplugin :tmp_restart", "4.3.12", Yes, "no preload_app! in " + file + ", and Puma 4.3.12 does not preload without it"},
		{"instance_eval File.read('other.rb')", "4.3.12", "", ""},

		// In 5 and 6 the environment of the process decides.
		{"workers 2", "5.6.9", "", ""},
		{"workers 2\nprune_bundler", "6.6.1", "", ""},

		{"workers 2\nprune_bundler", "7.0.4", Yes, "prune_bundler in line 2 of " + file + ", and no preload_app!"},
		{"workers 2\nprune_bundler false", "7.0.4", "", ""},
		{"workers 2\nprune_bundler if ENV['X']", "7.0.4", "", ""},
		{"workers 2", "7.0.4", No, "workers 2 in line 1 of " + file + ", and no preload_app! false: Puma 7 preloads by default"},
		{"workers ENV.fetch('WEB_CONCURRENCY', 2)", "8.0.2", "", ""},
		{"workers 1", "8.0.2", "", ""},
	} {
		v, _ := ParseVersion(tc.version)
		got, ok := PhasedFromSettings(ReadSettings([]byte(tc.text)), v, file)
		if ok != (tc.want != "") || got.Answer != tc.want || got.Evidence != tc.evidence || ok && got.From != FromConfig {
			t.Errorf("%q in %q: %+v, %v", tc.text, tc.version, got, ok)
		}
	}
	if got, ok := PhasedFromSettings(Settings{}, version(t, "4.3.12"), file); ok {
		t.Errorf("a file that was not read says %+v", got)
	}
}

func TestPhasedFromVersionAndMode(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, tc := range []struct {
		version string
		workers int
	}{{"", 2}, {"4.3.12", 2}, {"5.6.9", 2}, {"6.6.1", 1}, {"7.0.4", 1}, {"8.0.2", 2}, {"8.0.2", 0}} {
		v, _ := ParseVersion(tc.version)
		got := PhasedFromVersion(v, tc.workers)
		if got.Answer != Unknown || got.From != FromVersion || !strings.Contains(got.Evidence, tc.version) {
			t.Errorf("%q, %d workers: %+v", tc.version, tc.workers, got)
		}
		seen[got.Evidence] = true
	}
	if len(seen) != 6 {
		t.Errorf("%d different reasons", len(seen))
	}
}

// TestWorkersOfAStartTellNothing: lines of workers are passed over before they are read, so none of them may tell anything of
// a phased restart.
func TestWorkersOfAStartTellNothing(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		"[7] - Worker 0 (PID: 12) booted in 1.31s, phase: 3", "[7] - Worker 0 (pid: 12) booted, phase: 0", "[7] - Worker 1 (PID: 12) terminating",
		"[7] - Worker ", "- Worker 1 (pid: 12) booted, phase: 0", "[8] - Worker 9 * Restarting...",
	} {
		was := image{owner: 7, answer: Unknown}
		is := was
		if is.read(ParseLogLine(line)); is != was {
			t.Errorf("%q changes %+v to %+v", line, was, is)
		}
	}
	for _, p := range plainPhrases {
		if strings.HasPrefix(p.text, "- Worker") {
			t.Errorf("%q is passed over", p.text)
		}
	}
}
