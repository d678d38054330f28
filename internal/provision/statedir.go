package provision

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/optiinfra/performance-agent/internal/durable"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// stateDir is the directory of the records:
//
//	<fleet>/<variant>/replica-<n>.json, replica-<n>.log, replica-<n>.log.1
//	<fleet>/<variant>/lock
//	ports.lock
type stateDir struct{ root string }

// checkNames keeps names from leading out of the state directory.
func checkNames(fleet string, v serving.Variant) error {
	plain := regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$`)
	if !plain.MatchString(fleet) || !plain.MatchString(string(v)) {
		return fmt.Errorf("%w: fleet %q and variant %q must be letters, digits, dots, dashes and underscores", ErrInvalid, fleet, v)
	}
	return nil
}

func (d stateDir) variantDir(fleet string, v serving.Variant) string {
	return filepath.Join(d.root, fleet, string(v))
}

func (d stateDir) has(fleet string, v serving.Variant) bool {
	_, err := os.Stat(d.variantDir(fleet, v))
	return err == nil
}

// lock excludes all other calls for the variant, of this and of other workers.
func (d stateDir) lock(ctx context.Context, fleet string, v serving.Variant) (unlock func(), err error) {
	dir := d.variantDir(fleet, v)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("make state directory: %w", err)
	}
	return durable.Lock(ctx, filepath.Join(dir, "lock"))
}

// lockPorts excludes all other choices of a port: from the choice until the
// record that names the port is written.
func (d stateDir) lockPorts(ctx context.Context) (unlock func(), err error) {
	return durable.Lock(ctx, filepath.Join(d.root, "ports.lock"))
}

// records reads the replicas of a variant, by replica number.
func (d stateDir) records(fleet string, v serving.Variant) ([]record, error) {
	paths, err := filepath.Glob(filepath.Join(d.variantDir(fleet, v), "replica-*.json"))
	if err != nil {
		return nil, err
	}
	var out []record
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue // deleted since the listing: Describe takes no lock
		}
		var r record
		if err == nil {
			err = json.Unmarshal(content, &r)
		}
		if err != nil {
			return nil, fmt.Errorf("read record %s: %w", path, err)
		}
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b record) int { return cmp.Compare(a.Replica, b.Replica) })
	return out, nil
}

func (d stateDir) recordPath(r record) string {
	return filepath.Join(d.variantDir(r.Fleet, r.Variant), fmt.Sprintf("replica-%d.json", r.Replica))
}

// write replaces the record in one step.
func (d stateDir) write(r record) error {
	content, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("encode record: %w", err)
	}
	return durable.Replace(d.recordPath(r), content, 0o600)
}

func (d stateDir) forget(r record) error {
	if err := os.Remove(d.recordPath(r)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("delete record: %w", err)
	}
	return nil
}

func (d stateDir) fleets() ([]string, error) { return directories(d.root) }

func (d stateDir) variants(fleet string) ([]serving.Variant, error) {
	names, err := directories(filepath.Join(d.root, fleet))
	out := make([]serving.Variant, 0, len(names))
	for _, n := range names {
		out = append(out, serving.Variant(n))
	}
	return out, err
}

func directories(path string) ([]string, error) {
	entries, err := os.ReadDir(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var out []string
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") {
			out = append(out, e.Name())
		}
	}
	return out, err
}
