package fault

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// Kinds of fault.
const (
	Slow   = "slow"
	Errors = "errors"
	Crash  = "crash"
	Hang   = "hang"
)

// Fault is one entry of the file.
type Fault struct {
	Variant      string  `json:"variant,omitempty"` // empty: every variant
	Kind         string  `json:"kind"`
	Factor       float64 `json:"factor,omitempty"`        // slow: step time times this, above 0
	Rate         float64 `json:"rate,omitempty"`          // errors: share of requests, 0..1
	AfterSeconds float64 `json:"after_seconds,omitempty"` // crash: since the fault came into force
}

// Set is what is in force for one engine.
type Set struct {
	Slowdown   float64 // factor on step times, 1 when none
	ErrorRate  float64 // 0..1
	Hang       bool
	Crash      bool
	CrashAfter time.Duration // since the set came into force
}

// None is a healthy engine.
func None() Set { return Set{Slowdown: 1} }

// Parse reads a list and keeps what applies to the variant. Several slow faults
// multiply; of several of another kind the worst counts.
func Parse(data []byte, variant string) (Set, error) {
	var list []Fault
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields() // a misspelt name would silently be no fault
	if err := d.Decode(&list); err != nil {
		return Set{}, fmt.Errorf("faults: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Set{}, errors.New("faults: more after the list")
	}
	set := None()
	for i, f := range list {
		if err := f.check(); err != nil {
			return Set{}, fmt.Errorf("faults: entry %d: %w", i, err)
		}
		if f.Variant == "" || f.Variant == variant {
			set.add(f)
		}
	}
	return set, nil
}

func (f Fault) check() error {
	switch {
	case f.Kind == Slow && f.Factor <= 0:
		return fmt.Errorf("slow needs a factor above 0, not %v", f.Factor)
	case f.Kind == Errors && (f.Rate <= 0 || f.Rate > 1):
		return fmt.Errorf("errors needs a rate in 0..1, not %v", f.Rate)
	case f.Kind == Crash && f.AfterSeconds < 0:
		return fmt.Errorf("crash cannot be %v seconds ago", f.AfterSeconds)
	}
	switch f.Kind {
	case Slow, Errors, Crash, Hang:
		return nil
	}
	return fmt.Errorf("unknown kind %q", f.Kind)
}

func (s *Set) add(f Fault) {
	switch f.Kind {
	case Slow:
		s.Slowdown *= f.Factor
	case Errors:
		s.ErrorRate = max(s.ErrorRate, f.Rate)
	case Hang:
		s.Hang = true
	case Crash:
		after := time.Duration(f.AfterSeconds * float64(time.Second))
		if !s.Crash || after < s.CrashAfter {
			s.CrashAfter = after
		}
		s.Crash = true
	}
}
