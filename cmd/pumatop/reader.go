package main

import (
	"context"
	"fmt"
	"io"

	tea "charm.land/bubbletea/v2"
	"golang.org/x/term"

	"pumatop/tui"
)

// rawKeys is the terminal's mode while a transcript is written: keys come one by one, and nothing is repeated but what the
// reader says. Bubble Tea leaves the mode alone where it draws nothing.
type rawKeys struct {
	fd     int
	cooked *term.State
}

// take sets the mode.
func (r *rawKeys) take() error {
	if r == nil {
		return nil
	}
	cooked, err := term.MakeRaw(r.fd)
	if err != nil {
		return fmt.Errorf("read keys from the terminal: %w", err)
	}
	if r.cooked == nil {
		r.cooked = cooked
	}
	return nil
}

// give puts back the mode that was there before.
func (r *rawKeys) give() {
	if r != nil && r.cooked != nil {
		_ = term.Restore(r.fd, r.cooked)
	}
}

// transcript is the program for a screen reader: nothing is drawn, and lines are written one below another.
type transcript struct{ reader *tui.Reader }

// transcriptOf is the transcript of a model; nil where a screen is drawn.
func (f *flags) transcriptOf(m *tui.Model, out io.Writer) *transcript {
	if !f.looking.reader {
		return nil
	}
	return &transcript{tui.NewReader(m, out)}
}

// model is what the program runs: the reader, or what the screen draws.
func (t *transcript) model(drawn *tui.Model) tea.Model {
	if t == nil {
		return drawn
	}
	return t.reader
}

// play runs the program on the process's own terminal.
func (t *transcript) play(ctx context.Context, s streams, drawn *tui.Model, options []tea.ProgramOption, again *rereading, c *crash) error {
	in, keys, err := keysFrom(s.in)
	if err != nil {
		return err
	}
	more, end, err := t.begin(keys)
	if err != nil {
		return err
	}
	defer end()
	program := tea.NewProgram(t.model(drawn), append(append(options, tea.WithInput(in)), more...)...)
	defer again.start(ctx, program.Send, c.record)()
	return c.show(program, keys)
}

// begin takes the terminal for it. end says what was left to be said and gives the terminal back.
func (t *transcript) begin(keys *keyboard) (options []tea.ProgramOption, end func(), err error) {
	if t == nil {
		return nil, func() {}, nil
	}
	if keys != nil {
		keys.raw = &rawKeys{fd: int(keys.file.Fd())}
		if err := keys.raw.take(); err != nil {
			return nil, nil, err
		}
	}
	return []tea.ProgramOption{tea.WithoutRenderer()}, func() {
		t.reader.Finish()
		if keys != nil {
			keys.raw.give()
		}
	}, nil
}

// takeMode and giveMode set the terminal's mode where nobody else does.
func (k *keyboard) takeMode() {
	if k != nil {
		_ = k.raw.take()
	}
}

func (k *keyboard) giveMode() {
	if k != nil {
		k.raw.give()
	}
}
