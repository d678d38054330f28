package whatif

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Arrival processes.
const (
	// Poisson draws exponential intervals and scales them to fill the stage, as
	// the "constant" load of inference-perf does.
	Poisson = "poisson"
	// Constant sends at equal intervals.
	Constant = "constant"
)

// Traffic describes generated requests.
type Traffic struct {
	Stages        []Stage
	Arrival       string
	Input, Output int // tokens
	PrefixShare   float64
	Groups        int // system prompts
	// Prompts is how many different prompts there are when a part is shared; 0
	// makes each one new.
	Prompts int
}

// Stage sends requests at a rate per second for a time.
type Stage struct {
	Rate    float64 `json:"requests_per_second"`
	Seconds float64 `json:"seconds"`
}

// requests is the number that the stage sends.
func (s Stage) requests() int { return int(s.Rate*s.Seconds + 1e-9) }

// DefaultTraffic is short chat. With 300 prompts the first 300 requests of a run
// share the system prompt only, and a run of thousands finds nearly all of every
// prompt cached, which is how both kinds of calibration run behaved.
func DefaultTraffic() Traffic {
	return Traffic{Arrival: Poisson, Input: 512, Output: 256, Groups: 10, Prompts: 300}
}

// ParseStages reads "8:600s,20:10m"; a plain number of seconds and semicolons
// are understood, too.
func ParseStages(text string) ([]Stage, error) {
	var out []Stage
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ';' }) {
		rate, duration, ok := strings.Cut(strings.TrimSpace(part), ":")
		if !ok {
			return nil, fmt.Errorf("stage %q is not of the form 8:600s", part)
		}
		r, err := strconv.ParseFloat(rate, 64)
		if err != nil {
			return nil, fmt.Errorf("stage %q: rate: %w", part, err)
		}
		seconds, err := parseSeconds(duration)
		if err != nil {
			return nil, fmt.Errorf("stage %q: %w", part, err)
		}
		out = append(out, Stage{Rate: r, Seconds: seconds})
	}
	return out, nil
}

func parseSeconds(text string) (float64, error) {
	if v, err := strconv.ParseFloat(text, 64); err == nil {
		return v, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0, fmt.Errorf("duration: %w", err)
	}
	return d.Seconds(), nil
}

func (t Traffic) check() error {
	switch {
	case len(t.Stages) == 0:
		return errors.New("there is no stage")
	case t.Input < 1 || t.Output < 1:
		return errors.New("-input and -output must be at least 1")
	case !(t.PrefixShare >= 0 && t.PrefixShare <= 1):
		return errors.New("-prefix-share must be within 0..1")
	case t.Groups < 1 || t.Prompts < 0:
		return errors.New("-prefix-groups must be at least 1 and -prompts not negative")
	case t.Arrival != Poisson && t.Arrival != Constant:
		return fmt.Errorf("-arrival %q is neither %s nor %s", t.Arrival, Poisson, Constant)
	}
	for _, s := range t.Stages {
		if !(s.Rate > 0 && s.Seconds > 0 && s.Rate*s.Seconds < maxRequests) || s.requests() < 1 {
			return fmt.Errorf("a stage of %g/s for %gs sends no request, or too many", s.Rate, s.Seconds)
		}
	}
	return nil
}

// maxRequests bounds a stage so that its count stays a number of requests.
const maxRequests = 1e12
