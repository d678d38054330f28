package judge

import (
	"fmt"
	"math"
)

// Config is every constant of a judgement. The zero value of a field means its
// default, so that a caller may set one and keep the others.
type Config struct {
	// MinSamples per arm and metric; fewer give no verdict except a hard abort.
	// 50 is the least at which a tail comparison is worth anything (field.md 5.9).
	MinSamples int `json:"min_samples"`
	// MinEffectiveShare of MinSamples must be left of each arm's samples when those
	// that depend on each other are counted as what they tell (see DesignEffect);
	// with fewer no ratio fails or is resolved. Of a burst of 50 requests that were
	// slow together, two arms without any difference differ all the time.
	MinEffectiveShare float64 `json:"min_effective_share"`
	// RatioQuantile is the quantile whose ratio between the arms is judged, and
	// MaxQuantileRatio the worsening allowed: 1.15 is 15% slower.
	RatioQuantile    float64 `json:"ratio_quantile"`
	MaxQuantileRatio float64 `json:"max_quantile_ratio"`
	// MinWorseningSeconds is the least difference that can fail a canary: 20% of
	// next to nothing is nothing a user can feel.
	MinWorseningSeconds float64 `json:"min_worsening_seconds"`
	// Confidence of all intervals, two-sided. DoubtConfidence is that of the
	// interval which must lie above 1 for an estimate beyond the limit to be more
	// than noise: such a canary is neither failed nor passed.
	Confidence      float64 `json:"confidence"`
	DoubtConfidence float64 `json:"doubt_confidence"`
	Resamples       int     `json:"resamples"` // of a bootstrap
	// ErrorAlpha is the one-sided significance at which a rise of the error rate
	// counts as real; up to ErrorDoubtAlpha it is a doubt. A rise below
	// MinErrorIncrease (absolute, 0.01 is one point) never counts.
	ErrorAlpha       float64 `json:"error_alpha"`
	ErrorDoubtAlpha  float64 `json:"error_doubt_alpha"`
	MinErrorIncrease float64 `json:"min_error_increase"`
	// HardAbortFactor times the objective is a plain failure, without a minimum
	// of samples: at least HardAbortSamples bad requests must show it at the
	// significance HardAbortAlpha. HardAbortErrorRate is the least error rate
	// that can be a plain failure, whatever the objective.
	HardAbortFactor    float64 `json:"hard_abort_factor"`
	HardAbortSamples   int     `json:"hard_abort_samples"`
	HardAbortAlpha     float64 `json:"hard_abort_alpha"`
	HardAbortErrorRate float64 `json:"hard_abort_error_rate"`
	// EarlyAbortSamples bad requests are a plain failure already when they are next
	// to all there are: their evidence must reach 1/HardAbortAlpha (EvidenceBeyond;
	// with a p95 3 of 5, 4 of 9, 5 of 15), so that a healthy canary is aborted by it
	// in at most that share of all stages however often one looks. From the first
	// to the last of them at least EarlyAbortSpanSeconds must pass: what one hiccup
	// slows is one event.
	EarlyAbortSamples     int     `json:"early_abort_samples,omitempty"`
	EarlyAbortSpanSeconds float64 `json:"early_abort_span_seconds,omitempty"`
	// FastBurnFactor times the share of requests that an objective lets miss its
	// threshold is a plain failure too: 14.4 spends 2% of a month's budget in an
	// hour (field.md 4.10).
	FastBurnFactor float64 `json:"fast_burn_factor"`
	// Strict demands that the upper bound of every ratio is within the limit.
	// Without it a ratio that the samples do not resolve passes when nothing
	// suggests a worsening and the objective on the metric is met with confidence,
	// or when no objective is stated on that metric while others are. To resolve
	// equal arms within 15% takes about 450 samples an arm for a spread (sigma of
	// the logarithm) of 0.5 and 1800 for 1.0, which is hours of a small canary: of
	// equal arms of 300 samples the strict rule passes one in twenty.
	Strict bool   `json:"strict,omitempty"`
	Seed   uint64 `json:"seed"`
	// Looks are the planned looks of the stage: a failure must be as sure as all of
	// them together allow (see Looks.Level). A hard abort has its own rule, and what
	// passes or is in doubt is judged as at a single look.
	Looks Looks `json:"looks,omitzero"`
	// Metrics say how much each metric counts; one that is not named is critical,
	// or of weight 1 if it only supports the others (see PolicyOf).
	Metrics []MetricPolicy `json:"metrics,omitempty"`
	// PassScore of the weights that must not fail, 0..100; down to MarginalScore a
	// person is asked, below it the canary fails.
	PassScore     float64 `json:"pass_score,omitempty"`
	MarginalScore float64 `json:"marginal_score,omitempty"`
	// HistogramEffect is how many requests in an engine's histogram tell as much as
	// one alone. Their order is lost, so it cannot be estimated from them: 2 is what
	// queues of engines make of it (make bench-statistics, "as engines do").
	HistogramEffect float64 `json:"histogram_effect,omitempty"`
	// MaxThroughputDrop is how much less than its share of the traffic a canary may
	// finish, shown at the significance ThroughputAlpha.
	MaxThroughputDrop float64 `json:"max_throughput_drop,omitempty"`
	ThroughputAlpha   float64 `json:"throughput_alpha,omitempty"`
	// MaxPreemptionRise is in preemptions a request; MaxLengthDrift the change of
	// the mean answer in either direction, 0.2 is 20%.
	MaxPreemptionRise float64 `json:"max_preemption_rise,omitempty"`
	MaxLengthDrift    float64 `json:"max_length_drift,omitempty"`
}

