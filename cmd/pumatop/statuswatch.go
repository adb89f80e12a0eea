package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"
	"golang.org/x/term"

	"pumatop/actions"
	"pumatop/collector"
)

// repeat writes one look at the fleet after another; it keeps what it needs of the one before.
type repeat func(io.Writer, statusView) error

// repeated is how a format is written by --watch, and how soon: a format that prints changes takes every fleet that there
// is, the others one an interval.
func repeated(format statusFormat, out io.Writer, interval time.Duration) (r repeat, changes bool) {
	switch format.name {
	case "jsonl":
		return newStatusLines(true).write, true
	case "csv":
		return timedCSV(format), false
	case "json":
		return format.write, false
	}
	if size := terminalSize(out); size != nil {
		return redrawn(format, size, interval), false
	}
	return blocks(format), false
}

// refuseWatch says why a format cannot be watched.
func refuseWatch(format string) error {
	if format != "prometheus" {
		return nil
	}
	return usagef("write the file anew from a timer: see \"Prometheus\" in the README", "--watch does not go with -o prometheus: what reads such a file takes one snapshot")
}

// watchStatus writes the fleet again and again, until ctrl-c or until nobody reads it. Nothing that it keeps grows with the
// time that it runs.
func watchStatus(ctx context.Context, s streams, session *session, format statusFormat, o statusOptions) error {
	shown, err := o.read()
	if err != nil {
		return err
	}
	r, changes := repeated(format, s.out, o.interval)
	var fleet collector.Fleet
	if !changes {
		fleet, err = session.settle(ctx, patience{answers: o.timeout, sample: sampleTime})
	}
	defer o.reread.tell(ctx, session, s.err)()
	for {
		switch {
		case ctx.Err() != nil:
			return &exitError{actions.ExitInterrupted}
		case err != nil:
			return err
		case closedPipe(s.out):
			return &exitError{exitClosedPipe}
		}
		if err := r(s.out, viewOf(fleet, shown)); err != nil {
			return fmt.Errorf("write the status: %w", err)
		}
		fleet, err = session.later(ctx, o.interval, changes)
	}
}

// later is the fleet after an interval, or as soon as it has changed.
func (s *session) later(ctx context.Context, interval time.Duration, changes bool) (collector.Fleet, error) {
	bounded, cancel := context.WithTimeout(ctx, interval)
	defer cancel()
	if !changes {
		<-bounded.Done()
		return s.collector.Fleet(), ctx.Err()
	}
	f, err := s.collector.Next(bounded)
	if errors.Is(err, context.DeadlineExceeded) {
		return s.collector.Fleet(), nil
	}
	if err != nil {
		return f, fmt.Errorf("wait for the fleet: %w", err)
	}
	return f, nil
}

// blocks writes a format under a line with the time, an empty line between two: for a pipe or a file.
func blocks(format statusFormat) repeat {
	first := true
	return func(w io.Writer, v statusView) error {
		var b bytes.Buffer
		if !first {
			b.WriteByte('\n')
		}
		first = false
		fmt.Fprintln(&b, v.fleet.At.Local().Format(time.DateTime))
		if err := format.write(&b, v); err != nil {
			return err
		}
		_, err := w.Write(b.Bytes())
		return err
	}
}

// What a redrawn screen consists of: to the top left, the rest of a line and the rest of the screen away.
const toTop, restOfLine, restOfScreen = "\x1b[H", "\x1b[K", "\x1b[J"

// redrawn writes a format over the one before, as watch(1) does but on the terminal's own page, so that the last one stays.
// What does not fit is left out and said so.
func redrawn(format statusFormat, size func() (width, height int), interval time.Duration) repeat {
	first := true
	return func(w io.Writer, v statusView) error {
		var table, b bytes.Buffer
		if err := format.write(&table, v); err != nil {
			return err
		}
		width, height := size()
		lines := append([]string{fmt.Sprintf("every %s · %s", interval, v.fleet.At.Local().Format(time.DateTime)), ""},
			strings.Split(strings.TrimSuffix(table.String(), "\n"), "\n")...)
		if room := max(height-1, 3); len(lines) > room {
			more := len(lines) - room + 1
			lines = append(lines[:room-1], fmt.Sprintf("and %d more lines: a taller terminal, --filter, or pumatop without status", more))
		}
		if first {
			b.WriteString(toTop + restOfScreen)
			first = false
		}
		b.WriteString(toTop)
		for _, line := range lines {
			b.WriteString(ansi.Truncate(line, width, "…") + restOfLine + "\n")
		}
		b.WriteString(restOfScreen)
		_, err := w.Write(b.Bytes())
		return err
	}
}

// terminalSize asks for the size of the terminal that w is; it is nil where w is none.
func terminalSize(w io.Writer) func() (width, height int) {
	if !isTerminal(w) {
		return nil
	}
	return func() (int, int) {
		width, height, err := term.GetSize(int(w.(*os.File).Fd()))
		if err != nil || width <= 0 || height <= 0 {
			return 80, 24
		}
		return width, height
	}
}

// timedCSV puts the time in front of every row, and the header once.
func timedCSV(format statusFormat) repeat {
	first := true
	return func(w io.Writer, v statusView) error {
		var b bytes.Buffer
		if err := format.write(&b, v); err != nil {
			return err
		}
		rows, err := csv.NewReader(&b).ReadAll()
		if err != nil {
			return fmt.Errorf("put the time in front of rows: %w", err)
		}
		at := v.fleet.At.UTC().Format(time.RFC3339Nano)
		out := csv.NewWriter(w)
		for i, row := range rows {
			switch {
			case i > 0 || !v.header:
				_ = out.Write(append([]string{at}, row...)) // kept until Flush
			case first:
				_ = out.Write(append([]string{"time"}, row...))
			}
		}
		first = false
		out.Flush()
		return out.Error()
	}
}
