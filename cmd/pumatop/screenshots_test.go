//go:build screenshots

package main

import (
	"context"
	"flag"
	"image"
	"image/gif"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"

	"pumatop/cmd/internal/shot"
)

var (
	picturesDir = flag.String("pictures", "", "write the pictures into `DIR`")
	scriptsGlob = flag.String("scripts", "../../.ci/shots/*.shot", "the scripts to play")
)

// TestScreenshots plays the scripts on the whole program, from its command line to the terminal, against the simulated fleet
// on virtual time: the pictures are the same bytes each time, and nobody waits for a rollout.
func TestScreenshots(t *testing.T) {
	if *picturesDir == "" {
		t.Fatal("-pictures DIR is missing")
	}
	faces, err := shot.SystemFaces(28)
	if err != nil {
		t.Fatal(err)
	}
	film, err := shot.SystemFaces(14)
	if err != nil {
		t.Fatal(err)
	}
	glob, err := filepath.Abs(*scriptsGlob)
	if err != nil {
		t.Fatal(err)
	}
	paths, err := filepath.Glob(glob)
	if err != nil || len(paths) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	seal(t)
	for _, path := range paths {
		s, err := shot.ReadScript(path)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(filepath.Base(path), func(t *testing.T) {
			var develop []func() error // pictures are drawn outside, where drawing takes no virtual time from anybody
			folder := shot.Folder(*picturesDir, os.Stdout)
			to := shot.Pictures{
				PNG: func(name string, img image.Image) error {
					develop = append(develop, func() error { return folder.PNG(name, img) })
					return nil
				},
				GIF: func(name string, g *gif.GIF) error {
					develop = append(develop, func() error { return folder.GIF(name, g) })
					return nil
				},
			}
			synctest.Test(t, func(t *testing.T) { playVirtual(t, s, faces, film, to) })
			for _, d := range develop {
				if err := d(); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// playVirtual plays a script in a bubble.
func playVirtual(t *testing.T, s shot.Script, faces, film shot.Faces, to shot.Pictures) {
	onStage(t, s, func(ctx context.Context, x *virtual) {
		if err := shot.Play(ctx, s, x, faces, film, to); err != nil {
			t.Error(err)
		}
	})
}
