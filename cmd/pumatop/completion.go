package main

import (
	"embed"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"pumatop/collector/clean"
	"pumatop/collector/doctor"
	"pumatop/collector/inventory"
	"pumatop/collector/query"
	"pumatop/collector/remote/sshconfig"
)

// completions is what a shell may offer, and how it is to go on.
type completions = func(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective)

// inShells names what completion writes a script for and the one that a script calls.
var inShells = []string{"completion", cobra.ShellCompRequestCmd}

// scripts tie pumatop to the shells' own completion. Cobra's scripts, whose place they take, evaluate the line that is
// typed: at a tab they run what stands in it.
//
//go:embed completions
var scripts embed.FS

// newCompletion prints the scripts.
func newCompletion(s streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "completion bash|zsh|fish",
		Short: "Print a script that completes targets, groups, columns and the words of flags",
		Long: `Print a script for a shell that completes commands, targets, environments, groups, columns and the words of flags. No host
is asked for it, and nothing that is typed is run.`,
		Example: "  source <(pumatop completion bash)\n  source <(pumatop completion zsh)\n  pumatop completion fish | source",
		Args:    cobra.ArbitraryArgs,
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef("pumatop completion bash", "name one shell")
			}
			text, err := scripts.ReadFile("completions/pumatop." + args[0])
			if err != nil {
				return usagef("use bash, zsh or fish", "there is no completion for %q", clean.Short(args[0], 40))
			}
			_, err = s.out.Write(text)
			return err
		},
	}
	return cmd
}

// addCompletion lets shells complete all commands below root. It knows what files say; no host is asked and no program is
// run. With a configuration that is wrong there is nothing to offer, and nothing is said.
func addCompletion(root *cobra.Command, s streams, f *flags) {
	root.CompletionOptions.DisableDefaultCmd = true
	completion := newCompletion(s)
	root.AddCommand(completion)
	f.complete(root)
	completion.ValidArgsFunction = func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return []cobra.Completion{"bash", "zsh", "fish"}, cobra.ShellCompDirectiveNoFileComp
	}
}

// complete gives a command and those below it what their arguments and flags may be.
func (f *flags) complete(cmd *cobra.Command) {
	switch {
	case strings.Contains(cmd.Use, "TARGET"):
		cmd.ValidArgsFunction = f.completeTargets
	case cmd.Name() == "man":
		cmd.ValidArgsFunction = func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveFilterDirs
		}
	default:
		cmd.ValidArgsFunction = cobra.NoFileCompletions
	}
	each := func(flag *pflag.Flag) {
		if flag.Value.Type() != "bool" {
			_ = cmd.RegisterFlagCompletionFunc(flag.Name, f.completeFlag(flag)) // fails where it is registered already
		}
	}
	cmd.LocalNonPersistentFlags().VisitAll(each)
	cmd.PersistentFlags().VisitAll(each)
	for _, below := range cmd.Commands() {
		f.complete(below)
	}
}

// completeFlag is what a flag's value may be.
func (f *flags) completeFlag(flag *pflag.Flag) completions {
	switch flag.Name {
	case "config", "ssh-config", "control-token-file":
		return func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveDefault
		}
	case "environment", "confirm":
		return f.completeEnvironment
	case "columns":
		return listed(columnWords(), "")
	case "sort":
		return listed(columnWords(), "-")
	case "filter":
		return completeFilter
	case "verdict":
		var words []cobra.Completion
		for _, word := range auditWords() {
			words = append(words, string(word))
		}
		return listed(words, "")
	case "only", "skip":
		return listed(checkWords(), "")
	case "project":
		return func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveFilterDirs
		}
	case "command", "become":
		return f.completeNamed
	case "output", "color", "theme", "transport", "via", "unreachable", "release", "severity":
		return cobra.FixedCompletions(usageWords(flag.Usage), cobra.ShellCompDirectiveNoFileComp)
	}
	return cobra.NoFileCompletions
}

// usageWords are the words that a flag's help says it takes: "how hosts are reached: auto, native or openssh; also …".
func usageWords(usage string) []cobra.Completion {
	if _, quoted, ok := strings.Cut(usage, `with "`); ok { // the one word that there is
		word, _, _ := strings.Cut(quoted, `"`)
		return []cobra.Completion{word}
	}
	usage, _, _ = strings.Cut(usage, "; ")
	if _, list, ok := strings.Cut(usage, ": "); ok {
		usage = list
	}
	return strings.Split(strings.ReplaceAll(usage, " or ", ", "), ", ")
}

