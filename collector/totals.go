package collector

// sum is the totals of targets, without a history.
func sum(targets []*Snapshot) Totals {
	t := Totals{ByState: map[State]int{}}
	releases, last := map[string]bool{}, ""
	for _, s := range targets {
		t.add(s)
		s.eachRelease(func(r string) {
			if r != last {
				releases[r], last = true, r
			}
		})
	}
	t.Releases = len(releases)
	t.settle()
	return t
}

func (t *Totals) add(s *Snapshot) {
	t.Targets++
	t.ByState[s.State]++
	if s.State == Serving {
		t.Serving++
	}
	if s.Current() {
		t.load(&s.Load, counts(s))
	}
}

// load adds the figures of a target, and whether it counts requests.
func (t *Totals) load(more *Load, counts bool) {
	l := &t.Load
	l.InUse, l.Max = l.InUse.Plus(more.InUse), l.Max.Plus(more.Max)
	l.Backlog, l.ListenQueue = l.Backlog.Plus(more.Backlog), l.ListenQueue.Plus(more.ListenQueue)
	l.Requests = l.Requests.plus(more.Requests)
	if counts {
		t.counting++
		if more.Requests.Known {
			t.rated++
		}
	}
	l.Memory, l.Shared = l.Memory.Plus(more.Memory), l.Shared || more.Shared
}

// counts reports whether the target counts its requests at all: from Puma 5 on.
func counts(s *Snapshot) bool {
	for i := range s.Workers {
		if s.Workers[i].Pool.RequestsCount.Known {
			return true
		}
	}
	return false
}

// settle drops the sum of the rates while more than a tenth of the targets that count have none yet: it would rise as
// they come in, and pass for a load that does.
func (t *Totals) settle() {
	if t.rated*10 < t.counting*9 {
		t.Load.Requests = Rate{}
	}
}

// Current reports whether the figures of s may be summed: they are its own poll's, or not yet called old.
func (s *Snapshot) Current() bool {
	switch s.State {
	case Serving, Restarting, CrashLoop, Stuck:
		return !s.Answered.IsZero() && s.At.Sub(s.Answered) < silentAfter
	}
	return false
}
