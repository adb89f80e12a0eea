package main

import (
	"bufio"
	"errors"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"pumatop/collector"
	"pumatop/collector/puma"
)

// controlTokenVariable has the token of the control apps that --control names. It is never an argument: those are seen
// by everybody on the machine.
const controlTokenVariable = "PUMATOP_CONTROL_TOKEN"

// controls are control apps that the command line names, for hosts that do not show them.
type controls struct {
	urls      []string
	tokenFile string
}

// defaultApp is what a target is called of which nothing but its control app is known.
const defaultApp = "puma"

func (c *controls) addFlags(fl *pflag.FlagSet) {
	fl.StringArrayVar(&c.urls, "control", nil,
		"control app of hosts that run no commands or show no Puma: `URL` as in puma.rb, or HOST/APP=URL for one alone")
	fl.StringVar(&c.tokenFile, "control-token-file", "", "`FILE` with the token of --control; else it is in "+controlTokenVariable)
}

const controlHint = "--control takes unix:///path, tcp://127.0.0.1:PORT or ssl://127.0.0.1:PORT, with HOST/APP= in front for one target"

// apply gives the hosts their control apps.
func (c *controls) apply(hosts []wanted, getenv func(string) string) error {
	if len(c.urls) == 0 {
		return nil
	}
	token, err := c.token(getenv)
	if err != nil {
		return err
	}
	for _, value := range c.urls {
		name, url := "", value
		if scheme := strings.Index(value, "://"); scheme > 0 {
			if i := strings.LastIndexByte(value[:scheme], '='); i >= 0 {
				name, url = value[:i], value[i+1:]
			}
		}
		address, err := puma.ParseAddress(url, "")
		if err == nil && address.IsZero() {
			err = errors.New("it names no address")
		}
		if err != nil {
			return usagef(controlHint, "cannot use --control %q: %v", value, err)
		}
		if err := give(hosts, name, collector.Control{Address: address, Token: token}); err != nil {
			return err
		}
	}
	return nil
}

// give adds a control app to the host that name stands for, or to all of them.
func give(hosts []wanted, name string, c collector.Control) error {
	if name == "" {
		c.Fallback = true
		for i := range hosts {
			c.App = defaultApp
			if len(hosts[i].apps) == 1 {
				c.App = hosts[i].apps[0]
			}
			hosts[i].controls = append(hosts[i].controls, c)
		}
		return nil
	}
	host, app, _ := strings.Cut(name, "/")
	if c.App = app; app == "" {
		c.App = defaultApp
	}
	i := slices.IndexFunc(hosts, func(h wanted) bool { return h.name == host || h.host == host })
	if i < 0 {
		return usagef("name the host as a target, too", "--control is for %s, which is no target", host)
	}
	hosts[i].controls = append(hosts[i].controls, c)
	return nil
}

// token is the first line of the file, or the variable; none where neither is given.
func (c *controls) token(getenv func(string) string) (puma.Token, error) {
	if c.tokenFile == "" {
		return puma.NewToken(getenv(controlTokenVariable)), nil
	}
	f, err := os.Open(c.tokenFile)
	if err != nil {
		return puma.Token{}, usagef("name a file that can be read", "cannot read the token: %v", err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	if !lines.Scan() {
		return puma.Token{}, usagef("its first line is the token", "there is no token in %s", c.tokenFile)
	}
	return puma.NewToken(strings.TrimSpace(lines.Text())), nil
}
