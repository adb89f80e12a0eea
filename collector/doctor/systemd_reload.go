package doctor

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"pumatop/collector/clean"
)

// reloading is what a reload command does to Puma.
type reloading string

const (
	inPhases reloading = ""
	custom   reloading = "custom"
)

// signals by number, as Linux has them, of those that say something to Puma.
var signals = map[string]string{"1": "HUP", "2": "INT", "3": "QUIT", "10": "USR1", "12": "USR2", "15": "TERM", "20": "TSTP",
	"21": "TTIN", "22": "TTOU", "23": "URG", "9": "KILL", "19": "STOP"}

// does says what a signal leads to that is no phased restart.
var does = map[string]string{
	"USR2": "a full restart: requests wait until the whole application has booted again",
	"TSTP": "all of Puma freezes and answers nothing until it is sent CONT",
	"STOP": "all of Puma freezes and answers nothing until it is sent CONT",
	"HUP":  "Puma opens its log files again, and without stdout_redirect it stops",
	"URG":  "workers are forked anew from the first one, which runs the old code",
	"TERM": "Puma stops", "INT": "Puma stops", "QUIT": "Puma dies", "KILL": "Puma dies with all its requests",
	"TTIN": "one more worker is started", "TTOU": "one worker is taken away",
}

// reloadArgv are the command lines of ExecReload, as systemctl shows them: one a line.
func reloadArgv(shown string) []string {
	var out []string
	for line := range strings.SplitSeq(shown, "\n") {
		for rest := line; ; {
			_, after, ok := strings.Cut(rest, "argv[]=")
			if !ok {
				if rest == line && strings.TrimSpace(line) != "" {
					out = append(out, strings.TrimSpace(line))
				}
				break
			}
			argv, tail, _ := strings.Cut(after, " ; ignore_errors=")
			out = append(out, strings.TrimSpace(strings.TrimSuffix(argv, " }")))
			rest = tail
		}
	}
	return out
}

func execReload(v unitView) Answer {
	shown := v.ExecReload
	if s, ok := v.property("ExecReload"); ok {
		shown = s
	}
	commands := reloadArgv(shown)
	remedy := v.dropIn("exec-reload", []string{"ExecReload=", "ExecReload=/bin/kill -USR1 $MAINPID"})
	if len(commands) == 0 {
		e := v.show("ExecReload", "")
		if start, ok := v.last("Service", "ExecStart"); ok {
			e = Evidence{File: start.File, Line: start.Line, Text: clean.Short(hushed(start.String()), maxLine) + " (no ExecReload)"}
		}
		return found("the unit has no ExecReload", remedy, e)
	}
	e := v.evidence("ExecReload", "ExecReload", strings.Join(commands, " ; "))
	for _, argv := range commands {
		what, why := reloadOf(argv)
		switch {
		case what == custom:
			return unknown(fmt.Sprintf("what %q does is not in the unit", clean.Short(hushed(argv), 80)))
		case what != inPhases:
			a := found("ExecReload "+why, remedy, e)
			a.Consequence = "systemctl reload is no phased restart: " + string(what) + "."
			return a
		}
		if strings.Contains(argv, "MAINPID") && v.wrapped() {
			return v.wrappedReload(e)
		}
	}
	return ok(e)
}

// wrapped reports whether systemd's main process is another one than Puma's master.
func (v unitView) wrapped() bool {
	return v.MainPID > 0 && v.target.Puma.PID > 0 && v.MainPID != v.target.Puma.PID
}

func (v unitView) wrappedReload(e Evidence) Answer {
	a := found(fmt.Sprintf("ExecReload signals process %d, which started Puma and is not its master, %d", v.MainPID, v.target.Puma.PID),
		v.execRemedy("exec-reload"), e, v.show("MainPID", fmt.Sprint(v.MainPID)))
	a.Consequence = "systemctl reload sends the signal to the shell around Puma, which dies of it, and the unit with it."
	return a
}

