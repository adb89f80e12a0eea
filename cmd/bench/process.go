package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// fleetProcess is the simulated fleet in its own process.
type fleetProcess struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines *bufio.Scanner
	dir   string
}

func startFleet(s scene, dir string) (*fleetProcess, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	// What other machines do must not keep pumatop from a processor: they take what it leaves, one of them at the most.
	f := &fleetProcess{cmd: exec.Command("nice", append([]string{"-n", "19", self, "serve", "-dir", dir}, s.args()...)...), dir: dir}
	f.cmd.Env, f.cmd.Stderr = append(os.Environ(), "GOMAXPROCS=1"), os.Stderr
	if f.in, err = f.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := f.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	f.lines = bufio.NewScanner(out)
	f.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := f.cmd.Start(); err != nil {
		return nil, err
	}
	// Where Linux groups processes by session, a nice process is that among those of its own only. Without such groups there
	// is no such file.
	_ = os.WriteFile(fmt.Sprintf("/proc/%d/autogroup", f.cmd.Process.Pid), []byte("19"), 0)
	if _, err := f.line(); err != nil {
		return nil, err
	}
	return f, nil
}

func (f *fleetProcess) line() (string, error) {
	if !f.lines.Scan() {
		return "", errors.Join(errors.New("the fleet's process has ended"), f.lines.Err())
	}
	return f.lines.Text(), nil
}

func (f *fleetProcess) begin() error {
	if _, err := io.WriteString(f.in, "begin\n"); err != nil {
		return err
	}
	_, err := f.line()
	return err
}

func (f *fleetProcess) report() (c counts, err error) {
	if _, err = io.WriteString(f.in, "report\n"); err != nil {
		return c, err
	}
	text, err := f.line()
	if err != nil {
		return c, err
	}
	return c, json.Unmarshal([]byte(text), &c)
}

func (f *fleetProcess) close() {
	_ = f.in.Close()
	_ = f.cmd.Wait()
}

// names are the hosts in their order, as the configuration has them.
func (f *fleetProcess) names() ([]string, error) {
	text, err := os.ReadFile(filepath.Join(f.dir, "config"))
	if err != nil {
		return nil, err
	}
	var names []string
	for line := range strings.Lines(string(text)) {
		name, ok := strings.CutPrefix(strings.TrimSpace(line), "Host ")
		if ok && strings.HasSuffix(name, ".shop") && !strings.Contains(name, "*") {
			names = append(names, name)
		}
	}
	return names, nil
}

// clockTicks is USER_HZ, which is 100 on every Linux there is.
const clockTicks = 100

// cpu is the CPU time of a process so far, user and system, with that of its children that have ended (ssh -G).
func cpu(pid int) (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	f := strings.Fields(rest)
	if len(f) < 15 {
		return 0, errors.New("a process's stat makes no sense")
	}
	var ticks int64
	for _, text := range f[11:15] {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	return time.Duration(ticks) * time.Second / clockTicks, nil
}

// memory is the resident memory of a process in bytes: now and at its highest.
func memory(pid int) (now, highest int64, err error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, 0, err
	}
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(line)
		if len(f) < 2 {
			continue
		}
		switch n, _ := strconv.ParseInt(f[1], 10, 64); f[0] {
		case "VmRSS:":
			now = n << 10
		case "VmHWM:":
			highest = n << 10
		}
	}
	return now, highest, nil
}

// busy says how busy the machine is: what was measured on a busy one is worse than it need be.
func busy() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	f := strings.Fields(string(text))
	return fmt.Sprintf("load average %s, %d cores", strings.Join(f[:min(3, len(f))], " "), runtime.NumCPU())
}
