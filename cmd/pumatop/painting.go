package main

import (
	"context"
	"io"
	"os"
	"runtime/debug"

	tea "charm.land/bubbletea/v2"

	"pumatop/tui"
	"pumatop/tui/paint"
)

// showing is a way to show the dashboard.
type showing interface {
	// begin takes the terminal whose keys these are, nil where it is no terminal of the system's.
	begin(keys *keyboard) (screenProgram, error)
}

// screenProgram is what Bubble Tea runs, and how.
type screenProgram struct {
	model   tea.Model
	options []tea.ProgramOption
	end     func() // gives back what has been taken
}

// showing is the one that the flags ask for.
func (f *flags) showing(c *canvas, m *tui.Model, out io.Writer, onPanic func(value any, stack []byte)) showing {
	if f.looking.reader {
		return &transcript{tui.NewReader(m, out)}
	}
	return &painting{c, m, out, onPanic}
}

// play shows the dashboard on the process's own terminal until somebody leaves it.
func play(ctx context.Context, s streams, way showing, again *rereading, c *crash) error {
	in, keys, err := keysFrom(s.in)
	if err != nil {
		return err
	}
	screen, err := way.begin(keys)
	if err != nil {
		return err
	}
	defer screen.end()
	p := tea.NewProgram(screen.model, append(screen.options, tea.WithInput(in))...)
	defer again.start(ctx, p.Send, c.record)()
	return c.show(p, keys)
}

// playOn shows it where a test plays.
func playOn(s stage, way showing) error {
	screen, err := way.begin(nil)
	if err != nil {
		return err
	}
	defer screen.end()
	return s.Show(screen.model, screen.options...)
}

// painting is the screen.
type painting struct {
	canvas  *canvas
	model   *tui.Model
	out     io.Writer
	onPanic func(value any, stack []byte)
}

// pulse is how often a second Bubble Tea writes what is its to write: title, modes, bell, clipboard, questions to the terminal. Of
// frames only the first after the start, or after the terminal had been given away, waits for it: the alternate screen comes so.
const pulse = 10

// begin has a painter draw what the model shows.
func (p *painting) begin(*keyboard) (screenProgram, error) {
	painter := paint.New(p.out)
	go func() {
		defer func() {
			if v := recover(); v != nil {
				p.onPanic(v, debug.Stack())
			}
		}()
		painter.Run()
	}()
	var out io.Writer = painter
	if file, ok := p.out.(*os.File); ok {
		out = painted{file, painter}
	}
	// Without WithContext: SIGTERM and SIGHUP quit in order, so that the terminal is restored.
	options := []tea.ProgramOption{tea.WithOutput(out), tea.WithFPS(pulse), tea.WithoutSignalHandler()}
	if p.canvas.fixed {
		options = append(options, tea.WithColorProfile(p.canvas.profile))
	}
	return screenProgram{painter.Model(p.model), options, painter.Close}, nil
}

// painted is a terminal on which a painter draws. Not embedded: nothing may be written past the painter.
type painted struct {
	file    *os.File
	painter *paint.Painter
}

func (p painted) Fd() uintptr                 { return p.file.Fd() }
func (p painted) Read(b []byte) (int, error)  { return p.file.Read(b) }
func (p painted) Write(b []byte) (int, error) { return p.painter.Write(b) }
func (p painted) Close() error                { return nil } // not ours
