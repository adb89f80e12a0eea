package tui

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"pumatop/actions"
	"pumatop/collector"
	"pumatop/collector/prompt"
)

// How often the time reaches the screen.
const (
	slowTick = time.Second
	fastTick = 250 * time.Millisecond
	// stillTick is how often it does with reduced motion, whatever goes on.
	stillTick = 2 * time.Second
)

// A new overlay takes no consent for armBeats of armBeat each, and not before no key has come for that long: keys that
// were typed ahead, or pasted into a terminal without bracketed paste, arrive within a few milliseconds of each other. A
// beat begins when the one before it has been heard, so that on a machine that stands still no moment passes unlived: one
// long timer would be over, and its message in front of the keys that were there before it.
const (
	armBeat  = 50 * time.Millisecond
	armBeats = 4
)

// noticeFor is how long a passing notice stands.
const noticeFor = 4 * time.Second

// nextFleet waits for a newer fleet, and makes its lines: a thousand of them are sorted beside the loop that takes keys.
func nextFleet(ctx context.Context, feed Feed, l lens, alarms func(collector.Fleet) map[collector.TargetID]string) tea.Cmd {
	return func() tea.Msg {
		fleet, err := feed.Next(ctx)
		if err != nil {
			return feedEndedMsg{err: err}
		}
		msg := fleetMsg{fleet: fleet, projected: l.of(&fleet), lens: l.number}
		if alarms != nil {
			msg.alarms = alarms(fleet)
		}
		return msg
	}
}

// promptBeat is how long the questions of many hosts are gathered, so that a fleet that logs in at once is one change.
const promptBeat = 50 * time.Millisecond

// How long a login has to ask for more before the overlay takes it for done: as long as a server thinks about a wrong
// answer, and as long as it takes to get to its first question.
const (
	lullFor      = 4 * time.Second
	beginningFor = 8 * time.Second
)

// nextPrompts waits until other questions wait; without changed it tells which do now.
func nextPrompts(ctx context.Context, p Prompts, changed <-chan struct{}) tea.Cmd {
	read := func() tea.Msg {
		waiting, changed := p.Waiting()
		return promptsMsg{waiting, changed}
	}
	if changed == nil {
		return read
	}
	return func() tea.Msg {
		select {
		case <-changed:
			return tea.Tick(promptBeat, func(time.Time) tea.Msg { return read() })()
		case <-ctx.Done():
			return nil
		}
	}
}

// answerPrompt answers the question of a number, and no other.
func answerPrompt(p Prompts, number int, s prompt.Secret) tea.Cmd {
	return func() tea.Msg {
		p.Answer(number, s)
		return nil
	}
}

// declinePrompt gives up the login that asked.
func declinePrompt(p Prompts, number int) tea.Cmd {
	return func() tea.Msg {
		p.Decline(number)
		return nil
	}
}

// endLull ends the time that a login has to ask for more.
func endLull(l lull) tea.Cmd {
	d := lullFor
	if l.of.Kind == prompt.Begin {
		d = beginningFor
	}
	return tea.Tick(d, func(time.Time) tea.Msg { return lullEndMsg{lull: l.number} })
}

// startRun hands a confirmed plan to the operator.
func startRun(op Operator, plan actions.Plan, number int) tea.Cmd {
	return func() tea.Msg { return startedMsg{run: number, live: op.Start(plan)} }
}

// nextProgress waits for progress of a version above after.
func nextProgress(ctx context.Context, run Run, number, after int) tea.Cmd {
	return func() tea.Msg {
		progress, err := run.Next(ctx, after)
		if err != nil {
			return runEndedMsg{run: number, err: err}
		}
		return progressMsg{run: number, progress: progress}
	}
}

// stopRun leaves out what has not begun.
func stopRun(run Run) tea.Cmd {
	return func() tea.Msg {
		run.Stop()
		return nil
	}
}

// tick brings the time after d.
func tick(d time.Duration, generation int) tea.Cmd {
	return tea.Tick(d, func(at time.Time) tea.Msg { return tickMsg{at: at, generation: generation} })
}

// arm counts the beats of an overlay's deaf moment; after the last one it hears.
func arm(overlay, beats int) tea.Cmd {
	return tea.Tick(armBeat, func(time.Time) tea.Msg { return armedMsg{overlay: overlay, beats: beats - 1} })
}

// endNotice takes the notice away.
func endNotice(notice int) tea.Cmd {
	return tea.Tick(noticeFor, func(time.Time) tea.Msg { return noticeEndMsg{notice: notice} })
}

// readTrail reads the audit.
func readTrail(read func() (actions.Trail, error)) tea.Cmd {
	return func() tea.Msg {
		trail, err := read()
		return auditMsg{trail: trail, err: err}
	}
}

// refresh asks every target now.
func refresh(c Controls) tea.Cmd {
	return func() tea.Msg {
		c.Refresh()
		return nil
	}
}

// probe has the targets of a plan looked at again.
func probe(c Controls, ids []collector.TargetID) tea.Cmd {
	if c == nil {
		return nil
	}
	return func() tea.Msg {
		for _, id := range ids {
			c.Probe(id)
		}
		return nil
	}
}

// setInterval changes the pause between polls.
func setInterval(c Controls, d time.Duration) tea.Cmd {
	return func() tea.Msg {
		c.SetInterval(d)
		return nil
	}
}
