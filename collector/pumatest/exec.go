package pumatest

import (
	"fmt"
	"strconv"
	"strings"

	"pumatop/collector/probe"
	"pumatop/collector/remote/sshtest"
)

// execution is a command line that a host is asked to run in a directory.
type execution struct{ mark, dir, command string }

// executed recognises the script of a probe.Exec.
func executed(script string) (e execution, ok bool) {
	_, body, _ := strings.Cut(probe.NewExec(probe.Puma{}, "", "").Script(), "\n")
	words, found := strings.CutSuffix(script, body)
	if !found {
		return e, false
	}
	words = strings.TrimSuffix(words, "\n")
	words, e.command, _ = strings.Cut(words, " command=")
	e.command = strings.ReplaceAll(strings.TrimSuffix(strings.TrimPrefix(e.command, "'"), "'"), `'\''`, "'")
	for _, word := range strings.Fields(words) {
		name, value, _ := strings.Cut(word, "=")
		switch value = strings.Trim(value, "'"); name {
		case "mark":
			e.mark = value
		case "dir":
			e.dir = value
		}
	}
	return e, true
}

// execute is a shell that knows pwd, echo, complain (echo to stderr), exit and hang, one after another.
func (h *Host) execute(s *sshtest.Session, e execution) int {
	status := 0
	for command := range strings.SplitSeq(e.command, ";") {
		verb, rest, _ := strings.Cut(strings.TrimSpace(command), " ")
		switch verb {
		case "pwd":
			fmt.Fprintln(s.Stdout, e.dir)
		case "echo":
			fmt.Fprintln(s.Stdout, rest)
		case "complain":
			fmt.Fprintf(s.Stdout, "%s err %s\n", e.mark, rest)
		case "exit":
			status, _ = strconv.Atoi(rest)
		case "hang":
			<-s.Context.Done()
			return 0
		default:
			fmt.Fprintf(s.Stdout, "%s err sh: 1: %s: not found\n", e.mark, verb)
			status = notFound
		}
	}
	fmt.Fprintf(s.Stdout, "%s exit %d\n", e.mark, status)
	return 0
}
