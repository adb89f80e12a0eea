package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"pumatop/collector/inventory"
)

// importedFile is where config import writes to.
const importedFile = ".pumatop.yml"

func newConfigImport(s streams) *cobra.Command {
	write := false
	cmd := &cobra.Command{
		Use: "import", Short: "Write what Capistrano, Kamal and Ansible say as configuration", Args: cobra.NoArgs,
		Long: `Reads the files that the working directory has of Capistrano, Kamal and Ansible, as text, and writes what they say as
configuration. Lines that cannot be followed are named on the standard error.

Exit code: 0, also with such lines · 1 the files cannot be read · 2 there are none, or the configuration is there already.`,
		Example: "  pumatop config import\n  pumatop config import -w",
		RunE: func(*cobra.Command, []string) error {
			return runImport(s, ".", write)
		},
	}
	cmd.Flags().BoolVarP(&write, "write", "w", false, "write "+importedFile+", where there is none yet")
	return cmd
}

func runImport(s streams, dir string, write bool) error {
	imports, err := discover(dir)
	if err != nil {
		return fmt.Errorf("read the files of other tools: %w", err)
	}
	for _, in := range imports {
		for _, g := range in.Gaps {
			fmt.Fprintln(s.err, g)
		}
	}
	for _, text := range inventory.Shadowed(nil, imports) {
		fmt.Fprintln(s.err, text)
	}
	var text bytes.Buffer
	any := false
	for _, in := range imports {
		any = any || len(in.Config.Environments) > 0
	}
	if !any {
		return usagef("it looks for config/deploy.rb, config/deploy.yml, ansible.cfg, hosts, inventory and inventories",
			"nothing here names hosts for Capistrano, Kamal or Ansible")
	}
	if err := inventory.Write(&text, imports); err != nil {
		return err
	}
	if !write {
		_, err := s.out.Write(text.Bytes())
		return err
	}
	return writeImported(s, dir, text.Bytes())
}

// writeImported writes a file that is not there yet.
func writeImported(s streams, dir string, text []byte) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("write %s: %w", importedFile, err)
	}
	defer root.Close()
	f, err := root.OpenFile(importedFile, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return usagef("leave -w out and take over by hand what you want", "there is a %s already", importedFile)
	}
	if err != nil {
		return fmt.Errorf("write the configuration: %w", err)
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", importedFile, err)
	}
	fmt.Fprintf(s.err, "%s is written; pumatop config check looks at it\n", importedFile)
	return nil
}
