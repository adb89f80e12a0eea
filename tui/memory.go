package tui

import (
	"strconv"
	"time"

	"pumatop/collector"
	"pumatop/collector/puma"
)

// Widths of the memory's table.
const (
	memoryWho    = 9
	memoryPID    = 9
	memoryAmount = 8
	memoryChange = 11
	memoryFor    = 8
)

// memoryLines are what each process takes, and how that has changed for as long as it was seen. Small changes of RSS are
// often pages that the workers share.
func (m *Model) memoryLines(s *collector.Snapshot, w int) []line {
	shared, known := false, false
	for i := range s.Workers {
		shared, known = shared || s.Workers[i].Shared, known || s.Workers[i].Memory.Known
	}
	if !known {
		if s.Answered.IsZero() {
			return nil
		}
		return []line{{{tTitle, "memory"}}, {{tDim, "not sampled: the host shows nothing of its processes to this login"}}}
	}
	measure, means := "PSS", "each process its share of shared pages"
	if shared {
		measure, means = m.glyphs.atMost+"RSS", "shared pages count in every process"
	}
	lines := []line{
		{{tTitle, "memory"}, {tDim, ": " + means}},
		{m.fixed(tDim, "", memoryWho, left), m.fixed(tDim, "PID", memoryPID, right), m.fixed(tDim, measure, memoryAmount, right),
			m.fixed(tDim, "CHANGE", memoryChange, right), m.fixed(tDim, "IN", memoryFor, right)},
	}
	if master, ok := masterMemory(s); ok {
		lines = append(lines, line{m.fixed(tDim, "master", memoryWho, left), m.fixed(tDim, pidText(s.Facts().PID), memoryPID, right),
			m.fixed(tFigure, memory(master), memoryAmount, right)})
	}
	for i := range s.Workers {
		lines = append(lines, clipped(m.memoryLine(s, &s.Workers[i], w), w))
	}
	if s.Load.Memory.Known && len(s.Workers) > 1 {
		lines = append(lines, line{m.fixed(tDim, "together", memoryWho+memoryPID, left), m.fixed(tFigure, memory(s.Load.Memory), memoryAmount, right)})
	}
	return lines
}

// masterMemory is what is left of the sum without the workers.
func masterMemory(s *collector.Snapshot) (puma.Count, bool) {
	if s.Stats.Mode != puma.Cluster || !s.Load.Memory.Known {
		return puma.Count{}, false
	}
	rest := s.Load.Memory.N
	for i := range s.Workers {
		if !s.Workers[i].Memory.Known {
			return puma.Count{}, false
		}
		rest -= s.Workers[i].Memory.N
	}
	return puma.Of(rest), rest > 0
}

// memoryLine is one worker's memory with its past.
func (m *Model) memoryLine(s *collector.Snapshot, of *collector.Worker, w int) line {
	who := "worker " + strconv.Itoa(of.Index)
	if s.Stats.Mode == puma.Single {
		who = "process"
	}
	l := line{m.fixed(tDim, who, memoryWho, left), m.fixed(tDim, pidText(of.PID), memoryPID, right), m.fixed(tFigure, memory(of.Memory), memoryAmount, right)}
	steps := len(of.MemoryPast) - 1
	if steps < 1 || !of.Memory.Known {
		return append(l, m.fixed(tDim, unknown, memoryChange, right))
	}
	was := int64(of.MemoryPast[0])
	change, t := "+"+memory(puma.Of(of.Memory.N-was)), tText
	switch {
	case of.Memory.N < was:
		change = "-" + memory(puma.Of(was-of.Memory.N))
	case grown(of):
		change, t = m.glyphs.up+" "+change, tWarn
	}
	l = append(l, m.fixed(t, change, memoryChange, right), m.fixed(tDim, duration(time.Duration(steps)*collector.MemoryStep), memoryFor, right))
	if rest := w - l.width() - 2; rest >= 4 {
		l = append(l, span{tText, "  "}, span{tSpark, m.memorySpark(of.MemoryPast, min(rest, 24))})
	}
	return l
}

// grown reports a process that takes half as much again as when it was first seen, which a worker that has just booted
// does too: only one that was seen for long counts.
func grown(of *collector.Worker) bool {
	const long = 15
	return len(of.MemoryPast) > long && float64(of.Memory.N) > 1.5*float64(of.MemoryPast[0])
}

// memorySpark is the newest of a past in so many cells, from its least to its greatest; a change of less than a tenth is
// flat.
func (m *Model) memorySpark(past []float32, w int) string {
	past = past[max(len(past)-w, 0):]
	low, high := past[0], past[0]
	for _, v := range past {
		low, high = min(low, v), max(high, v)
	}
	high = max(high, low*1.1)
	cells := make([]rune, len(past))
	for i, v := range past {
		level := 0
		if high > low {
			level = int((v - low) / (high - low) * (eighthsIn - 1))
		}
		cells[i] = m.glyphs.levels[min(max(level, 0), eighthsIn-1)]
	}
	return string(cells)
}
