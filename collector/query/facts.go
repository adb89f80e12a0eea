package query

import (
	"strconv"
	"strings"
	"time"

	"pumatop/collector"
	"pumatop/collector/clean"
	"pumatop/collector/puma"
)

// Facts are what is known of one part of a target.
type Facts struct {
	Title string
	Known []Fact
}

// Fact is a label and what is known. Both are safe to draw.
type Fact struct{ Label, Text string }

// FactsOf is what is known of a target beside its figures: of its processes, its unit, its puma.rb, and of how it was looked
// at. Parts and facts of which nothing is known are left out.
func FactsOf(s *collector.Snapshot, now time.Time) []Facts {
	var parts []Facts
	for _, part := range []struct {
		title string
		facts [][2]string
	}{
		{"Process", processFacts(s, now)}, {"Unit", unitFacts(s)}, {"puma.rb, as its text has it", settingFacts(s)}, {"Looked at", lookFacts(s, now)},
	} {
		var known []Fact
		for _, f := range part.facts {
			if text := clean.Line(f[1]); text != "" {
				known = append(known, Fact{f[0], text})
			}
		}
		if len(known) > 0 {
			parts = append(parts, Facts{part.title, known})
		}
	}
	return parts
}

func processFacts(s *collector.Snapshot, now time.Time) [][2]string {
	f := s.Facts()
	user := f.User
	if user != "" && !f.MaySignal {
		user += ", whose processes this login cannot signal"
	}
	facts := [][2]string{
		{"user", user}, {"ruby", f.Exe}, {"tag", f.Tag}, {"state file", f.StatePath}, {"puma.rb", f.ConfigPath}, {"log file", f.LogPath},
		{"directory", f.Release}, {"current link", f.CurrentLink}, {"link named by", f.CurrentFrom},
		{"link moved", ago(f.CurrentMoved, now)}, {"revision", f.RunningRevision},
		{"image since", ago(s.Image.StartedAt, now)}, {"process since", ago(f.Started, now)},
	}
	if s.Restarts > 0 {
		facts = append(facts, [2]string{"restarts seen", strconv.Itoa(s.Restarts)})
	}
	if len(s.Dead) > 0 {
		facts = append(facts, [2]string{"dead, yet listed", pidList(s.Dead)})
	}
	return facts
}

func pidList(pids []int) string {
	texts := make([]string, len(pids))
	for i, pid := range pids {
		texts[i] = strconv.Itoa(pid)
	}
	return strings.Join(texts, ", ")
}

func unitFacts(s *collector.Snapshot) [][2]string {
	u := &s.Facts().Unit
	if u.Name == "" {
		return nil
	}
	watchdog, boot, main := "", "", ""
	if u.Watchdog > 0 {
		watchdog = Duration(u.Watchdog)
	}
	if u.BootTime > 0 {
		boot = Latency(u.BootTime)
	}
	if u.MainPID > 0 {
		main = strconv.Itoa(u.MainPID)
	}
	return [][2]string{
		{"type", u.Type}, {"state", strings.TrimSpace(u.Active + " " + u.Sub + " " + u.Result)}, {"status", u.Status}, {"enabled", u.Enabled}, {"main pid", main},
		{"file", u.Fragment}, {"user", u.User}, {"starts", u.ExecStart}, {"reloads", u.ExecReload}, {"directory", u.WorkingDirectory},
		{"output to", u.LogPath}, {"watchdog", watchdog}, {"last boot took", boot}, {"lingering", string(u.Lingering)},
	}
}

func settingFacts(s *collector.Snapshot) [][2]string {
	set := &s.Facts().Settings
	if set.Lines == 0 {
		return nil
	}
	var facts [][2]string
	add := func(label string, each puma.Setting) {
		if !each.IsSet() {
			return
		}
		text := each.Text
		switch {
		case text == "":
			text = "cannot be read"
		case each.Conditional:
			text += ", under a condition"
		case !each.Literal:
			text += ", unless something outside the file says otherwise"
		}
		facts = append(facts, [2]string{label, text + " (line " + strconv.Itoa(each.Line) + ")"})
	}
	add("preload_app", set.Preload)
	add("prune_bundler", set.PruneBundler)
	add("fork_worker", set.ForkWorker)
	add("workers", set.Workers)
	add("threads, least", set.ThreadsMin)
	add("threads, most", set.ThreadsMax)
	for _, b := range set.Binds {
		add("bind", b)
	}
	add("directory", set.Directory)
	add("environment", set.Environment)
	add("rackup", set.Rackup)
	add("tag", set.Tag)
	add("pidfile", set.PIDFile)
	add("state_path", set.StatePath)
	add("control app", set.Control.Setting)
	add("stdout", set.Stdout)
	add("stderr", set.Stderr)
	add("drains at most", set.WorkerShutdownTimeout)
	add("boots at most", set.WorkerBootTimeout)
	add("worker_timeout", set.WorkerTimeout)
	add("checks in every", set.WorkerCheckInterval)
	if set.Opaque.IsSet() {
		facts = append(facts, [2]string{"may set anything", "line " + strconv.Itoa(set.Opaque.Line) + ": what is not mentioned is not known to be unset"})
	}
	return facts
}

func lookFacts(s *collector.Snapshot, now time.Time) [][2]string {
	offset := ""
	if s.Offset != 0 {
		offset = "the host's is " + Latency(s.Offset.Abs()) + " ahead"
		if s.Offset < 0 {
			offset = "the host's is " + Latency(s.Offset.Abs()) + " behind"
		}
	}
	phased := ""
	if s.Phased.Answer != "" {
		phased = string(s.Phased.Answer) + ", from " + string(s.Phased.From) + ": " + s.Phased.Evidence
	}
	return [][2]string{
		{"host looked at", ago(s.Probed, now)}, {"as user", s.Facts().Login}, {"clocks", offset}, {"phased restart", phased},
		{"groups", strings.Join(s.Groups, ", ")}, {"control app", s.Facts().Control.String()},
	}
}

// ago is a point in time with its date, and how long ago that is; empty where it is not known.
func ago(at, now time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.In(now.Location()).Format(time.DateTime) + ", " + Duration(max(now.Sub(at), 0)) + " ago"
}
