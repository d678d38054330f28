package fault

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Kinds of fault.
const (
	Slow         = "slow"
	Drift        = "drift"
	Errors       = "errors"
	Hang         = "hang"
	Crash        = "crash"
	OOM          = "oom"
	SlowStart    = "slow-start"
	NoMetrics    = "no-metrics"
	CounterReset = "counter-reset"
	WrongOutput  = "wrong-output"
	// SlowMetrics and CorruptMetrics are of the metrics page alone.
	SlowMetrics    = "slow-metrics"
	CorruptMetrics = "corrupt-metrics"
)

// Fault is one entry of the file.
type Fault struct {
	Variant      string  `json:"variant,omitempty"` // empty: every variant
	Kind         string  `json:"kind"`
	Factor       float64 `json:"factor,omitempty"`        // slow: step time times this, above 0
	PerMinute    float64 `json:"per_minute,omitempty"`    // drift: share of a step's time, above 0
	Rate         float64 `json:"rate,omitempty"`          // errors: share of requests; wrong-output: share of tokens, 0..1
	Usage        float64 `json:"usage,omitempty"`         // oom: share of the KV cache, 0..1
	Seconds      float64 `json:"seconds,omitempty"`       // slow-start, slow-metrics: above 0
	AfterSeconds float64 `json:"after_seconds,omitempty"` // crash, counter-reset
	Family       string  `json:"family,omitempty"`        // no-metrics: name of one family
}

// Parse reads a list and keeps what applies to the variant.
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
	for i, f := range list {
		if err := f.check(); err != nil {
			return Set{}, fmt.Errorf("faults: entry %d: %w", i, err)
		}
	}
	return Of(list, variant), nil
}

// ParseOption reads one fault in the form of an option: its kind and, after
// commas, its fields with the names that they have in the file.
func ParseOption(text string) (Fault, error) {
	kind, rest, _ := strings.Cut(text, ",")
	fields := map[string]any{"kind": kind}
	for rest != "" {
		var field string
		field, rest, _ = strings.Cut(rest, ",")
		name, value, joined := strings.Cut(field, "=")
		if !joined {
			return Fault{}, fmt.Errorf("fault %q: %q is not of the form name=value", text, field)
		}
		fields[name] = value
		if number, err := strconv.ParseFloat(value, 64); err == nil {
			fields[name] = number
		}
	}
	var f Fault
	data, err := json.Marshal(fields)
	if err == nil {
		d := json.NewDecoder(bytes.NewReader(data))
		d.DisallowUnknownFields()
		err = d.Decode(&f)
	}
	if err == nil {
		err = f.check()
	}
	if err != nil {
		return Fault{}, fmt.Errorf("fault %q: %w", text, err)
	}
	return f, nil
}

func (f Fault) check() error {
	switch f.Kind {
	case Slow:
		return above0("factor", f.Factor)
	case Drift:
		return above0("per_minute", f.PerMinute)
	case SlowStart, SlowMetrics:
		return above0("seconds", f.Seconds)
	case Errors, WrongOutput:
		return share("rate", f.Rate)
	case OOM:
		return share("usage", f.Usage)
	case Crash, CounterReset:
		if f.AfterSeconds < 0 {
			return fmt.Errorf("%s cannot be %v seconds ago", f.Kind, f.AfterSeconds)
		}
		return nil
	case Hang, NoMetrics, CorruptMetrics:
		return nil
	}
	return fmt.Errorf("unknown kind %q", f.Kind)
}

func above0(field string, value float64) error {
	if value <= 0 {
		return fmt.Errorf("%s must be above 0, not %v", field, value)
	}
	return nil
}

func share(field string, value float64) error {
	if value <= 0 || value > 1 {
		return fmt.Errorf("%s must be above 0 and at most 1, not %v", field, value)
	}
	return nil
}
