package main

import (
	"io/fs"
	"os"
	"syscall"

	"pumatop/collector/inventory"
	"pumatop/collector/inventory/capistrano"
)

// project is a directory that may be a stranger's clone: nothing out of it is read, whatever links say, and nothing that
// waits for a writer.
type project struct{ *os.Root }

func openProject(dir string) (project, error) {
	root, err := os.OpenRoot(dir)
	return project{root}, err
}

// Open opens a file or a directory.
func (p project) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	return p.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOCTTY, 0)
}

// discover reads what a directory has of other tools.
func discover(dir string) ([]inventory.Import, error) {
	p, err := openProject(dir)
	if err != nil {
		return nil, err
	}
	defer p.Close()
	return inventory.Discover(p, capistrano.Read, inventory.ReadKamal, inventory.ReadAnsible)
}
