package pumatest

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"strconv"
	"strings"

	"pumatop/collector/remote/sshtest"
)

// command is one that changes something on a host.
type command struct {
	systemctl bool
	// verb is systemctl's, "kill" for a signal.
	verb, unit    string
	user, noBlock bool
	signal        string // without SIG
	pid           int
}

// commandError is a failure in the words of the program that fails, which are not written as Go's are.
type commandError struct {
	text   string
	status int
}

func (e *commandError) Error() string { return e.text }

func failed(status int, format string, args ...any) error {
	return &commandError{text: fmt.Sprintf(format, args...), status: status}
}

// commands carries out the commands of a script, each once: what tries again with sudo what has just been refused would
// else be carried out twice. Its status is that of the last, as a shell's is.
func (h *Host) commands(s *sshtest.Session) int {
	status := notFound
	seen := map[command]bool{}
	for line := range strings.Lines(s.Command) {
		for _, c := range commandsIn(line) {
			if seen[c] {
				continue
			}
			seen[c] = true
			status = 0
			var failure *commandError
			if errors.As(h.carryOut(c), &failure) {
				_, _ = fmt.Fprintln(s.Stderr, failure.text)
				status = failure.status
			}
		}
	}
	return status
}

func (h *Host) carryOut(c command) (err error) {
	h.t.do(func() {
		if !c.systemctl {
			err = h.kill(c.signal, c.pid)
			return
		}
		for _, p := range h.pumas {
			if p.c.Unit == c.unit && p.c.UserUnit == c.user {
				err = p.systemctl(c)
				return
			}
		}
		err = notThere(c.verb, c.unit)
	})
	return err
}

// separators end a command in a line of shell.
var separators = regexp.MustCompile(`&&|\|\|?|[;()]|\s&\s`)

// leading are words that may stand before a command: it is carried out all the same.
var leading = regexp.MustCompile(`^(if|then|else|elif|while|do|!|\{|exec|env|sudo|timeout|-n|--|\d+s?|\$\w+|\w+=.*)$`)

// commandsIn finds what acts in a line of shell: `systemctl [OPTION]... VERB [--] UNIT` and `kill -s NAME -- PID`.
func commandsIn(line string) []command {
	var out []command
	for _, part := range separators.Split(line, -1) {
		words := strings.Fields(strings.NewReplacer("'", "", `"`, "").Replace(part))
		for len(words) > 0 && leading.MatchString(words[0]) {
			words = words[1:]
		}
		if len(words) < 2 {
			continue
		}
		c, ok := command{}, false
		switch path.Base(words[0]) {
		case "systemctl":
			c, ok = systemctlCommand(words[1:])
		case "kill":
			c, ok = killCommand(words[1:])
		}
		if ok {
			out = append(out, c)
		}
	}
	return out
}

func systemctlCommand(words []string) (command, bool) {
	c := command{systemctl: true}
	for i := 0; i < len(words); i++ {
		switch word := words[i]; {
		case word == "--user":
			c.user = true
		case word == "--no-block":
			c.noBlock = true
		case word == "-s" && i+1 < len(words):
			i++
			c.signal = strings.TrimPrefix(words[i], "SIG")
		case strings.HasPrefix(word, "--signal="):
			c.signal = strings.TrimPrefix(strings.TrimPrefix(word, "--signal="), "SIG")
		case strings.HasPrefix(word, "-"), strings.ContainsAny(word, "<>"):
		case c.verb == "":
			c.verb = word
		case c.unit == "":
			c.unit = word
			if !strings.Contains(word, ".") {
				c.unit += ".service"
			}
		}
	}
	return c, c.unit != ""
}

func killCommand(words []string) (command, bool) {
	c := command{verb: "kill"}
	for i := 0; i < len(words); i++ {
		switch word := words[i]; {
		case word == "-s" && i+1 < len(words):
			i++
			c.signal = strings.TrimPrefix(words[i], "SIG")
		case word == "--", strings.ContainsAny(word, "<>"):
		case strings.HasPrefix(word, "-"):
			c.signal = strings.TrimPrefix(strings.TrimPrefix(word, "-"), "SIG")
		default:
			c.pid, _ = strconv.Atoi(word)
		}
	}
	return c, c.pid > 0 && c.signal != "" && c.signal != "0"
}

// kill is what the shell's own kill does: to a master, or to one of its workers.
func (h *Host) kill(signal string, pid int) error {
	for _, p := range h.pumas {
		w := p.process(pid)
		switch {
		case p.life == down || w == nil && pid != p.pid:
			continue
		case p.c.ForeignUser:
			return failed(1, "sh: 1: kill: Operation not permitted\n")
		case pid == p.pid:
			p.signal(signal)
		default:
			p.signalWorker(w, signal)
		}
		return nil
	}
	return failed(1, "sh: 1: kill: No such process\n")
}
