package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"pumatop/collector"
	"pumatop/collector/remote"
)

const rootLong = `pumatop watches fleets of Puma web servers through their control sockets, over SSH, and on r reloads them and
proves that it happened.

TARGET is HOST, HOST/APP or HOST:/path/puma.state. HOST is anything that ssh understands; "local" is this machine.`

// flags are the options that more than one command has.
type flags struct {
	sshConfig   string
	interval    time.Duration
	color       string
	theme       string
	ascii       bool
	readOnly    bool
	environment string
	noMouse     bool
}

func newRoot(s streams) *cobra.Command {
	var f flags
	root := &cobra.Command{
		Use:           "pumatop [flags] TARGET...",
		Short:         "Watch Puma fleets, reload them, and see the truth",
		Long:          rootLong,
		Example:       "  pumatop web1 web2 web3\n  pumatop status -o json web1\n  pumatop reload web1 --yes\n  pumatop demo",
		Args:          cobra.ArbitraryArgs,
		Version:       version,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("name hosts as ssh knows them: pumatop web1 web2 · to see it without any: pumatop demo", "no target named")
			}
			targets, err := parseTargets(args)
			if err != nil {
				return err
			}
			o := sessionOptions{remote: f.remote(), targets: targets, interval: f.interval}
			if !isTerminal(s.out) {
				return runStatus(cmd.Context(), s, o, statusOptions{format: "table", timeout: statusTimeout})
			}
			return runScreen(cmd.Context(), s, f, o)
		},
	}
	root.PersistentPreRunE = func(*cobra.Command, []string) error { return f.check() }
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usagef(fmt.Sprintf("%s --help lists the flags", cmd.CommandPath()), "%v", err)
	})
	p := root.PersistentFlags()
	p.StringVarP(&f.sshConfig, "ssh-config", "F", "", "ssh configuration `FILE`, as ssh -F")
	p.DurationVarP(&f.interval, "interval", "i", collector.DefaultInterval, "pause between two polls of a target")
	root.Flags().AddFlagSet(screenFlags(&f))
	root.AddCommand(newStatus(s, &f), newReload(s, &f), newDemo(s, &f))
	return root
}

// shortestInterval and longestInterval bound --interval: workers report every five seconds anyway, and what is asked
// less than once a minute is not being watched.
const shortestInterval, longestInterval = 250 * time.Millisecond, time.Minute

func (f *flags) check() error {
	if f.interval < shortestInterval || f.interval > longestInterval {
		return usagef(fmt.Sprintf("use %s to %s", shortestInterval, longestInterval), "an interval of %s is not possible", f.interval)
	}
	if f.sshConfig == "" || f.sshConfig == "none" {
		return nil
	}
	if _, err := os.Stat(f.sshConfig); err != nil {
		return usagef("name a file for -F", "cannot read the ssh configuration: %v", err)
	}
	return nil
}

func (f *flags) remote() remote.Options { return remote.Options{ConfigFile: f.sshConfig} }

// isTerminal reports whether w is a terminal.
func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}
