package shot

import (
	"context"
	"errors"
	"image"
	"image/gif"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pumatop/cmd/internal/terminal"
)

// shell is a script that runs a few lines of sh.
func shell(text string, steps ...step) Script {
	return Script{Columns: 30, Rows: 6, patience: 20 * time.Second, Argv: []string{"sh", "-c", text}, steps: steps}
}

// play plays a script on the program that it names.
func play(ctx context.Context, s Script, f Faces, save func(name string, img image.Image) error) error {
	ctx, stop := context.WithCancel(ctx)
	x, err := terminal.Start(ctx, terminal.Options{Columns: s.Columns, Rows: s.Rows, Env: terminal.Environment(os.Environ())}, s.Argv...)
	if err != nil {
		stop()
		return err
	}
	defer x.Close() //nolint:errcheck // how it ends when it is told to is its own affair
	defer stop()
	return Play(ctx, s, x, f, f, Pictures{PNG: save, GIF: func(name string, g *gif.GIF) error { return save(name, g.Image[len(g.Image)-1]) }})
}

func TestPlay(t *testing.T) {
	t.Parallel()
	s := shell(`echo one; read x; printf '\033[H\033[2Jgot %s\n' "$x"; read y`,
		step{1, "wait", "one"}, step{2, "snap", "a.png"}, step{3, "type", "two"}, step{4, "press", "enter"},
		step{5, "gone", "one"}, step{6, "wait", "got two"}, step{7, "size", "31x6"}, step{8, "snap", "b.png"})
	var names []string
	pictures := map[string]image.Image{}
	err := play(t.Context(), s, testFaces(t), func(name string, img image.Image) error {
		names = append(names, name)
		pictures[name] = img
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(names, s.pictures()) {
		t.Errorf("pictures are %q, want %q", names, s.pictures())
	}
	f := testFaces(t)
	want := image.Rect(0, 0, 30*f.width+2*margin, 6*f.height+2*margin)
	if got := pictures["a.png"].Bounds(); got != want {
		t.Errorf("picture is %v, want %v", got, want)
	}
	if got := pictures["b.png"].Bounds().Dx(); got != want.Dx()+f.width {
		t.Errorf("picture after the terminal has grown is %d wide, want %d", got, want.Dx()+f.width)
	}
	if slices.Equal(pictures["a.png"].(*image.RGBA).Pix, pictures["b.png"].(*image.RGBA).Pix) {
		t.Error("both pictures are the same")
	}
}

func TestPlayFails(t *testing.T) {
	t.Parallel()
	hasty := shell("echo hello; sleep 30", step{4, "wait", "bye"})
	hasty.patience = 200 * time.Millisecond
	missing := shell("")
	missing.Argv = []string{"/no/such/program"}
	for _, tt := range []struct {
		name   string
		script Script
		want   []string
	}{
		{"text that does not come", hasty, []string{"line 4: wait bye: not within 200ms", "hello"}},
		{"program that ends", shell("echo hello", step{4, "wait", "bye"}), []string{terminal.ErrEnded.Error(), "hello"}},
		{"no program", missing, []string{"start /no/such/program"}},
		{"picture that cannot be written", shell("sleep 30", step{1, "snap", "a.png"}), []string{"disk is full"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := play(t.Context(), tt.script, testFaces(t), func(string, image.Image) error { return errors.New("disk is full") })
			for _, want := range tt.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("error is %v, want %q", err, want)
				}
			}
		})
	}
}

func TestWritePNG(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.png")
	if err := Folder(filepath.Dir(path), io.Discard).PNG("a.png", image.NewRGBA(image.Rect(0, 0, 3, 2))); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close() //nolint:errcheck // read only
	img, err := png.Decode(file)
	if err != nil || img.Bounds() != image.Rect(0, 0, 3, 2) {
		t.Errorf("picture is %v, %v", img, err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".shot-*")); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}
