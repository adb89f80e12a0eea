package main

import (
	"context"
	"flag"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
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
	x, err := start(ctx, s, t)
	if err != nil {
		stop()
		return err
	}
	defer x.close()
	defer stop()
	for _, st := range s.steps {
		if st.verb == "snap" {
			if err := x.settle(ctx); err != nil {
				return err
			}
			if err := save(st.arg, render(x.cells(), f, t)); err != nil {
				return err
			}
			continue
		}
		if err := x.do(ctx, s, st); err != nil {
			text, _ := x.text()
			return fmt.Errorf("line %d: %s %s: %w; the screen was\n%s", st.line, st.verb, st.arg, err, text)
		}
	}
	return nil
}

func (x *screen) do(ctx context.Context, s script, st step) error {
	ctx, cancel := context.WithTimeoutCause(ctx, s.patience, fmt.Errorf("not within %s", s.patience))
	defer cancel()
	switch st.verb {
	case "wait":
		return x.wait(ctx, func(text string) bool { return strings.Contains(text, st.arg) })
	case "gone":
		return x.wait(ctx, func(text string) bool { return !strings.Contains(text, st.arg) })
	case "press":
		return x.press(ctx, strings.Fields(st.arg))
	default: // type
		return x.press(ctx, strings.Split(st.arg, ""))
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
