package config

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// stamp tells one state of a file from another; the zero one is that of a file that is not there.
type stamp struct {
	modified    time.Time
	size        int64
	inode, node uint64
	mode        fs.FileMode
	owner       uint32
}

func stampOf(path string) stamp {
	info, err := os.Stat(path)
	if err != nil {
		return stamp{}
	}
	s := stamp{modified: info.ModTime(), size: info.Size(), mode: info.Mode()}
	if sys, ok := info.Sys().(*syscall.Stat_t); ok {
		s.inode, s.node, s.owner = sys.Ino, uint64(sys.Dev), sys.Uid
	}
	return s
}

// readFile reads a file that nobody else may have written. It looks at what it has opened, so that nothing can be put in its
// place between the two, and does not wait for a pipe's writer.
func readFile(f File) ([]byte, error) {
	opened, err := os.OpenFile(f.Path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer opened.Close()
	info, err := opened.Stat()
	if err != nil {
		return nil, err
	}
	at := Origin{Layer: f.Layer, File: f.Path, Name: f.Name}
	if f.Layer == Named && isNull(info) {
		return nil, nil
	}
	if !info.Mode().IsRegular() {
		return nil, &Error{At: at, Text: "this is no file: a configuration has to be one"}
	}
	if wrong := writable(at, f.Path, info); wrong != nil {
		return nil, wrong
	}
	for _, dir := range directoriesOf(f.Path) {
		info, err := os.Stat(dir)
		if err != nil {
			return nil, err
		}
		if info.Mode()&fs.ModeSticky != 0 {
			continue
		}
		if wrong := writable(at, dir, info); wrong != nil {
			return nil, wrong
		}
	}
	return io.ReadAll(io.LimitReader(opened, largestFile+1))
}

// isNull reports /dev/null.
func isNull(info fs.FileInfo) bool {
	null, err := os.Stat(os.DevNull)
	return err == nil && os.SameFile(null, info)
}

// directoriesOf are where a file and, behind links, what it really is can be put.
func directoriesOf(path string) []string {
	dirs := []string{filepath.Dir(path)}
	if real, err := filepath.EvalSymlinks(path); err == nil && filepath.Dir(real) != dirs[0] {
		dirs = append(dirs, filepath.Dir(real))
	}
	return dirs
}

// writable says who else could have written, and how to end that.
func writable(at Origin, path string, info fs.FileInfo) *Error {
	what, isDir := "", info.IsDir()
	if isDir {
		what = "its directory "
	}
	owner := -1
	if sys, ok := info.Sys().(*syscall.Stat_t); ok {
		owner = int(sys.Uid)
	}
	var others string
	switch mode := info.Mode().Perm(); {
	case owner != os.Getuid() && owner != 0:
		return &Error{At: at, Text: fmt.Sprintf("%sbelongs to user %d, who could write into it what that user likes: it does not count", what, owner),
			Fix: "make it yours, once you have read it: chown " + strconv.Itoa(os.Getuid()) + " " + shellWord(path)}
	case mode&0o002 != 0:
		others = "o"
	case mode&0o020 == 0:
		return nil
	}
	if info.Mode().Perm()&0o020 != 0 {
		others = "g" + others
	}
	return &Error{At: at, Text: what + "may be written by others: it does not count", Fix: "chmod " + others + "-w " + shellWord(path)}
}

// shellWord is a path as it can be typed into a shell.
func shellWord(path string) string {
	if wordPattern.MatchString("x" + path) {
		return path
	}
	return strconv.Quote(path)
}
