package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"pumatop/actions"
	"pumatop/actions/audit"
	"pumatop/collector"
	"pumatop/collector/probe"
	"pumatop/collector/query"
	"pumatop/tui"
)

// screenFlags are the flags of what is drawn.
func screenFlags(f *flags) *pflag.FlagSet {
	fl := pflag.NewFlagSet("screen", pflag.ContinueOnError)
	fl.StringVar(&f.color, "color", "auto", "auto, truecolor, 256, 16 or none")
	fl.StringVar(&f.theme, "theme", "auto", themeHelp())
	fl.BoolVar(&f.ascii, "ascii", asciiTerminal(os.Getenv), "draw with ASCII alone")
	fl.BoolVar(&f.noMouse, "no-mouse", false, "leave the mouse to the terminal, to select text")
	alertFlags(fl, &f.alerting)
	f.looking.addFlags(fl)
	fl.BoolVar(&f.noAudit, "no-audit", false, "act without a record of it")
	fl.BoolVar(&f.allowStop, "allow-stop", false, "let targets be stopped; also "+allowStopVariable)
	fl.StringVar((*string)(&f.via), "via", "", "act only through `WAY`: control, systemd or signal; also "+viaVariable)
	paceFlags(fl, &f.pace)
	return fl
}

// asciiTerminal reports a terminal that cannot be trusted with more than ASCII.
func asciiTerminal(getenv func(string) string) bool {
	if getenv("TERM") == "linux" {
		return true
	}
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := getenv(name); v != "" {
			return !isUTF8(v)
		}
	}
	return false
}

// largest is the biggest terminal that is drawn on: a wrong size report must not cost half a gigabyte.
const largestWidth, largestHeight = 1000, 500

// profileOf is the colour profile that was asked for; auto leaves it to the terminal, but for NO_COLOR, which counts
// with any value and which the library reads as a truth value.
func profileOf(color string, getenv func(string) string) (profile colorprofile.Profile, fixed bool, err error) {
	if getenv("NO_COLOR") != "" && color == "auto" {
		color = "none"
	}
	switch color {
	case "auto":
		return 0, false, nil
	case "truecolor":
		return colorprofile.TrueColor, true, nil
	case "256":
		return colorprofile.ANSI256, true, nil
	case "16":
		return colorprofile.ANSI, true, nil
	case "none":
		return colorprofile.ASCII, true, nil
	}
	return 0, false, usagef("use auto, truecolor, 256, 16 or none", "unknown colour %q", color)
}

// checkTerminal refuses what cannot show a screen.
func checkTerminal(out *os.File, getenv func(string) string) error {
	if t := getenv("TERM"); t == "dumb" || t == "" {
		return usagef("pumatop status TARGET... prints one snapshot", "TERM is %q: this terminal cannot show a screen", t)
	}
	w, h, err := term.GetSize(int(out.Fd()))
	if err == nil && (w > largestWidth || h > largestHeight) {
		return usagef("set its size: stty cols 120 rows 40", "the terminal says it is %d×%d", w, h)
	}
	return nil
}

// canvas is what the screen is drawn on and in which colours and order. The profile counts where it is fixed.
type canvas struct {
	profile colorprofile.Profile
	fixed   bool
	theme   tui.ThemeName
	order   query.Order
	columns []*query.Column
}

// canvas reads what the flags say of drawing, and refuses what cannot show a screen.
func (f *flags) canvas(w io.Writer) (c canvas, err error) {
	if c.profile, c.fixed, err = profileOf(f.color, os.Getenv); err != nil {
		return c, err
	}
	lens, err := f.view.read()
	if err != nil {
		return c, err
	}
	c.order, c.columns = lens.order, lens.columns
	if c.theme, err = themeOf(f.theme); err != nil {
		return c, err
	}
	if err := f.alerting.check(); err != nil {
		return c, err
	}
	if _, played := w.(stage); played {
		return c, nil
	}
	out, ok := w.(*os.File)
	if !ok {
		return c, errors.New("show the screen: stdout is no terminal")
	}
	if f.looking.reader { // which needs of a terminal no more than lines
		return c, nil
	}
	return c, checkTerminal(out, os.Getenv)
}

