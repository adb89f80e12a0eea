package sshconfig

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"time"

	"pumatop/collector/clean"
)

// askLimit bounds one `ssh -G`: a Match exec may run anything.
const askLimit = 10 * time.Second

// readLimit is how long its output may last when it has ended. On a busy machine it takes us a while to read it.
const readLimit = 5 * time.Second

// Error is what ssh says against a configuration, in its own words.
type Error struct {
	Host string
	Text string // ssh's message with file and line, cleaned
	// TimedOut is set when ssh did not answer in time, which a slow Match exec can do.
	TimedOut bool
}

func (e *Error) Error() string { return "read ssh configuration for " + e.Host + ": " + e.Text }

// Query is the host as it was asked for. User, Port and File (ssh's -l, -p and -F) are empty where not given. Set are
// lines of a configuration, "Keyword=value", that come before its files, as with ssh's -o; User and Port come first.
type Query struct {
	Host, User, Port, File string
	Set                    []string
	// Further is set where somebody waits for the answer who has had one to a first question, as for a jump host's: it is
	// not put behind the first questions of a thousand others.
	Further bool
}

// Options are the query's options on ssh's command line.
func (q Query) Options() []string {
	var args []string
	for _, option := range [][2]string{{"-F", q.File}, {"-l", q.User}, {"-p", q.Port}} {
		if option[1] != "" {
			args = append(args, option[0], option[1])
		}
	}
	for _, line := range q.Set {
		args = append(args, "-o", line)
	}
	return args
}

// Client asks the installed ssh. It is safe for concurrent use and runs at most one ssh per CPU at a time for first
// questions, and as many for further ones.
type Client struct {
	path           string
	first, further chan struct{}

	once, onceSystem, onceRelease sync.Once

	defaults, system Config
	release          Release
}

// NewClient uses the ssh at path, or the one on PATH where path is empty. The error is exec.ErrNotFound where there
// is none.
func NewClient(path string) (*Client, error) {
	if path == "" {
		path = "ssh"
	}
	found, err := exec.LookPath(path)
	if err != nil {
		return nil, fmt.Errorf("find ssh: %w", err)
	}
	atOnce := runtime.NumCPU()
	return &Client{path: found, first: make(chan struct{}, atOnce), further: make(chan struct{}, atOnce)}, nil
}

// Ask returns the configuration for a host. The host's name is an argument after "--" and never read as an option.
// The error is an *[Error] where ssh refuses the configuration or the name.
func (c *Client) Ask(ctx context.Context, q Query) (Config, error) {
	slots := c.first
	if q.Further {
		slots = c.further
	}
	config, err := c.run(ctx, slots, q.Host, q.Options()...)
	if err == nil && config.names("%C") { // its making differs by version
		var again Config
		if again, err = c.run(ctx, c.further, q.Host, append([]string{"-o", "ControlPath=/%C"}, q.Options()...)...); err == nil {
			config[connectionKey] = []string{strings.TrimPrefix(again.Get("controlpath"), "/")}
		}
	}
	return config, err
}

// names reports whether a value that is left to be expanded has a token.
func (c Config) names(token string) bool {
	for _, keyword := range []string{"identityfile", "certificatefile", "proxycommand", "knownhostscommand"} {
		for _, v := range c[keyword] {
			if strings.Contains(v, token) {
				return true
			}
		}
	}
	return false
}

// Path is where the installed ssh is.
func (c *Client) Path() string { return c.path }

// Defaults is the configuration of this ssh without any file. It is empty where ssh cannot tell, and then nothing
// counts as changed or everything does: callers ask Changed only for keywords that the configuration has.
func (c *Client) Defaults(ctx context.Context) Config {
	c.once.Do(func() {
		// A caller that gives up must not leave the others without an answer for good.
		c.defaults, _ = c.run(context.WithoutCancel(ctx), c.further, "localhost", "-F", "none")
	})
	return c.defaults
}

// systemFile is the configuration of the whole machine.
const systemFile = "/etc/ssh/ssh_config"

// System is the configuration that this machine has for everybody, without the user's: what it sets says nothing of
// what the user wants. It is that of Defaults where there is no such file.
func (c *Client) System(ctx context.Context) Config {
	c.onceSystem.Do(func() {
		var err error
		if c.system, err = c.run(context.WithoutCancel(ctx), c.further, "localhost", "-F", systemFile); err != nil {
			c.system = c.Defaults(ctx)
		}
	})
	return c.system
}

func (c *Client) run(ctx context.Context, slots chan struct{}, host string, options ...string) (Config, error) {
	select {
	case slots <- struct{}{}:
		defer func() { <-slots }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	limited, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	args := append([]string{"-G", "-T"}, options...)
	cmd := exec.CommandContext(limited, c.path, append(args, "--", host)...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	isolate(cmd)
	cmd.WaitDelay = readLimit
	err := cmd.Run()
	switch {
	case err == nil:
		return Parse(stdout.Bytes()), nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case limited.Err() != nil:
		return nil, &Error{Host: clean.Line(host), TimedOut: true,
			Text: fmt.Sprintf("ssh -G did not answer within %s (a Match exec that hangs?)", askLimit)}
	case errors.Is(err, exec.ErrWaitDelay):
		return nil, &Error{Host: clean.Line(host), TimedOut: true,
			Text: fmt.Sprintf("ssh -G has ended, and something that it started still held its output after %s", readLimit)}
	}
	return nil, &Error{Host: clean.Line(host), Text: complaint(stderr.String(), err)}
}

// complaint is the text of ssh's complaint, without the closing line that only counts the bad options.
func complaint(stderr string, err error) string {
	var kept []string
	for _, line := range clean.Lines(stderr) {
		if line != "" && !strings.Contains(line, "terminating, ") {
			kept = append(kept, line)
		}
	}
	if len(kept) == 0 {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			return "ssh -G ended with " + exit.String()
		}
		return err.Error()
	}
	return clean.Short(strings.Join(kept, "; "), 500)
}
