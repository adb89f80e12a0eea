package main

import (
	"fmt"
	"slices"
	"time"
)

// line prints a figure with its goal and whether that holds.
func line(name, figure, goal string, holds bool) {
	verdict := "holds"
	if !holds {
		verdict = "MISSED"
	}
	fmt.Printf("%-38s %-34s %-22s %s\n", name, figure, goal, verdict)
}

func (m *measurement) print() {
	s, c := m.scene, m.counts
	fmt.Printf("%d hosts of %d workers every %s for %s: %d slow (%s), %d dead (%d deaf, %d mute, %d fell silent)\n",
		s.hosts, s.workers, s.interval, m.wall.Round(time.Second), s.slow, s.ponder, s.deaf+s.mute+s.fading, s.deaf, s.mute, s.fading)
	line("CPU", m.String(), "< 0.5 cores", m.cores() < 0.5)
	fmt.Printf("bare polls of the same hosts with x/crypto took %s: pumatop takes %.1f times as much a poll\n", m.bare, m.aPoll()/m.bare.aPoll())
	line("resident memory at its highest", fmt.Sprintf("%d MB, at the end %d", m.highest/1e6, m.resident/1e6), "< 150 MB", m.highest < 150e6)
	line("goroutines, early and at the end", fmt.Sprintf("%d, %d", m.early, m.late), "no growth", m.early > 0 && m.late <= m.early+m.early/50)
	line("healthy hosts polled within a tenth", fmt.Sprintf("%d of %d", c.Even, c.Healthy), "all", c.Even == c.Healthy)
	line("single pauses within a tenth", fmt.Sprintf("%.1f %%, longest %s", 100*float64(c.EvenGaps)/float64(max(c.Gaps, 1)), c.Worst.Round(time.Millisecond)),
		"all", c.EvenGaps == c.Gaps)
	line("logins at once at one sshd", fmt.Sprintf("%d", c.Crowd), "≤ 4", c.Crowd <= 4)
	m.keys.print()
	fmt.Printf("slow hosts are polled every %s; every live host had been polled after %s\n", c.SlowGap.Round(10*time.Millisecond), m.all.Round(100*time.Millisecond))
	fmt.Printf("the simulated hosts and the terminal took %.2f cores of the same machine beside it\n", m.beside.Seconds()/m.wall.Seconds())
	fmt.Printf("from inside: %s\n", m.inside)
	fmt.Printf("before: %s; after: %s\n", m.busyBefore, m.busyAfter)
}

func (k *keys) print() {
	slices.Sort(k.seen)
	slices.Sort(k.echoed)
	ninetynine := quantile(k.seen, 0.99)
	line("key to frame", fmt.Sprintf("p50 %.1f, p95 %.1f, p99 %.1f ms (%d keys)", ms(quantile(k.seen, 0.5)), ms(quantile(k.seen, 0.95)), ms(ninetynine), len(k.seen)),
		"p99 < 20 ms", ninetynine < 20*time.Millisecond)
	fmt.Printf("cat on a terminal beside it gives a key back: p50 %.1f, p95 %.1f, p99 %.1f ms\n",
		ms(quantile(k.echoed, 0.5)), ms(quantile(k.echoed, 0.95)), ms(quantile(k.echoed, 0.99)))
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
