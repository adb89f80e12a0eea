package tui

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"pumatop/actions"
	"pumatop/collector"
	"pumatop/collector/prompt"
	"pumatop/collector/query"
)

// Feed yields what is observed.
type Feed interface {
	// Next blocks until there is a fleet newer than the last one it returned, and returns the newest. An error
	// means that there will be no more.
	Next(ctx context.Context) (collector.Fleet, error)
}

// Operator carries out a plan that the operator confirmed.
type Operator interface {
	// Start begins and returns at once. The run goes on whatever the screen does.
	Start(plan actions.Plan) Run
}

// OperatorFunc is a function that serves as Operator.
type OperatorFunc func(plan actions.Plan) Run

// Start calls f.
func (f OperatorFunc) Start(plan actions.Plan) Run { return f(plan) }

// Run is a rollout that is under way; *actions.Run is one.
type Run interface {
	// Next blocks until there is progress of a version above after. An error means that there will be no more.
	Next(ctx context.Context, after int) (actions.Progress, error)
	// Stop leaves out what has not begun; what Puma accepted cannot be recalled.
	Stop()
}

// Controls are what keys change about the collection. Both return at once.
type Controls interface {
	// Refresh asks every target now, and tries hosts again whose login failed.
	Refresh()
	// SetInterval sets the pause between two polls of a target.
	SetInterval(d time.Duration)
	// Probe has the host of a target looked at again; what it finds comes with a later fleet.
	Probe(id collector.TargetID)
}

// Prompts are the questions that hosts want answered before they let pumatop in; *prompt.Queue is one.
type Prompts interface {
	// Waiting are the questions without an answer, the next one first, in a slice of the caller's own. changed is closed
	// when that changes.
	Waiting() (questions []prompt.Pending, changed <-chan struct{})
	// Answer hands an answer to the question of that number; Decline gives its login up. Both return at once.
	Answer(number int, s prompt.Secret)
	Decline(number int)
}

// Options say what the screens show and what they may do. Feed is required; the keys of what is absent do not
// exist.
type Options struct {
	Feed     Feed
	Operator Operator
	Controls Controls
	// Witness is the run of restarts that others began; it never ends by itself.
	Witness Run
	// Prompts is nil where nobody is asked on the screen.
	Prompts Prompts
	// Audit reads what was recorded; the error may have a Remedy method.
	Audit func() (actions.Trail, error)
	// Logs begins to follow the logs of targets, from so many of their last lines on, until ctx ends; it returns at once.
	// since, unless it is zero, leaves out what is older, of a log that has times.
	Logs func(ctx context.Context, of []collector.TargetID, past int, since time.Time) LogStream
	// Raw asks a target's control app for its figures, as it says them.
	Raw func(ctx context.Context, of collector.TargetID) (collector.Raw, error)
	// Doctor examines targets; nil where nobody does.
	Doctor Doctor
	// Threads asks a target's control app what the process behind it does. It is called one at a time, while somebody looks.
	Threads func(ctx context.Context, of collector.TargetID) collector.ThreadReport
	// Columns are the fleet's columns, from left to right, of which the screen draws those that it knows; nil leaves it to the
	// width. Keys are other keys for bindings, by their names; see CheckKeys.
	Columns []*query.Column
	Keys    map[string]string
	// ReadOnly removes every key that would change a server.
	ReadOnly bool
	// ASCII draws with nothing but ASCII.
	ASCII bool
	// Still draws less often, and animates nothing.
	Still bool
	// Theme is Auto where it is empty. Colors are colours of the operator's own in it, by the names of ColorNames.
	Theme  ThemeName
	Colors map[string]string
	// Environment stands in the header, in Color, where that is not empty: red, yellow, green, blue, magenta or cyan.
	// Without one it is red where its name begins with "prod". Sanitised.
	Environment, Color string
	// Policy is what the targets' environment allows, Pace how a rollout goes through several targets, and Via the one way
	// that a request may take: the sheet begins with them.
	Policy actions.Policy
	Pace   actions.Pace
	Via    actions.Via
	// Manners are how the configuration wants targets acted on, by their hosts, where the sheet says nothing else.
	Manners actions.Manners
	// Reload reads the configuration again; its message is a [Configured]. Nil removes the command. The program may send
	// such messages by itself, too.
	Reload tea.Cmd
	// Version is pumatop's own.
	Version string
	// State is what the screen comes back to; what it has counts before Filter, Sort and the like. Notice is told in passing at
	// the start.
	State  State
	Notice string
	// Filter and Sort are how the fleet is filtered and sorted at the start; by state where Sort is empty.
	Filter string
	Sort   query.Order
	// NoMouse leaves the mouse to the terminal, so that text can be selected without a modifier.
	NoMouse bool
	// Alerts are how a person is called who looks elsewhere.
	Alerts Alerts
	// Copy hands a text to the clipboard; nil leaves that to the terminal alone.
	Copy func(text string) tea.Cmd
	// Suspend puts the program into the background; nil removes ctrl-z.
	Suspend tea.Cmd
}
