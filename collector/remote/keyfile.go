package remote

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// keyFileMost is the longest file that can be a key; ssh has the same bound.
const keyFileMost = 1 << 20

// readKeyFile reads a file that may be a key. Which one is for configurations to say that come with a clone, so that it
// can be a device without an end or a pipe that nobody writes into.
func readKeyFile(path string) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOCTTY, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "read", Path: path, Err: errors.New("no regular file")}
	}
	text, err := io.ReadAll(io.LimitReader(f, keyFileMost+1))
	if err == nil && len(text) > keyFileMost {
		err = &fs.PathError{Op: "read", Path: path, Err: fmt.Errorf("longer than %d MB", keyFileMost>>20)}
	}
	return text, err
}
