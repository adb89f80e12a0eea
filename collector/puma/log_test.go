package puma

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestParseLogLine(t *testing.T) {
	t.Parallel()
	v := func(s string) Version {
		version, _ := ParseVersion(s)
		return version
	}
	for _, tc := range []struct {
		in   string
		want LogLine
	}{
		{"[6613] Puma starting in cluster mode...", LogLine{Kind: LogStarting, PID: 6613, Mode: Cluster}},
		{"Puma starting in single mode...", LogLine{Kind: LogStarting, Mode: Single}},
		{"[6613] * Version 3.12.6 (ruby 3.1.2-p20), codename: Llamas in Pajamas", LogLine{Kind: LogVersion, PID: 6613, Version: v("3.12.6")}},
		{"* Puma version: 5.6.9 (ruby 3.1.2-p20) (\"Birdie's Version\")", LogLine{Kind: LogVersion, Version: v("5.6.9")}},
		{`[1] * Puma version: 8.0.2 ("Into the Arena")`, LogLine{Kind: LogVersion, PID: 1, Version: v("8.0.2")}},
		{"[6086] *   Master PID: 6086", LogLine{Kind: LogMasterPID, PID: 6086, Subject: 6086}},
		{"*          PID: 5020", LogLine{Kind: LogMasterPID, Subject: 5020}},
		{"[7] * Phased restart available", LogLine{Kind: LogRestarts, PID: 7, Hot: Yes, Phased: Yes}},
		{"[7] *     Restarts: (✔) hot (✖) phased", LogLine{Kind: LogRestarts, PID: 7, Hot: Yes, Phased: No}},
		{"[7] *     Restarts: (✔) hot (✔) phased (✖) refork", LogLine{Kind: LogRestarts, PID: 7, Hot: Yes, Phased: Yes, Refork: No}},
		{"[7] * Preloading application", LogLine{Kind: LogPreloading, PID: 7, Phased: No}},
		{"* Listening on unix:///srv/shop/puma.sock", LogLine{Kind: LogListening}},
		{"* Inherited unix:///srv/shop/puma.sock", LogLine{Kind: LogListening}},
		{"* Activated unix:///srv/shop/puma.sock", LogLine{Kind: LogListening}},
		{"* Starting control server on unix:///srv/shop/c.sock", LogLine{Kind: LogControl}},
		{"Use Ctrl-C to stop", LogLine{Kind: LogReady}},
		{"[7] - Worker 1 (pid: 6638) booted, phase: 0", LogLine{Kind: LogWorkerBooted, PID: 7, Index: 1, Subject: 6638}},
		{"[7] - Worker 1 (PID: 6638) booted, phase: 2", LogLine{Kind: LogWorkerBooted, PID: 7, Index: 1, Subject: 6638, Phase: 2}},
		{"[7] - Worker 12 (PID: 6638) booted in 1.23s, phase: 4", LogLine{Kind: LogWorkerBooted, PID: 7, Index: 12, Subject: 6638, Seconds: 1.23, Phase: 4}},
		{"[7] - Worker 2 (pid: 91) terminating", LogLine{Kind: LogWorkerCulled, PID: 7, Index: 2, Subject: 91}},
		{"[7] - Starting phased worker restart, phase: 1", LogLine{Kind: LogPhasedStarted, PID: 7, Phase: 1}},
		{"[7] - Starting worker refork, phase: 2", LogLine{Kind: LogReforkStarted, PID: 7, Phase: 2}},
		{"[7] + Changing to /srv/shop/current", LogLine{Kind: LogDirectory, PID: 7}},
		{"[7] - Stopping 91 for phased upgrade...", LogLine{Kind: LogStopping, PID: 7, Subject: 91}},
		{"[7] - Stopping 91 for refork...", LogLine{Kind: LogStopping, PID: 7, Subject: 91}},
		{"[7] - TERM sent to 91...", LogLine{Kind: LogTermSent, PID: 7, Subject: 91}},
		{"[7] - KILL sent to 91...", LogLine{Kind: LogKillSent, PID: 7, Subject: 91}},
		{"[7] * phased-restart called but not available, restarting normally.", LogLine{Kind: LogNotPhased, PID: 7, Phased: No}},
		{"[7] * refork called but not available.", LogLine{Kind: LogNoRefork, PID: 7, Refork: No}},
		{"[7] - Gracefully shutting down workers...", LogLine{Kind: LogShuttingDown, PID: 7}},
		{"- Gracefully stopping, waiting for requests to finish", LogLine{Kind: LogShuttingDown}},
		{"[7] * Restarting...", LogLine{Kind: LogRestarting, PID: 7}},
		{"[91] ! Unable to start worker", LogLine{Kind: LogWorkerFailed, PID: 91}},
		{"[91] Early termination of worker", LogLine{Kind: LogWorkerEnded, PID: 91}},
		{
			"[7] ! Unable to load application: RuntimeError: this release does not boot",
			LogLine{Kind: LogLoadFailed, PID: 7, Reason: "RuntimeError: this release does not boot"},
		},
		{"[7] ! Terminating timed out worker: 91", LogLine{Kind: LogWorkerTimedOut, PID: 7, Subject: 91}},
		{"[7] ! Terminating timed out worker (worker failed to check in within 60 seconds): 91", LogLine{Kind: LogWorkerTimedOut, PID: 7, Subject: 91}},
		{"[7] ! Terminating timed out worker (worker failed to boot within 60 seconds): 91", LogLine{Kind: LogWorkerBootLimit, PID: 7, Subject: 91}},
		{"[91] ! Detected parent died, dying", LogLine{Kind: LogParentDied, PID: 91}},
		{"[7] === puma shutdown: 2026-11-21 20:51:43 +0000 ===", LogLine{Kind: LogStopped, PID: 7}},
		{"- Goodbye!", LogLine{Kind: LogStopped}},
		{"* Stopping immediately!", LogLine{Kind: LogStopped}},
		{"- Idle timeout reached", LogLine{Kind: LogStopped}},
		{"- All workers reached idle timeout", LogLine{Kind: LogStopped}},

		{"", LogLine{}},
		{"I, [2026-11-21T20:51:43 #7]  INFO -- : Started GET", LogLine{}},
		{"[7] this release does not boot", LogLine{PID: 7}},
		{"[shop] * Restarting...", LogLine{}},
		{"[0x7] * Restarting...", LogLine{}},
		{"so it said: * Restarting...", LogLine{}},
		{"* Restarting... now", LogLine{}},
		{"[99999999999] * Restarting...", LogLine{}},
		{"- Worker 1 (PID: 99999999999) booted, phase: 0", LogLine{Kind: LogWorkerBooted, Index: 1}},
	} {
		got := ParseLogLine(tc.in)
		text := got.Text
		got.Text = ""
		for _, a := range []*Answer{&tc.want.Hot, &tc.want.Phased, &tc.want.Refork} {
			*a = orUnknown(*a)
		}
		if got != tc.want {
			t.Errorf("ParseLogLine(%q)\ngot  %+v\nwant %+v", tc.in, got, tc.want)
		}
		if !strings.HasSuffix(tc.in, text) || got.PID != 0 && strings.HasPrefix(text, "[") {
			t.Errorf("the text of %q is %q", tc.in, text)
		}
	}
}

