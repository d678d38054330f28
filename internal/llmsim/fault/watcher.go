package fault

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"time"
)

// pollEvery is quick enough for a demo and far below what a stat call costs.
const pollEvery = 200 * time.Millisecond

// Watcher follows a file of faults.
type Watcher struct {
	path, variant string
	log           *slog.Logger
	seen          stamp
	inForce       Set
}

// stamp tells one state of the file from another.
type stamp struct {
	modified time.Time
	size     int64
	exists   bool
}

// NewWatcher watches path for the faults of a variant. A file that does not
// exist means no faults, now or once it has been removed.
func NewWatcher(path, variant string, log *slog.Logger) *Watcher {
	return &Watcher{path: path, variant: variant, log: log, inForce: None()}
}

// Read takes the file as it is now and returns what is in force, for what must
// be known before Run. It may be called before Run, not while it runs.
func (w *Watcher) Read() Set {
	w.poll()
	return w.inForce
}

// Run reports what is in force to apply, unless that is nothing, and then each
// change, until the context ends.
func (w *Watcher) Run(ctx context.Context, apply func(Set)) {
	if w.Read() != None() {
		apply(w.inForce)
	}
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if w.poll() {
				apply(w.inForce)
			}
		}
	}
}

// poll reports whether other faults have come into force.
func (w *Watcher) poll() bool {
	now, err := w.stat()
	if err != nil || now == w.seen {
		return false
	}
	set := None()
	if now.exists {
		data, err := os.ReadFile(w.path)
		if err != nil {
			return false // seen stays as it is, so the next poll tries again
		}
		if set, err = Parse(data, w.variant); err != nil {
			w.seen = now
			w.log.Warn("keeping the faults in force", "file", w.path, "error", err)
			return false
		}
	}
	w.seen = now
	if set == w.inForce {
		return false
	}
	w.inForce = set
	w.log.Warn("simulated faults changed", "variant", w.variant, "faults", fmt.Sprintf("%+v", set))
	return true
}

func (w *Watcher) stat() (stamp, error) {
	info, err := os.Stat(w.path)
	if errors.Is(err, fs.ErrNotExist) {
		return stamp{}, nil
	}
	if err != nil {
		return stamp{}, err
	}
	return stamp{modified: info.ModTime(), size: info.Size(), exists: true}, nil
}
