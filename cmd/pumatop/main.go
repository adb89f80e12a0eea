// Pumatop watches fleets of Puma web servers and restarts them with proof. See the README.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"pumatop/actions"
	"pumatop/collector/clean"
	"pumatop/collector/config"
	"pumatop/collector/remote"
)

// version is set by the build: -ldflags "-X main.version=1.2.3".
var version = "dev"

func main() {
	askpass()
	tuneGarbage()
	observe()
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// askpass answers an ssh that another pumatop has started, where this is its askpass, and ends.
func askpass() {
	if socket := os.Getenv(remote.AskpassVariable); socket != "" {
		os.Exit(remote.Askpass(socket, strings.Join(os.Args[1:], " "), os.Getenv("SSH_ASKPASS_PROMPT"), os.Stdout))
	}
}

// streams are what a command reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// run is the program without the process: arguments and streams in, exit code out.
func run(args []string, in io.Reader, out, errOut io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	ctx, keys := watchInterrupts(ctx)
	defer keys.close()
	defer keepFromPipes()()
	root := newRoot(streams{in, out, errOut}, keys)
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errOut)
	cmd, err := root.ExecuteContextC(ctx)
	if isPlugin(cmd) {
		return pluginExit(cmd, out, err)
	}
	code := exitCode(ctx, err)
	if err != nil {
		report(errOut, err)
	}
	return code
}

// exitError ends the program with a code that says it all; what there is to say has been said.
type exitError struct{ code int }

func (e *exitError) Error() string { return fmt.Sprintf("exit %d", e.code) }

func exitCode(ctx context.Context, err error) int {
	var exit *exitError
	var usage *usageError
	var refused *refusedError
	var broken config.Errors
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return exit.code
	case readerGone(err):
		return exitClosedPipe
	case errors.As(err, &refused):
		return actions.ExitUnhealthy
	case errors.As(err, &usage), errors.As(err, &broken):
		return actions.ExitUsage
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		return actions.ExitInterrupted
	}
	return actions.ExitInternal
}

// report writes an error and what to do about it.
func report(w io.Writer, err error) {
	var exit *exitError
	if errors.As(err, &exit) || readerGone(err) {
		return
	}
	// several lines only where pumatop itself wrote them: the stack of a panic
	fmt.Fprintf(w, "pumatop: %s\n", strings.Join(clean.Lines(err.Error()), "\n"))
	if remedy := remedyOf(err); remedy != "" {
		fmt.Fprintf(w, "  %s\n", strings.ReplaceAll(remedy, "\n", "\n  "))
	}
}

// remedyOf is what to do about an error; empty where it does not say.
func remedyOf(err error) string {
	var usage *usageError
	var remedy interface{ Remedy() string }
	switch {
	case errors.As(err, &usage) && usage.hint != "":
		return usage.hint
	case errors.As(err, &remedy):
		return remedy.Remedy()
	}
	return ""
}
