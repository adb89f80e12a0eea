package shot

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
)

// Faces are the fonts of one size, best first, and the cell they need.
type Faces struct {
	regular, bold         []font.Face
	width, height, ascent int // of a cell, in pixels
}

// SystemFaces loads the fonts that Debian's packages install, from wherever the system keeps them.
func SystemFaces(px float64) (Faces, error) {
	find := func(names ...string) (found []font.Face, err error) {
		for _, name := range names {
			path := locate(name)
			if path == "" {
				continue
			}
			b, err := os.ReadFile(path)
			if err != nil {
				return nil, err
			}
			f, err := parseFace(b, px)
			if err != nil {
				return nil, fmt.Errorf("read %s: %w", path, err)
			}
			found = append(found, f)
		}
		return found, nil
	}
	regular, err := find("JetBrainsMono-Regular.ttf", "DejaVuSansMono.ttf", "DejaVuSans.ttf")
	if err != nil {
		return Faces{}, err
	}
	bold, err := find("JetBrainsMono-Bold.ttf", "DejaVuSansMono-Bold.ttf", "DejaVuSans-Bold.ttf")
	if err != nil {
		return Faces{}, err
	}
	if len(regular) < 3 || len(bold) < 3 {
		return Faces{}, errors.New("find fonts: apt-get install fonts-jetbrains-mono fonts-dejavu-core")
	}
	return newFaces(regular, bold, px), nil
}

// locate finds a font file by its name below the places where fonts live; empty where there is none.
func locate(name string) string {
	home, _ := os.UserHomeDir()
	for _, dir := range []string{"/usr/share/fonts", "/usr/local/share/fonts", "/Library/Fonts",
		filepath.Join(home, ".local/share/fonts"), filepath.Join(home, "Library/Fonts")} {
		for _, below := range []string{"", "*", "*/*"} {
			if found, _ := filepath.Glob(filepath.Join(dir, below, name)); len(found) > 0 {
				return found[0]
			}
		}
	}
	return ""
}

func parseFace(ttf []byte, px float64) (font.Face, error) {
	f, err := opentype.Parse(ttf)
	if err != nil {
		return nil, err
	}
	return opentype.NewFace(f, &opentype.FaceOptions{Size: px, DPI: 72, Hinting: font.HintingNone})
}

// newFaces measures the cell by the first font: all of a terminal's characters stand in its grid.
func newFaces(regular, bold []font.Face, px float64) Faces {
	metrics := regular[0].Metrics()
	advance, _ := regular[0].GlyphAdvance('M')
	f := Faces{regular: regular, bold: bold}
	f.width = int(math.Round(float64(advance) / 64))
	f.height = int(math.Ceil(px * 1.25))
	f.ascent = (f.height-(metrics.Ascent+metrics.Descent).Ceil())/2 + metrics.Ascent.Ceil()
	return f
}

// of is the first face that has the character, else the first.
func (f Faces) of(r rune, bold bool) font.Face {
	list := f.regular
	if bold {
		list = f.bold
	}
	for _, face := range list {
		if _, ok := face.GlyphAdvance(r); ok {
			return face
		}
	}
	return list[0]
}