// stage is a terminal that a test plays on, in place of the process's own.
type stage interface {
	io.Writer
	// Show runs the model on it.
	Show(m tea.Model, options ...tea.ProgramOption) error
	// Dir is the directory for what a demo keeps.
	Dir() string
	// Signature is who acts on it.
	Signature() actions.Record
}

// runScreen shows the dashboard until the operator leaves it. The audit is where getenv says.
func runScreen(ctx context.Context, s streams, f flags, o sessionOptions, getenv func(string) string) error {
	c, err := f.canvas(s.out)
	if err != nil {
		return err
	}
	var crash crash
	o.onPanic, o.audit = crash.record, auditLog(getenv, f.readOnly, f.noAudit)
	if played, ok := s.out.(stage); ok {
		by := played.Signature()
		o.signature = &by
	}
	asked := askOnScreen(ctx, ownSurroundings())
	defer asked.leave()
	o.remote.Ask = asked.asker
	session, err := startSession(ctx, o)
	if err != nil {
		return err
	}
	defer session.close()
	witness := actions.NewWitness(session.runner)
	settings := f.screenSettings(o.targets)
	var reload tea.Cmd
	if o.reread != nil {
		o.reread.begin(session)
		reload = o.reread.now
	}
	memory, state, notice := f.recollect(getenv, o.targets)
	model := tui.New(ctx, tui.Options{
		Feed: witnessed{session.collector, witness}, Controls: session.collector, Witness: witness.Run(),
		Operator: tui.OperatorFunc(func(p actions.Plan) tui.Run { return session.runner.Start(p) }),
		Prompts:  asked.shown,
		Audit:    func() (actions.Trail, error) { return readTrail(getenv) },
		Logs:     followLogs(session.collector),
		Doctor:   session.doctor(o.reread != nil, f.fleet.Name),
		Raw:      session.collector.Raw, Threads: session.collector.Threads,
		Policy: settings.Policy, Pace: settings.Pace, Via: settings.Via, Manners: settings.Manners, ReadOnly: settings.ReadOnly,
		Color: settings.Color, Reload: reload,
		Filter: f.view.filter, Sort: c.order, Columns: c.columns, Keys: f.loaded.Config.Keys, ASCII: f.ascii, Theme: c.theme, NoMouse: f.noMouse, Environment: f.environment, Version: version, Suspend: suspend,
		Still: f.still, Colors: settings.Colors, State: state, Notice: notice,
		Alerts: f.alerting.alerts(os.Getenv, limitsBy(nil, f.thresholds()...)), Copy: clipboard(os.Getenv),
	})
	way := f.showing(&c, model, s.out, crash.record)
	if played, ok := s.out.(stage); ok {
		return playOn(played, way)
	}
	err = play(ctx, s, way, o.reread, &crash)
	if crash.text.Load() == nil {
		memory.leave(model.State(), s.err)
	}
	return err
}

// followLogs follows logs for the screen.
func followLogs(c *collector.Collector) func(context.Context, []collector.TargetID, int, time.Time) tui.LogStream {
	return func(ctx context.Context, of []collector.TargetID, past int, since time.Time) tui.LogStream {
		return c.Logs(ctx, of, probe.LogQuery{Past: past, Since: since})
	}
}

// witnessed shows the witness every fleet that the screen gets.
type witnessed struct {
	tui.Feed
	witness *actions.Witness
}

// Next is the next fleet.
func (w witnessed) Next(ctx context.Context) (collector.Fleet, error) {
	fleet, err := w.Feed.Next(ctx)
	if err == nil {
		w.witness.Observe(fleet)
	}
	return fleet, err
}

// readTrail reads all of the audit.
func readTrail(getenv func(string) string) (actions.Trail, error) {
	path, err := audit.Path(getenv)
	if err != nil {
		return actions.Trail{}, err
	}
	return audit.Read(path, audit.Filter{})
}

// crash takes the first panic of any goroutine that guards itself, and ends the program in order.
type crash struct {
	program atomic.Pointer[tea.Program]
	once    sync.Once
	text    atomic.Pointer[string]
}

