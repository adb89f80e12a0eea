package main

import (
	"io"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
)

// visited is a model that is left as soon as it is shown.
type visited struct{ shown bool }

func (v *visited) Init() tea.Cmd {
	v.shown = true
	return tea.Quit
}
func (v *visited) Update(tea.Msg) (tea.Model, tea.Cmd) { return v, nil }
func (v *visited) View() tea.View                      { return tea.NewView("") }

// TestCrashBeforeTheScreen: what panics before there is a program to be ended keeps it from being shown.
func TestCrashBeforeTheScreen(t *testing.T) {
	for _, panics := range []bool{false, true} {
		var c crash
		if panics {
			c.record("early", []byte("its stack"))
		}
		model := &visited{}
		err := c.show(tea.NewProgram(model, tea.WithInput(nil), tea.WithOutput(io.Discard), tea.WithoutSignalHandler()), nil)
		if model.shown == panics {
			t.Errorf("panics %t: shown %t", panics, model.shown)
		}
		if panics != (err != nil && strings.Contains(err.Error(), "early") && strings.Contains(err.Error(), "its stack")) {
			t.Errorf("panics %t: the program ends with %v", panics, err)
		}
	}
}
