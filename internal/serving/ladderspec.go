package serving

import "fmt"

// Ways of a LadderSpec to choose its rungs; "" is the adaptive search.
const (
	SearchRates = "rates"
	SearchOnce  = "once"
)

// mostRates keeps the result of a ladder small enough for a workflow's history.
const mostRates = 24

// Validate names the field that is wrong and how to mend it. The lengths of
// steps are for the caller to bound.
func (s LadderSpec) Validate() error {
	if err := s.validateSearch(); err != nil {
		return err
	}
	switch {
	case !(s.Resolution >= 0 && s.Resolution < 1):
		return fmt.Errorf("resolution: %g must be within 0..1; 0.1 ends the search at 10%%", s.Resolution)
	case s.Confidence != 0 && !(s.Confidence >= 0.5 && s.Confidence <= 0.999):
		return fmt.Errorf("confidence: %g must be within 0.5..0.999; 0.95 is usual, 0 is a verdict without doubt", s.Confidence)
	case !(s.Attainment >= 0 && s.Attainment < 1):
		return fmt.Errorf("attainment: %g must be within 0..1 (exclusive); 0.95 lets one request in twenty miss", s.Attainment)
	case s.MinRequests < 0:
		return fmt.Errorf("min_requests: %d must not be negative; 200 is a good number", s.MinRequests)
	}
	for i, o := range s.Objectives {
		if err := o.Validate(); err != nil {
			return fmt.Errorf("objectives[%d].%w", i, err)
		}
	}
	return nil
}

func (s LadderSpec) validateSearch() error {
	if err := s.Base.Validate(); err != nil {
		return fmt.Errorf("base.%w", err)
	}
	open := s.Base.Profile == "" || s.Base.Profile == ProfileOpen
	switch s.Search {
	case SearchOnce:
		if !s.Base.ends() {
			return fmt.Errorf("base.duration_seconds: must be above 0 where max_requests is not given; 60 is a good length")
		}
		return nil
	case "", SearchRates:
	default:
		return fmt.Errorf("search: %q is unknown; leave it out or use rates or once", s.Search)
	}
	if !open {
		return fmt.Errorf("base.profile: %q has no rate to search; set search to once", s.Base.Profile)
	}
	if (s.Search == SearchRates) != (len(s.Rates) > 0) || len(s.Rates) > mostRates {
		return fmt.Errorf("rates: %d given; search rates needs 1 to %d, other searches none", len(s.Rates), mostRates)
	}
	for i, r := range s.Rates {
		if !(r > 0) || i > 0 && !(r > s.Rates[i-1]) {
			return fmt.Errorf("rates: %v must rise and be above 0; sort them", s.Rates)
		}
	}
	return nil
}

// ends reports a load that has an end of its own.
func (s LoadSpec) ends() bool {
	return s.DurationSeconds > 0 || s.MaxRequests > 0 || s.Profile == ProfileTrace
}

// LongestSeconds bounds how long a load takes, its last answers included.
func (s LoadSpec) LongestSeconds() float64 {
	const anyTimeout = 120 // of a request when the spec names none
	length := s.DurationSeconds
	if n := len(s.Trace); s.Profile == ProfileTrace && n > 0 {
		traced := s.Trace[n-1].AtSeconds
		if s.Speedup > 0 {
			traced /= s.Speedup
		}
		if length == 0 || traced < length+s.WarmupSeconds {
			length = traced
		}
	}
	if length == 0 {
		length = 3600 // ended by its number of requests
	}
	return s.WarmupSeconds + length + max(s.RequestTimeoutSeconds, anyTimeout)
}
