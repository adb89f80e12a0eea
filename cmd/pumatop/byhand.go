package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"pumatop/actions"
	"pumatop/collector"
	"pumatop/collector/clean"
	"pumatop/collector/puma"
)

// byHand is what an operator does on targets themselves, through pumatop: it may change anything, so that it is refused
// where nothing may be changed, confirmed where that is asked for, and recorded. What comes of it is not judged.
type byHand struct {
	consent
	noAudit bool
	verb    string // "exec"
	policy  policy
}

func (h *byHand) addFlags(cmd *cobra.Command) {
	fl := cmd.Flags()
	fl.BoolVar(&h.yes, "yes", false, "do not ask where the environment is protected")
	fl.StringVar(&h.confirm, "confirm", "", "the `ENVIRONMENT` that is meant: needed beside --yes where it is protected")
	fl.BoolVar(&h.noAudit, "no-audit", false, "act without a record of it")
}

// allow refuses what the surroundings do not allow. Without protection the command itself is consent enough: it is as much
// as the same one through ssh.
func (h *byHand) allow(cmd *cobra.Command, p policy, s streams) error {
	h.policy = p
	if !p.protected && !p.readOnly && !cmd.Flags().Changed("confirm") {
		return nil
	}
	return h.check(cmd, p, canAsk(s))
}

// agreed asks for the environment's name where it is protected and was not given.
func (h *byHand) agreed(ctx context.Context, s streams, targets []collector.Snapshot, what string) bool {
	if !h.policy.protected || h.yes {
		return true
	}
	fmt.Fprintf(s.err, "%s on %s: %s\n", h.verb, listOf(targets), clean.Line(what))
	fmt.Fprintf(s.err, "%s is protected: type its name to go on: ", h.policy.environment)
	return readWord(ctx, s) == h.policy.environment
}

// idsOf are the targets' ids in their order, and listOf the same as people read it.
func idsOf(targets []collector.Snapshot) []collector.TargetID {
	ids := make([]collector.TargetID, len(targets))
	for i := range targets {
		ids[i] = targets[i].ID
	}
	return ids
}

func listOf(targets []collector.Snapshot) string {
	var names []string
	for _, id := range idsOf(targets) {
		names = append(names, string(id))
	}
	return strings.Join(names, ", ")
}

// readWord reads a line from the terminal; it is empty where ctx ended before.
func readWord(ctx context.Context, s streams) string {
	lines := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(s.in).ReadString('\n')
		lines <- line
	}()
	select {
	case line := <-lines:
		return strings.TrimSpace(line)
	case <-ctx.Done():
		fmt.Fprintln(s.err)
		return ""
	}
}

// recorder writes what is done by hand into the audit.
type recorder struct {
	log    actions.Auditor
	record actions.Record
}

// begin records what is about to be done to a target. Its error refuses it: what cannot be recorded is not done.
func (h *byHand) begin(log actions.Auditor, s collector.Snapshot, request string) (*recorder, error) {
	r := &recorder{log: log, record: signature(os.Getenv)}
	if log == nil {
		return r, nil
	}
	now := time.Now()
	e := &r.record
	e.Version, e.Event, e.At = actions.RecordVersion, actions.RecordAsked, now
	e.Rollout = fmt.Sprintf("%d-%d-hand", e.PID, now.Unix())
	e.ID = e.Rollout + "/" + string(s.ID)
	e.Environment, e.Target = h.policy.environment, string(s.ID)
	e.Action, e.Request = h.verb, puma.LogText(request)
	e.ReleaseBefore = strings.Join(s.Releases(), ", ")
	return r, log.Write(*e)
}

// end records how it ended. An error means that the audit has it as still under way.
func (r *recorder) end(w actions.Word, status int, summary, reason string) error {
	if r.log == nil {
		return nil
	}
	e := r.record
	e.Seconds = time.Since(e.At).Seconds()
	e.Event, e.At = actions.RecordEnded, time.Now()
	e.Verdict, e.Exit, e.Summary, e.Reason = string(w), &status, summary, reason
	return r.log.Write(e)
}
