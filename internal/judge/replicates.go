package judge

import (
	"fmt"
	"math"
)

// Stability classes the spread between replicates of one measurement. The class
// borders are AIPerf's (field.md 4.7).
type Stability string

// The classes, by coefficient of variation with the default borders.
const (
	Excellent Stability = "excellent" // below 5%
	Good      Stability = "good"      // below 10%
	Fair      Stability = "fair"      // up to 20%
	Unstable  Stability = "unstable"  // beyond: no verdict
)

// ReplicateConfig is every constant of judging replicates; a zero field means
// its default.
type ReplicateConfig struct {
	Confidence float64 `json:"confidence"` // of intervals, two-sided
	// MinReplicates a side, below which there is no verdict. 3 is quick, 5 the
	// usual number, 10 for publishing (field.md 4.7).
	MinReplicates int `json:"min_replicates"`
	// ExcellentCV, GoodCV and FairCV are the upper borders of the classes, as
	// ratios of the standard deviation to the mean.
	ExcellentCV float64 `json:"excellent_cv"`
	GoodCV      float64 `json:"good_cv"`
	FairCV      float64 `json:"fair_cv"`
}

// DefaultReplicateConfig returns the constants used where none are given.
func DefaultReplicateConfig() ReplicateConfig {
	return ReplicateConfig{Confidence: 0.95, MinReplicates: 3, ExcellentCV: 0.05, GoodCV: 0.1, FairCV: 0.2}
}

// WithDefaults fills the zero fields.
func (c ReplicateConfig) WithDefaults() ReplicateConfig {
	d := DefaultReplicateConfig()
	setDefault(&c.Confidence, d.Confidence)
	setDefault(&c.MinReplicates, d.MinReplicates)
	setDefault(&c.ExcellentCV, d.ExcellentCV)
	setDefault(&c.GoodCV, d.GoodCV)
	setDefault(&c.FairCV, d.FairCV)
	return c
}

// Replicates describes repeated measurements of one quantity, each of a run of
// its own.
type Replicates struct {
	Count  int
	Mean   float64
	StdDev float64
	CV     float64 // StdDev over |Mean|; infinite for a mean of 0 with a spread
	// Interval bounds the true mean: mean -/+ t s/sqrt(n).
	Interval
	Stability Stability
}

// SummariseReplicates describes replicates. ok is false for fewer than two or
// for one that is no number: a spread cannot be told from them.
func SummariseReplicates(values []float64, cfg ReplicateConfig) (Replicates, bool) {
	cfg = cfg.WithDefaults()
	if len(values) < 2 || len(NewSample(values).sorted) < len(values) {
		return Replicates{}, false
	}
	n := float64(len(values))
	r := Replicates{Count: len(values), Mean: meanOf(values), StdDev: math.Sqrt(variance(values))}
	half := StudentQuantile(1-(1-cfg.Confidence)/2, n-1) * r.StdDev / math.Sqrt(n)
	r.Interval = Interval{Low: r.Mean - half, High: r.Mean + half}
	if r.StdDev > 0 {
		r.CV = r.StdDev / math.Abs(r.Mean)
	}
	r.Stability = cfg.stabilityOf(r.CV)
	return r, true
}

func (c ReplicateConfig) stabilityOf(cv float64) Stability {
	switch {
	case cv < c.ExcellentCV:
		return Excellent
	case cv < c.GoodCV:
		return Good
	case cv <= c.FairCV:
		return Fair
	}
	return Unstable
}

// ReplicateComparison is how the replicates of one side differ from another's.
type ReplicateComparison struct {
	A, B Replicates
	// Ratio of the geometric means, a's over b's, with its interval.
	Ratio float64
	Interval
	// P is two-sided: how likely so great a difference is without any.
	P float64
	// Refused says why there is no verdict: too few or unstable replicates. The
	// numbers then describe what was measured and prove nothing.
	Refused string
}

// CompareReplicates compares two sides by Welch's t test on logarithms, which
// suits quantities that are positive and spread in proportion, as latencies and
// rates do. ok is false when nothing can be computed: fewer than two replicates
// on a side, or one that is not positive.
func CompareReplicates(a, b []float64, cfg ReplicateConfig) (ReplicateComparison, bool) {
	cfg = cfg.WithDefaults()
	first, okA := SummariseReplicates(a, cfg)
	second, okB := SummariseReplicates(b, cfg)
	logA, positiveA := logarithms(a)
	logB, positiveB := logarithms(b)
	if !okA || !okB || !positiveA || !positiveB {
		return ReplicateComparison{}, false
	}
	difference := meanOf(logA) - meanOf(logB)
	c := ReplicateComparison{A: first, B: second, Ratio: math.Exp(difference), P: 1, Refused: cfg.refusal(first, second)}
	errorA, errorB := variance(logA)/float64(len(a)), variance(logB)/float64(len(b))
	standardError := math.Sqrt(errorA + errorB)
	if standardError == 0 {
		c.Interval = Interval{Low: c.Ratio, High: c.Ratio}
		if difference != 0 {
			c.P = 0
		}
		return c, true
	}
	degrees := welchDegrees(errorA, len(a), errorB, len(b))
	half := StudentQuantile(1-(1-cfg.Confidence)/2, degrees) * standardError
	c.Interval = Interval{Low: math.Exp(difference - half), High: math.Exp(difference + half)}
	c.P = studentTwoSided(difference/standardError, degrees)
	return c, true
}

// welchDegrees are those of Welch and Satterthwaite.
func welchDegrees(errorA float64, a int, errorB float64, b int) float64 {
	sum := errorA + errorB
	return sum * sum / (errorA*errorA/float64(a-1) + errorB*errorB/float64(b-1))
}

func (c ReplicateConfig) refusal(sides ...Replicates) string {
	for _, r := range sides {
		if r.Count < c.MinReplicates {
			return fmt.Sprintf("%d of at least %d replicates", r.Count, c.MinReplicates)
		}
		if r.Stability == Unstable {
			return fmt.Sprintf("unstable: replicates vary by %s, at most %s are judged", percent(r.CV), percent(c.FairCV))
		}
	}
	return ""
}

func logarithms(values []float64) (logs []float64, positive bool) {
	for _, v := range values {
		if !(v > 0) {
			return nil, false
		}
		logs = append(logs, math.Log(v))
	}
	return logs, true
}

// variance of the source from which the values are a sample.
func variance(values []float64) float64 {
	mean, sum := meanOf(values), 0.0
	for _, v := range values {
		sum += (v - mean) * (v - mean)
	}
	return sum / float64(len(values)-1)
}
