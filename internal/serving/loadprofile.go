package serving

import (
	"fmt"
	"math"
)

// Load profiles: how the requests of a LoadSpec are paced.
const (
	ProfileOpen   = "open"   // by the workload's arrival process
	ProfileClosed = "closed" // a fixed number in flight
	ProfileRamp   = "ramp"   // open, with a rate that rises or falls evenly
	ProfileTrace  = "trace"  // at the times of a recorded trace
)

// Protocols that a load can speak.
const (
	ProtocolChat        = "openai-chat"        // /v1/chat/completions
	ProtocolCompletions = "openai-completions" // /v1/completions
	ProtocolTGI         = "tgi"                // /generate_stream
	ProtocolSGLang      = "sglang"             // /generate
)

// mostConcurrent keeps a typing error from using up the ports of the host.
const mostConcurrent = 20000

// StopRules end a load before its time. The length and the number of requests
// end it too (LoadSpec).
type StopRules struct {
	// MaxErrors is the number of failed requests after which it stops; 0: no rule.
	MaxErrors int `json:"max_errors,omitempty"`
	// MaxErrorRate is the share of failed requests, 0..1, beyond which it stops,
	// once 20 have ended; 0: no rule.
	MaxErrorRate float64 `json:"max_error_rate,omitempty"`
	// OverSaturation stops it when the engine falls ever further behind.
	OverSaturation bool `json:"over_saturation,omitempty"`
}

// Validate names the field that is wrong and how to mend it.
func (s LoadSpec) Validate() error {
	if err := s.validateProfile(); err != nil {
		return err
	}
	switch {
	case !nonNegative(s.DurationSeconds):
		return fmt.Errorf("duration_seconds: %g must not be negative; 60 is a good length", s.DurationSeconds)
	case !nonNegative(s.WarmupSeconds):
		return fmt.Errorf("warmup_seconds: %g must not be negative; 0 counts from the start", s.WarmupSeconds)
	case s.MaxRequests < 0:
		return fmt.Errorf("max_requests: %d must not be negative; 0 is no limit", s.MaxRequests)
	case !nonNegative(s.RequestTimeoutSeconds):
		return fmt.Errorf("request_timeout_seconds: %g must not be negative; 0 is the default", s.RequestTimeoutSeconds)
	case !nonNegative(s.Speedup):
		return fmt.Errorf("speedup: %g must not be negative; 2 replays a trace in half its time", s.Speedup)
	case s.Stop != nil && s.Stop.MaxErrors < 0:
		return fmt.Errorf("stop.max_errors: %d must not be negative; 0 is no rule", s.Stop.MaxErrors)
	case s.Stop != nil && !(s.Stop.MaxErrorRate >= 0 && s.Stop.MaxErrorRate <= 1):
		return fmt.Errorf("stop.max_error_rate: %g must be within 0..1; 0.1 stops at one in ten", s.Stop.MaxErrorRate)
	}
	return validateProtocol(s.Protocol)
}

func nonNegative(v float64) bool { return v >= 0 && v <= math.MaxFloat64 }

// validateProfile checks what a profile needs; a trace brings its own times and
// lengths, a closed loop needs no rate.
func (s LoadSpec) validateProfile() error {
	w := s.Workload
	switch s.Profile {
	case "", ProfileOpen:
	case ProfileRamp:
		if !(s.RampToRate > 0 && s.RampToRate <= math.MaxFloat64) {
			return fmt.Errorf("ramp_to_rate: %g must be above 0; give the rate at the end of the ramp", s.RampToRate)
		}
		if !(s.DurationSeconds > 0) {
			return fmt.Errorf("duration_seconds: %g must be above 0 for a ramp; give its length", s.DurationSeconds)
		}
	case ProfileClosed:
		if s.Concurrency < 1 || s.Concurrency > mostConcurrent {
			return fmt.Errorf("concurrency: %d must be within 1..%d; give the number of requests in flight", s.Concurrency, mostConcurrent)
		}
		w.RatePerSecond = 1 // not used
	case ProfileTrace:
		return validateTrace(s.Trace)
	default:
		return fmt.Errorf("profile: %q is unknown; use open, closed, ramp or trace", s.Profile)
	}
	if err := w.Validate(); err != nil {
		return fmt.Errorf("workload.%w", err)
	}
	return nil
}

func validateProtocol(p string) error {
	switch p {
	case "", ProtocolChat, ProtocolCompletions, ProtocolTGI, ProtocolSGLang:
		return nil
	}
	return fmt.Errorf("protocol: %q is unknown; use openai-chat, openai-completions, tgi or sglang", p)
}
