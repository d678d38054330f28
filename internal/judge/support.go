package judge

import (
	"fmt"
	"math"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// support are the checks that need a reference and say how the arms fare besides
// latency and errors. What neither arm shows is not judged.
func (t trial) support() []finding {
	if t.reference == nil {
		return nil
	}
	var out []finding
	for _, check := range []func() (serving.JudgeCheck, bool){t.throughput, t.queue, t.preemptions, t.memory, t.outputLengths} {
		if c, ok := check(); ok {
			out = append(out, finding{check: c})
		}
	}
	return out
}

// served are the requests that ended well. A router without single requests may
// count those that have only begun, so the engines' count comes first then.
func (s side) served() (n float64, ok bool) {
	if s.Unsampled && s.Engine != nil {
		if n, ok := s.Engine.Requests().Get(); ok {
			return n, true
		}
	}
	return float64(s.requests - s.failed), s.requests > 0
}

// throughput compares what the arms finished with their shares of the traffic.
// Of all finished requests the canary's are binomial; a replica that accepts and
// never answers shows here alone, since what never ends is no sample.
func (t trial) throughput() (serving.JudgeCheck, bool) {
	c, _ := t.canary.served()
	r, ok := t.reference.served()
	if !ok || t.canary.Share <= 0 || t.reference.Share <= 0 {
		return serving.JudgeCheck{}, false
	}
	expected := t.canary.Share / (t.canary.Share + t.reference.Share)
	should := r * t.canary.Share / t.reference.Share
	if should < float64(t.cfg.MinSamples) {
		return serving.JudgeCheck{}, false
	}
	check := serving.JudgeCheck{Metric: serving.MetricReplicaThroughput, Test: "rate", Limit: t.cfg.MaxThroughputDrop,
		Samples: int(c), Verdict: serving.VerdictPass}
	perReplica := func(n float64, s side) float64 { return n / max(float64(s.Replicas), 1) }
	check.Observed, check.Reference = perReplica(c, t.canary), perReplica(r, *t.reference)
	drop := 1 - c/should
	p := 1 - BinomialTail(int(c)+1, int(c+r), expected)
	check.PValue = serving.Known(clampProbability(p))
	check.Verdict = t.atLook(drop >= t.cfg.MaxThroughputDrop, p, t.cfg.ThroughputAlpha)
	check.Text = fmt.Sprintf("throughput: %.0f requests finished, %.0f by its share and what %s finished (%s fewer, limit %s, p %.2g)",
		c, should, t.reference.name, percent(max(0, drop)), percent(t.cfg.MaxThroughputDrop), p)
	return check, true
}

// atLook is the verdict on something worse by its p-value: not proven at the level
// of this look, it is in doubt, as a single look would prove it.
func (t trial) atLook(worse bool, p, alpha float64) serving.Verdict {
	switch {
	case worse && p <= t.cfg.level(alpha):
		return serving.VerdictFail
	case worse && p <= alpha:
		return serving.VerdictInconclusive
	}
	return serving.VerdictPass
}

// queue compares the mean number of requests that wait at a replica.
func (t trial) queue() (serving.JudgeCheck, bool) {
	c, r := t.canary.Gauges.Waiting, t.reference.Gauges.Waiting
	if c.N < leastLooks || r.N < leastLooks {
		return serving.JudgeCheck{}, false
	}
	mine, theirs := c.Mean().Or(0), r.Mean().Or(0)
	check := serving.JudgeCheck{Metric: serving.MetricQueue, Test: "mean", Source: serving.SourceEngine,
		Observed: mine, Reference: theirs, Limit: max(2*theirs, theirs+1), Samples: int(c.N), Verdict: serving.VerdictPass}
	if mine > check.Limit && (mine-theirs)/math.Hypot(standardError(c), standardError(r)) > decidedly {
		check.Verdict = serving.VerdictFail
	}
	check.Text = fmt.Sprintf("queue: %s requests wait at a replica, %s on %s (limit %s), %d looks", number(mine), number(theirs), t.reference.name, number(check.Limit), check.Samples)
	return check, true
}

// leastLooks at a gauge before it is compared, and decidedly the number of
// standard errors that counts as a difference. Gauges of neighbouring looks
// depend on each other, so it is twice what independent ones would need.
const (
	leastLooks = 6
	decidedly  = 5
)

func standardError(s serving.Series) float64 {
	mean := s.V / s.N
	// Two waiting requests more or less at one look are nothing: never zero.
	const least = 0.05
	return max(least, math.Sqrt(max(0, s.VV/s.N-mean*mean)/s.N))
}

// preemptions compares how often requests were thrown out of the KV cache, which
// shows its pressure better than its use: a full cache that evicts nobody is what
// it was bought for.
func (t trial) preemptions() (serving.JudgeCheck, bool) {
	c, r := t.canary.Engine, t.reference.Engine
	if c == nil || r == nil {
		return serving.JudgeCheck{}, false
	}
	mine, okC := c.Preemptions.Get()
	theirs, okR := r.Preemptions.Get()
	n, okN := c.Requests().Get()
	m, okM := r.Requests().Get()
	if !okC || !okR || !okN || !okM || min(n, m) < float64(t.cfg.MinSamples) {
		return serving.JudgeCheck{}, false
	}
	check := serving.JudgeCheck{Metric: serving.MetricKVPressure, Test: "rate", Source: serving.SourceEngine,
		Observed: mine / n, Reference: theirs / m, Limit: t.cfg.MaxPreemptionRise, Samples: int(n), Verdict: serving.VerdictPass}
	// Given their sum, counts of two Poisson streams are binomial. They come in
	// bursts, for one long request may throw out several.
	p := BinomialTail(discounted(int(mine), t.cfg.HistogramEffect), discounted(int(mine+theirs), t.cfg.HistogramEffect), n/(n+m))
	check.PValue = serving.Known(p)
	check.Verdict = t.atLook(check.Observed-check.Reference > check.Limit, p, t.cfg.ErrorAlpha)
	check.Text = fmt.Sprintf("KV pressure: %s preemptions a request, %s on %s (limit of the rise %s, p %.2g); KV cache %s full, at most %s", number(check.Observed),
		number(check.Reference), t.reference.name, number(check.Limit), p, percent(t.canary.Gauges.KVUsage.Mean().Or(0)), percent(t.canary.Gauges.KVUsage.Max))
	return check, true
}

// memory looks for a use of memory that rises on the canary alone and would be
// full within an hour. Traffic that rises shows on both arms.
func (t trial) memory() (serving.JudgeCheck, bool) {
	var out serving.JudgeCheck
	found := false
	for _, g := range []struct {
		name              string
		canary, reference serving.Series
	}{
		{"KV cache", t.canary.Gauges.KVUsage, t.reference.Gauges.KVUsage},
		{"GPU memory", t.canary.Gauges.GPUMemory, t.reference.Gauges.GPUMemory},
	} {
		check, ok := t.creep(g.name, g.canary, g.reference)
		if ok && (!found || severity(check.Verdict) > severity(out.Verdict)) {
			out, found = check, true
		}
	}
	return out, found
}

// creepLooks are needed before a line means anything; creepRise is the least
// part of the memory by which it must have risen.
const (
	creepLooks   = 12
	creepRise    = 0.05
	creepHorizon = 3600.0 // seconds
)

func (t trial) creep(name string, canary, reference serving.Series) (serving.JudgeCheck, bool) {
	mine, mineError, okC := canary.Slope()
	theirs, theirError, okR := reference.Slope()
	if !okC || !okR || canary.N < creepLooks {
		return serving.JudgeCheck{}, false
	}
	lasted := canary.T / canary.N * 2 // evenly spaced looks
	net := mine - max(theirs, 0)
	check := serving.JudgeCheck{Metric: serving.MetricMemory, Test: "trend", Source: serving.SourceEngine, Verdict: serving.VerdictPass,
		Observed: mine * creepHorizon, Reference: theirs * creepHorizon, Limit: 1 - canary.Last, Samples: int(canary.N)}
	if net*lasted > creepRise && net*creepHorizon > check.Limit && net > decidedly*math.Hypot(mineError, theirError) {
		check.Verdict = serving.VerdictFail
	}
	check.Text = fmt.Sprintf("memory: the %s of %s is %s full and changes by %s an hour, by %s on %s", name, t.canary.name,
		percent(canary.Last), percent(check.Observed), percent(check.Reference), t.reference.name)
	return check, true
}

// outputLengths looks for answers that became longer or shorter: a canary that is
// fast because it stops early, or repeats itself, is no better. A router counts
// events of a stream, of which one may hold several tokens, so the engines' own
// count decides.
func (t trial) outputLengths() (serving.JudgeCheck, bool) {
	if t.canary.Engine == nil || t.reference.Engine == nil {
		return serving.JudgeCheck{}, false
	}
	ch, rh := t.canary.Engine.OutputLengths, t.reference.Engine.OutputLengths
	if ch == nil || rh == nil || min(ch.Count, rh.Count) < float64(t.cfg.MinSamples) || ch.Sum <= 0 || rh.Sum <= 0 {
		return serving.JudgeCheck{}, false
	}
	mine, mineVariance := buckets{h: *ch}.moments()
	theirs, theirVariance := buckets{h: *rh}.moments()
	relative := math.Sqrt(mineVariance/(mine*mine*ch.Count) + theirVariance/(theirs*theirs*rh.Count))
	reach := NormalQuantile(1-(1-t.cfg.Confidence)/2) * relative
	drift := math.Log(mine / theirs)
	check := serving.JudgeCheck{Metric: serving.MetricOutputLength, Test: "mean", Source: serving.SourceEngine, Verdict: serving.VerdictPass,
		Observed: mine, Reference: theirs, Low: math.Exp(drift - reach), High: math.Exp(drift + reach), Limit: t.cfg.MaxLengthDrift,
		Samples: int(min(ch.Count, rh.Count))}
	if math.Abs(drift)-reach > math.Log1p(t.cfg.MaxLengthDrift) {
		check.Verdict = serving.VerdictFail
	}
	check.Text = fmt.Sprintf("answers have %s tokens in the mean, %s on %s (%sx, %s, limit of the drift %s)", number(mine), number(theirs),
		t.reference.name, number(mine/theirs), t.interval(check.Low, check.High, number), percent(check.Limit))
	return check, true
}
