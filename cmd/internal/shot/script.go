package shot

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"pumatop/cmd/internal/terminal"
)

// Script is a parsed script file.
type Script struct {
	// Columns and Rows are the size that it begins with, Light its theme, Env what it adds to the environment.
	Columns, Rows int
	Light         bool
	Env           []string
	// Argv is the program with its arguments.
	Argv []string

	patience time.Duration
	steps    []step
}

// step is one line after the head.
type step struct {
	line      int
	verb, arg string
}

// maxSide bounds both sides of the terminal: more than any screen has, and a picture that fits in memory.
const maxSide = 500

// ParseScript reads a script; errors name the line.
func ParseScript(r io.Reader) (Script, error) {
	s := Script{Columns: 120, Rows: 34, patience: 10 * time.Second}
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		verb, arg, _ := strings.Cut(line, " ")
		arg = strings.TrimSpace(arg)
		if arg == "" {
			return Script{}, fmt.Errorf("line %d: %s needs an argument", n, verb)
		}
		parse := s.head
		if s.Argv != nil {
			parse = s.step
		}
		st, err := parse(verb, arg)
		if err != nil {
			return Script{}, fmt.Errorf("line %d: %w", n, err)
		}
		if st.verb != "" {
			st.line = n
			s.steps = append(s.steps, st)
		}
	}
	if err := lines.Err(); err != nil {
		return Script{}, fmt.Errorf("read script: %w", err)
	}
	if s.Argv == nil {
		return Script{}, fmt.Errorf("no program: a script needs a line run PROGRAM")
	}
	return s, nil
}

// head takes one line of the head; it never yields a step.
func (s *Script) head(verb, arg string) (step, error) {
	switch verb {
	case "size":
		var err error
		if s.Columns, s.Rows, err = parseSize(arg); err != nil {
			return step{}, err
		}
	case "theme":
		if arg != "light" && arg != "dark" {
			return step{}, fmt.Errorf("theme %s is neither light nor dark", arg)
		}
		s.Light = arg == "light"
	case "env":
		if !strings.Contains(arg, "=") {
			return step{}, fmt.Errorf("env %s is not NAME=VALUE", arg)
		}
		s.Env = append(s.Env, arg)
	case "patience":
		d, err := time.ParseDuration(arg)
		if err != nil || d <= 0 {
			return step{}, fmt.Errorf("patience %s is not a duration", arg)
		}
		s.patience = d
	case "run":
		s.Argv = strings.Fields(arg)
	default:
		return step{}, fmt.Errorf("%s is no verb of the head, which ends with run", verb)
	}
	return step{}, nil
}

func parseSize(text string) (columns, rows int, err error) {
	if _, err := fmt.Sscanf(text, "%dx%d", &columns, &rows); err != nil || min(columns, rows) < 1 || max(columns, rows) > maxSide {
		return 0, 0, fmt.Errorf("size %s is not COLUMNSxROWS of 1 to %d", text, maxSide)
	}
	return columns, rows, nil
}

func (s *Script) step(verb, arg string) (step, error) {
	switch verb {
	case "wait", "gone", "type":
	case "size":
		if _, _, err := parseSize(arg); err != nil {
			return step{}, err
		}
	case "press":
		for _, k := range strings.Fields(arg) {
			if _, ok := terminal.KeyBytes(k); !ok {
				return step{}, fmt.Errorf("no key is named %s", k)
			}
		}
	case "hold":
		if d, err := time.ParseDuration(arg); err != nil || d <= 0 {
			return step{}, fmt.Errorf("hold %s is not a duration", arg)
		}
	case "snap", "record":
		if ending := map[string]string{"snap": ".png", "record": ".gif"}[verb]; !isFile(arg, ending) {
			return step{}, fmt.Errorf("%s %s is not a name%s", verb, arg, ending)
		}
	default:
		return step{}, fmt.Errorf("%s is no verb", verb)
	}
	return step{verb: verb, arg: arg}, nil
}

// pictures are the files that the script writes.
func (s Script) pictures() []string {
	var names []string
	for _, st := range s.steps {
		if (st.verb == "snap" || st.verb == "record") && !slices.Contains(names, st.arg) {
			names = append(names, st.arg)
		}
	}
	return names
}

// isFile reports a file name with an ending and without a directory.
func isFile(name, ending string) bool {
	return strings.HasSuffix(name, ending) && !strings.ContainsAny(name, `/\`)
}
