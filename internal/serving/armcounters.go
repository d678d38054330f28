package serving

import "fmt"

// ArmCounters is what a router has counted of one variant since its Epoch began.
// Both counts only rise while Epoch stays the same; when Epoch differs they have
// begun anew and a difference over the change means nothing.
type ArmCounters struct {
	Variant Variant `json:"variant"`
	// Requests are those that have ended or begun, as the router counts; Failed
	// are an answer of 5xx, a refused connection or a stream that broke.
	Requests int64  `json:"requests"`
	Failed   int64  `json:"failed"`
	Epoch    string `json:"epoch"`
}

// What a kind of router may be unable to tell, for errors.Is. Neither changes by
// asking again; it is no fault of the fleet's, and whoever judges has to use
// another measurement.
var (
	// ErrNoSamples: the router keeps no log of single requests.
	ErrNoSamples = fmt.Errorf("%w: the router keeps no samples of requests", ErrPermanent)
	// ErrNoCounters: the router does not count requests by variant.
	ErrNoCounters = fmt.Errorf("%w: the router does not count requests", ErrPermanent)
)

// Since gives what was counted after an earlier reading; ok is false when the
// counters began anew in between, and the window must be discarded.
func (c ArmCounters) Since(earlier ArmCounters) (delta ArmCounters, ok bool) {
	if c.Variant != earlier.Variant || c.Epoch != earlier.Epoch || c.Requests < earlier.Requests || c.Failed < earlier.Failed {
		return ArmCounters{}, false
	}
	delta = c
	delta.Requests -= earlier.Requests
	delta.Failed -= earlier.Failed
	return delta, true
}
