package loadgen

import (
	"fmt"
	"math"

	"github.com/optiinfra/performance-agent/internal/serving"
)

const (
	// growth between rungs until one fails. Doubling wastes a long failing rung
	// far beyond the limit; a smaller factor wastes passing ones below it.
	growth = 1.6
	// lowestShare of the reference rate is where the search downwards gives up: a
	// configuration that cannot serve a sixteenth of its load is not one.
	lowestShare = 1.0 / 16
	// defaultResolution of the limit; finer than the noise of a rung of some
	// hundred requests would be pretence.
	defaultResolution = 0.08
	// defaultMaxSteps suffices for a limit 10 times the reference rate.
	defaultMaxSteps = 12
	// mostSteps keeps the result, at up to 2.4 KB a step, below 60 KB.
	mostSteps = 24
)

// Search decides which rate to try next. It knows no clock and no network: it
// is told verdicts and answers with rates.
//
// The reference rate comes first. Where it holds, rates grow geometrically
// until one fails, then the gap between the highest that passed and the lowest
// that failed is halved (geometrically). Where it does not hold, rates are
// halved until one passes and the gap above is searched the same way. A rung
// without a verdict bounds the search like one that failed, so that what passed
// did so beyond doubt, but is no failure.
type Search struct {
	reference, start, maxRate float64
	resolution                float64
	maxSteps                  int

	rates []float64 // when given, these are tried in their order

	good, bad float64 // highest pass and lowest fail, 0 for none
	unsure    float64 // lowest rate of which no verdict could be told, 0 for none
	steps     int
	done      int     // steps with a verdict
	repeat    float64 // rate of the last rung when it was invalid
	ended     string
}

// NewSearch starts a search; missing limits of the spec get their defaults.
func NewSearch(spec serving.LadderSpec) *Search {
	s := &Search{reference: spec.Base.Workload.RatePerSecond, start: spec.StartRate, maxRate: spec.MaxRate,
		resolution: spec.Resolution, maxSteps: min(spec.MaxSteps, mostSteps), rates: spec.Rates}
	if s.maxRate <= 0 {
		s.maxRate = math.Inf(1)
	}
	if s.resolution <= 0 {
		s.resolution = defaultResolution
	}
	if s.maxSteps <= 0 {
		s.maxSteps = defaultMaxSteps
	}
	return s
}

// Next is the rate of the next rung; ok is false when the search has ended.
func (s *Search) Next() (rate float64, ok bool) {
	if s.ended != "" {
		return 0, false
	}
	upper := s.upper()
	switch {
	case s.repeat > 0:
		rate = s.repeat
	case s.rates != nil:
		return s.given()
	case s.good == 0 && upper == 0:
		rate = s.reference
	case s.good == 0:
		rate = upper / 2
	case upper == 0:
		rate = s.upwards()
	default:
		rate = math.Sqrt(s.good * upper)
	}
	if s.ended = s.finished(rate); s.ended == "" && s.steps >= s.maxSteps {
		s.ended = fmt.Sprintf("the limit of %d steps is reached", s.maxSteps)
	}
	return rate, s.ended == ""
}

// given is the next of the rates that were given; those beyond a failure are not
// tried.
func (s *Search) given() (rate float64, ok bool) {
	tried := s.done
	switch {
	case s.bad > 0:
		s.ended = fmt.Sprintf("%.4g/s failed", s.bad)
	case tried >= len(s.rates):
		s.ended = "all rates given were tried"
	default:
		rate = s.rates[tried]
	}
	return rate, s.ended == ""
}

// upper is the lowest rate that did not pass, 0 for none.
func (s *Search) upper() float64 {
	if s.bad == 0 || s.unsure > 0 && s.unsure < s.bad {
		return s.unsure
	}
	return s.bad
}

func (s *Search) upwards() float64 {
	if s.good == s.reference && s.start > s.reference {
		return min(s.start, s.maxRate)
	}
	return min(s.good*growth, s.maxRate)
}

// finished says why there is no point in trying the rate, "" when there is.
func (s *Search) finished(rate float64) string {
	upper := s.upper()
	switch {
	case s.repeat > 0:
		return ""
	case s.good > 0 && upper > 0 && upper/s.good-1 <= s.resolution && upper != s.bad:
		return fmt.Sprintf("%.4g/s passed and %.4g/s could not be decided", s.good, upper)
	case s.good > 0 && upper > 0 && upper/s.good-1 <= s.resolution:
		return fmt.Sprintf("the limit is known within %.1f%%", (upper/s.good-1)*100)
	case s.good > 0 && upper == 0 && rate <= s.good:
		return fmt.Sprintf("the highest rate allowed, %.4g/s, passed", s.good)
	case s.good == 0 && rate < s.reference*lowestShare*(1-1e-9):
		return fmt.Sprintf("nothing passes down to %.4g/s, 1/16 of the reference rate", upper)
	}
	return ""
}

// Record tells the verdict on a rung. An invalid one is tried once more; the
// second in a row ends the search with what is known.
func (s *Search) Record(rate float64, verdict serving.Outcome3) {
	s.steps++
	if verdict != serving.RungInvalid {
		s.done, s.repeat = s.done+1, 0
	}
	switch verdict {
	case serving.RungPass:
		s.good = max(s.good, rate)
	case serving.RungFail:
		if s.bad == 0 || rate < s.bad {
			s.bad = rate
		}
	case serving.RungIndeterminate:
		if s.unsure == 0 || rate < s.unsure {
			s.unsure = rate
		}
	case serving.RungInvalid:
		if s.repeat > 0 {
			s.ended = fmt.Sprintf("no valid measurement at %.4g/s in two attempts", rate)
		}
		s.repeat = rate
	}
}

// MaxGood is the highest rate that passed, 0 when none did.
func (s *Search) MaxGood() float64 { return s.good }

// MinBad is the lowest rate that failed, unknown when none did.
func (s *Search) MinBad() serving.Measure {
	if s.bad == 0 {
		return serving.Unknown()
	}
	return serving.Known(s.bad)
}

// Ended says why the search stopped, "" while it goes on.
func (s *Search) Ended() string { return s.ended }
