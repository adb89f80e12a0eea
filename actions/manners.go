package actions

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"pumatop/collector"
)

// Manner is how the configuration wants the targets of one host acted on.
type Manner struct {
	// Via is the one way that a request may take, AnyWay where nothing is said of it.
	Via  Via
	Pace Pace
	// From says where each of them is written, in the words that the operator is shown: ".pumatop.yml:12".
	From struct{ Via, Batch, Canary, MaxUnavailable, Pause string }
}

// Manners are those of hosts, by the names that targets have them by.
type Manners map[string]Manner

// Taken is something that a plan has from the configuration.
type Taken struct{ What, Value, From string }

// String is it in words: "pause 30s (.pumatop.yml:12)".
func (t Taken) String() string { return fmt.Sprintf("%s %s (%s)", t.What, t.Value, t.From) }

// via is the way that a target may take: the one that was asked for, else that of its own manner.
func (in Intent) via(s collector.Snapshot) Via { return cmp.Or(in.Via, in.Manners[s.Host].Via) }

// settlement is how the pace of a plan came about: of which hosts, from what was asked for.
type settlement struct {
	hosts      map[string]bool
	from, pace Pace
}

// has reports whether the manners of all of the hosts count in the pace already.
func (s settlement) has(hosts map[string]bool) bool {
	for h := range hosts {
		if !s.hosts[h] {
			return false
		}
	}
	return true
}

// asked is what was asked for of a pace: to begin with, and what somebody has changed since.
func (s settlement) asked(now Pace) Pace {
	if s.hosts == nil {
		return now
	}
	asked := s.from
	if now.Batch != s.pace.Batch {
		asked.Batch = now.Batch
	}
	if now.Canary != s.pace.Canary || now.NoCanary != s.pace.NoCanary {
		asked.Canary, asked.NoCanary = now.Canary, now.NoCanary
	}
	if now.MaxUnavailable != s.pace.MaxUnavailable {
		asked.MaxUnavailable = now.MaxUnavailable
	}
	if now.Pause != s.pace.Pause {
		asked.Pause = now.Pause
	}
	return asked
}

// hosts are those of the steps.
func (p *Plan) hosts() map[string]bool {
	out := map[string]bool{}
	for i := range p.Steps {
		out[p.Steps[i].Before.Host] = true
	}
	return out
}

// settle gives a plan the pace of its steps: what was asked for, else the tightest of those whose targets take part. Later
// plans for the same targets or a part of them, and whoever changes their pace, begin with that; one that takes in another
// host has its manner too.
func (p *Plan) settle() {
	in := &p.Intent
	if len(in.Manners) == 0 || len(p.Steps) == 0 {
		return
	}
	taken := slices.DeleteFunc(slices.Clone(in.Taken), func(t Taken) bool { return t.What == takenWay || t.Value != in.Pace.value(t.What) })
	if hosts := p.hosts(); !in.settled.has(hosts) {
		asked, before := in.settled.asked(in.Pace), in.Pace
		in.Pace, taken = in.Manners.tightest(asked, p.Steps)
		if in.Pace.Canary == 0 && !in.Pace.NoCanary { // one that came with a batch stays, though the batch was changed
			in.Pace.Canary = before.Canary
		}
		in.settled = settlement{hosts, asked, in.Pace}
	}
	in.Taken = append(taken, p.waysTaken()...)
}

// What is taken.
const takenWay, takenBatch, takenCanary, takenMost, takenPause = "way", "batch", "canary", "max unavailable", "pause"

// value is a part of a pace as it is written.
func (p Pace) value(what string) string {
	switch what {
	case takenBatch:
		return p.Batch.String()
	case takenCanary:
		return fmt.Sprint(p.Canary)
	case takenMost:
		return p.MaxUnavailable.String()
	}
	return p.Pause.String()
}

// tightest fills in what was not asked for: the smallest batch and the fewest targets that may not serve, the longest
// pause, the smallest canary that there is. A host of which nothing is said takes one target after another.
func (m Manners) tightest(asked Pace, steps []Step) (Pace, []Taken) {
	var all []Manner
	for _, step := range steps {
		all = append(all, m[step.Before.Host])
	}
	n, pace := len(steps), asked
	var taken []Taken
	take := func(what string, set bool, of func(Manner) string, i int) {
		if from := of(all[i]); set && from != "" {
			taken = append(taken, Taken{what, pace.value(what), from})
		}
	}
	if asked.Batch.IsZero() {
		i := least(all, func(k Manner) (int, bool) { return max(k.Pace.Batch.Of(n), 1), true })
		pace.Batch = all[i].Pace.Batch
		take(takenBatch, true, func(k Manner) string { return k.From.Batch }, i)
	}
	if asked.Canary == 0 && !asked.NoCanary {
		i := least(all, func(k Manner) (int, bool) { return k.Pace.Canary, k.Pace.Canary > 0 })
		pace.Canary = all[i].Pace.Canary
		take(takenCanary, pace.Canary > 0, func(k Manner) string { return k.From.Canary }, i)
		none := !slices.ContainsFunc(all, func(k Manner) bool { return !k.Pace.NoCanary })
		if pace.Canary == 0 && !pace.Batch.IsZero() && asked.Batch.IsZero() && !none {
			pace.Canary = 1 // as where a batch is asked for
		}
	}
	if asked.MaxUnavailable.IsZero() {
		i := least(all, func(k Manner) (int, bool) { return k.Pace.MaxUnavailable.Of(n), !k.Pace.MaxUnavailable.IsZero() })
		pace.MaxUnavailable = all[i].Pace.MaxUnavailable
		take(takenMost, !pace.MaxUnavailable.IsZero(), func(k Manner) string { return k.From.MaxUnavailable }, i)
	}
	if asked.Pause == 0 {
		i := least(all, func(k Manner) (int, bool) { return -int(k.Pace.Pause), true })
		pace.Pause = all[i].Pace.Pause
		take(takenPause, pace.Pause > 0, func(k Manner) string { return k.From.Pause }, i)
	}
	return pace, taken
}

// least is the index of the first one with the smallest value, of those that have one; 0 where none has.
func least(all []Manner, value func(Manner) (int, bool)) int {
	at, found := 0, false
	for i, k := range all {
		v, ok := value(k)
		best, _ := value(all[at])
		if ok && (!found || v < best) {
			at, found = i, true
		}
	}
	return at
}

// waysTaken are the ways that were not asked for, each once, with its hosts where it is not that of all.
func (p *Plan) waysTaken() []Taken {
	if p.Intent.Via != AnyWay {
		return nil
	}
	var out []Taken
	hosts := map[Taken][]string{}
	all := map[string]bool{}
	for _, step := range p.Steps {
		host := step.Before.Host
		k := p.Intent.Manners[host]
		t := Taken{takenWay, string(k.Via), k.From.Via}
		if all[host] = true; k.Via == AnyWay || step.Via != k.Via || slices.Contains(hosts[t], host) {
			continue
		}
		if hosts[t] == nil {
			out = append(out, t)
		}
		hosts[t] = append(hosts[t], host)
	}
	for i, t := range out {
		if names := hosts[t]; len(names) < len(all) {
			out[i].Value += " for " + strings.Join(names[:min(len(names), 3)], ", ")
			if len(names) > 3 {
				out[i].Value += fmt.Sprintf(" and %d more", len(names)-3)
			}
		}
	}
	return out
}
