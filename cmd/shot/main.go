package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"

	"pumatop/cmd/internal/terminal"
)

func main() {
	dir := flag.String("o", ".", "write the pictures into `DIR`")
	px := flag.Float64("px", 28, "font size in pixels")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: shot [-o DIR] [-px N] SCRIPT...")
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() == 0 {
		flag.Usage()
		os.Exit(2)
	}
	faces, err := systemFaces(*px)
	for _, path := range flag.Args() {
		if err == nil {
			err = shoot(path, *dir, faces)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "shot:", err)
		os.Exit(1)
	}
}

// shoot carries out one script file and writes its pictures into dir.
func shoot(path, dir string, f faces) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // read only
	s, err := parseScript(file)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	save := func(name string, img image.Image) error {
		fmt.Println(filepath.Join(dir, name))
		return writePNG(filepath.Join(dir, name), img)
	}
	if err := play(context.Background(), s, f, save); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// play runs the script's program from its first step to its last; save gets each picture.
func play(ctx context.Context, s script, f faces, save func(name string, img image.Image) error) error {
	t := darkTheme()
	if s.light {
		t = lightTheme()
	}
	ctx, stop := context.WithCancel(ctx)
	x, err := terminal.Start(ctx, terminal.Options{
		Columns: s.columns, Rows: s.rows, Foreground: t.foreground, Background: t.background,
		Env: terminal.Environment(os.Environ(), s.env...),
	}, s.argv...)
	if err != nil {
		stop()
		return err
	}
	defer x.Close() //nolint:errcheck // how it ends when it is told to is its own affair
	defer stop()
	for _, st := range s.steps {
		if st.verb == "snap" {
			if err := x.Settle(ctx); err != nil {
				return err
			}
			if err := save(st.arg, render(x.Cells(), f, t)); err != nil {
				return err
			}
			continue
		}
		if err := do(ctx, x, s, st); err != nil {
			return fmt.Errorf("line %d: %s %s: %w; the screen was\n%s", st.line, st.verb, st.arg, err, x.Text())
		}
	}
	return nil
}

func do(ctx context.Context, x *terminal.Terminal, s script, st step) error {
	ctx, cancel := context.WithTimeoutCause(ctx, s.patience, fmt.Errorf("not within %s", s.patience))
	defer cancel()
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
		return errors.Join(x.Resize(columns, rows), x.Settle(ctx))
	default: // type
		return x.Press(ctx, strings.Split(st.arg, "")...)
	}
}

// writePNG writes the picture whole or not at all.
func writePNG(path string, img image.Image) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), ".shot-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name()) //nolint:errcheck // gone already where all went well
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(tmp, img); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := tmp.Chmod(0o644); err != nil {
		return err
	}
	if err := tmp.Close(); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}
