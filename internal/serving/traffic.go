package serving

import (
	"fmt"
	"slices"
)

// Share is the part of the traffic that a variant gets, in percent.
type Share struct {
	Variant Variant `json:"variant"`
	Percent int     `json:"percent"`
}

// Weights is the absolute split of a fleet's traffic under a revision. A router
// refuses a revision lower than the one it has (ErrStaleRevision of the router
// package), so a late retry of an earlier step cannot undo a later one.
type Weights struct {
	Revision int64   `json:"revision"`
	Shares   []Share `json:"shares"`
	// Rules come before the shares: a request that carries a rule's header goes to
	// its variant. Routers that cannot read headers refuse them.
	Rules []RouteRule `json:"rules,omitempty"`
}

// RouteRule sends the requests with a header of a value to a variant.
type RouteRule struct {
	Header  string  `json:"header"`
	Value   string  `json:"value"`
	Variant Variant `json:"variant"`
}

// AllStable is the split that sends everything to stable.
func AllStable(revision int64) Weights {
	return Weights{Revision: revision, Shares: []Share{{Stable, 100}}}
}

// Of returns the percentage of a variant, 0 if it has none.
func (w Weights) Of(v Variant) int {
	for _, s := range w.Shares {
		if s.Variant == v {
			return s.Percent
		}
	}
	return 0
}

// SameSplit reports whether both send the same traffic to the same variants,
// whatever their revisions and the order of the shares.
func (w Weights) SameSplit(o Weights) bool {
	for _, s := range slices.Concat(w.Shares, o.Shares) {
		if w.Of(s.Variant) != o.Of(s.Variant) {
			return false
		}
	}
	return slices.Equal(w.Rules, o.Rules)
}

// Validate checks that shares name a variant, are within 0..100, unique, and sum to 100.
func (w Weights) Validate() error {
	sum := 0
	for i, s := range w.Shares {
		if s.Variant == "" {
			return fmt.Errorf("share of %d%% names no variant", s.Percent)
		}
		if s.Percent < 0 || s.Percent > 100 {
			return fmt.Errorf("share of %s is %d%%, must be 0..100", s.Variant, s.Percent)
		}
		if slices.ContainsFunc(w.Shares[:i], func(o Share) bool { return o.Variant == s.Variant }) {
			return fmt.Errorf("variant %s is given twice", s.Variant)
		}
		sum += s.Percent
	}
	if sum != 100 {
		return fmt.Errorf("shares sum to %d%%, must be 100", sum)
	}
	for _, r := range w.Rules {
		if r.Header == "" || r.Value == "" || r.Variant == "" {
			return fmt.Errorf("rule %q: %q -> %q needs a header, a value and a variant", r.Header, r.Value, r.Variant)
		}
	}
	return nil
}

// Backend is the pool of a variant at the router.
type Backend struct {
	Variant   Variant  `json:"variant"`
	Endpoints []string `json:"endpoints"`
	InFlight  int      `json:"in_flight"` // requests it is serving now
}

// Traffic is what a router reports: the split in force and the pools.
type Traffic struct {
	Weights  Weights   `json:"weights"`
	Backends []Backend `json:"backends"`
}

// Pool returns the backend of a variant, empty if it has none.
func (t Traffic) Pool(v Variant) Backend {
	for _, b := range t.Backends {
		if b.Variant == v {
			return b
		}
	}
	return Backend{Variant: v}
}

// RequestSample is one finished request as the router saw it. Times are unknown
// when the request failed before they happened.
type RequestSample struct {
	// EndedUnix is when the last byte left, in seconds since 1970.
	EndedUnix   float64 `json:"ended_unix"`
	TTFTSeconds Measure `json:"ttft_seconds"`
	// ITLSeconds is the mean gap between tokens of this request (TPOT).
	ITLSeconds Measure `json:"itl_seconds"`
	E2ESeconds Measure `json:"e2e_seconds"`
	Tokens     int     `json:"tokens"`
	// Failed is an answer of 5xx, a refused connection or a stream that broke.
	Failed bool `json:"failed,omitempty"`
}

// ArmObservation is what a router saw of one variant in a window: the samples
// that ended in it. Requests and Failed count all of them even when the router
// kept only the newest samples.
type ArmObservation struct {
	Variant       Variant         `json:"variant"`
	WindowSeconds float64         `json:"window_seconds"`
	Requests      int             `json:"requests"`
	Failed        int             `json:"failed"`
	Samples       []RequestSample `json:"samples"`
	// Running are the requests that have not ended where the window reaches the
	// present, nil where the router cannot tell. SinceUnix is then when the window
	// began, in seconds since 1970, and it ends WindowSeconds later.
	Running   []RunningRequest `json:"running"`
	SinceUnix float64          `json:"since_unix,omitempty"`
}
