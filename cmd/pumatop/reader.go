package main

import (
	"fmt"

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

// begin takes the terminal for it.
func (t *transcript) begin(keys *keyboard) (screenProgram, error) {
	if keys != nil {
		keys.raw = &rawKeys{fd: int(keys.file.Fd())}
		if err := keys.raw.take(); err != nil {
			return screenProgram{}, err
		}
	}
	end := func() { // says what was left to be said
		t.reader.Finish()
		if keys != nil {
			keys.raw.give()
		}
	}
	return screenProgram{t.reader, []tea.ProgramOption{tea.WithoutRenderer(), tea.WithoutSignalHandler()}, end}, nil
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