// record keeps the panic for after the terminal has been restored, and ends the program.
func (c *crash) record(value any, stack []byte) {
	c.once.Do(func() {
		text := fmt.Sprintf("panic: %v\n\n%s", value, stack)
		c.text.Store(&text)
	})
	if p := c.program.Load(); p != nil {
		p.Kill()
	}
}

// bug is the panic that has been recorded; nil for none.
func (c *crash) bug() error {
	if text := c.text.Load(); text != nil {
		return fmt.Errorf("a bug in pumatop: %s", *text)
	}
	return nil
}

// show runs the program between the terminal's states.
func (c *crash) show(p *tea.Program, keys *keyboard) error {
	c.program.Store(p)
	if err := c.bug(); err != nil { // what was not there has not been killed
		return err
	}
	signals := watchSignals(p, keys)
	_, err := p.Run()
	keys.interrupt()
	killed := signals.stop()
	switch bug := c.bug(); {
	case bug != nil:
		return bug
	case killed != nil:
		return &exitError{128 + int(*killed)}
	case errors.Is(err, tea.ErrInterrupted):
		return &exitError{actions.ExitInterrupted}
	case err != nil:
		return fmt.Errorf("show the screen: %w", err)
	}
	return nil
}

// signalWatch turns signals into an orderly end, or an orderly stop and continuation.
type signalWatch struct {
	ch     chan os.Signal
	done   chan struct{}
	keys   *keyboard
	ending atomic.Pointer[syscall.Signal]
}

func watchSignals(p *tea.Program, keys *keyboard) *signalWatch {
	w := &signalWatch{ch: make(chan os.Signal, 8), done: make(chan struct{}), keys: keys}
	signal.Notify(w.ch, syscall.SIGTSTP, syscall.SIGCONT, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGINT)
	go w.serve(p)
	return w
}

// stop ends the watch and returns the signal that ended the program, if one did.
func (w *signalWatch) stop() *syscall.Signal {
	signal.Stop(w.ch)
	close(w.done)
	return w.ending.Load()
}

func (w *signalWatch) serve(p *tea.Program) {
	for {
		select {
		case <-w.done:
			return
		case s := <-w.ch:
			switch s {
			case syscall.SIGTSTP:
				w.release(p)
				// SIGSTOP, not SIGTSTP: once Notify has seen SIGTSTP, Go keeps its own handler and would swallow it.
				_ = syscall.Kill(0, syscall.SIGSTOP)
				w.awaitContinue(p)
				w.restore(p)
			case syscall.SIGCONT: // after somebody else's SIGSTOP, which cannot be prepared for
				w.release(p)
				w.restore(p)
			default:
				w.end(s, p)
			}
		}
	}
}

// release gives the terminal away, and restore takes it back.
func (w *signalWatch) release(p *tea.Program) {
	w.keys.interrupt()
	_ = p.ReleaseTerminal()
	w.keys.giveMode()
}

func (w *signalWatch) restore(p *tea.Program) {
	_ = w.keys.resume()
	w.keys.takeMode()
	_ = p.RestoreTerminal()
}

// awaitContinue waits until the process goes on. The stop is not immediate: kill returns before it, and what runs in
// between would set up a terminal that the shell then takes away.
func (w *signalWatch) awaitContinue(p *tea.Program) {
	for {
		select {
		case s := <-w.ch:
			switch s {
			case syscall.SIGCONT:
				return
			case syscall.SIGTSTP:
			default:
				w.end(s, p)
			}
		case <-w.done:
			return
		}
	}
}

// end quits in order because of a signal.
func (w *signalWatch) end(s os.Signal, p *tea.Program) {
	if number, ok := s.(syscall.Signal); ok {
		w.ending.CompareAndSwap(nil, &number)
	}
	p.Quit()
}

// suspend is ctrl-z: the same road as kill -TSTP.
func suspend() tea.Msg {
	_ = syscall.Kill(0, syscall.SIGTSTP)
	return nil
}

// isUTF8 reads a locale's encoding: "de_DE.UTF-8".
func isUTF8(locale string) bool {
	l := strings.ToLower(locale)
	return strings.Contains(l, "utf-8") || strings.Contains(l, "utf8")
}
