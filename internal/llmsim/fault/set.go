package fault

import (
	"strings"
	"time"
)

// Set is what is in force for one engine. Sets can be compared.
type Set struct {
	Slowdown       float64 // factor on step times, 1 when none
	DriftPerMinute float64 // added to the factor with every minute
	ErrorRate      float64 // 0..1
	WrongRate      float64 // share of the tokens of an answer, 0..1, that are other ones
	Hang           bool
	Crash          bool
	CrashAfter     time.Duration // since the set came into force
	OOMUsage       float64       // share of the KV cache at which the engine dies; 0: never
	SlowStart      time.Duration // added to the time of loading
	NoMetrics      bool          // the page does not exist
	MetricsLate    time.Duration // before the page answers
	MetricsCorrupt bool
	hidden         string // names of families that the page lacks, each between commas
	Reset          bool
	ResetAfter     time.Duration // since the set came into force
}

// None is a healthy engine.
func None() Set { return Set{Slowdown: 1} }

// Of is the set of the given faults as far as they apply to the variant.
func Of(faults []Fault, variant string) Set {
	set := None()
	for _, f := range faults {
		if f.Variant == "" || f.Variant == variant {
			set.add(f)
		}
	}
	return set
}

// Hides reports whether the metrics page lacks the family.
func (s Set) Hides(family string) bool { return strings.Contains(s.hidden, ","+family+",") }

// And joins two sets: slowdowns multiply, of anything else the worse counts.
func (s Set) And(o Set) Set {
	s.Slowdown *= o.Slowdown
	s.DriftPerMinute += o.DriftPerMinute
	s.ErrorRate = max(s.ErrorRate, o.ErrorRate)
	s.WrongRate = max(s.WrongRate, o.WrongRate)
	s.Hang = s.Hang || o.Hang
	s.Crash, s.CrashAfter = sooner(s.Crash, s.CrashAfter, o.Crash, o.CrashAfter)
	s.Reset, s.ResetAfter = sooner(s.Reset, s.ResetAfter, o.Reset, o.ResetAfter)
	if s.OOMUsage == 0 || o.OOMUsage != 0 && o.OOMUsage < s.OOMUsage {
		s.OOMUsage = o.OOMUsage
	}
	s.SlowStart = max(s.SlowStart, o.SlowStart)
	s.NoMetrics = s.NoMetrics || o.NoMetrics
	s.MetricsLate = max(s.MetricsLate, o.MetricsLate)
	s.MetricsCorrupt = s.MetricsCorrupt || o.MetricsCorrupt
	s.hidden += o.hidden
	return s
}

func (s *Set) add(f Fault) {
	one := None()
	switch f.Kind {
	case Slow:
		one.Slowdown = f.Factor
	case Drift:
		one.DriftPerMinute = f.PerMinute
	case Errors:
		one.ErrorRate = f.Rate
	case WrongOutput:
		one.WrongRate = f.Rate
	case Hang:
		one.Hang = true
	case Crash:
		one.Crash, one.CrashAfter = true, seconds(f.AfterSeconds)
	case OOM:
		one.OOMUsage = f.Usage
	case SlowStart:
		one.SlowStart = seconds(f.Seconds)
	case SlowMetrics:
		one.MetricsLate = seconds(f.Seconds)
	case CorruptMetrics:
		one.MetricsCorrupt = true
	case NoMetrics:
		if one.NoMetrics = f.Family == ""; !one.NoMetrics {
			one.hidden = "," + f.Family + ","
		}
	case CounterReset:
		one.Reset, one.ResetAfter = true, seconds(f.AfterSeconds)
	}
	*s = s.And(one)
}

func sooner(a bool, after time.Duration, b bool, afterB time.Duration) (bool, time.Duration) {
	if !a || b && afterB < after {
		return b, afterB
	}
	return a, after
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
