package main

import (
	"context"
	"flag"
	"fmt"
	"os"

	"pumatop/cmd/internal/shot"
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
	faces, err := shot.SystemFaces(*px)
	film := faces
	if err == nil {
		film, err = shot.SystemFaces(*px / 2)
	}
	for _, path := range flag.Args() {
		if err == nil {
			err = shoot(context.Background(), path, *dir, faces, film)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "shot:", err)
		os.Exit(1)
	}
}

// shoot carries out one script file on the real program and writes its pictures into dir.
func shoot(ctx context.Context, path, dir string, f, film shot.Faces) error {
	s, err := shot.ReadScript(path)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	foreground, background := s.Colors()
	x, err := terminal.Start(ctx, terminal.Options{
		Columns: s.Columns, Rows: s.Rows, Foreground: foreground, Background: background,
		Env: terminal.Environment(os.Environ(), s.Env...),
	}, s.Argv...)
	if err != nil {
		stop()
		return fmt.Errorf("%s: %w", path, err)
	}
	defer x.Close() //nolint:errcheck // how it ends when it is told to is its own affair
	defer stop()
	if err := shot.Play(ctx, s, x, f, film, shot.Folder(dir, os.Stdout)); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
