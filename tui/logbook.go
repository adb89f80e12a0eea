package tui

import (
	"strings"
	"unicode"

	"pumatop/collector"
	"pumatop/collector/puma"
)

// logLevel is how much a line of a log matters.
type logLevel uint8

const (
	plainLine logLevel = iota
	pumaLine           // Puma's own: a boot, a phase, a stop
	turnLine           // one that begins a restart or an image
	warnLine
	errorLine
)

// logLine is a line of the book with what it is.
type logLine struct {
	collector.LogLine
	level logLevel
}

// maxLogLines is how many lines the book holds; a sixteenth of them goes at once where there are more.
const maxLogLines = 100_000

// logbook is what has been read of logs, the oldest line first. Lines are named by a number that never changes, since the
// oldest of them go.
type logbook struct {
	lines []logLine
	first int // the number of the first line that is still there
	// problems narrows the book to warnings and errors; their numbers are in few.
	problems bool
	few      []int
	names    int // cells of the widest name
}

// levelOf is what a line is, from Puma's own phrases and from the words that loggers use.
func levelOf(text string) logLevel {
	switch puma.ParseLogLine(text).Kind {
	case puma.LogOther:
		return wordLevel(text)
	case puma.LogWorkerFailed, puma.LogWorkerEnded, puma.LogLoadFailed, puma.LogWorkerTimedOut, puma.LogWorkerBootLimit, puma.LogParentDied:
		return errorLine
	case puma.LogKillSent, puma.LogNotPhased, puma.LogNoRefork:
		return warnLine
	case puma.LogStarting, puma.LogPhasedStarted, puma.LogReforkStarted, puma.LogRestarting:
		return turnLine
	}
	return pumaLine
}

// wordLevel reads the level that a logger wrote: ERROR, FATAL, "level":"error", or a Ruby exception's name.
func wordLevel(text string) logLevel {
	for _, word := range []string{"ERROR", "FATAL", `"error"`, `"fatal"`, "Exception"} {
		if strings.Contains(text, word) {
			return errorLine
		}
	}
	for rest := text; ; {
		_, after, found := strings.Cut(rest, "Error")
		if !found {
			break
		}
		if after == "" || !unicode.IsLetter(rune(after[0])) {
			return errorLine
		}
		rest = after
	}
	if strings.Contains(text, "WARN") || strings.Contains(text, `"warn"`) {
		return warnLine
	}
	return plainLine
}

// add takes lines that came.
func (b *logbook) add(lines []collector.LogLine) {
	for _, l := range lines {
		entry := logLine{LogLine: l}
		if !l.Ours {
			entry.level = levelOf(l.Text)
		}
		b.names = max(b.names, textWidth(string(l.Target)))
		b.lines = append(b.lines, entry)
		if entry.level >= warnLine {
			b.few = append(b.few, b.first+len(b.lines)-1)
		}
	}
	if len(b.lines) > maxLogLines {
		b.drop(len(b.lines) - maxLogLines + maxLogLines/16)
	}
}

// drop forgets the oldest n lines.
func (b *logbook) drop(n int) {
	b.lines = append(b.lines[:0], b.lines[n:]...)
	b.first += n
	for len(b.few) > 0 && b.few[0] < b.first {
		b.few = b.few[1:]
	}
}

// len is how many lines are shown, and at the i-th of them with its number.
func (b *logbook) len() int {
	if b.problems {
		return len(b.few)
	}
	return len(b.lines)
}

func (b *logbook) at(i int) (number int, l *logLine) {
	if b.problems {
		number = b.few[i]
	} else {
		number = b.first + i
	}
	return number, &b.lines[number-b.first]
}

// place is where the line of a number is shown, or the one after it where it is not.
func (b *logbook) place(number int) int {
	if !b.problems {
		return min(max(number-b.first, 0), max(len(b.lines)-1, 0))
	}
	low, high := 0, len(b.few)
	for low < high {
		if mid := (low + high) / 2; b.few[mid] < number {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return min(low, max(len(b.few)-1, 0))
}

// find is the number of the nearest line that has the text, from a place on in a direction; case does not matter. It is -1
// where there is none.
func (b *logbook) find(text string, from, step int) int {
	for i := from; i >= 0 && i < b.len(); i += step {
		if number, l := b.at(i); indexFold(l.Text, text) >= 0 {
			return number
		}
	}
	return -1
}

// firstError is the number of the first error since the newest restart began, of any of the targets; -1 for none.
func (b *logbook) firstError() int {
	first := -1
	for i := len(b.lines) - 1; i >= 0; i-- {
		switch b.lines[i].level {
		case errorLine:
			first = b.first + i
		case turnLine:
			return first
		case plainLine, pumaLine, warnLine:
		}
	}
	return first
}

// indexFold is where s has a text, whatever the case of its ASCII letters; the text is in lower case. It is -1 for nowhere.
func indexFold(s, text string) int {
	for i := 0; i+len(text) <= len(s); i++ {
		if equalFold(s[i:i+len(text)], text) {
			return i
		}
	}
	return -1
}

func equalFold(s, lower string) bool {
	for i := range len(s) {
		c := s[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}
