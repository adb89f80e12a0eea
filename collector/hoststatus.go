package collector

import (
	"fmt"
	"strings"

	"pumatop/collector/cause"
	"pumatop/collector/clean"
)

// status is how the host stands.
func (a *actor) status() HostStatus {
	h := HostStatus{Name: a.host.Name(), Groups: a.source.Groups, Connected: a.up, Asked: a.asked, Retry: a.retry, Waiting: a.waits(), Pumas: len(a.tracks)}
	if a.err != nil {
		h.say(failure(Unreachable, a.err))
	} else if a.asked && len(a.tracks) == 0 {
		h.say(a.nothingFound())
	}
	for _, n := range a.notes {
		h.Notes = append(h.Notes, Note(n))
	}
	for _, n := range a.tokenNotes() {
		h.Notes = append(h.Notes, Note(n))
	}
	for _, n := range a.host.Notes() {
		h.Notes = append(h.Notes, Note{Text: n})
	}
	return h
}

func (h *HostStatus) say(j judged) { h.Err, h.Remedy, h.Stage = j.reason, j.remedy, string(j.stage) }

// nothingFound explains a host that has been asked and has no target.
func (a *actor) nothingFound() judged {
	if a.unprobed != nil {
		return failure(NoControl, a.unprobed)
	}
	for _, n := range a.notes {
		return judged{reason: n.Text, remedy: n.Remedy, stage: cause.Shell}
	}
	reason, remedy := a.noneOf()
	return judged{reason: reason, remedy: remedy}
}

// noneOf says what was looked for in vain.
func (a *actor) noneOf() (reason, remedy string) {
	has := "it has " + strings.Join(a.found, ", ")
	if len(a.found) == 0 {
		has = "no process, no unit of that name"
	}
	switch {
	case len(a.source.Apps) > 0:
		return fmt.Sprintf("no Puma named %s here: %s", strings.Join(a.source.Apps, ", "), has), "name one that is there behind the slash"
	case len(a.source.StatePaths) > 0:
		return fmt.Sprintf("no running Puma wrote %s: %s", clean.Line(strings.Join(a.source.StatePaths, ", ")), has),
			"name the path of state_path in its puma.rb, or the host alone"
	}
	return "no Puma found: " + has, "start it, or name its state file: HOST:/path/puma.state"
}
