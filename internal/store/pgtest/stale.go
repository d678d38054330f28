//go:build linux

package pgtest

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// folderPrefix begins the name of every folder of ours.
const folderPrefix = "pgtest-"

// abandonedAfter is the age at which a folder without a server is taken for
// left behind rather than being set up; initdb takes seconds.
const abandonedAfter = time.Hour

// removeStale clears what killed test binaries left behind. It is a courtesy:
// a folder that cannot be judged or removed stays.
func removeStale() {
	folders, err := filepath.Glob("/tmp/" + folderPrefix + "*")
	if err != nil {
		return
	}
	for _, dir := range folders {
		if stale(dir) {
			_ = os.RemoveAll(dir)
		}
	}
}

// ownerFile holds the process that made a folder: while it lives, a server that is
// gone may be one that it killed and will start again.
const ownerFile = "owner"

// stale reports a folder whose server is gone, and whose owner is.
func stale(dir string) bool {
	if owner, err := os.ReadFile(filepath.Join(dir, ownerFile)); err == nil {
		pid, err := strconv.Atoi(string(owner))
		return err == nil && pid > 0 && errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)
	}
	content, err := os.ReadFile(filepath.Join(dir, "data", "postmaster.pid"))
	if errors.Is(err, os.ErrNotExist) {
		info, err := os.Stat(dir)
		return err == nil && time.Since(info.ModTime()) > abandonedAfter
	}
	line, _, _ := bytes.Cut(content, []byte("\n"))
	pid, convErr := strconv.Atoi(string(line))
	if err != nil || convErr != nil || pid <= 0 {
		return false
	}
	return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)
}
