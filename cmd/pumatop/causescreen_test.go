package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"

	"pumatop/collector"
	"pumatop/tui"
)

// still is one fleet and then none.
type still chan collector.Fleet

func (s still) Next(ctx context.Context) (collector.Fleet, error) {
	select {
	case f := <-s:
		return f, nil
	case <-ctx.Done():
		return collector.Fleet{}, context.Cause(ctx)
	}
}

// deaf are controls that do nothing; with them the screen has all its keys.
type deaf struct{ tui.Controls }

// frozen is a screen of one fleet at this moment.
func frozen(t *testing.T, f collector.Fleet, width, height int) *tui.Model {
	t.Helper()
	feed := make(still, 1)
	feed <- f
	m := tui.New(t.Context(), tui.Options{Feed: feed, Controls: deaf{}, Theme: tui.Dark, Version: "test"})
	msgs := make(chan tea.Msg, 10)
	var run func(tea.Cmd)
	run = func(cmd tea.Cmd) {
		if cmd == nil {
			return
		}
		go func() {
			switch msg := cmd().(type) {
			case tea.BatchMsg:
				for _, c := range msg {
					run(c)
				}
			default:
				msgs <- msg
			}
		}()
	}
	m.Update(tea.WindowSizeMsg{Width: width, Height: height})
	run(m.Init())
	synctest.Wait()
	for len(msgs) > 0 {
		m.Update(<-msgs)
	}
	return m
}

// lines are what the screen shows, without styles and the clock in its header.
func lines(m *tui.Model) []string {
	all := strings.Split(ansi.Strip(m.View().Content), "\n")
	for i := range all {
		all[i] = strings.TrimRight(anonymous(all[i]), " ")
	}
	return all[1:]
}

// TestCauseScreens holds what an operator sees of every cause: its row in the fleet, and its own screen with what to do.
// The fleet is that of TestEveryCause. Run with -update to accept what was looked at.
func TestCauseScreens(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{80, 24}, {140, 40}} {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			t.Parallel()
			var out []string
			synctest.Test(t, func(t *testing.T) {
				cases := causeCases()
				fleet, end := broken(t, cases)
				end()
				fleet.Events = nil // their clocks are local
				out = append(out, lines(frozen(t, fleet, size[0], len(cases)+12))...)
				for _, c := range cases {
					out = append(out, "", "# "+c.host)
					out = append(out, alone(t, fleet, c.host, size[0], size[1])...)
				}
				time.Sleep(time.Minute) // for the clocks of the screens
			})
			golden.RequireEqual(t, []byte(strings.Join(out, "\n")+"\n"))
		})
	}
}

// alone is the screen of a host's target, or of the host, as far as it tells the cause.
func alone(t *testing.T, f collector.Fleet, host string, width, height int) []string {
	t.Helper()
	f.Hosts = slices.DeleteFunc(slices.Clone(f.Hosts), func(h collector.HostStatus) bool { return h.Name != host })
	f.Targets = slices.DeleteFunc(slices.Clone(f.Targets), func(s *collector.Snapshot) bool { return s.Host != host })
	f.Events = nil
	m := frozen(t, f, width, height)
	m.Update(tea.KeyPressMsg{Code: tea.KeyHome})
	m.Update(tea.KeyPressMsg{Code: tea.KeyEnter})
	all := lines(m)[1:] // below the header's rule
	for i, l := range all {
		if strings.HasPrefix(l, "──") || i == len(all)-1 {
			return strings.Split(strings.Trim(strings.Join(all[:i], "\n"), "\n"), "\n")
		}
	}
	return all
}
