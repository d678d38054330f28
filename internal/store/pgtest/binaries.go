//go:build linux

package pgtest

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
)

// ErrNoBinaries says that no Postgres is installed here.
var ErrNoBinaries = errors.New("no Postgres binaries: install postgresql, or set PGTEST_BIN to their folder or TEST_DATABASE_URL to a server")

// binaries finds the folder of initdb and postgres: $PGTEST_BIN, then the
// newest version of Debian's layout, then PATH.
func binaries() (string, error) {
	if dir := os.Getenv("PGTEST_BIN"); dir != "" {
		if !complete(dir) {
			return "", fmt.Errorf("PGTEST_BIN=%s holds no initdb and postgres", dir)
		}
		return dir, nil
	}
	installed, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil {
		return "", err
	}
	slices.SortFunc(installed, func(a, b string) int { return cmp.Compare(version(b), version(a)) })
	if path, err := exec.LookPath("initdb"); err == nil {
		installed = append(installed, filepath.Dir(path))
	}
	for _, dir := range installed {
		if complete(dir) {
			return dir, nil
		}
	}
	return "", ErrNoBinaries
}

// version is the major version in Debian's path, 0 where there is none.
func version(bin string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(bin)))
	return n
}

func complete(dir string) bool {
	for _, name := range []string{"initdb", "postgres"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.IsDir() {
			return false
		}
	}
	return true
}
