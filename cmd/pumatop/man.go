package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"pumatop/collector/config"
	"pumatop/collector/remote"
	"pumatop/tui"
)

// newMan writes the manual pages of all commands, from the commands themselves.
func newMan(s streams) *cobra.Command {
	return &cobra.Command{
		Use:     "man DIR",
		Short:   "Write manual pages",
		Long:    `Write a manual page for each command into a directory, which is made where it is not there.`,
		Example: "  pumatop man ~/.local/share/man/man1 && man pumatop",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o755); err != nil {
				return usagef("name a directory that can be written", "cannot make the manual's directory: %v", err)
			}
			root := cmd.Root()
			root.DisableAutoGenTag = true
			root.Long += manualSections()
			at := buildDate()
			header := &doc.GenManHeader{Section: "1", Source: "pumatop " + version, Manual: "pumatop", Date: &at}
			if err := doc.GenManTree(root, header, args[0]); err != nil {
				return fmt.Errorf("write manual pages: %w", err)
			}
			pages, err := filepath.Glob(filepath.Join(args[0], "pumatop*.1"))
			if err != nil {
				return fmt.Errorf("list manual pages: %w", err)
			}
			fmt.Fprintf(s.out, "%d manual pages in %s\n", len(pages), args[0])
			return nil
		},
	}
}

// manualSections are those of the first page that no command has, in Markdown.
func manualSections() string {
	var b strings.Builder
	b.WriteString("\n\n# KEYS\n\n")
	b.WriteString("A key that does the same on several screens stands with the first of them.\n\n### On every screen\n\n")
	screen := ""
	for _, k := range tui.KeyTable() {
		if k.Screen != screen {
			screen = k.Screen
			fmt.Fprintf(&b, "### On the screen of %s\n\n", screen)
		}
		fmt.Fprintf(&b, "**%s**: %s.\n\n", strings.ReplaceAll(k.Keys, "*", "\\*"), k.Help)
	}
	b.WriteString("# ENVIRONMENT\n\n")
	for _, v := range ownVariables() {
		fmt.Fprintf(&b, "**%s**: %s.\n\n", v.name, v.help)
	}
	b.WriteString("# FILES\n\n")
	for _, file := range [...][2]string{
		{".pumatop.yml", "the project's configuration, in the working directory or above it"},
		{"~/.config/pumatop/config.yml", "the user's, $XDG_CONFIG_HOME/pumatop/config.yml where that is set"},
		{"/etc/pumatop/config.yml", "the system's"},
		{"~/.local/state/pumatop/audit.jsonl", "what was done from here; below $XDG_STATE_HOME where that is set"},
		{"~/.local/state/pumatop/trusted.json", "which projects' files may run commands"},
		{"~/.ssh/config", "how hosts are reached"},
	} {
		fmt.Fprintf(&b, "**%s**: %s.\n\n", file[0], file[1])
	}
	b.WriteString("# EXIT STATUS\n\nOf all but check, doctor, exec and ssh: " + strings.TrimPrefix(strings.ReplaceAll(exitLong, "\n", " "), " Exit code: ") + "\n")
	return b.String()
}

// variable is one of the environment's, and what it stands for.
type variable struct{ name, help string }

// ownVariables are all that pumatop reads of its own, and those of others.
func ownVariables() []variable {
	list := []variable{
		{config.Variable, "configuration file in place of all others, as --config"},
		{environmentVariable, "environment, as --environment"},
		{readOnlyVariable, "change nothing on any server, as --read-only"},
		{protectedVariable, "ask for the environment's name, as --protected"},
		{controlTokenVariable, "token of the control apps that --control or a configuration names"},
		{remote.AskpassVariable, "set by pumatop itself for an ssh that it has started"},
		{"NO_COLOR", "no colours, whatever its value"},
		{"SSH_ASKPASS, SSH_ASKPASS_REQUIRE", "the program that asks for passphrases, as with ssh"},
	}
	for _, s := range settings() {
		list = append(list, variable{s.variable, "as --" + s.flag})
	}
	slices.SortFunc(list, func(a, b variable) int { return strings.Compare(a.name, b.name) })
	return list
}

// buildDate is the day of the commit that this program was built from, so that one build writes the same pages each time.
func buildDate() time.Time {
	at, _ := time.Parse(time.RFC3339, buildSetting("vcs.time"))
	return at
}

// buildSetting is one thing that the Go toolchain put into the program; empty where it did not.
func buildSetting(key string) string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == key {
			return s.Value
		}
	}
	return ""
}

// versionDocument is the version in JSON, which scripts rely on: fields are added, never renamed. Commit and time are null
// where the program was not built from a checkout.
type versionDocument struct {
	Version  string  `json:"version"`
	Commit   *string `json:"commit"`
	Time     *string `json:"time"`
	Modified bool    `json:"modified"`
	Go       string  `json:"go"`
	OS       string  `json:"os"`
	Arch     string  `json:"arch"`
}

func newVersion(s streams) *cobra.Command {
	output := "text"
	cmd := &cobra.Command{
		Use:   "version [flags]",
		Short: "Print pumatop's version",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			d := versionDocument{Version: version, Commit: known(buildSetting("vcs.revision")), Time: known(buildSetting("vcs.time")),
				Modified: buildSetting("vcs.modified") == "true", Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH}
			switch output {
			case "json":
				return writeJSON(s.out, d)
			case "text":
				_, err := fmt.Fprintln(s.out, d)
				return err
			}
			return usagef("use text or json", "unknown output %q", output)
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", output, "text or json")
	return cmd
}

// known is a text, or null where it is empty.
func known(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// String is the version in a line.
func (d versionDocument) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "pumatop %s", d.Version)
	if d.Commit != nil {
		fmt.Fprintf(&b, " %.12s", *d.Commit)
		if d.Modified {
			b.WriteString(" with changes")
		}
	}
	fmt.Fprintf(&b, " %s %s/%s", d.Go, d.OS, d.Arch)
	return b.String()
}
