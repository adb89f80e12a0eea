package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"pumatop/actions"
	"pumatop/collector"
	"pumatop/collector/config"
	"pumatop/collector/inventory"
	"pumatop/collector/remote"
)

const rootLong = `pumatop watches fleets of Puma web servers through their control sockets, over SSH, and on r reloads them and
proves that it happened.

TARGET is HOST, HOST/APP, HOST:/path/puma.state, @GROUP or the name of an environment. HOST is anything that ssh
understands, with ranges: web[01-12].example.com; "local" is this machine. The operators of ClusterShell go between
them: '@web!web3'. A single - reads names from the standard input. Without any TARGET it is the environment that the
configuration opens by itself.`

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
	alerting  alerting
	looking
	// view is what the screen begins with, and what is printed where there is none.
	view viewOptions
	// noAudit and pace are what the screen's actions begin with.
	noAudit bool
	pace    actions.Pace
	// configFile is --config, loaded what the configuration files say, and given who gave each flag its value.
	configFile string
	loaded     config.Loaded
	given      map[string]origin
	// parsed are the flags of the command that runs, and piped what its standard input named.
	parsed *pflag.FlagSet
	piped  []byte
	tokens *tokens
	// fleet is what the arguments came to, once targets has read them.
	fleet inventory.Fleet
	// imports are what the working directory has of other tools, read once; warnings is where their gaps are counted.
	imports  []inventory.Import
	warnings io.Writer
	// keys is ctrl-c, which some commands want to know of before it ends them.
	keys *interrupts
	// words are the arguments of the command that runs: for completion, all that has been typed.
	words []string
}

// The groups that the help lists commands in.
const watching, renewing, tending = "watch", "renew", "tend"

func newRoot(s streams, keys *interrupts) *cobra.Command {
	f := flags{warnings: s.err, keys: keys, tokens: &tokens{}}
	root := &cobra.Command{
		Use:           "pumatop [flags] [TARGET...]",
		Short:         "Watch Puma fleets, reload them, and see the truth",
		Long:          rootLong,
		Example:       "  pumatop web1 web2 web3\n  pumatop status -o json web1\n  pumatop reload web1 --yes\n  pumatop demo",
		Args:          cobra.ArbitraryArgs,
		Version:       version,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			targets, err := f.targets(args, s.in)
			if err != nil {
				return f.firstSteps(err)
			}
			o := sessionOptions{remote: f.remote(), targets: targets, interval: f.interval}
			if !isTerminal(s.out) {
				return runStatus(cmd.Context(), s, o, statusOptions{viewOptions: f.view, format: "table", timeout: statusTimeout})
			}
			if err := cmp.Or(checkPace(cmd.Flags(), &f.pace), f.confirmable()); err != nil {
				return err
			}
			if slices.Contains(args, "-") {
				if s.in, err = ownTerminal(); err != nil {
					return err
				}
			}
			o.reread = &rereading{flags: &f, args: args}
			return runScreen(cmd.Context(), s, f, o, os.Getenv)
		},
	}
	root.PersistentPreRunE = func(cmd *cobra.Command, args []string) error {
		f.words = args
		return f.check(cmd)
	}
	root.SetFlagErrorFunc(flagError)
	p := root.PersistentFlags()
	p.StringVar(&f.configFile, "config", "", "configuration `FILE` in place of all others; also "+config.Variable)
	p.StringVarP(&f.sshConfig, "ssh-config", "F", "", "ssh configuration `FILE`, as ssh -F; also PUMATOP_SSH_CONFIG")
	p.StringVar(&f.transport, "transport", "", "how hosts are reached: auto, native or openssh; also "+transportVariable)
	p.DurationVarP(&f.interval, "interval", "i", collector.DefaultInterval, "pause between two polls of a target; also PUMATOP_INTERVAL")
	root.Flags().AddFlagSet(screenFlags(&f))
	f.view.addFlags(root.Flags())
	f.policy.addFlags(p)
	f.reach.addFlags(p)
	f.controls.addFlags(p)
	root.AddGroup(&cobra.Group{ID: watching, Title: "Watch:"}, &cobra.Group{ID: renewing, Title: "Restart, and prove it:"},
		&cobra.Group{ID: tending, Title: "Act on workers, and stop:"})
	addIn(root, watching, newStatus(s, &f), newLogs(s, &f), newCheck(s, &f), newWait(s, &f), newDoctor(s, &f), newAudit(s, &f))
	for _, d := range deeds() {
		addIn(root, d.group, newAct(s, &f, d))
	}
	addIn(root, tending, newExec(s, &f), newSSH(s, &f))
	root.AddCommand(newDemo(s, &f), newConfig(s, &f), newMan(s), newVersion(s))
	addCompletion(root, s, &f)
	explainArgs(root)
	return root
}

// flagError says what to write instead of a flag that cannot be read.
func flagError(cmd *cobra.Command, err error) error {
	hint := cmd.CommandPath() + " --help lists the flags"
	if strings.Contains(err.Error(), "time: ") {
		hint = "write it like 10s, 500ms or 1h30m"
	}
	return usagef(hint, "%v", err)
}

// explainArgs has each command say what to write where its arguments cannot be: cobra's own errors are not usage errors.
func explainArgs(cmd *cobra.Command) {
	for _, c := range cmd.Commands() {
		explainArgs(c)
	}
	args := cmd.Args
	if args == nil {
		return
	}
	cmd.Args = func(cmd *cobra.Command, given []string) error {
		err := args(cmd, given)
		var usage *usageError
		if err == nil || errors.As(err, &usage) {
			return err
		}
		hint := cmd.UseLine()
		if cmd.HasAvailableSubCommands() && len(given) > 0 {
			cmd.SuggestionsMinimumDistance = 2
			hint = cmd.CommandPath() + " --help lists its commands"
			if near := cmd.SuggestionsFor(given[0]); len(near) > 0 {
				hint = fmt.Sprintf("%s %s may be meant", cmd.CommandPath(), near[0])
			}
		}
		return usagef(hint, "%v", err)
	}
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

// unconfigured are commands that have nothing to do with real hosts, and work whatever the configuration is.
var unconfigured = []string{"demo", "version", "man"}

func (f *flags) check(cmd *cobra.Command) error {
	if cmd.HasParent() && (slices.Contains(inShells, cmd.Parent().Name()) || slices.Contains(inShells, cmd.Name())) {
		return nil // for the shell, which no configuration may break
	}
	if !slices.Contains(unconfigured, cmd.Name()) {
		if err := f.loadConfig(); err != nil {
			return err
		}
	}
	f.parsed = cmd.Flags()
	if err := f.settle(f.parsed, os.Getenv); err != nil {
		return err
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
		hint := "name a file for -F"
		if by := f.given["ssh-config"]; by != byFlag {
			hint = string(by) + " names it"
		}
		return usagef(hint, "cannot read the ssh configuration: %v", err)
	}
	return nil
}

func (f *flags) remote() remote.Options {
	return remote.Options{ConfigFile: f.sshConfig, Transport: remote.Transport(f.transport)}
}

// ownTerminal is where keys come from when the standard input has names of hosts.
func ownTerminal() (io.Reader, error) {
	tty, err := os.Open("/dev/tty")
	if err != nil {
		return nil, usagef("run it on a terminal, or use pumatop status", "cannot read keys: %v", err)
	}
	return tty, nil
}

// isTerminal reports whether w is a terminal, or what a test plays on.
func isTerminal(w io.Writer) bool {
	if _, played := w.(stage); played {
		return true
	}
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}
