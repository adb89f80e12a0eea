package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"pumatop/collector/clean"
	"pumatop/collector/config"
)

const configLong = `The configuration says which hosts there are, how they are reached and restarted, and how the screen looks.

.pumatop.yml, in the working directory or above it (as far as the home directory), lies over
$XDG_CONFIG_HOME/pumatop/config.yml (~/.config), and that over /etc/pumatop/config.yml: value by value, lists whole.
--config FILE, or ` + config.Variable + `, counts in place of all; an empty file or /dev/null is no configuration. Over all of it
count variables and flags; of read_only and protected the safer one does.`

// newConfig is the parent of the commands that look after the configuration. They read it themselves, so that a broken one
// can be looked at.
func newConfig(s streams, f *flags) *cobra.Command {
	cmd := &cobra.Command{
		Use: "config", Short: "Check, show and explain the configuration", Long: configLong,
		Args: cobra.NoArgs, PersistentPreRunE: func(*cobra.Command, []string) error { return nil },
		RunE: func(*cobra.Command, []string) error {
			return usagef("pumatop config --help lists them", "no command named")
		},
	}
	cmd.AddCommand(newConfigCheck(s, f), newConfigShow(s, f), newConfigPath(s, f), newConfigTrust(s, f), newConfigImport(s), newConfigExample(s), newConfigSchema(s))
	return cmd
}

func newConfigCheck(s streams, f *flags) *cobra.Command {
	return &cobra.Command{
		Use: "check", Short: "Say what is wrong with the configuration", Args: cobra.NoArgs,
		Long: "Reads the files that count and names all that is wrong with them.\n\nExit code: 0 right, or none · 2 wrong.",
		RunE: func(*cobra.Command, []string) error {
			if err := f.loadConfig(); err != nil {
				return err
			}
			files := 0
			for _, file := range f.loaded.Files {
				if file.Exists {
					files++
					fmt.Fprintf(s.out, "%s: right\n", file.Name)
				}
			}
			if files == 0 {
				fmt.Fprintln(s.out, "no configuration: pumatop config path says where it would be")
			}
			for _, line := range f.alsoThere() {
				fmt.Fprintln(s.out, line)
			}
			warnConfig(s.err, f.loaded)
			return nil
		},
	}
}

// warnConfig says what is right by itself and may not be meant.
func warnConfig(w io.Writer, l config.Loaded) {
	if at, ok := l.Origin("environment"); ok {
		if _, there := l.Config.Environments[l.Config.Environment]; !there && len(l.Config.Environments) > 0 {
			fmt.Fprintf(w, "%s: there is no environment %s here\n", at, l.Config.Environment)
		}
	}
	for _, held := range l.Withheld {
		fmt.Fprintf(w, "%s: not trusted: %s %s · pumatop config trust\n", held.At, held.Key, held.Why)
	}
}

func newConfigShow(s streams, f *flags) *cobra.Command {
	format := "yaml"
	cmd := &cobra.Command{
		Use: "show", Short: "Print the configuration that counts, and where each value comes from", Args: cobra.NoArgs,
		Long: "Prints all files as the one that they come to. Behind each value stands where it was written.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if format != "yaml" && format != "json" {
				return usagef("use yaml or json", "unknown output %q", format)
			}
			if err := f.loadConfig(); err != nil {
				return err
			}
			over := overConfig(cmd, f)
			if format == "json" {
				return showConfigJSON(s.out, f.loaded, over)
			}
			for _, o := range over {
				fmt.Fprintf(s.out, "# %s counts before the files: %s\n", o.By, o.Value)
			}
			for _, line := range f.alsoThere() {
				fmt.Fprintf(s.out, "# %s\n", line)
			}
			return f.loaded.Write(s.out)
		},
	}
	cmd.Flags().StringVarP(&format, "output", "o", format, "yaml or json")
	return cmd
}

// alsoThere are the environments of other tools that count beneath the files, a line for each tool.
func (f *flags) alsoThere() []string {
	f.configuration()
	var lines []string
	for _, in := range f.imports {
		var names []string
		for name := range in.Config.Environments {
			if _, ours := f.loaded.Config.Environments[name]; !ours {
				names = append(names, clean.Line(name))
			}
		}
		if len(names) > 0 {
			slices.Sort(names)
			lines = append(lines, fmt.Sprintf("from %s: %s · pumatop config import prints what counts of it", in.Tool, strings.Join(names, ", ")))
		}
	}
	return lines
}

// overriding is a flag or a variable that counts before the files.
type overriding struct {
	By    string `json:"by"`
	Value string `json:"value"`
}

// overConfig are those that are set.
func overConfig(cmd *cobra.Command, f *flags) []overriding {
	out := []overriding{}
	safety := []setting{{flag: "environment", variable: environmentVariable}, {flag: "read-only", variable: readOnlyVariable}, {flag: "protected", variable: protectedVariable}}
	for _, known := range append(safety, settings()...) {
		if flag := cmd.Flags().Lookup(known.flag); flag != nil && flag.Changed {
			out = append(out, overriding{"--" + known.flag, flag.Value.String()})
		} else if value := os.Getenv(known.variable); value != "" {
			out = append(out, overriding{known.variable, clean.Line(value)})
		}
	}
	return out
}