// Puma logs whole request lines of its control app when one fails inside.
func TestParseLogLineHidesTokens(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`2026-11-21 20:53:14 +0000 Rack app ("GET /stats?token=5f1d7c0e" - (127.0.0.1)): #<NoMethodError>`: `2026-11-21 20:53:14 +0000 Rack app ("GET /stats?token=[token]" - (127.0.0.1)): #<NoMethodError>`,
		"GET /stats?token=5f1d7c0e HTTP/1.0 token=5f1d7c0e":                                                "GET /stats?token=[token] HTTP/1.0 token=[token]",
		"token= token=":            "token= token=",
		"[7] \x1b[31mred\x1b[m  ":  "red",
		"a?token=5f1d\x1b[m7c0e&b": "a?token=[token]&b",
	} {
		if got := ParseLogLine(in).Text; got != want {
			t.Errorf("ParseLogLine(%q) has the text %q, want %q", in, got, want)
		}
	}
}

// recordedLog is the beginning of a recorded log.
func recordedLog(t testing.TB, name string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata/logs", name+".log"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
}

// Every line of a phased restart without load is known in every version.
func TestRecordedLogsAreUnderstood(t *testing.T) {
	t.Parallel()
	files, _ := filepath.Glob("testdata/logs/*.log")
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".log")
		booted := 0
		for _, line := range recordedLog(t, name) {
			l := ParseLogLine(line)
			if l.Kind == LogWorkerBooted {
				booted++
			}
			if l.Kind == LogOther && strings.HasSuffix(name, "-phased-restart") && !isFigure(l.Text) {
				t.Errorf("%s: nothing known of %q", name, line)
			}
		}
		if strings.HasSuffix(name, "-phased-restart") && booted != 4 {
			t.Errorf("%s: %d workers booted, of 2 that were replaced once", name, booted)
		}
	}
}

// isFigure reports whether a banner line only repeats the configuration.
func isFigure(text string) bool {
	for _, word := range []string{"threads: ", "Environment: ", "Process workers: ", "Workers: ", "Ruby version: "} {
		if strings.Contains(text, word) {
			return true
		}
	}
	return false
}

func FuzzParseLogLine(f *testing.F) {
	f.Add("[7] - Worker 12 (PID: 6638) booted in 1.23s, phase: 4")
	f.Add("[7] *     Restarts: (✔) hot (✔) phased (✖) refork")
	f.Add("[91] ! Unable to load application: A::B: c")
	f.Add("GET /stats?token=abc HTTP/1.0")
	f.Fuzz(func(t *testing.T, s string) {
		l := ParseLogLine(s)
		if strings.ContainsAny(l.Text+l.Reason, "\x1b\n\x00\t") {
			t.Fatalf("ParseLogLine(%q) keeps control characters: %+v", s, l)
		}
		if l.PID < 0 || l.Subject < 0 || l.Index < 0 || l.Phase < 0 || l.Seconds < 0 || l.Hot == "" || l.Phased == "" || l.Refork == "" {
			t.Fatalf("ParseLogLine(%q) = %+v", s, l)
		}
	})
}
