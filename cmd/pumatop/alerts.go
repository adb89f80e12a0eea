package main

import (
	"context"
	"os/exec"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/spf13/pflag"

	"pumatop/collector"
	"pumatop/tui"
)

// alerting is how a person is called who looks elsewhere.
type alerting struct {
	bell              bool
	desktop, progress string
}

// Where a sequence is sent by itself, and the sequences that there are.
const (
	alertAuto = "auto"
	alertOff  = "off"
	alertOn   = "on"
	osc9      = "osc9"
	osc777    = "osc777"
)

func alertFlags(fl *pflag.FlagSet, a *alerting) {
	fl.BoolVar(&a.bell, "bell", false, "ring the terminal's bell at the end of a restart and where a target becomes critical")
	fl.StringVar(&a.desktop, "desktop", alertOff, "desktop notification for the same: off, auto, osc9 or osc777")
	fl.StringVar(&a.progress, "progress", alertAuto, "how far a restart is, in the terminal's tab (OSC 9;4): auto where it is known to understand, on or off")
}

// check refuses words that there are not.
func (a *alerting) check() error {
	if all := []string{alertOff, alertAuto, osc9, osc777}; !slices.Contains(all, a.desktop) {
		return usagef("use off, auto, osc9 or osc777", "unknown desktop notification %q", a.desktop)
	}
	if all := []string{alertAuto, alertOn, alertOff}; !slices.Contains(all, a.progress) {
		return usagef("use auto, on or off", "unknown progress %q", a.progress)
	}
	return nil
}

// alerts are those of the screen on this terminal. limits are what becomes critical.
func (a *alerting) alerts(getenv func(string) string, limits map[string]limits) tui.Alerts {
	alerts := tui.Alerts{Bell: a.bell, Progress: a.progress == alertOn || a.progress == alertAuto && showsProgress(getenv)}
	sequence := a.desktop
	if sequence == alertAuto {
		sequence = notifiesBy(getenv)
	}
	switch sequence {
	case osc9:
		alerts.Notify = func(text string) string { return throughMultiplexer(ansi.Notify(text), getenv) }
	case osc777:
		alerts.Notify = func(text string) string {
			return throughMultiplexer("\x1b]777;notify;pumatop;"+strings.TrimPrefix(text, "pumatop: ")+"\x1b\\", getenv)
		}
	}
	if alerts.Bell || alerts.Notify != nil {
		alerts.Alarms = func(f collector.Fleet) map[collector.TargetID]string { return alarmsOf(f, limits) }
	}
	return alerts
}

// alarmsOf are the targets that are critical, with the first reason of each.
func alarmsOf(f collector.Fleet, limits map[string]limits) map[collector.TargetID]string {
	out := map[collector.TargetID]string{}
	for _, p := range judge(f, limits, checkCritical).problems {
		if _, known := out[collector.TargetID(p.target)]; !known && p.severity == checkCritical {
			out[collector.TargetID(p.target)] = p.text
		}
	}
	return out
}

// notifiesBy is the sequence that a terminal takes for a notification, as far as its environment tells.
func notifiesBy(getenv func(string) string) string {
	switch {
	case getenv("VTE_VERSION") != "", strings.HasPrefix(getenv("TERM"), "foot"), strings.HasPrefix(getenv("TERM"), "rxvt"):
		return osc777
	}
	return osc9
}

// showsProgress reports a terminal that is known to show OSC 9;4. Others may take it for a notification, and multiplexers
// keep it to themselves.
func showsProgress(getenv func(string) string) bool {
	if getenv("TMUX") != "" || getenv("STY") != "" {
		return false
	}
	return getenv("WT_SESSION") != "" || getenv("ConEmuANSI") == "ON" || slices.Contains([]string{"ghostty", "mintty"}, strings.ToLower(getenv("TERM_PROGRAM")))
}

// throughMultiplexer wraps a sequence so that tmux (where its allow-passthrough is on) and GNU screen hand it on.
func throughMultiplexer(sequence string, getenv func(string) string) string {
	switch {
	case getenv("TMUX") != "":
		return ansi.TmuxPassthrough(sequence)
	case getenv("STY") != "":
		return ansi.ScreenPassthrough(sequence, 0)
	}
	return sequence
}

// clipboardTimeout is how long tmux may take.
const clipboardTimeout = 2 * time.Second

// clipboard is the way to the terminal's clipboard: OSC 52, which by default tmux does not take from programs; so tmux is
// asked to send it. Nil is the terminal's own.
func clipboard(getenv func(string) string) func(text string) tea.Cmd {
	switch {
	case getenv("TMUX") != "":
		return func(text string) tea.Cmd {
			return func() tea.Msg {
				ctx, cancel := context.WithTimeout(context.Background(), clipboardTimeout)
				defer cancel()
				load := exec.CommandContext(ctx, "tmux", "load-buffer", "-w", "-")
				load.Stdin = strings.NewReader(text)
				if load.Run() != nil { // before 3.2, or without tmux on the PATH
					return tea.SetClipboard(text)()
				}
				return nil
			}
		}
	case getenv("STY") != "":
		return func(text string) tea.Cmd {
			return tea.Raw(ansi.ScreenPassthrough(ansi.SetSystemClipboard(text), 0))
		}
	}
	return nil
}