// shownConfig is the JSON of config show.
type shownConfig struct {
	Over     []overriding   `json:"over"`
	Files    []shownFile    `json:"files"`
	Settings []shownSetting `json:"settings"`
	Withheld []shownSetting `json:"withheld"`
}

type shownFile struct {
	Layer   config.Layer `json:"layer"`
	Path    string       `json:"path"`
	Exists  bool         `json:"exists"`
	Trusted bool         `json:"trusted"`
	SHA256  string       `json:"sha256,omitempty"`
}

type shownSetting struct {
	Key   string       `json:"key"`
	Value string       `json:"value"`
	Layer config.Layer `json:"layer"`
	File  string       `json:"file"`
	Line  int          `json:"line"`
}

func showConfigJSON(w io.Writer, l config.Loaded, over []overriding) error {
	doc := shownConfig{Over: over, Files: []shownFile{}, Settings: []shownSetting{}, Withheld: []shownSetting{}}
	for _, f := range l.Files {
		doc.Files = append(doc.Files, shownFile{f.Layer, f.Path, f.Exists, f.Trusted, f.SHA256})
	}
	for _, s := range l.Settings() {
		doc.Settings = append(doc.Settings, shownSetting{s.Key, s.Value, s.At.Layer, s.At.File, s.At.Line})
	}
	for _, h := range l.Withheld {
		doc.Withheld = append(doc.Withheld, shownSetting{h.Key, h.Value, h.At.Layer, h.At.File, h.At.Line})
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(doc)
}

func newConfigPath(s streams, f *flags) *cobra.Command {
	return &cobra.Command{
		Use: "path", Short: "Print where the configuration is looked for", Args: cobra.NoArgs,
		Long: "Prints the files that are looked for, the strongest first, and what became of each.",
		RunE: func(*cobra.Command, []string) error {
			err := f.loadConfig()
			if len(f.loaded.Files) == 0 {
				return err
			}
			w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
			for i := len(f.loaded.Files) - 1; i >= 0; i-- {
				file := f.loaded.Files[i]
				fmt.Fprintf(w, "%s\t%s\t%s\n", file.Layer, clean.Line(file.Path), fate(file, f.loaded, err))
			}
			return w.Flush()
		},
	}
}

// fate is what became of a file.
func fate(file config.File, l config.Loaded, err error) string {
	var broken config.Errors
	if errors.As(err, &broken) {
		for _, e := range broken {
			if e.At.File == file.Path {
				return "broken: pumatop config check"
			}
		}
	}
	switch {
	case !file.Exists:
		return "-"
	case file.Layer == config.Project && !file.Trusted && len(l.Withheld) > 0:
		return "read, not trusted"
	}
	return "read"
}

func newConfigTrust(s streams, f *flags) *cobra.Command {
	revoke := false
	cmd := &cobra.Command{
		Use: "trust", Short: "Let the commands of the project's file count", Args: cobra.NoArgs,
		Long: `Settings of a project's file that run commands of this machine, send secrets of yours or weaken what is checked count only
once you trust that file: it came with a clone. What is kept is its path and the SHA-256 of its content, so that a change
needs your trust again. The programs that it names are not part of that: they may change without being noticed.`,
		RunE: func(*cobra.Command, []string) error {
			if err := f.loadConfig(); err != nil {
				return err
			}
			file, ok := f.loaded.Project()
			switch {
			case !ok:
				return usagef("pumatop config path says where it would be", "there is no project's file to trust")
			case revoke:
				fmt.Fprintf(s.out, "no longer trusted: %s\n", clean.Line(file.Path))
				return config.Distrust(f.configOptions(), file)
			case file.Trusted:
				fmt.Fprintf(s.out, "trusted already: %s\n", clean.Line(file.Path))
				return nil
			}
			if err := config.Trust(f.configOptions(), file); err != nil {
				return err
			}
			fmt.Fprintf(s.out, "trusted, as it is now: %s\n", clean.Line(file.Path))
			for _, held := range f.loaded.Withheld {
				fmt.Fprintf(s.out, "  line %d %s: %s: %s\n", held.At.Line, held.Why, held.Key, held.Value)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&revoke, "revoke", false, "end it")
	return cmd
}

func newConfigExample(s streams) *cobra.Command {
	return &cobra.Command{
		Use: "example", Short: "Print a configuration with every key, explained", Args: cobra.NoArgs,
		Example: "  pumatop config example > .pumatop.yml",
		RunE: func(*cobra.Command, []string) error {
			_, err := io.WriteString(s.out, config.Example())
			return err
		},
	}
}

func newConfigSchema(s streams) *cobra.Command {
	return &cobra.Command{
		Use: "schema", Short: "Print the JSON Schema of the configuration, for editors", Args: cobra.NoArgs,
		Long: `Prints a JSON Schema (2020-12). An editor with the YAML language server takes it from the file's first line:
# yaml-language-server: $schema=pumatop.schema.json`,
		Example: "  pumatop config schema > pumatop.schema.json",
		RunE: func(*cobra.Command, []string) error {
			text, err := config.Schema(configLists())
			if err != nil {
				return fmt.Errorf("make the schema: %w", err)
			}
			_, err = fmt.Fprintln(s.out, strings.TrimSpace(string(text)))
			return err
		},
	}
}
