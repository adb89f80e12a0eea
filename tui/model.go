package tui

import (
	"context"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"pumatop/actions"
	"pumatop/collector"
	"pumatop/collector/query"
)

// Model is the program: one tea.Model, whose screens and overlays are plain values. It is used by the goroutine
// of Bubble Tea's event loop alone.
type Model struct {
	opts  Options
	keys  []binding
	fleet struct {
		latest collector.Fleet // what actions are planned from
		shown  collector.Fleet // the same, or an older one while paused
		any    bool            // whether one has come
		ended  error           // why there will be no more
	}
	// nextFleet, nextProgress and nextPrompts wait, each for one message; they hold the context that ends them.
	nextFleet    func(lens) tea.Cmd
	nextProgress func(run Run, number, after int) tea.Cmd
	nextPrompts  func(changed <-chan struct{}) tea.Cmd
	openStream   func(*logs) tea.Cmd
	nextLines    func(stream LogStream, number int) tea.Cmd
	askDoctor    func(of []collector.TargetID, number int) tea.Cmd
	nextRawOf    func(of collector.TargetID, number int) tea.Cmd
	askThreads   func(of collector.TargetID, number int) tea.Cmd
	// newPlan is actions.NewPlan; a test may plan otherwise.
	newPlan func(actions.Intent, []collector.Snapshot, time.Time) actions.Plan

	now    time.Time
	ticker struct {
		generation int
		fast       bool
	}

	width, height int
	profile       colorprofile.Profile
	theme         themeDef
	dark          bool // whether the terminal's own background is, as far as that is known
	// asksBackground is whether the terminal's answer counts: a theme that says which kind it is for knows better.
	asksBackground bool
	glyphs         glyphs
	look           *look

	pages   []page
	screen  screenID
	overlay overlayID
	cursor  selected
	top     int // first line of the fleet in sight
	marks   map[collector.TargetID]bool
	open    collector.TargetID // what the target screen shows
	worker  int                // the index of the worker that the target screen's cursor is on, noWorker for the first
	trail   []visited          // the screens that esc goes back to
	scroll  int                // of the target, the rollout and the audit screen

	filter query.Filter
	// misread is the word of the filter that cannot be read, which hides nothing; hint is what may come at its end.
	misread   *query.FilterError
	hint      string
	typing    input // the filter's line
	problems  bool
	order     ordering
	pausedAt  time.Time // zero while the display runs
	projected projection
	outage    *outage    // nil while a host answers
	chosen    []columnID // the columns that the operator chose; nil for all that fit. A choice is never written again
	picks     columnPicker
	folds     folds
	noMouse   bool // whether the terminal has the mouse
	lenses    int  // counts changes of what is shown of a fleet, and how

	sheet    sheet
	palette  palette
	audit    auditTrail
	logs     logs
	doctor   examinations
	timeline timeline
	raw      rawStats
	threads  threads
	compare  compare
	question question
	prompts  prompts
	picker   int
	themes   themePicker
	sorts    []query.ID // line of the sort picker
	helpTop  int
	helpPage helpPage
	rollout  *rollout
	seen     *rollout // what others began, as the witness tells; nil without one
	sighted  *rollout // what of it is of interest; nil for nothing
	verdicts map[verdictShape][]line
	docked   struct { // the lines of the dock, until something changes
		of           *rollout
		width, focus int
		lines        []line
	}
	zoom     zoom
	asked    time.Duration // interval asked for and not yet seen
	paced    time.Duration // the one that was asked for last; zero for none
	notice   notice
	overlays int // counts overlays, so that a late armedMsg arms no other one

	alarms alarmWatch

	broken string // what is wrong with the configuration

	dirty     bool // something on the screen has changed since the frame was drawn
	drawnAt   time.Time
	unchanged bool // set while a message is taken that changes nothing
	frame     tea.View
	pen       pen
}

