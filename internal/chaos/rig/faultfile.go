package rig

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"sync"

	"github.com/optiinfra/performance-agent/internal/llmsim/fault"
)

// slowCanary is what makes a canary a bad one.
var slowCanary = fault.Fault{Variant: "canary", Kind: fault.Slow, Factor: 10}

// faultFile is the file that the engines of one fleet follow as they run.
type faultFile struct {
	path string

	mu     sync.Mutex
	faults []fault.Fault
}

func newFaultFile(path string) *faultFile { return &faultFile{path: path} }

// plant puts a fault in force, besides those that are.
func (f *faultFile) plant(one fault.Fault) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults = append(f.faults, one)
	return f.write()
}

// lift ends one fault.
func (f *faultFile) lift(one fault.Fault) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if i := slices.Index(f.faults, one); i >= 0 {
		f.faults = slices.Delete(f.faults, i, i+1)
	}
	return f.write()
}

func (f *faultFile) write() error {
	content, err := json.Marshal(f.faults)
	if err != nil {
		return fmt.Errorf("encode faults: %w", err)
	}
	if err := os.WriteFile(f.path, content, 0o644); err != nil {
		return fmt.Errorf("plant faults: %w", err)
	}
	return nil
}
