package actions

import (
	"fmt"
	"strings"

	"pumatop/collector/probe"
	"pumatop/collector/puma"
)

// commandOf is what the control app is asked for.
func commandOf(k Kind) puma.Command {
	switch k {
	case Restart:
		return puma.Restart
	case Refork:
		return puma.Refork
	case Collect:
		return puma.GC
	case Stop:
		return puma.Stop
	}
	return puma.PhasedRestart
}

// signalOf is the signal of an action: to the master, but for Recycle, which is about a worker.
func signalOf(k Kind) string {
	switch k {
	case Restart:
		return "USR2"
	case Refork:
		return "URG"
	case AddWorker:
		return "TTIN"
	case RemoveWorker:
		return "TTOU"
	case Recycle, Stop:
		return "TERM"
	}
	return "USR1"
}

// verbOf is what systemctl is asked for; empty where it has to pass a signal on.
func verbOf(k Kind) string {
	switch k {
	case Reload:
		return "reload"
	case Restart:
		return "restart"
	case Start:
		return "reload-or-restart"
	case Stop:
		return "stop"
	}
	return ""
}

// requestOf is a step's request as an operator would type it.
func requestOf(step Step) string {
	u := step.Before.Facts().Unit
	switch step.Via {
	case ViaControl:
		return "GET /" + string(commandOf(step.Kind))
	case ViaSignal:
		kill := fmt.Sprintf("kill -%s %d", signalOf(step.Kind), signalled(step))
		if c := step.Before.Facts().Container; c.ID != "" {
			return c.Engine + " exec " + c.Name + " " + kill
		}
		return kill
	}
	words := []string{"systemctl"}
	if u.Scope == probe.UserScope {
		words = append(words, "--user")
	}
	if verb := verbOf(step.Kind); verb != "" {
		words = append(words, verb)
	} else {
		words = append(words, "kill", "--kill-who=main", "-s", "SIG"+signalOf(step.Kind))
	}
	return strings.Join(append(words, u.Name), " ")
}

// signalled is the process that a step's signal goes to.
func signalled(step Step) int {
	if step.Kind == Recycle {
		return step.PID
	}
	return step.Before.Facts().PID
}

// scriptOf is a step's request as a script for the host. It never waits for what it began: systemctl would be held by
// a Type=notify unit until the restart has ended, and by one that does not boot for ever.
func scriptOf(step Step) string {
	if step.Via == ViaSignal {
		if c := step.Before.Facts().Container; c.ID != "" {
			return c.In(signalScript(step))
		}
		return signalScript(step)
	}
	u := step.Before.Facts().Unit
	unit := quote(u.Name)
	options, args := "--no-block ", verbOf(step.Kind)+" -- "+unit
	if verbOf(step.Kind) == "" {
		options, args = "", "kill --kill-who=main -s SIG"+signalOf(step.Kind)+" -- "+unit
	}
	var script string
	if step.Kind == Start || step.Kind == Restart && step.Remedy {
		// Systemd starts nothing that crashed too often before it is told to forget that, and with --no-block says
		// nothing of it; the crash before the one too many may have been the last. Where there is nothing to forget it
		// fails, which does not matter.
		script = "(\n" + systemctl(u, "", "reset-failed -- "+unit) + ") 2>/dev/null\n"
	}
	return script + systemctl(u, options, args)
}

// systemctl runs a command of systemctl and ends the script where it fails. Of the system's manager a login may be
// denied it: then, and only then, sudo is tried, and never with a password.
func systemctl(u probe.Unit, options, args string) string {
	if u.Scope == probe.UserScope {
		command := "systemctl --user " + options + args
		own := "XDG_RUNTIME_DIR=${XDG_RUNTIME_DIR:-/run/user/$(id -u)}; export XDG_RUNTIME_DIR\n" + command + " || exit\n"
		if u.Manager == 0 {
			return own
		}
		return fmt.Sprintf("if [ \"$(id -u)\" = 0 ]; then\nsetpriv --reuid=%d --regid=%d --clear-groups env XDG_RUNTIME_DIR=/run/user/%d %s || exit\nelse\n%sfi\n",
			u.Manager, u.Manager, u.Manager, command, own)
	}
	command := "systemctl --no-ask-password " + options + args
	return fmt.Sprintf(`said=$(%s 2>&1) || case $said in
*[Aa]uthenticat*|*[Dd]enied*|*ermission*|*permitted*) sudo -n %s || exit ;;
*) status=$?; printf '%%s\n' "$said" >&2; exit "$status" ;;
esac
`, command, command)
}

// signalScript looks at the process before it is signalled: a pid may have passed to another program since.
func signalScript(step Step) string {
	title, what := "'puma '[0-9]*", "master"
	if step.Kind == Recycle {
		title, what = fmt.Sprintf("'puma: cluster worker %d: %d '*", step.Worker, step.Before.Facts().PID), "worker"
	}
	pid := signalled(step)
	return fmt.Sprintf(`case $(tr '\000' ' ' </proc/%d/cmdline) in
%s) kill -s %s -- %d ;;
*) echo "process %d is no %s of Puma's any more" >&2; exit 1 ;;
esac
`, pid, title, signalOf(step.Kind), pid, pid, what)
}

// quote makes one word of sh.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
