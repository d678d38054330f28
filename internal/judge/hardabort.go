package judge

import (
	"math"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// PlainBreach reports a latency so far beyond its objective that no minimum of
// samples applies: the quantile is beyond HardAbortFactor times the threshold,
// or so many requests miss the threshold that the error budget burns
// FastBurnFactor times too fast. Either must rest on HardAbortSamples requests
// and hold at the significance HardAbortAlpha, since a p95 lets some requests
// be slow: one cold outlier among five is no reason to go back. When next to all
// of a few requests are that bad, EarlyAbortSamples of them are enough (see
// EvidenceBeyond).
func PlainBreach(d Decisions, o serving.Objective, cfg Config) bool {
	far := o.Threshold * cfg.HardAbortFactor
	return PlainMisses(d.Above(far), d.Above(o.Threshold), d.Count(), o.AllowedShare(), cfg) ||
		early(d.Above(far), d.Count(), d.spanAbove(far), o.AllowedShare(), cfg)
}

// PlainMisses is PlainBreach on counts: of n requests, missed are beyond the
// threshold and far beyond HardAbortFactor times it.
func PlainMisses(far, missed, n int, allowed float64, cfg Config) bool {
	if far >= cfg.HardAbortSamples && ShareExceeds(far, n, allowed, cfg.HardAbortAlpha) {
		return true
	}
	burning := allowed * cfg.FastBurnFactor
	return burning < 1 && missed >= cfg.HardAbortSamples && ShareExceeds(missed, n, burning, cfg.HardAbortAlpha)
}

// PlainErrors reports an error rate so far beyond the allowed share that no
// minimum of samples applies. allowed is 0 when no objective states it.
func PlainErrors(o serving.ArmObservation, allowed float64, cfg Config) bool {
	rate := plainErrorRate(allowed, cfg)
	if o.Failed >= cfg.HardAbortSamples && ShareExceeds(o.Failed, o.Requests, rate, cfg.HardAbortAlpha) {
		return true
	}
	first, last := math.Inf(1), math.Inf(-1)
	for _, s := range o.Samples {
		if s.Failed {
			first, last = min(first, s.EndedUnix), max(last, s.EndedUnix)
		}
	}
	return early(o.Failed, o.Requests, last-first, rate, cfg)
}

func plainErrorRate(allowed float64, cfg Config) float64 {
	return max(cfg.HardAbortFactor*allowed, cfg.HardAbortErrorRate)
}
