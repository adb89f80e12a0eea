package actions

import (
	"strings"

	"pumatop/collector/probe"
)

// startScript starts a unit without waiting: a Type=notify unit would hold systemctl until the boot has ended, and
// one that crashes for ever. A unit that crashed too often is cleared first, or systemd refuses.
func startScript(u probe.Unit) string {
	unit := "'" + strings.ReplaceAll(u.Name, "'", `'\''`) + "'"
	if u.Scope == probe.UserScope {
		return `XDG_RUNTIME_DIR=${XDG_RUNTIME_DIR:-/run/user/$(id -u)}; export XDG_RUNTIME_DIR
systemctl --user reset-failed -- ` + unit + ` 2>/dev/null
systemctl --user --no-block reload-or-restart -- ` + unit + "\n"
	}
	return `if [ "$(id -u)" = 0 ]; then as=; else as='sudo -n'; fi
$as systemctl reset-failed -- ` + unit + ` 2>/dev/null
$as systemctl --no-block --no-ask-password reload-or-restart -- ` + unit + "\n"
}
