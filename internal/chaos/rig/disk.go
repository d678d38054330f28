package rig

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// diskBytes holds the records and logs of some fleets, and is full in a moment.
const diskBytes = "24m"

// disk is a small file system of its own under a folder, where this user may mount
// one.
type disk struct {
	path string
	why  error // why there is none
}

func mountDisk(path string) *disk {
	if err := syscall.Mount("tmpfs", path, "tmpfs", 0, "size="+diskBytes); err != nil {
		return &disk{path: path, why: fmt.Errorf("mount a small file system: %w", err)}
	}
	return &disk{path: path}
}

func (d *disk) ballast() string { return filepath.Join(d.path, "ballast") }

// fill takes all space that is left.
func (d *disk) fill() error {
	if d.why != nil {
		return d.why
	}
	f, err := os.Create(d.ballast())
	if err != nil {
		return fmt.Errorf("fill the disk: %w", err)
	}
	defer func() { _ = f.Close() }()
	block := make([]byte, 4096)
	for err == nil {
		_, err = f.Write(block)
	}
	if !errors.Is(err, syscall.ENOSPC) {
		return fmt.Errorf("fill the disk: %w", err)
	}
	return nil
}

func (d *disk) free() error { return os.Remove(d.ballast()) }

func (d *disk) unmount() error {
	if d.why != nil {
		return nil
	}
	if err := syscall.Unmount(d.path, syscall.MNT_DETACH); err != nil {
		return fmt.Errorf("unmount %s: %w", d.path, err)
	}
	return nil
}