func columnWords() []cobra.Completion {
	var all []cobra.Completion
	for _, c := range query.Columns() {
		all = append(all, cobra.CompletionWithDesc(string(c.ID), c.Help))
	}
	return all
}

// checkWords are the doctor's areas and checks.
func checkWords() []cobra.Completion {
	all := doctor.Areas()
	for _, c := range doctor.Checks() {
		all = append(all, cobra.CompletionWithDesc(c.ID, c.Asks))
	}
	return all
}

// listed completes the last of words that are joined by commas, each once, with a sign that may stand before it.
func listed(words []cobra.Completion, sign string) completions {
	return func(_ *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		at := strings.LastIndexByte(typed, ',') + 1
		before, last := typed[:at], typed[at:]
		if sign != "" && strings.HasPrefix(last, sign) {
			before, last = before+sign, last[len(sign):]
		}
		var out []cobra.Completion
		for _, word := range words {
			name, _, _ := strings.Cut(word, "\t")
			taken := slices.ContainsFunc(strings.Split(typed[:at], ","), func(w string) bool { return strings.TrimPrefix(w, sign) == name })
			if strings.HasPrefix(name, last) && !taken {
				out = append(out, before+word)
			}
		}
		return out, cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveNoFileComp
	}
}

// completeFilter goes on with a filter as the screen does.
func completeFilter(_ *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var out []cobra.Completion
	if typed == "" {
		for _, c := range query.Columns() {
			sign := ":"
			if c.Kind.Numeric() {
				sign = ">"
			}
			out = append(out, cobra.CompletionWithDesc(string(c.ID)+sign, c.Help))
		}
	} else if more := strings.TrimRight(query.Complete(typed), " "); more != typed {
		out = append(out, more)
	}
	return out, cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveNoFileComp
}

// completeEnvironment offers the names of environments.
func (f *flags) completeEnvironment(cmd *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var out []cobra.Completion
	if f.prepare(cmd, nil) {
		for _, name := range slices.SortedFunc(maps.Keys(f.configuration().Environments), inventory.Natural) {
			out = offer(out, typed, "", name, "environment")
		}
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}

// completeNamed offers the targets of the command line, for NAME=….
func (f *flags) completeNamed(_ *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var out []cobra.Completion
	for _, name := range args {
		out = offer(out, typed, "", name+"=", "target")
	}
	return out, cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveNoFileComp
}

// completeTargets offers environments, groups and hosts, behind USER@ hosts alone.
func (f *flags) completeTargets(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if typed := f.words[:max(len(f.words)-1, 0)]; cmd.Name() == "exec" && slices.Contains(typed, "--") {
		return nil, cobra.ShellCompDirectiveNoFileComp // a command of the hosts, of which nothing is known here
	}
	if !f.prepare(cmd, args) {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	if f.given["environment"] == byFlag {
		args = append(slices.Clone(args), f.environment)
	}
	user := ""
	if at := strings.LastIndexByte(typed, '@'); at > 0 {
		user, typed = typed[:at+1], typed[at+1:]
	}
	var out []cobra.Completion
	for _, c := range inventory.Candidates(f.configuration(), args, sshconfig.Hosts(f.sshConfig)) {
		if user != "" && (strings.Contains(c.Value, "@") || strings.HasPrefix(c.What, "environment ")) || slices.Contains(args, c.Value) {
			continue
		}
		out = offer(out, typed, user, c.Value, c.What)
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}

// offer adds a candidate that begins as typed. What a shell would take for more than a word is never offered: files that
// come with a clone have names, too.
func offer(out []cobra.Completion, typed, before, value, what string) []cobra.Completion {
	if !strings.HasPrefix(value, typed) || strings.ContainsAny(value, " \t\r\n'\"`$\\|&;<>()*?[]{}!~#") || clean.Line(value) != value {
		return out
	}
	return append(out, cobra.CompletionWithDesc(before+value, strings.ReplaceAll(clean.Line(what), "\t", " ")))
}

// prepare reads the configuration for what has been typed so far. It reports whether that could be done.
func (f *flags) prepare(cmd *cobra.Command, args []string) bool {
	if f.loadConfig() != nil || f.settle(cmd.Flags(), os.Getenv) != nil {
		return false
	}
	for _, name := range args {
		if _, ok := f.configuration().Environments[name]; ok {
			return f.enter(cmd.Flags(), name, os.Getenv) == nil
		}
	}
	return true
}
