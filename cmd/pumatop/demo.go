package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"pumatop/collector/pumatest"
)

// demoTimeout is short, so that every verdict of the demo is reached while somebody waits for it.
const demoTimeout = 90 * time.Second

func newDemo(s streams, f *flags) *cobra.Command {
	var hosts, workers int
	var seed uint64
	var once, ask bool
	o := statusOptions{format: "table", timeout: statusTimeout}
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Try it on a simulated fleet, without any server",
		Long: `Try pumatop on a simulated fleet behind an SSH server inside this process. It is read through the same code as
real hosts, and r works: every verdict is reachable somewhere. With --ask three more hosts want an answer before they let
you in: the passphrase is ` + pumatest.AskingPassphrase + `.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if hosts < 1 || hosts > 1000 || workers < 1 || workers > 64 {
				return usagef("1 to 1000 hosts, 1 to 64 workers", "cannot simulate %d hosts with %d workers", hosts, workers)
			}
			if err := o.check(); err != nil {
				return err
			}
			fleet := pumatest.NewFleet(seed, hosts, workers)
			dir, remove, err := demoDir(s.out)
			if err != nil {
				return err
			}
			defer remove()
			if ask {
				if err := fleet.AddAsking(dir, seed); err != nil {
					return err
				}
			}
			targets, err := parseTargets(fleet.Names())
			if err != nil {
				return fmt.Errorf("name the simulated hosts: %w", err)
			}
			groupDemo(targets)
			so := sessionOptions{remote: fleet.Options(), targets: targets, interval: f.interval, timeout: demoTimeout}
			if once || !isTerminal(s.out) {
				return runStatus(cmd.Context(), s, so, o)
			}
			f.view = o.viewOptions
			if f.environment == "" {
				f.environment = "demo"
			}
			if err := checkPace(cmd.Flags(), &f.pace); err != nil {
				return err
			}
			return runDemo(cmd.Context(), s, *f, so, dir)
		},
	}
	fl := cmd.Flags()
	fl.IntVar(&hosts, "hosts", pumatest.DefaultHosts, "how many hosts, 1 to 1000")
	fl.IntVar(&workers, "workers", pumatest.DefaultWorkers, "workers of each cluster, 1 to 64")
	fl.Uint64Var(&seed, "seed", 1, "of everything that is random in the simulation")
	fl.BoolVar(&ask, "ask", false, "add hosts that ask for a passphrase, a code and whether their key is the right one")
	fl.BoolVar(&once, "once", false, "print one snapshot instead of the screen")
	o.addFlags(fl)
	fl.AddFlagSet(screenFlags(f))
	return cmd
}

// groupDemo puts the simulated hosts into groups, as an inventory would: by what they are for.
func groupDemo(hosts []wanted) {
	for i := range hosts {
		group := "inner"
		for _, name := range []string{"web", "edge", "media"} {
			if strings.HasPrefix(hosts[i].name, name) {
				group = "front"
			}
		}
		hosts[i].from.Groups = []string{group}
	}
}

// demoDir makes the directory for what a demo keeps while it runs.
func demoDir(w io.Writer) (dir string, remove func(), err error) {
	if played, ok := w.(stage); ok {
		return played.Dir(), func() {}, nil
	}
	if dir, err = os.MkdirTemp("", "pumatop-demo-"); err != nil {
		return "", nil, fmt.Errorf("make a directory for the demo: %w", err)
	}
	return dir, func() { os.RemoveAll(dir) }, nil
}

// runDemo shows the screen with an audit of its own, in dir: what is done to simulated hosts has no place in the real one.
func runDemo(ctx context.Context, s streams, f flags, o sessionOptions, dir string) error {
	return runScreen(ctx, s, f, o, func(name string) string {
		if name == "XDG_STATE_HOME" {
			return dir
		}
		return os.Getenv(name)
	})
}
