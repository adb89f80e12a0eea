package shot

import (
	"fmt"
	"image"
	"image/gif"
	"image/png"
	"io"
	"os"
	"path/filepath"
)

// ReadScript reads a script file; its errors name it.
func ReadScript(path string) (Script, error) {
	file, err := os.Open(path)
	if err != nil {
		return Script{}, fmt.Errorf("open script: %w", err)
	}
	defer file.Close() //nolint:errcheck // read only
	s, err := ParseScript(file)
	if err != nil {
		return Script{}, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

// Folder writes pictures into a directory, and their paths to w.
func Folder(dir string, w io.Writer) Pictures {
	write := func(name string, encode func(io.Writer) error) error {
		path := filepath.Join(dir, name)
		fmt.Fprintln(w, path)
		return writeFile(path, encode)
	}
	return Pictures{
		PNG: func(name string, img image.Image) error {
			encoder := png.Encoder{CompressionLevel: png.BestCompression}
			return write(name, func(w io.Writer) error { return encoder.Encode(w, img) })
		},
		GIF: func(name string, g *gif.GIF) error {
			return write(name, func(w io.Writer) error { return gif.EncodeAll(w, g) })
		},
	}
}

// writeFile writes a picture whole or not at all.
func writeFile(path string, encode func(io.Writer) error) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), ".shot-*")
	if err != nil {
		return fmt.Errorf("write picture: %w", err)
	}
	defer os.Remove(tmp.Name()) //nolint:errcheck // gone already where all went well
	if err := encode(tmp); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := tmp.Chmod(0o644); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := tmp.Close(); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := os.Rename(tmp.Name(), path); err != nil {
		return fmt.Errorf("write picture: %w", err)
	}
	return nil
}
