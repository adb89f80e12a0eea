package sshconfig

import (
	"os/exec"
	"syscall"
)

// isolate gives a command a process group of its own, so that a ctrl-c in the terminal is ours alone, and has
// the whole group killed when its context ends: a Match exec would outlive its ssh otherwise.
func isolate(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