// notice is a passing text in place of the footer.
type notice struct {
	number int
	text   string
}

// New returns the program's model. The commands that wait for fleets and progress end with ctx.
func New(ctx context.Context, opts Options) *Model {
	m := &Model{
		opts:      opts,
		nextFleet: func(l lens) tea.Cmd { return nextFleet(ctx, opts.Feed, l, opts.Alerts.Alarms) },
		nextProgress: func(run Run, number, after int) tea.Cmd {
			return nextProgress(ctx, run, number, after)
		},
		nextPrompts: func(changed <-chan struct{}) tea.Cmd { return nextPrompts(ctx, opts.Prompts, changed) },
		openStream:  func(l *logs) tea.Cmd { return openStream(ctx, opts.Logs, l) },
		nextLines:   func(stream LogStream, number int) tea.Cmd { return nextLines(ctx, stream, number) },
		askDoctor:   func(of []collector.TargetID, number int) tea.Cmd { return askDoctor(ctx, opts.Doctor, of, number) },
		nextRawOf:   func(of collector.TargetID, number int) tea.Cmd { return readRawStats(ctx, opts.Raw, of, number) },
		askThreads:  func(of collector.TargetID, number int) tea.Cmd { return askThreads(ctx, opts.Threads, of, number) },
		newPlan:     actions.NewPlan,
		profile:     colorprofile.TrueColor,
		theme:       themeOf(opts.Theme),
		glyphs:      unicodeGlyphs(),
		pages:       pages(),
		screen:      fleetScreen,
		marks:       map[collector.TargetID]bool{},
		verdicts:    map[verdictShape][]line{},
		order:       orderOf(opts.Sort),
		chosen:      chosenColumns(opts.Columns),
		noMouse:     opts.NoMouse,
		dirty:       true,
	}
	m.filter, _, _ = query.ParseTyped(opts.Filter)
	if opts.ASCII {
		m.glyphs = asciiGlyphs()
	}
	m.dark, m.asksBackground = m.theme.ground != lightGround, m.theme.ground == anyGround
	m.keys = keysFor(opts)
	m.restyle()
	m.comeBack()
	m.notice.text = opts.Notice
	return m
}

// Init waits for the first fleet, starts the clock and asks the terminal for its background.
func (m *Model) Init() tea.Cmd {
	cmds := []tea.Cmd{m.nextFleet(m.lens()), tick(m.pulse(), m.ticker.generation)}
	if next := m.subscribe(); next != nil {
		cmds = append(cmds, next)
	}
	if m.opts.Prompts != nil {
		cmds = append(cmds, m.nextPrompts(nil))
	}
	if m.notice.text != "" {
		cmds = append(cmds, endNotice(m.notice.number))
	}
	if m.asksBackground {
		cmds = append(cmds, tea.RequestBackgroundColor)
	}
	return tea.Batch(cmds...)
}

// reproject makes the fleet screen's lines anew: the operator wants others.
func (m *Model) reproject() {
	m.lenses++
	m.swap(m.lens().project(&m.fleet.shown))
}

// swap takes lines of the shown fleet in and keeps cursor and marks to what is still there.
func (m *Model) swap(p projection) {
	m.projected, m.outage = p, outageOf(&m.fleet.shown)
	m.followTarget()
	m.dropMarks()
	m.clampTop()
}

// say shows a passing notice.
func (m *Model) say(text string) tea.Cmd {
	m.notice = notice{number: m.notice.number + 1, text: text}
	return endNotice(m.notice.number)
}

// running reports whether an action is under way.
func (m *Model) running() bool { return m.rollout != nil && !m.rollout.over() }

// canStop reports whether a rollout has targets that a stop would leave out.
func (m *Model) canStop() bool {
	return m.running() && m.rollout.progress.Stopped == "" &&
		slices.ContainsFunc(m.rollout.progress.Steps, func(s actions.StepProgress) bool { return s.State == actions.Waiting })
}
