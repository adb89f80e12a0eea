package tui

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"pumatop/collector/query"
)

// TestFilterIsLive: the fleet follows what is typed, what is not finished hides nothing, and the line says how many are left
// and what is wrong.
func TestFilterIsLive(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40, production())
	s.press("/")
	for _, step := range []struct{ typed, says string }{
		{"b", "6 of 6"}, {"u", "0 of 6"}, {"tab", "6 of 6"}, {"9", "5 of 6"}, {"0", "1 of 6"}, {" ", "1 of 6"}, {"bsy:1", "there is no bsy"},
		{"ctrl+w", "1 of 6"}, {"!release:", "old, current, mixed"}, {"o", "old, current, mixed, or"}, {"ctrl+w", "1 of 6"}, {"release:old", "1 of 6"},
	} {
		if len(step.typed) < 2 || step.typed == "tab" || step.typed == "ctrl+w" {
			s.press(step.typed)
		} else {
			s.send(tea.PasteMsg{Content: step.typed})
		}
		lines := strings.Split(s.frame(), "\n")
		if last := lines[len(lines)-1]; step.typed != "o" && !strings.Contains(last, step.says) {
			t.Errorf("after %q the line is %q", step.typed, last)
		}
	}
	s.press("enter")
	if s.filter.String() != "busy>90 release:old" || len(s.projected.rows) != 1 || s.projected.rows[0].id != "web3/puma" {
		t.Errorf("the filter %q leaves %d lines", s.filter, len(s.projected.rows))
	}
	s.press("esc")
	if !s.filter.Empty() || s.projected.hidden != 0 {
		t.Error("esc does not show everything again")
	}
}

// TestMisreadFilter stays said once the line is closed, until esc clears it.
func TestMisreadFilter(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40, production())
	s.press("/")
	s.send(tea.PasteMsg{Content: "bsy>80"})
	s.press("enter")
	if !strings.Contains(s.frame(), "filter bsy>80") || !strings.Contains(s.frame(), "there is no bsy") || len(s.projected.rows) != 6 {
		t.Errorf("a filter that is not understood is not said:\n%s", s.frame())
	}
	s.press("esc")
	if strings.Contains(s.frame(), "bsy") {
		t.Errorf("esc does not clear it:\n%s", s.frame())
	}
}

// TestBeginsAsAsked: filter and order of the options hold from the first fleet on.
func TestBeginsAsAsked(t *testing.T) {
	t.Parallel()
	order, err := query.ParseOrder("-puma,target")
	if err != nil {
		t.Fatal(err)
	}
	s := newScreen(t, 120, 40, production(), func(o *Options) { o.Filter, o.Sort = "!web6 puma>5", order })
	var got []string
	for i := range s.projected.rows {
		got = append(got, string(s.projected.rows[i].id))
	}
	if want := "web4/admin web5/puma web1/puma web2/puma"; strings.Join(got, " ") != want {
		t.Errorf("it begins with %q, want %q", got, want)
	}
}

// TestSortByWhatIsNotDrawn: the picker has every column that the fleet has something in.
func TestSortByWhatIsNotDrawn(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40, production())
	s.press("s")
	for range 40 {
		s.press("down")
		if s.order.by == "queue" {
			break
		}
	}
	s.press("enter")
	if s.order.by != "queue" || s.projected.rows[0].id != "web3/puma" || !strings.Contains(s.frame(), "by QUEUE") {
		t.Errorf("by %s, %s is on top", s.order.by, s.projected.rows[0].id)
	}
}