// DefaultConfig returns the constants used where none are given.
func DefaultConfig() Config {
	return Config{
		MinSamples: 50, MinEffectiveShare: 0.7, RatioQuantile: 0.95, MaxQuantileRatio: 1.15, MinWorseningSeconds: 0.001,
		Confidence: 0.95, DoubtConfidence: 0.8, Resamples: 1000,
		ErrorAlpha: 0.01, ErrorDoubtAlpha: 0.2, MinErrorIncrease: 0.01,
		HardAbortFactor: 2, HardAbortSamples: 5, HardAbortAlpha: 0.01, HardAbortErrorRate: 0.05,
		EarlyAbortSamples: 3, EarlyAbortSpanSeconds: 3,
		FastBurnFactor: 14.4, Seed: 1,
		PassScore: 95, MarginalScore: 75, HistogramEffect: 2, MaxThroughputDrop: 0.2, ThroughputAlpha: 0.001,
		MaxPreemptionRise: 0.05, MaxLengthDrift: 0.2,
	}
}

// WithDefaults fills the zero fields.
func (c Config) WithDefaults() Config {
	d := DefaultConfig()
	setDefault(&c.MinSamples, d.MinSamples)
	setDefault(&c.MinEffectiveShare, d.MinEffectiveShare)
	setDefault(&c.RatioQuantile, d.RatioQuantile)
	setDefault(&c.MaxQuantileRatio, d.MaxQuantileRatio)
	setDefault(&c.MinWorseningSeconds, d.MinWorseningSeconds)
	setDefault(&c.Confidence, d.Confidence)
	setDefault(&c.DoubtConfidence, d.DoubtConfidence)
	setDefault(&c.Resamples, d.Resamples)
	setDefault(&c.ErrorAlpha, d.ErrorAlpha)
	setDefault(&c.ErrorDoubtAlpha, d.ErrorDoubtAlpha)
	setDefault(&c.MinErrorIncrease, d.MinErrorIncrease)
	setDefault(&c.HardAbortFactor, d.HardAbortFactor)
	setDefault(&c.HardAbortSamples, d.HardAbortSamples)
	setDefault(&c.HardAbortAlpha, d.HardAbortAlpha)
	setDefault(&c.HardAbortErrorRate, d.HardAbortErrorRate)
	setDefault(&c.EarlyAbortSamples, min(d.EarlyAbortSamples, c.HardAbortSamples))
	setDefault(&c.EarlyAbortSpanSeconds, d.EarlyAbortSpanSeconds)
	setDefault(&c.FastBurnFactor, d.FastBurnFactor)
	setDefault(&c.Seed, d.Seed)
	setDefault(&c.PassScore, d.PassScore)
	setDefault(&c.MarginalScore, min(d.MarginalScore, c.PassScore))
	setDefault(&c.HistogramEffect, d.HistogramEffect)
	setDefault(&c.MaxThroughputDrop, d.MaxThroughputDrop)
	setDefault(&c.ThroughputAlpha, d.ThroughputAlpha)
	setDefault(&c.MaxPreemptionRise, d.MaxPreemptionRise)
	setDefault(&c.MaxLengthDrift, d.MaxLengthDrift)
	return c
}

