package tui

import (
	"slices"
	"strings"

	"pumatop/collector"
	"pumatop/collector/puma"
)

// missing is one calm block below the facts: what is not seen of a target that answers, and why, and what else the host
// and the connection have to say. A cause that stands above already is not repeated.
func (m *Model) missing(s *collector.Snapshot, w int) []line {
	var notes []collector.Note
	for _, n := range s.Facts().Notes {
		notes = append(notes, collector.Note(n))
	}
	for i := range m.fleet.shown.Hosts {
		if h := &m.fleet.shown.Hosts[i]; h.Name == s.Host {
			notes = append(notes, h.Notes...)
		}
	}
	notes = saidAlready(notes, s.Reason)
	lines, used := m.notSeen(s, notes, w)
	return append(lines, noteLines(notes[used:], w)...)
}

// notSeen names what the target screen has no figures for, and the first of the notes where that tells why; used is how many
// of them it took.
func (m *Model) notSeen(s *collector.Snapshot, notes []collector.Note, w int) (lines []line, used int) {
	what := unseen(s)
	if len(what) == 0 {
		return nil, 0
	}
	says, remedy := strings.Join(what, ", "), ""
	switch {
	case s.Unseen && len(notes) > 0:
		says += ": " + strings.TrimPrefix(notes[0].Text, "the host could not be probed: ")
		remedy, used = notes[0].Remedy, 1
		if _, other, ok := strings.Cut(remedy, "(--control), or "); ok { // it was named
			remedy = other
		}
	case s.Unseen:
		says += ": no process of it is found on the host, its control app was named"
	}
	return behind("not seen", says, remedy, w), used
}

// unseen is what is not known of a target that answers.
func unseen(s *collector.Snapshot) []string {
	if s.Answered.IsZero() {
		return nil
	}
	var what []string
	add := func(missing bool, name string) {
		if missing {
			what = append(what, name)
		}
	}
	add(s.Version() == "", "version")
	add(s.Unseen, "unit")
	add(len(s.Releases()) == 0 && s.Probed.IsZero() || s.Unseen, "release")
	add(s.Unseen && !s.Load.Memory.Known, "memory")
	add(s.Unseen, "log")
	add(s.Unseen && s.Phased.Answer == puma.Unknown, "whether it restarts phased")
	return what
}

// saidAlready leaves out notes that say what a reason says.
func saidAlready(notes []collector.Note, reason string) []collector.Note {
	return slices.DeleteFunc(slices.Clone(notes), func(n collector.Note) bool {
		return n.Text == reason || reason != "" && strings.HasSuffix(n.Text, ": "+reason)
	})
}

// noteLines are notes with their remedies, under one label.
func noteLines(notes []collector.Note, w int) []line {
	var lines []line
	label := "notes"
	for _, n := range notes {
		lines = append(lines, behind(label, n.Text, n.Remedy, w)...)
		label = ""
	}
	return lines
}

// behind is a sentence behind a label as the facts have one, and what to do about it below.
func behind(label, says, remedy string, w int) []line {
	lines := wrapped(tText, says, factLabel, w)
	if len(lines) > 0 {
		lines[0] = line{{tDim, pad(label, factLabel)}, {tText, strings.TrimLeft(lines[0][0].s, " ")}}
	}
	return append(lines, wrapped(tDim, remedy, factLabel, w)...)
}
