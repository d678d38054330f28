package propose

import (
	"fmt"

	"github.com/optiinfra/performance-agent/internal/engine/dialect"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Accept compares a candidate's trial with the baseline's and says whether the
// gain is proven, with a reason for a person.
//
// A measured limit is a bracket: it lies between the highest rate that passed
// and the lowest that failed. The throughput ratio compares the rates that
// passed; its lower bound holds the candidate's against the rate at which the
// baseline is known to fail. The E2E reduction compares p95 at the reference
// rate; its lower bound holds the candidate's upper confidence limit against the
// baseline's lower one.
//
// The candidate is accepted if either lower bound reaches minEffect (0.05: 5%),
// for latency only while throughput is not given away by more than that.
func Accept(baseline, candidate serving.Trial, minEffect float64) (serving.Comparison, bool, string) {
	if why := unusable(baseline, candidate); why != "" {
		return serving.Comparison{}, false, why
	}
	t := compareThroughput(baseline.Result, candidate.Result)
	e := compareLatency(baseline.Result.Reference, candidate.Result.Reference)
	c := serving.Comparison{
		ThroughputRatio: t.ratio, ThroughputRatioLow: t.low, ThroughputRatioHigh: highest(baseline.Result, candidate.Result),
		E2EP95Reduction: e.reduction, E2EP95ReductionLow: e.low, E2EP95ReductionHigh: e.high,
	}
	switch {
	case t.low >= 1+minEffect:
		return c, true, fmt.Sprintf("throughput is proven %.2fx or more: %s", t.low, t.text)
	case e.known && e.low >= minEffect && t.low >= 1-minEffect:
		return c, true, fmt.Sprintf("E2E p95 is proven %.0f%% lower or more (%s) at no less than %.2fx the throughput", e.low*100, e.text, t.low)
	case e.known && e.low >= minEffect:
		return c, false, fmt.Sprintf("E2E p95 is %s, but throughput is only sure to be %.2fx: %s", e.text, t.low, t.text)
	}
	return c, false, fmt.Sprintf("no gain of %.0f%% is proven: throughput %s; E2E p95 %s", minEffect*100, t.text, e.text)
}

func unusable(baseline, candidate serving.Trial) string {
	switch {
	case baseline.Status != serving.TrialMeasured:
		return "the baseline was not measured: " + baseline.Reason
	case candidate.Status != serving.TrialMeasured:
		return "the candidate was not measured: " + candidate.Reason
	}
	return ""
}

type throughput struct {
	ratio, low float64
	text       string
}

func compareThroughput(base, cand serving.LadderResult) throughput {
	bad, failed := base.MinBad.Get()
	switch {
	case base.MaxGood <= 0 && (!failed || bad <= 0):
		return throughput{text: "cannot be compared, since the baseline passed at no rate and failed at none"}
	case base.MaxGood <= 0:
		r := cand.MaxGood / bad
		return throughput{r, r, fmt.Sprintf("%.2f req/s pass, while the baseline passes at none and fails at %.2f", cand.MaxGood, bad)}
	case !failed:
		r := cand.MaxGood / base.MaxGood
		return throughput{r, r, fmt.Sprintf("%.2f req/s against %.2f (%.2fx; the baseline never failed, so the bound is its highest rate measured)", cand.MaxGood, base.MaxGood, r)}
	}
	// A failure below a rate that passed is noise of the search; the bound must
	// not be better than the ratio itself.
	bad = max(bad, base.MaxGood)
	r, low := cand.MaxGood/base.MaxGood, cand.MaxGood/bad
	return throughput{r, low, fmt.Sprintf("%.2f req/s against %.2f to %.2f (%.2fx, at least %.2fx)", cand.MaxGood, base.MaxGood, bad, r, low)}
}

// highest is the most that the throughput ratio can be: the rate at which the
// candidate is known to fail against the one that the baseline passed. 0 where
// either is not known.
func highest(base, cand serving.LadderResult) float64 {
	bad, failed := cand.MinBad.Get()
	if !failed || base.MaxGood <= 0 {
		return 0
	}
	return max(bad, cand.MaxGood) / base.MaxGood
}

type latency struct {
	known                bool
	reduction, low, high float64
	text                 string
}

// compareLatency says nothing when a side has no usable measurement. Requests
// that were cut off make the quantiles lower bounds, which a baseline may have
// and a candidate may not.
func compareLatency(base, cand serving.LoadResult) latency {
	b, c := base.E2E, cand.E2E
	switch {
	case base.Invalid != "" || cand.Invalid != "" || b.Count == 0 || c.Count == 0 || b.P95Seconds <= 0 || b.P95Low <= 0 || b.P95High <= 0:
		return latency{text: "was not measured on both sides at the reference rate"}
	case cand.Abandoned > 0:
		return latency{text: fmt.Sprintf("is unknown, since %d requests of the candidate were cut off", cand.Abandoned)}
	}
	l := latency{known: true, reduction: 1 - c.P95Seconds/b.P95Seconds, low: 1 - c.P95High/b.P95Low, high: 1 - c.P95Low/b.P95High}
	l.text = fmt.Sprintf("%.3g s against %.3g s (%+.0f%%, at best proven %+.0f%%)", c.P95Seconds, b.P95Seconds, -l.reduction*100, -l.low*100)
	return l
}

// PerGPU is a trial with its rates divided by the GPUs that it occupies.
func PerGPU(t serving.Trial) serving.Trial {
	gpus := GPUs(t.Candidate.Config)
	t.Result.MaxGood /= gpus
	if bad, failed := t.Result.MinBad.Get(); failed {
		t.Result.MinBad = serving.Known(bad / gpus)
	}
	return t
}

// GPUs are what one replica of a configuration occupies.
func GPUs(cfg serving.EngineConfig) float64 {
	d := dialect.Of(cfg.Engine)
	return d.TensorParallel.Of(cfg).Or(1) * d.Ranks.Of(cfg).Or(1)
}