// Validate names the field that is wrong and how to mend it; zero fields are
// their defaults.
func (c Config) Validate() error {
	c = c.WithDefaults()
	switch {
	case c.MinSamples < 10:
		return fmt.Errorf("min_samples: %d must be at least 10", c.MinSamples)
	case c.MinEffectiveShare < 0 || c.MinEffectiveShare > 1:
		return fmt.Errorf("min_effective_share: %g must be a ratio within 0..1", c.MinEffectiveShare)
	case c.RatioQuantile < 0.5 || c.RatioQuantile > 0.99:
		return fmt.Errorf("ratio_quantile: %g must be within 0.5..0.99", c.RatioQuantile)
	case c.MaxQuantileRatio < 1:
		return fmt.Errorf("max_quantile_ratio: %g must be at least 1, for example 1.15", c.MaxQuantileRatio)
	case c.Confidence < 0.5 || c.Confidence >= 1:
		return fmt.Errorf("confidence: %g must be within 0.5..1 (exclusive), for example 0.95", c.Confidence)
	case c.DoubtConfidence < 0.5 || c.DoubtConfidence > c.Confidence:
		return fmt.Errorf("doubt_confidence: %g must be within 0.5..confidence (%g)", c.DoubtConfidence, c.Confidence)
	case c.Resamples < 100 || c.Resamples > 100_000:
		return fmt.Errorf("resamples: %d must be within 100..100000", c.Resamples)
	case c.ErrorAlpha < 0 || c.ErrorAlpha > c.ErrorDoubtAlpha || c.ErrorDoubtAlpha > 1:
		return fmt.Errorf("error_alpha: %g must be within 0..error_doubt_alpha (%g), which must be at most 1", c.ErrorAlpha, c.ErrorDoubtAlpha)
	case c.MinErrorIncrease < 0 || c.MinErrorIncrease > 1:
		return fmt.Errorf("min_error_increase: %g must be a ratio within 0..1", c.MinErrorIncrease)
	case c.HardAbortFactor < 1:
		return fmt.Errorf("hard_abort_factor: %g must be at least 1", c.HardAbortFactor)
	case c.HardAbortSamples < 2:
		return fmt.Errorf("hard_abort_samples: %d must be at least 2: one slow request is no failure", c.HardAbortSamples)
	case c.HardAbortAlpha < 0 || c.HardAbortAlpha > 0.5:
		return fmt.Errorf("hard_abort_alpha: %g must be within 0..0.5", c.HardAbortAlpha)
	case c.HardAbortErrorRate < 0 || c.HardAbortErrorRate > 1:
		return fmt.Errorf("hard_abort_error_rate: %g must be a ratio within 0..1", c.HardAbortErrorRate)
	case c.EarlyAbortSamples < 2:
		return fmt.Errorf("early_abort_samples: %d must be at least 2: one slow request is no failure", c.EarlyAbortSamples)
	case !(c.EarlyAbortSpanSeconds >= 0):
		return fmt.Errorf("early_abort_span_seconds: %g must not be negative", c.EarlyAbortSpanSeconds)
	case c.FastBurnFactor < 1:
		return fmt.Errorf("fast_burn_factor: %g must be at least 1", c.FastBurnFactor)
	case c.HistogramEffect < 1 || c.HistogramEffect > maxDesignEffect:
		return fmt.Errorf("histogram_effect: %g must be within 1..%d", c.HistogramEffect, maxDesignEffect)
	case c.MaxThroughputDrop < 0 || c.MaxThroughputDrop > 1:
		return fmt.Errorf("max_throughput_drop: %g must be a ratio within 0..1", c.MaxThroughputDrop)
	}
	if err := c.Looks.validate(); err != nil {
		return err
	}
	return c.validateMetrics()
}

// level is the one-sided significance that a failure must reach at this look.
func (c Config) level(alpha float64) float64 { return c.Looks.Level(alpha) }

// sure is the two-sided confidence of the interval that a failure must leave at
// this look.
func (c Config) sure() float64 { return 1 - 2*c.level((1-c.Confidence)/2) }

// surely moves the end of an interval of a ratio outwards, from where it is at
// Confidence to where it is at this look: resamples are too few for a tail so thin,
// and the logarithm of the ratio of two quantiles is nearly normal.
func (c Config) surely(estimate, low float64) float64 {
	if !(low > 0) || low >= estimate {
		return low
	}
	reach := NormalQuantile(c.level((1-c.Confidence)/2)) / NormalQuantile((1-c.Confidence)/2)
	return estimate * math.Pow(low/estimate, reach)
}

// LeastEffective is the least number of independent requests an arm.
func (c Config) LeastEffective() float64 { return c.MinEffectiveShare * float64(c.MinSamples) }

// resampling is how intervals are drawn under this configuration.
func (c Config) resampling() Resampling {
	return Resampling{Confidence: c.Confidence, Resamples: c.Resamples, Seed: c.Seed}
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
