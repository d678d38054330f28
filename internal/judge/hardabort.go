package judge

import "github.com/optiinfra/performance-agent/internal/serving"

// PlainBreach reports a latency so far beyond its objective that no minimum of
// samples applies: the quantile is beyond HardAbortFactor times the threshold,
// or so many requests miss the threshold that the error budget burns
// FastBurnFactor times too fast. Either must rest on HardAbortSamples requests
// and hold at the significance HardAbortAlpha, since a p95 lets some requests
// be slow: one cold outlier among five is no reason to go back.
func PlainBreach(latencies Sample, o serving.Objective, cfg Config) bool {
	return PlainMisses(latencies.Above(o.Threshold*cfg.HardAbortFactor), latencies.Above(o.Threshold),
		latencies.Count(), o.AllowedShare(), cfg)
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
func PlainErrors(failed, requests int, allowed float64, cfg Config) bool {
	return failed >= cfg.HardAbortSamples &&
		ShareExceeds(failed, requests, plainErrorRate(allowed, cfg), cfg.HardAbortAlpha)
}

func plainErrorRate(allowed float64, cfg Config) float64 {
	return max(cfg.HardAbortFactor*allowed, cfg.HardAbortErrorRate)
}
