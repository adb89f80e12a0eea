package shot

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"strings"
	"time"

	uv "github.com/charmbracelet/ultraviolet"
)

// Screen is a terminal with a program on it. A wait ends with the cause of its context's end.
type Screen interface {
	// Wait returns once want holds for the screen's text, a line a row.
	Wait(ctx context.Context, want func(text string) bool) error
	// Settle returns once the program has written nothing for a moment.
	Settle(ctx context.Context) error
	// Press sends keys one by one, by their names, and lets the program draw after each.
	Press(ctx context.Context, keys ...string) error
	Resize(columns, rows int) error
	// Cells are a copy of what it shows, Text the same as text.
	Cells() [][]uv.Cell
	Text() string
}

// Pictures take what a script makes, by its name.
type Pictures struct {
	PNG func(name string, img image.Image) error
	GIF func(name string, g *gif.GIF) error
}

// Colors are the terminal's own, for a script's theme: of text without a colour, and of what is behind it.
func (s *Script) Colors() (foreground, background color.Color) {
	t := s.theme()
	return t.foreground, t.background
}

func (s *Script) theme() theme {
	if s.Light {
		return lightTheme()
	}
	return darkTheme()
}

// Play carries out a script's steps on a screen where its program runs. Recordings are drawn in the characters of film.
func Play(ctx context.Context, s Script, on Screen, f, film Faces, to Pictures) error {
	p := player{screen: on, faces: f, film: film, theme: s.theme(), to: to, patience: s.patience}
	for _, st := range s.steps {
		if err := p.do(ctx, st); err != nil {
			_ = p.endRecording()
			return fmt.Errorf("line %d: %s %s: %w; the screen was\n%s", st.line, st.verb, st.arg, err, on.Text())
		}
	}
	return p.endRecording()
}

type player struct {
	screen   Screen
	faces    Faces
	film     Faces
	theme    theme
	to       Pictures
	patience time.Duration
	tape     *tape // nil while nothing is recorded
}

// do carries out one step.
func (p *player) do(ctx context.Context, st step) error {
	ctx, cancel := context.WithTimeoutCause(ctx, p.patience, fmt.Errorf("not within %s", p.patience))
	defer cancel()
	x := p.screen
	switch st.verb {
	case "wait":
		return x.Wait(ctx, func(text string) bool { return strings.Contains(text, st.arg) })
	case "gone":
		return x.Wait(ctx, func(text string) bool { return !strings.Contains(text, st.arg) })
	case "press":
		return x.Press(ctx, strings.Fields(st.arg)...)
	case "size":
		columns, rows, err := parseSize(st.arg)
		if err != nil {
			return err
		}
		if err := x.Resize(columns, rows); err != nil {
			return err
		}
		return x.Settle(ctx)
	case "hold":
		d, err := time.ParseDuration(st.arg)
		time.Sleep(d)
		return err
	case "snap":
		if err := x.Settle(ctx); err != nil {
			return err
		}
		return p.to.PNG(st.arg, render(x.Cells(), p.faces, p.theme))
	case "record":
		if err := p.endRecording(); err != nil {
			return err
		}
		p.tape = record(st.arg, x)
		return nil
	default: // type
		return x.Press(ctx, strings.Split(st.arg, "")...)
	}
}

// endRecording makes what was recorded a picture.
func (p *player) endRecording() error {
	if p.tape == nil {
		return nil
	}
	t := p.tape
	p.tape = nil
	t.stop()
	return p.to.GIF(t.name, t.develop(p.film, p.theme))
}
