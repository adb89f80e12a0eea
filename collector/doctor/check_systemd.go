package doctor

// Where systemd and Puma say so.
const (
	manService = "https://www.freedesktop.org/software/systemd/man/latest/systemd.service.html"
	manExec    = "https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html"
	manKill    = "https://www.freedesktop.org/software/systemd/man/latest/systemd.kill.html"
	manSocket  = "https://www.freedesktop.org/software/systemd/man/latest/systemd.socket.html"
	manCtl     = "https://www.freedesktop.org/software/systemd/man/latest/systemctl.html"
	manLogind  = "https://www.freedesktop.org/software/systemd/man/latest/loginctl.html"
	manPAM     = "https://www.freedesktop.org/software/systemd/man/latest/pam_systemd.html"
	pumaUnits  = "https://github.com/puma/puma/blob/main/docs/systemd.md"
	pumaSignal = "https://github.com/puma/puma/blob/main/docs/signals.md"
)

func systemdChecks() []Check {
	return []Check{
		{ID: "systemd.exec-reload", Severity: Blocks, Asks: "systemctl reload restarts in phases", run: onUnit(execReload),
			Consequence: "Without a reload command systemctl reload fails, and reload-or-restart stops Puma and starts it again: " +
				"requests fail until it has booted.",
			Link: manService + "#ExecReload="},
		{ID: "systemd.inactive", Severity: Blocks, Asks: "the unit runs", run: onUnit(inactive),
			Consequence: "Nothing serves. systemctl reload fails on a unit that is not active; reload-or-restart starts it.",
			Link:        manCtl + "#reload%20PATTERN%E2%80%A6"},
		{ID: "systemd.failing", Severity: Blocks, Asks: "the unit starts without failing", run: onUnit(failing),
			Consequence: "Puma comes up and goes down again: requests fail in between, and after a few tries systemd gives up.",
			Link:        manService + "#Restart="},
		{ID: "systemd.unit", Severity: Risks, Asks: "runs in a unit", run: unitFound,
			Consequence: "Nothing starts Puma again when it dies or when the host boots, and there is no unit for a deploy to reload.",
			Link:        pumaUnits},
		{ID: "systemd.enabled", Severity: Risks, Asks: "starts with the host", run: onUnit(enabled),
			Consequence: "After the next boot of the host Puma does not run.",
			Link:        manCtl + "#enable%20UNIT%E2%80%A6"},
		{ID: "systemd.daemon-reload", Severity: Risks, Asks: "systemd knows the files as they are", run: onUnit(daemonReload),
			Consequence: "What was changed in the files does not count yet; it will from the next daemon-reload on, whoever runs that.",
			Link:        manCtl + "#daemon-reload"},
		{ID: "systemd.type", Severity: Risks, Asks: "Type fits Puma", run: onUnit(unitType),
			Consequence: "systemd does not know when Puma is ready.",
			Link:        manService + "#Type="},
		{ID: "systemd.notify-access", Severity: Risks, Asks: "Puma's notifications are heard", run: onUnit(notifyAccess),
			Consequence: "systemd throws away what Puma reports: a start never ends and is broken off, and the watchdog hears nothing.",
			Link:        manService + "#NotifyAccess="},
		{ID: "systemd.watchdog", Severity: Risks, Asks: "the watchdog outlasts a restart", run: onUnit(watchdog),
			Consequence: "Puma pings only half of WatchdogSec after it is up again: systemd takes it for hung and kills it with all its requests.",
			Link:        manService + "#WatchdogSec="},
		{ID: "systemd.restart", Severity: Risks, Asks: "systemd starts it again", run: onUnit(restartPolicy),
			Consequence: "When Puma's master dies, nothing serves until somebody notices.",
			Link:        manService + "#Restart="},
		{ID: "systemd.timeout-stop", Severity: Risks, Asks: "a stop waits for requests", run: onUnit(timeoutStop),
			Consequence: "When the unit is stopped or restarted, systemd kills Puma before its workers have finished their requests.",
			Link:        manService + "#TimeoutStopSec="},
		{ID: "systemd.working-directory", Severity: Risks, Asks: "starts where the current release is", run: onUnit(workingDirectory),
			Consequence: "A restart runs the code of that release whatever was deployed since, and fails once the deploy has removed it.",
			Link:        manExec + "#WorkingDirectory="},
		{ID: "systemd.private-tmp", Severity: Advice, Asks: "its sockets can be reached", run: onUnit(privateTmp),
			Consequence: "The unit has a /tmp of its own: pumactl and others outside of it find no control socket there.",
			Link:        manExec + "#PrivateTmp="},
		{ID: "systemd.socket-activation", Severity: Risks, Asks: "systemd's sockets are Puma's", run: onUnit(socketActivation),
			Consequence: "Connections to a socket that systemd opened and Puma does not serve wait and are never answered.",
			Link:        manSocket},
		{ID: "systemd.linger", Severity: Risks, Asks: "a user unit outlives the session", run: onUnit(linger),
			Consequence: "The unit stops when the last session of its user ends, and does not start with the host.",
			Link:        manLogind},
		{ID: "systemd.runtime-dir", Severity: Risks, Asks: "systemctl --user works over SSH", run: onUnit(runtimeDir),
			Consequence: "systemctl --user does not find the user's manager: a deploy can neither reload nor start the unit.",
			Link:        manPAM + "#%24XDG_RUNTIME_DIR"},
	}
}
