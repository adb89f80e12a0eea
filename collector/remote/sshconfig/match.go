package sshconfig

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"time"

	"pumatop/collector/remote/wildcard"
)

// match judges the conditions of a Match. One that it does not know makes the block not apply, whatever the others.
func (e *evaluation) match(words []string, at string) bool {
	result := true
	for i := 0; i < len(words); i++ {
		word, negated := strings.CutPrefix(words[i], "!")
		keyword, argument, joined := strings.Cut(word, "=")
		keyword = strings.ToLower(keyword)
		switch keyword {
		case "all":
			if i+1 < len(words) || i > 0 && !alone(words[:i]) {
				e.fail("%s: all stands alone in a Match", at)
			}
			return result && !negated
		case "canonical", "final":
			e.wantFinal = e.wantFinal || keyword == "final"
			result = result && e.final != negated
			continue
		}
		if !joined {
			if i++; i == len(words) {
				e.fail("%s: Match %s has no value", at, keyword)
				return false
			}
			argument = words[i]
		}
		holds, known := e.condition(keyword, argument, result, at)
		if !known {
			e.warn("%s: Match %s is not known to pumatop; the block does not apply", at, keyword)
			return false
		}
		result = result && holds != negated
	}
	return result
}

// alone reports whether conditions are those that `all` may follow.
func alone(words []string) bool {
	for _, w := range words {
		switch strings.ToLower(strings.TrimPrefix(w, "!")) {
		case "canonical", "final":
		default:
			return false
		}
	}
	return true
}

// condition judges one condition with a value. A command runs only where it still matters (worth).
func (e *evaluation) condition(keyword, argument string, worth bool, at string) (holds, known bool) {
	patterns := strings.Split(argument, ",")
	switch keyword {
	case "host":
		return matchHosts(patterns, e.hostname()), true
	case "originalhost":
		return matchHosts(patterns, e.query.Host), true
	case "user":
		return wildcard.List(patterns, e.soFar().Get("user")), true
	case "localuser":
		return wildcard.List(patterns, e.localUser), true
	case "tagged":
		return wildcard.List(patterns, e.config.Get("tag")), true
	case "command": // `ssh HOST` has none
		return wildcard.List(patterns, ""), true
	case "sessiontype":
		return wildcard.List(patterns, "shell"), true
	case "localnetwork":
		holds, err := e.inNetwork(patterns)
		if err != nil {
			e.fail("%s: Match localnetwork: %w", at, err)
		}
		return holds, true
	case "exec":
		return worth && e.succeeds(argument, at), true
	}
	return false, false
}

// inNetwork reports whether an address of this machine lies in one of the networks.
func (e *evaluation) inNetwork(networks []string) (bool, error) {
	var prefixes []netip.Prefix
	for _, n := range networks {
		p, err := netip.ParsePrefix(n)
		if err != nil {
			a, err := netip.ParseAddr(n)
			if err != nil {
				return false, err
			}
			p = netip.PrefixFrom(a, a.BitLen())
		}
		prefixes = append(prefixes, p)
	}
	addrs, err := e.names.local()
	if err != nil {
		return false, err
	}
	for _, a := range addrs {
		for _, p := range prefixes {
			if p.Contains(a) {
				return true, nil
			}
		}
	}
	return false, nil
}

// succeeds runs the command of a Match exec as ssh does: by the user's shell, in its tokens, without input or output.
func (e *evaluation) succeeds(command, at string) bool {
	expanded, err := e.soFar().ExpandTokens(command, e.query.Host, nil)
	if err != nil {
		e.fail("%s: Match exec: %w", at, err)
		return false
	}
	shell := os.Getenv("SHELL")
	if shell == "" {
		shell = "/bin/sh"
	}
	limited, cancel := context.WithTimeout(e.ctx, askLimit)
	defer cancel()
	cmd := exec.CommandContext(limited, shell, "-c", expanded)
	isolate(cmd)
	cmd.WaitDelay = time.Second
	err = cmd.Run()
	var status *exec.ExitError
	switch {
	case err == nil:
		return true
	case e.ctx.Err() != nil:
		e.fail("%w", context.Cause(e.ctx))
	case limited.Err() != nil:
		e.fail("%s: Match exec did not end within %s", at, askLimit)
	case !errors.As(err, &status):
		e.fail("%s: Match exec: %w", at, err)
	}
	return false
}

// matchHosts reports whether one of the patterns matches and none that is negated does, in letters of either case.
func matchHosts(patterns []string, s string) bool {
	lower := make([]string, len(patterns))
	for i, p := range patterns {
		lower[i] = strings.ToLower(p)
	}
	return wildcard.List(lower, strings.ToLower(s))
}

// names is what the evaluator asks the machine for.
type names interface {
	// canonical resolves a name and returns the name that it stands for, as far as is known.
	canonical(ctx context.Context, name string) (cname string, err error)
	// local are the addresses of this machine's interfaces that are up.
	local() ([]netip.Addr, error)
}

type systemNames struct{}

func (systemNames) canonical(ctx context.Context, name string) (string, error) {
	limited, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	if _, err := net.DefaultResolver.LookupHost(limited, name); err != nil {
		return "", err
	}
	cname, err := net.DefaultResolver.LookupCNAME(limited, name)
	if err != nil {
		return "", nil //nolint:nilerr // the name resolves, and that it has no other is fine
	}
	return strings.TrimSuffix(cname, "."), nil
}

func (systemNames) local() ([]netip.Addr, error) {
	interfaces, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	var found []netip.Addr
	for _, i := range interfaces {
		if i.Flags&net.FlagUp == 0 {
			continue
		}
		addrs, err := i.Addrs()
		if err != nil {
			return nil, err
		}
		for _, a := range addrs {
			if p, err := netip.ParsePrefix(a.String()); err == nil {
				found = append(found, p.Addr().Unmap())
			}
		}
	}
	return found, nil
}