// execRemedy has the shell around Puma make way for it.
func (v unitView) execRemedy(name string) string {
	start, _ := v.last("Service", "ExecStart")
	text := start.Text // what systemctl shows has lost its quotes
	at := -1
	for _, flag := range [...]string{" -lc ", " -ic ", " -lic ", " -c "} {
		if i := strings.Index(text, flag); i >= 0 && strings.Contains(text[:i], "sh") {
			at = i + len(flag)
			break
		}
	}
	if at < 0 || hushed(text) != text || strings.Contains(text, hidden) || strings.Contains(text, "exec puma") && !strings.Contains(text, "bundle exec puma") {
		return "# start Puma with exec, so that it takes the place of what starts it:\nExecStart=/bin/sh -c 'exec bundle exec puma -C config/puma.rb'"
	}
	quoted := at < len(text) && (text[at] == '\'' || text[at] == '"')
	if quoted {
		at++
	}
	// behind the last && or ; the command is that of Puma
	command := text[at:]
	for _, sep := range [...]string{"&&", ";"} {
		if i := strings.LastIndex(command, sep); i >= 0 {
			at += i + len(sep)
			command = text[at:]
		}
	}
	at += len(command) - len(strings.TrimLeft(command, " "))
	return v.dropIn(name, []string{"ExecStart=", "ExecStart=" + text[:at] + "exec " + text[at:]}, v.restart())
}

// reloadOf says what a command does, and how to say so: "sends TSTP".
func reloadOf(argv string) (what reloading, why string) {
	words := strings.Fields(argv)
	shell := slices.ContainsFunc(words, isShell)
	for i, w := range words {
		switch path.Base(strings.Trim(w, `"'-@+!:`)) {
		case "kill", "pkill":
			return killOf(words[i+1:], shell)
		case "pumactl":
			return pumactlOf(words[i+1:])
		case "touch":
			return reloading(does["USR2"]), "touches a file, at which a plug-in restarts Puma"
		case "true", "echo":
			return "nothing happens, and the deploy believes that it did", "does nothing"
		}
	}
	return custom, ""
}

func isShell(w string) bool {
	return slices.Contains([]string{"sh", "bash", "dash", "zsh", "ksh", "rvm-shell"}, path.Base(strings.Trim(w, "-@+!:")))
}

func killOf(words []string, shell bool) (reloading, string) {
	signal, target := killWords(words)
	if !shell && strings.ContainsAny(target, "`|") || !shell && strings.Contains(target, "$(") {
		return "systemd runs no shell, so that the words are taken as they stand and the command fails", "needs a shell, and there is none"
	}
	if signal == "USR1" {
		return inPhases, ""
	}
	what := does[signal]
	if what == "" {
		return custom, ""
	}
	return reloading(what), "sends " + signal
}

// killWords are the signal that kill sends and whom it sends it to.
func killWords(words []string) (signal, target string) {
	signal = "TERM"
	var rest []string
	for i := 0; i < len(words); i++ {
		w := strings.Trim(words[i], `"'`)
		name, flag := strings.CutPrefix(w, "-")
		long, isLong := strings.CutPrefix(w, "--signal=")
		switch {
		case slices.Contains([]string{"-s", "-n", "--signal"}, w) && i+1 < len(words):
			i++
			signal = strings.Trim(words[i], `"'`)
		case isLong:
			signal = long
		case flag && len(rest) == 0 && isSignal(name):
			signal = name
		default:
			rest = append(rest, w)
		}
	}
	return signalName(signal), strings.Join(rest, " ")
}

func isSignal(s string) bool {
	name := signalName(s)
	return name == "USR1" || does[name] != ""
}

// signalName is a signal without SIG, by name.
func signalName(s string) string {
	s = strings.TrimPrefix(strings.ToUpper(s), "SIG")
	if name, ok := signals[s]; ok {
		return name
	}
	return s
}

func pumactlOf(words []string) (reloading, string) {
	for _, w := range words {
		switch w = strings.Trim(w, `"'`); w {
		case "phased-restart":
			return inPhases, ""
		case "restart":
			return reloading(does["USR2"]), "asks pumactl for a full restart"
		case "stop", "halt":
			return "Puma stops", "asks pumactl to " + w
		case "refork":
			return reloading(does["URG"]), "asks pumactl to refork"
		case "reload-worker-directory":
			return "workers stay as they are until something else restarts them", "asks pumactl for the directory alone"
		}
	}
	return custom, ""
}
