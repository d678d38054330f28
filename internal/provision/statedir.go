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
	"syscall"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// stateDir is the directory of the records:
//
//	<fleet>/<variant>/replica-<n>.json, replica-<n>.log, replica-<n>.log.1
//	<fleet>/<variant>/lock
//	ports.lock
type stateDir struct{ root string }

// lockPoll is how often a lock that somebody holds is asked for again; flock
// cannot be waited for together with a context.
const lockPoll = 50 * time.Millisecond

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
	return lockFile(ctx, filepath.Join(dir, "lock"))
}

// lockPorts excludes all other choices of a port: from the choice until the
// record that names the port is written.
func (d stateDir) lockPorts(ctx context.Context) (unlock func(), err error) {
	return lockFile(ctx, filepath.Join(d.root, "ports.lock"))
}

// lockFile takes an exclusive lock that the system drops when this process ends,
// however it ends. The file is opened anew each time, so that goroutines exclude
// each other as well; it is never deleted, because a lock on a deleted file
// excludes nobody.
func lockFile(ctx context.Context, path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open lock: %w", err)
	}
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { _ = f.Close() }, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), f.Close())
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(fmt.Errorf("wait for lock %s: %w", path, context.Cause(ctx)), f.Close())
		case <-time.After(lockPoll):
		}
	}
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
	path := d.recordPath(r)
	f, err := os.CreateTemp(filepath.Dir(path), ".record-*")
	if err != nil {
		return fmt.Errorf("create record: %w", err)
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write record: %w", errors.Join(err, os.Remove(f.Name())))
	}
	return nil
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
