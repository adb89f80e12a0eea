package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"pumatop/actions"
	"pumatop/collector"
	"pumatop/collector/remote"
)

const rootLong = `pumatop watches fleets of Puma web servers through their control sockets, over SSH, and on r reloads them and
proves that it happened.

TARGET is HOST, HOST/APP or HOST:/path/puma.state. HOST is anything that ssh understands; "local" is this machine.`

// flags are the options that more than one command has.
type flags struct {
	policy
	reach
	controls  controls
	sshConfig string
	transport string
	interval  time.Duration
	color     string
	theme     string
	ascii     bool
	noMouse   bool
	// view is what the screen begins with, and what is printed where there is none.
	view viewOptions
	// noAudit and pace are what the screen's actions begin with.
	noAudit bool
	pace    actions.Pace
	// keys is ctrl-c, which some commands want to know of before it ends them.
	keys *interrupts
}

// The groups that the help lists commands in.
const watching, renewing, tending = "watch", "renew", "tend"

func newRoot(s streams, keys *interrupts) *cobra.Command {
	f := flags{keys: keys}
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
			if _, err := f.view.read(); err != nil {
				return err
			}
			targets, err := f.targets(args)
			if err != nil {
				return err
			}
			o := sessionOptions{remote: f.remote(), targets: targets, interval: f.interval}
			if !isTerminal(s.out) {
				return runStatus(cmd.Context(), s, o, statusOptions{viewOptions: f.view, format: "table", timeout: statusTimeout})
			}
			if err := checkPace(cmd.Flags(), &f.pace); err != nil {
				return err
			}
			return runScreen(cmd.Context(), s, f, o, os.Getenv)
		},
	}
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error { return f.check(cmd) }
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usagef(fmt.Sprintf("%s --help lists the flags", cmd.CommandPath()), "%v", err)
	})
	p := root.PersistentFlags()
	p.StringVarP(&f.sshConfig, "ssh-config", "F", "", "ssh configuration `FILE`, as ssh -F")
	p.StringVar(&f.transport, "transport", "", "how hosts are reached: auto, native or openssh; also "+transportVariable)
	p.DurationVarP(&f.interval, "interval", "i", collector.DefaultInterval, "pause between two polls of a target")
	root.Flags().AddFlagSet(screenFlags(&f))
	f.view.addFlags(root.Flags())
	f.policy.addFlags(p)
	f.reach.addFlags(p)
	f.controls.addFlags(p)
	root.AddGroup(&cobra.Group{ID: watching, Title: "Watch:"}, &cobra.Group{ID: renewing, Title: "Restart, and prove it:"},
		&cobra.Group{ID: tending, Title: "Act on workers, and stop:"})
	addIn(root, watching, newStatus(s, &f), newWait(s, &f), newAudit(s))
	for _, d := range deeds() {
		addIn(root, d.group, newAct(s, &f, d))
	}
	root.AddCommand(newDemo(s, &f))
	return root
}

// shortestInterval and longestInterval bound --interval: workers report every five seconds anyway, and what is asked
// less than once a minute is not being watched.
const shortestInterval, longestInterval = 250 * time.Millisecond, time.Minute

// addIn adds commands to a group of the help.
func addIn(root *cobra.Command, group string, commands ...*cobra.Command) {
	for _, c := range commands {
		c.GroupID = group
		root.AddCommand(c)
	}
}

// transportVariable stands in for --transport.
const transportVariable = "PUMATOP_TRANSPORT"

func (f *flags) check(cmd *cobra.Command) error {
	if err := f.resolve(cmd.Flags(), os.Getenv); err != nil {
		return err
	}
	if !cmd.Flags().Changed("transport") {
		f.transport = os.Getenv(transportVariable)
	}
	if _, err := remote.ParseTransport(f.transport); err != nil {
		return usagef("use auto, native or openssh", "%v", err)
	}
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

func (f *flags) remote() remote.Options {
	return remote.Options{ConfigFile: f.sshConfig, Transport: remote.Transport(f.transport)}
}

// isTerminal reports whether w is a terminal.
func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}
