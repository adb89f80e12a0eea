package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"pumatop/actions"
	"pumatop/collector"
	"pumatop/collector/remote"
)

type sshOptions struct {
	byHand
	timeout time.Duration
	// keys is ctrl-c, which is the shell's while there is one.
	keys *interrupts
}

func newSSH(s streams, f *flags) *cobra.Command {
	o := sshOptions{byHand: byHand{verb: "ssh"}, timeout: statusTimeout}
	cmd := &cobra.Command{
		Use:   "ssh [flags] TARGET",
		Short: "Open a shell in the release's directory of a target",
		Long: `Open a shell in the directory of the release that a target runs: in its container, where it is in one. This machine's
ssh opens it, with the settings that pumatop has for the host. That a shell was opened, and for how long, is recorded in
the audit; what is typed in it is not.

Exit code: that of the shell.`,
		Example: "  pumatop ssh web1\n  pumatop ssh production web1/shop",
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			targets, err := f.targets(args, s.in)
			if err != nil {
				return err
			}
			if err := o.allow(cmd, f.policy, s); err != nil {
				return err
			}
			if !canAsk(s) || !isTerminal(s.out) {
				return usagef("pumatop exec TARGET -- COMMAND runs a command without one", "a shell needs a terminal")
			}
			o.keys = f.keys
			so := sessionOptions{remote: f.remote(), targets: targets, interval: f.interval, audit: auditLog(os.Getenv, f.readOnly, o.noAudit)}
			return runSSH(cmd.Context(), s, so, o)
		},
	}
	o.addFlags(cmd)
	cmd.Flags().DurationVar(&o.timeout, "timeout", o.timeout, "how long the host may take to answer")
	return cmd
}

func runSSH(ctx context.Context, s streams, so sessionOptions, o sshOptions) error {
	target, argv, err := lookForShell(ctx, s.err, so, o)
	if err != nil {
		return err
	}
	if !o.agreed(ctx, s, []collector.Snapshot{target}, "a shell") {
		return &exitError{actions.ExitInterrupted}
	}
	record, err := o.begin(so.audit, target, "a shell")
	if err != nil {
		return fmt.Errorf("open a shell: it is not recorded, so it is not done: %w", err)
	}
	defer o.keys.take(func() {})()
	shell := exec.Command(argv[0], argv[1:]...)
	shell.Stdin, shell.Stdout, shell.Stderr = s.in, s.out, s.err
	before, _ := term.GetState(int(os.Stdin.Fd()))
	err = shell.Run()
	if before != nil { // a shell that was killed leaves its terminal raw
		_ = term.Restore(int(os.Stdin.Fd()), before)
	}
	status, word, reason := 0, actions.Done, ""
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit): // a shell ends with what its last command did, which is no failure of its own
		if status = exit.ExitCode(); status == unknownEnd || status < 0 {
			status, word, reason = unknownEnd, actions.Failed, "ssh ended with it, or was ended: whether a shell was open is not known"
		}
	case err != nil:
		status, word, reason = unknownEnd, actions.Failed, err.Error()
	}
	if err := record.end(word, status, fmt.Sprintf("status %d", status), reason); err != nil {
		fmt.Fprintf(s.err, "pumatop: its end is not recorded: %v\n", err)
	}
	switch {
	case reason != "" && exit == nil:
		return fmt.Errorf("open a shell: %w", err)
	case status != 0:
		return &exitError{status}
	}
	return nil
}

// lookForShell finds the one target, and the command that opens a shell there.
func lookForShell(ctx context.Context, w io.Writer, so sessionOptions, o sshOptions) (target collector.Snapshot, argv []string, err error) {
	saw, err := lookHeadless(ctx, so, o.timeout)
	if err != nil {
		return target, nil, err
	}
	defer saw.close()
	switch {
	case len(saw.missing) > 0:
		return target, nil, &refusedError{fmt.Sprintf("no shell on %s: %s", saw.missing[0].Target, saw.missing[0].Reason), saw.missing[0].Remedy}
	case len(saw.targets) != 1:
		return target, nil, usagef("name one of them", "a shell is for one target, not for %s", listOf(saw.targets))
	}
	target = saw.targets[0]
	host, err := saw.pool.HostBy(so.targets[0].host, so.targets[0].options)
	if err != nil {
		return target, nil, fmt.Errorf("open a shell: %w", err)
	}
	defer host.Close()
	argv, whole, err := host.Terminal(shellLine(target))
	if errors.Is(err, remote.ErrNoTerminal) {
		return target, nil, &refusedError{err.Error(), "install OpenSSH's client; pumatop exec needs none"}
	}
	if err == nil && whole && directoryOf(target) == "" {
		fmt.Fprintf(w, "pumatop: %s: %s; the shell begins where the login does\n", target.ID, noDirectory(target))
	}
	if err == nil && !whole {
		fmt.Fprintf(w, "pumatop: the shell of %s begins where its command begins; the release is in %s\n", target.ID, dash(directoryOf(target)))
	}
	return target, argv, err
}

// shellLine is the line of sh that becomes the login's own shell in the release's directory. Where that cannot be entered,
// the shell says so and begins where it is.
func shellLine(t collector.Snapshot) string {
	dir := directoryOf(t)
	if box := t.Facts().Container; box.ID != "" {
		words := []string{box.Engine, "exec", "-it"}
		if dir != "" {
			words = append(words, "-w", dir)
		}
		return "exec " + commandLine(append(words, box.ID, "sh", "-c", "exec $(command -v bash || echo sh)"))
	}
	line := `exec "${SHELL:-/bin/sh}" -l`
	if dir != "" {
		line = "cd " + shellQuote(dir) + "; " + line
	}
	return line
}
