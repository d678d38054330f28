package haproxy

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/optiinfra/performance-agent/internal/durable"
)

// stateFile is the server-state file, beside the map.
const stateFile = "servers.state"

// saveServers writes the state of the fleet's servers where HAProxy reads it when
// it starts. The lines of other pools stay as they are: a file that held their
// state of today would bring it back at a reload in a year.
func (c control) saveServers(ctx context.Context, m shareMap) error {
	dump, err := c.run(ctx, "show servers state")
	if err != nil {
		return err
	}
	path := filepath.Join(filepath.Dir(m.path), stateFile)
	before, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fileError(err)
	}
	if err := durable.Replace(path, mergeState(string(before), dump, c.ours), 0o644); err != nil {
		return fileError(err)
	}
	return nil
}

func (c control) ours(pool string) bool {
	for _, name := range c.place.pools {
		if name == pool {
			return true
		}
	}
	return false
}

// mergeState takes the version and the header from the dump, our servers too, and
// all others from the file.
func mergeState(file, dump string, ours func(pool string) bool) []byte {
	var out []string
	head := func(line string) bool { f := strings.Fields(line); return len(f) < 2 || f[0] == "#" }
	for _, line := range strings.Split(strings.TrimSpace(dump), "\n") {
		if head(line) || ours(strings.Fields(line)[1]) {
			out = append(out, line)
		}
	}
	for _, line := range strings.Split(strings.TrimSpace(file), "\n") {
		if !head(line) && !ours(strings.Fields(line)[1]) {
			out = append(out, line)
		}
	}
	out = slices.DeleteFunc(out, func(line string) bool { return strings.TrimSpace(line) == "" })
	return []byte(strings.Join(out, "\n") + "\n")
}
